// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What outlives a run of a Session: variables and other named resources.
//
// A resource has a container and a name; handles to one that was not created
// yet, or that was destroyed, exist too. A Slot is that name; what is in it
// comes and goes. Variables of both kinds, resource (VarHandleOp) and reference
// (VariableV2), are the same here.
//
// Not thread-safe: a Session runs one thing at a time.
#ifndef CAIRN_SESSION_RESOURCES_H_
#define CAIRN_SESSION_RESOURCES_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/session/value.h"
#include "cairn/tensor/dtype.h"
#include "cairn/tensor/tensor.h"

namespace cairn::session {

// The name of a resource, and the resource while there is one. This is the
// object that values of type resource, and references, hold.
struct Slot : Object {
  std::string_view what() const override { return "a resource"; }

  std::string container;
  std::string name;
  // Of a variable: VariableV2 rather than VarHandleOp; what it must be.
  bool is_ref = false;
  DataType dtype = DataType::kInvalid;
  graph::PartialShape shape = graph::PartialShape::Unknown();
  // The variable's value; dead while it is not initialised.
  Value value;
  // What is no variable: tables, queues, ...
  std::shared_ptr<Object> resource;
};

// Whether a tensor declared to be of that partial shape may have this one.
bool Allows(const graph::PartialShape& declared, const Shape& shape);

// A variable, found through a handle or reference.
//
// Readers share the memory of the value; it is copied before it changes while
// somebody else has it (copy on write), so a value that was read never changes.
class VariableRef {
 public:
  VariableRef(std::shared_ptr<Slot> slot, std::shared_ptr<MemoryBudget> budget)
      : slot_(std::move(slot)), budget_(std::move(budget)) {}

  bool is_initialized() const { return slot_->value.is_tensor(); }
  // FailedPrecondition, in TensorFlow's words, while it is not initialised.
  StatusOr<Value> Read() const;
  // Takes a new value, of the variable's dtype and of a shape that its declared
  // one allows: InvalidArgument otherwise.
  Status Assign(Value value);
  // Whatever the declared shape is.
  Status AssignAnyShape(Value value);
  // Forgets the value.
  void Clear() { slot_->value = Value(); }
  // Its value's memory, to be changed in place; FailedPrecondition while it is
  // not initialised. The pointer is valid until the next call of a method.
  // The tensor has the variable's shape and dtype; keep both.
  StatusOr<Tensor*> Mutable();
  Slot& slot() { return *slot_; }
  const Slot& slot() const { return *slot_; }

 private:
  std::shared_ptr<Slot> slot_;
  std::shared_ptr<MemoryBudget> budget_;
};

// The value that a reference refers to now; as VariableRef::Read.
StatusOr<Value> ReadReference(const Value& reference);

class ResourceManager {
 public:
  // The slot of that name, made if need be. An empty container is the default
  // one, called "localhost" as in TensorFlow.
  std::shared_ptr<Slot> Find(std::string_view container, std::string_view name);
  // Null if there was never one.
  std::shared_ptr<Slot> FindExisting(std::string_view container,
                                     std::string_view name) const;
  // In order of container and name.
  std::vector<std::shared_ptr<Slot>> slots() const;

 private:
  std::map<std::pair<std::string, std::string>, std::shared_ptr<Slot>> slots_;
};

}  // namespace cairn::session

#endif  // CAIRN_SESSION_RESOURCES_H_
