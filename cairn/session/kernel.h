// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Kernels: how a Session computes one node. A KernelTable says for each op its
// signature and how to make a kernel for a node; tables are built explicitly:
//
//   void AddMathKernels(KernelTable& table) {
//     table.Add({.op = "AddV2",
//                .signature = "x:T y:T -> z:T",
//                .make = [](const Attributes& node) -> StatusOr<Kernel> {
//                  CAIRN_ASSIGN_OR_RETURN(DataType dtype, node.Type("T"));
//                  if (!IsNumber(dtype)) return NoKernelFor(dtype);
//                  return [](KernelContext& context) -> Status {
//                    CAIRN_ASSIGN_OR_RETURN(Tensor sum,
//                        compute::Add(context.input(0), context.input(1)));
//                    return context.SetOutput(0, std::move(sum));
//                  };
//                }});
//   }
//
// What happens when. `make` runs once for each node of the part of the graph
// that is to run, before anything is computed. It reads and checks attributes.
// Unimplemented from it means "this op is not supported with these types or
// options": the Session collects all of them and names them together. Any other
// error is the node's. The kernel then runs once in each run (more often in
// loops and functions), never twice at a time; what it keeps between runs (the
// state of a random generator) lives in what its closure captures.
//
// What a kernel can rely on. The number of inputs and outputs and the dtype of
// each input are those of the signature; inputs are no dead values and, unless
// the signature has "&" there, no references. Nothing is known of their shapes,
// nor of the values of indices, axes, sizes: the graph may be hostile.
//
// What a kernel must do.
// - Check shapes and values first; InvalidArgument in TensorFlow's words. The
//   Session adds the node's name and op to the text.
// - Before it makes a tensor that may be larger than its inputs together (Fill,
//   Tile, Range, broadcasting, Pad, convolutions' work space ...), call
//   CheckSize with the output's dtype and shape. Shape::Create and ByteSize
//   refuse what overflows.
// - Set every output, to the dtype of the signature: checked after it ran.
// - Not change inputs, except what TakeInput gives.
// - Compute with compute(), the session's threads, and only while it runs.
#ifndef CAIRN_SESSION_KERNEL_H_
#define CAIRN_SESSION_KERNEL_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/clock.h"
#include "cairn/base/file_system.h"
#include "cairn/base/random.h"
#include "cairn/base/status.h"
#include "cairn/compute/context.h"
#include "cairn/session/attributes.h"
#include "cairn/session/resources.h"
#include "cairn/session/signature.h"
#include "cairn/session/value.h"
#include "cairn/tensor/tensor.h"

namespace cairn::session {

class FunctionCaller;  // runs functions of the graph's library

// What a Session lends its kernels.
struct KernelServices {
  FileSystem* fs = nullptr;
  Clock* clock = nullptr;
  ResourceManager* resources = nullptr;
  std::shared_ptr<MemoryBudget> budget;
  Random* seeds = nullptr;
  FunctionCaller* functions = nullptr;
  compute::Context* compute = nullptr;
};

// One execution of one node.
class KernelContext {
 public:
  // Borrows everything; `types` and both lists are as long as each other.
  KernelContext(const KernelServices& services, const NodeTypes& types,
                std::span<Value> inputs, std::span<Value> outputs)
      : services_(services),
        types_(types),
        inputs_(inputs),
        outputs_(outputs) {}

  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  int num_outputs() const { return static_cast<int>(outputs_.size()); }

  // The tensor of input i. Invalid for resources, variants and references.
  const TensorView& input(int i) const { return value(i).view(); }
  const Value& value(int i) const { return inputs_[static_cast<size_t>(i)]; }
  // The tensors of all inputs of an argument with several ("values:N*T").
  std::vector<TensorView> input_list(std::string_view argument) const;
  // An input that is an index, a size, an axis: an int32 or int64 scalar or
  // vector. InvalidArgument when it has another rank or dtype.
  StatusOr<int64_t> IntScalar(int i) const;
  StatusOr<std::vector<int64_t>> IntVector(int i) const;
  // A non-negative vector that makes a shape.
  StatusOr<Shape> ShapeInput(int i) const;

  // Input i's tensor to write to, if this kernel is its last user; else
  // nothing. Views of it stay valid as long as the tensor. At most once for
  // each input. So an elementwise kernel saves memory:
  //
  //   std::optional<Tensor> sum = context.TakeInput(0);
  //   if (sum) return context.SetOutput(0, AddTo(*std::move(sum), input(1)));
  std::optional<Tensor> TakeInput(int i) {
    return inputs_[static_cast<size_t>(i)].TakeIfUnique();
  }

  Status SetOutput(int i, Tensor tensor);
  // Shares memory: an input passed on as it is, or in another shape.
  Status SetOutput(int i, Value value);
  Status ForwardInput(int input, int output) {
    return SetOutput(output, value(input));
  }

  // ResourceExhausted when a tensor of that size would pass the session's
  // limit. InvalidArgument when its size overflows.
  Status CheckSize(DataType dtype, const Shape& shape) const;
  // CheckSize, then Tensor::CreateUninitialized.
  StatusOr<Tensor> Allocate(DataType dtype, Shape shape) const;

  // The variable that input i, a resource or a reference, refers to.
  // InvalidArgument when it refers to something else.
  StatusOr<VariableRef> variable(int i) const;

  // The threads and oneDNN engine of the session.
  compute::Context& compute() const { return *services_.compute; }
  FileSystem& fs() const { return *services_.fs; }
  Clock& clock() const { return *services_.clock; }
  ResourceManager& resources() const { return *services_.resources; }
  const std::shared_ptr<MemoryBudget>& budget() const {
    return services_.budget;
  }
  // For random ops without a seed of their own: another one each time, the same
  // ones in all sessions with the same SessionOptions::seed.
  uint64_t NewSeed() const {
    const uint64_t high = services_.seeds->Next();
    return high << 32 | services_.seeds->Next();
  }
  FunctionCaller& functions() const { return *services_.functions; }
  const NodeTypes& types() const { return types_; }

 private:
  const KernelServices& services_;
  const NodeTypes& types_;
  std::span<Value> inputs_;
  std::span<Value> outputs_;
};

using Kernel = std::function<Status(KernelContext&)>;
using KernelFactory = std::function<StatusOr<Kernel>(const Attributes&)>;

// What a factory returns for element types it has no code for: Unimplemented.
Status NoKernelFor(DataType dtype);
// Likewise for another restriction: "data_format NCHW".
Status NotSupported(std::string_view what);

struct KernelDef {
  std::string op;
  std::string signature;  // signature.h
  KernelFactory make;
  // Whether runs differ or have effects: such a node is never computed ahead
  // of a run.
  bool stateful = false;
  // What is not supported of the op, for the documentation: "NHWC only".
  std::string note = {};
};

class KernelTable {
 public:
  struct Entry {
    KernelDef def;
    Signature signature;
  };

  // A second definition of an op, or a signature that does not parse, is left
  // out and noted in mistakes(), which a test holds empty.
  void Add(KernelDef def);
  // Null if there is none.
  const Entry* Find(std::string_view op) const;
  // Sorted.
  std::vector<std::string> ops() const;
  const std::vector<std::string>& mistakes() const { return mistakes_; }

 private:
  std::map<std::string, Entry, std::less<>> entries_;
  std::vector<std::string> mistakes_;
};

}  // namespace cairn::session

#endif  // CAIRN_SESSION_KERNEL_H_
