// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Ops that compute nothing: constants and values passed on.
#include <cstdint>
#include <utility>

#include "cairn/session/kernels/kernels.h"

namespace cairn::session {
namespace {

// A constant larger than this is refused when the graph is prepared.
constexpr int64_t kMaxConstantBytes = int64_t{1} << 31;

StatusOr<Kernel> MakeConst(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const DataType dtype, node.Type("dtype"));
  CAIRN_ASSIGN_OR_RETURN(Tensor tensor,
                         node.Tensor("value", kMaxConstantBytes));
  if (tensor.dtype() != dtype) {
    return InvalidArgumentError(
        "the types of attrs 'value' and 'dtype' are not the same");
  }
  return [value = Value::Of(std::move(tensor))](KernelContext& context) {
    return context.SetOutput(0, value);
  };
}

StatusOr<Kernel> MakeIdentity(const Attributes&) {
  return [](KernelContext& context) { return context.ForwardInput(0, 0); };
}

StatusOr<Kernel> MakeNoOp(const Attributes&) {
  return [](KernelContext&) { return OkStatus(); };
}

}  // namespace

void AddBasicKernels(KernelTable& table) {
  table.Add({.op = "Const", .signature = "-> output:dtype", .make = MakeConst});
  table.Add({.op = "Identity",
             .signature = "input:T -> output:T",
             .make = MakeIdentity});
  table.Add({.op = "NoOp", .signature = "->", .make = MakeNoOp});
}

}  // namespace cairn::session
