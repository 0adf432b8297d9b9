// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Elementwise operations of one tensor, by TensorFlow's names.
//
//   Unary(context, UnaryOp::kExp, x)
#ifndef CAIRN_COMPUTE_UNARY_H_
#define CAIRN_COMPUTE_UNARY_H_

#include <optional>
#include <span>
#include <string_view>

#include "cairn/base/status.h"
#include "cairn/compute/context.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

enum class UnaryOp {
  kAbs,
  kAcos,
  kAcosh,
  kAsin,
  kAsinh,
  kAtan,
  kAtanh,
  kCeil,
  kCos,
  kCosh,
  kElu,
  kErf,
  kErfc,
  kExp,
  kExpm1,
  kFloor,
  kInv,
  kInvert,
  kIsFinite,
  kIsInf,
  kIsNan,
  kLeakyRelu,
  kLog,
  kLog1p,
  kLogicalNot,
  kNeg,
  kReciprocal,
  kRelu,
  kRelu6,
  kRint,
  kRound,
  kRsqrt,
  kSelu,
  kSigmoid,
  kSign,
  kSin,
  kSinh,
  kSoftplus,
  kSoftsign,
  kSqrt,
  kSquare,
  kTan,
  kTanh,
};

// In the order of the enumerators.
std::span<const std::string_view> UnaryOpNames();
std::optional<UnaryOp> FindUnaryOp(std::string_view name);
bool HasUnaryKernel(UnaryOp op, DataType dtype);

struct UnaryOptions {
  float alpha = 0.2f;  // of LeakyRelu
};

// y of x's shape; bool for the questions, else of x's type.
StatusOr<Tensor> Unary(Context& context, UnaryOp op, const TensorView& x,
                       const UnaryOptions& options = {});

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_UNARY_H_
