// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Value: what flows along one edge of a running graph: an immutable tensor, an
// object (a resource handle, a variant), a reference to a variable, or nothing
// because the branch was not taken ("dead").
//
// Copying a Value shares the memory. A tensor keeps its memory until the last
// Value of it goes; then the MemoryBudget it was counted in gets it back.
//
// Thread rule: as a shared_ptr: different Values of one tensor may be used on
// different threads.
#ifndef CAIRN_SESSION_VALUE_H_
#define CAIRN_SESSION_VALUE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "cairn/base/status.h"
#include "cairn/tensor/dtype.h"
#include "cairn/tensor/shape.h"
#include "cairn/tensor/tensor.h"

namespace cairn::session {

// Bytes that the tensors of a session may take together.
class MemoryBudget {
 public:
  explicit MemoryBudget(int64_t limit) : limit_(limit) {}

  // ResourceExhausted when so many more bytes would pass the limit.
  Status Check(int64_t bytes) const;
  void Add(int64_t bytes) { live_ += bytes; }
  int64_t live() const { return live_; }
  int64_t limit() const { return limit_; }

 private:
  const int64_t limit_;
  std::atomic<int64_t> live_{0};
};

// What a DT_RESOURCE or DT_VARIANT value stands for. Kernels that make and use
// one kind of object derive from it and find it back with Value::object_as.
class Object {
 public:
  virtual ~Object() = default;
  // For error texts: "a variable", "a hash table", "a list of tensors".
  virtual std::string_view what() const = 0;
};

class Value {
 public:
  Value() = default;  // dead

  // Takes the tensor over; its bytes count in `budget`, if there is one.
  static Value Of(Tensor tensor,
                  std::shared_ptr<MemoryBudget> budget = nullptr);
  // `dtype`: kResource or kVariant. A scalar.
  static Value OfObject(DataType dtype, std::shared_ptr<Object> object);
  // A reference to the object's tensor ("float32_ref").
  static Value OfRef(DataType base_dtype, std::shared_ptr<Object> object);

  bool is_dead() const { return dtype_ == DataType::kInvalid; }
  bool is_tensor() const { return view_.is_valid(); }
  bool is_ref() const { return is_ref_; }
  // Of a reference: the dtype it refers to.
  DataType dtype() const { return dtype_; }

  // The tensor; invalid for all other kinds.
  const TensorView& view() const { return view_; }
  // The same elements in another shape, which has as many. No copy.
  Value WithShape(Shape shape) const;
  // Moves the tensor out if this Value is its only user, without a copy; else
  // nothing, and the Value is as it was. The elements stay where they were, so
  // that views of them stay valid as long as the tensor that is returned.
  std::optional<Tensor> TakeIfUnique();
  // The elements, moved if this is the only user, else copied, as a tensor of
  // this Value's shape.
  StatusOr<Tensor> TakeOrCopy();
  // The tensor itself, to change its elements (not its shape) in place: copied
  // first if somebody else uses it, the copy counted in `budget`.
  StatusOr<Tensor*> Mutable(const std::shared_ptr<MemoryBudget>& budget);

  const std::shared_ptr<Object>& object() const { return object_; }
  // Null if it is no object of that class.
  template <typename T>
  std::shared_ptr<T> object_as() const {
    return std::dynamic_pointer_cast<T>(object_);
  }

  // "float32[2,3]", "resource", "float32_ref", "dead".
  std::string ToString() const;

 private:
  struct Buffer;
  DataType dtype_ = DataType::kInvalid;
  bool is_ref_ = false;
  TensorView view_;
  std::shared_ptr<Buffer> buffer_;
  std::shared_ptr<Object> object_;
};

}  // namespace cairn::session

#endif  // CAIRN_SESSION_VALUE_H_
