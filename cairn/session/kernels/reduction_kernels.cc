// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/compute/reduce.h"
#include "cairn/session/kernels/compute_kernels.h"

namespace cairn::session {
namespace {

using compute::ReduceOp;

KernelFactory MakeReduce(ReduceOp op) {
  return [op](const Attributes& node) -> StatusOr<Kernel> {
    if (op == ReduceOp::kMax || op == ReduceOp::kMin) {
      CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "T", kOrderedTypes));
    } else if (op == ReduceOp::kEuclideanNorm) {
      CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "T", kRealTypes));
    } else if (op != ReduceOp::kAll && op != ReduceOp::kAny) {
      CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "T", kNumberTypes));
    }
    CAIRN_ASSIGN_OR_RETURN(const bool keeps, node.Bool("keep_dims", false));
    const compute::ReduceOptions options = {keeps ? compute::Dims::kKeep
                                                  : compute::Dims::kDrop};
    return OneOutput([op, options](auto& compute, auto& context) {
      return compute::Reduce(compute, op, context.input(0), context.input(1),
                             options);
    });
  };
}

KernelFactory MakeArg(compute::ArgOp op) {
  return [op](const Attributes& node) -> StatusOr<Kernel> {
    constexpr DataType kOutputs[] = {DataType::kInt32, DataType::kInt64,
                                     DataType::kInt16, DataType::kUint16};
    CAIRN_ASSIGN_OR_RETURN(const DataType dtype, node.Type("T"));
    if (dtype != DataType::kBool) {
      CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "T", kOrderedTypes));
    }
    CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "output_type", kOutputs));
    CAIRN_ASSIGN_OR_RETURN(const DataType out, node.Type("output_type"));
    return OneOutput([op, out](auto& compute, auto& context) {
      return compute::ArgReduce(compute, op, context.input(0), context.input(1),
                                out);
    });
  };
}

KernelFactory MakeScan(compute::ScanOp op) {
  return [op](const Attributes& node) -> StatusOr<Kernel> {
    using Options = compute::ScanOptions;
    CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "T", kNumberTypes));
    CAIRN_ASSIGN_OR_RETURN(const bool exclusive, node.Bool("exclusive", false));
    CAIRN_ASSIGN_OR_RETURN(const bool reverse, node.Bool("reverse", false));
    const Options options = {
        exclusive ? Options::First::kExclusive : Options::First::kInclusive,
        reverse ? Options::Direction::kReverse : Options::Direction::kForward};
    return OneOutput([op, options](auto& compute, auto& context) {
      return compute::Scan(compute, op, context.input(0), context.input(1),
                           options);
    });
  };
}

}  // namespace

void AddReductionKernels(KernelTable& table) {
  const auto names = compute::ReduceOpNames();
  for (size_t i = 0; i < names.size(); ++i) {
    const auto op = static_cast<ReduceOp>(i);
    const bool logical = op == ReduceOp::kAll || op == ReduceOp::kAny;
    table.Add(
        {.op = std::string(names[i]),
         .signature =
             logical ? "input:bool reduction_indices:Tidx=int32 -> output:bool"
                     : "input:T reduction_indices:Tidx=int32 -> output:T",
         .make = MakeReduce(op)});
  }
  constexpr const char* kArgSignature =
      "input:T dimension:Tidx=int32 -> output:output_type=int64";
  table.Add({.op = "ArgMax",
             .signature = kArgSignature,
             .make = MakeArg(compute::ArgOp::kArgMax)});
  table.Add({.op = "ArgMin",
             .signature = kArgSignature,
             .make = MakeArg(compute::ArgOp::kArgMin)});
  table.Add({.op = "Cumsum",
             .signature = "x:T axis:Tidx=int32 -> out:T",
             .make = MakeScan(compute::ScanOp::kCumsum)});
  table.Add({.op = "Cumprod",
             .signature = "x:T axis:Tidx=int32 -> out:T",
             .make = MakeScan(compute::ScanOp::kCumprod)});
  table.Add({.op = "L2Loss",
             .signature = "t:T -> output:T",
             .make = For(kRealTypes, [](auto& compute, auto& context) {
               return compute::L2Loss(compute, context.input(0));
             })});
}

}  // namespace cairn::session
