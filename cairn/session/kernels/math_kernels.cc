// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Elementwise arithmetic, reductions and matrix products.
#include <cstdint>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/session/kernels/kernels.h"

namespace cairn::session {
namespace {

// Elements of floats of equal shape only: all there is until the arithmetic of
// the other types and of broadcasting is.
Status AddFloats(KernelContext& context) {
  const TensorView& x = context.input(0);
  const TensorView& y = context.input(1);
  if (!(x.shape() == y.shape())) {
    return InvalidArgumentError(
        StrCat("Incompatible shapes: ", x.shape().ToString(), " vs. ",
               y.shape().ToString()));
  }
  const auto a = x.data<float>();
  const auto b = y.data<float>();
  std::optional<Tensor> reused = context.TakeInput(0);
  Tensor sum;
  if (reused.has_value()) {
    sum = *std::move(reused);
  } else {
    CAIRN_ASSIGN_OR_RETURN(sum, context.Allocate(x.dtype(), x.shape()));
  }
  const auto out = sum.data<float>();
  for (size_t i = 0; i < out.size(); ++i) out[i] = a[i] + b[i];
  return context.SetOutput(0, std::move(sum));
}

StatusOr<Kernel> MakeAdd(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const DataType dtype, node.Type("T"));
  if (dtype != DataType::kFloat) return NoKernelFor(dtype);
  return AddFloats;
}

}  // namespace

void AddMathKernels(KernelTable& table) {
  table.Add({.op = "AddV2", .signature = "x:T y:T -> z:T", .make = MakeAdd});
}

}  // namespace cairn::session
