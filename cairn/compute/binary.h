// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Elementwise operations of two tensors that are broadcast against each other,
// by TensorFlow's names, with the gradients that have kernels of their own.
//
//   Binary(context, BinaryOp::kAdd, x, y)
#ifndef CAIRN_COMPUTE_BINARY_H_
#define CAIRN_COMPUTE_BINARY_H_

#include <optional>
#include <span>
#include <string_view>

#include "cairn/base/status.h"
#include "cairn/compute/context.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

enum class BinaryOp {
  kAdd,
  kAddV2,
  kApproximateEqual,
  kAtan2,
  kBitwiseAnd,
  kBitwiseOr,
  kBitwiseXor,
  kDiv,
  kDivNoNan,
  kEluGrad,
  kEqual,
  kFloorDiv,
  kFloorMod,
  kGreater,
  kGreaterEqual,
  kInvGrad,
  kLeakyReluGrad,
  kLeftShift,
  kLess,
  kLessEqual,
  kLogicalAnd,
  kLogicalOr,
  kMaximum,
  kMinimum,
  kMod,
  kMul,
  kMulNoNan,
  kNotEqual,
  kPow,
  kRealDiv,
  kReciprocalGrad,
  kRelu6Grad,
  kReluGrad,
  kRightShift,
  kRsqrtGrad,
  kSeluGrad,
  kSigmoidGrad,
  kSoftplusGrad,
  kSoftsignGrad,
  kSqrtGrad,
  kSquaredDifference,
  kSub,
  kTanhGrad,
  kTruncateDiv,
  kTruncateMod,
  kXdivy,
  kXlogy,
};

// In the order of the enumerators.
std::span<const std::string_view> BinaryOpNames();
std::optional<BinaryOp> FindBinaryOp(std::string_view name);
bool HasBinaryKernel(BinaryOp op, DataType dtype);

struct BinaryOptions {
  float alpha = 0.2f;       // of LeakyReluGrad
  float tolerance = 1e-5f;  // of ApproximateEqual
  // Equal and NotEqual: false answers a scalar false (true) for shapes that do
  // not meet, instead of an error.
  bool incompatible_shape_error = true;
};

// x and y must have one type. Gradients and ApproximateEqual also ask for one
// shape. InvalidArgument: "Integer division by zero", "Integers to negative
// integer powers are not allowed".
StatusOr<Tensor> Binary(Context& context, BinaryOp op, const TensorView& x,
                        const TensorView& y, const BinaryOptions& options = {});

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_BINARY_H_
