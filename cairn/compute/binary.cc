// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/compute/binary.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <string>

#include "cairn/compute/binary_rows.h"
#include "cairn/compute/broadcast.h"
#include "cairn/compute/checks.h"

namespace cairn::compute {
namespace {

constexpr std::string_view kNames[] = {"Add",
                                       "AddV2",
                                       "ApproximateEqual",
                                       "Atan2",
                                       "BitwiseAnd",
                                       "BitwiseOr",
                                       "BitwiseXor",
                                       "Div",
                                       "DivNoNan",
                                       "EluGrad",
                                       "Equal",
                                       "FloorDiv",
                                       "FloorMod",
                                       "Greater",
                                       "GreaterEqual",
                                       "InvGrad",
                                       "LeakyReluGrad",
                                       "LeftShift",
                                       "Less",
                                       "LessEqual",
                                       "LogicalAnd",
                                       "LogicalOr",
                                       "Maximum",
                                       "Minimum",
                                       "Mod",
                                       "Mul",
                                       "MulNoNan",
                                       "NotEqual",
                                       "Pow",
                                       "RealDiv",
                                       "ReciprocalGrad",
                                       "Relu6Grad",
                                       "ReluGrad",
                                       "RightShift",
                                       "RsqrtGrad",
                                       "SeluGrad",
                                       "SigmoidGrad",
                                       "SoftplusGrad",
                                       "SoftsignGrad",
                                       "SqrtGrad",
                                       "SquaredDifference",
                                       "Sub",
                                       "TanhGrad",
                                       "TruncateDiv",
                                       "TruncateMod",
                                       "Xdivy",
                                       "Xlogy"};
static_assert(std::size(kNames) == static_cast<size_t>(BinaryOp::kXlogy) + 1);

std::string_view Name(BinaryOp op) { return kNames[static_cast<size_t>(op)]; }

struct Kernel {
  BinaryRow row = nullptr;
  bool compares = false;  // the result is bool
  bool broadcasts = true;
  int64_t cost = 1;
};

Kernel FindKernel(BinaryOp op, DataType dtype) {
  if (const BinaryRow row = ArithmeticRow(op, dtype)) {
    const bool slow = op == BinaryOp::kPow || op == BinaryOp::kAtan2 ||
                      op == BinaryOp::kXlogy;
    return {row, false, true, slow ? 32 : 1};
  }
  if (const BinaryRow row = DivisionRow(op, dtype)) {
    return {row, false, true, 8};
  }
  if (const BinaryRow row = ComparisonRow(op, dtype)) {
    return {row, true, op != BinaryOp::kApproximateEqual, 1};
  }
  return {GradientRow(op, dtype), false, false, 4};
}

bool IsEquality(BinaryOp op) {
  return op == BinaryOp::kEqual || op == BinaryOp::kNotEqual;
}

// Mod and TruncateMod have none for 16-bit floats in TensorFlow either.
bool TakesSixteenBits(BinaryOp op) {
  return op != BinaryOp::kMod && op != BinaryOp::kTruncateMod &&
         op != BinaryOp::kApproximateEqual;
}

bool RunWidened(const Kernel& kernel, DataType dtype, BinaryRun run) {
  std::array<float, kWideRun> x, y, result;
  const char* const from_x = static_cast<const char*>(run.x);
  const char* const from_y = static_cast<const char*>(run.y);
  char* const to = static_cast<char*>(run.out);
  const int64_t count = run.count;
  bool good = true;
  for (int64_t i = 0; i < count; i += kWideRun) {
    const int64_t n = std::min(kWideRun, count - i);
    Widen(dtype, from_x + 2 * i * run.x_stride, x.data(),
          run.x_stride == 0 ? 1 : n);
    Widen(dtype, from_y + 2 * i * run.y_stride, y.data(),
          run.y_stride == 0 ? 1 : n);
    run.x = x.data();
    run.y = y.data();
    run.count = n;
    run.out = kernel.compares ? static_cast<void*>(to + i) : result.data();
    good = kernel.row(run) && good;
    if (!kernel.compares) Narrow(dtype, result.data(), to + 2 * i, n);
  }
  return good;
}

// Of strings: joins or compares them.
StatusOr<Tensor> OnStrings(Context& context, BinaryOp op, const TensorView& x,
                           const TensorView& y, const Shape& shape) {
  const bool joins = op == BinaryOp::kAdd;
  if (!joins && !IsEquality(op)) return NoKernel(Name(op), x.dtype());
  CAIRN_ASSIGN_OR_RETURN(
      Tensor out,
      context.Allocate(joins ? DataType::kString : DataType::kBool, shape));
  const Shape* const operands[] = {&x.shape(), &y.shape()};
  const BroadcastWalk walk(shape, operands);
  walk.ForEachRow(context, 64, [&](int64_t at, const auto& from, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
      const auto& a =
          x.strings()[static_cast<size_t>(from[0] + i * walk.row_stride(0))];
      const auto& b =
          y.strings()[static_cast<size_t>(from[1] + i * walk.row_stride(1))];
      const auto to = static_cast<size_t>(at + i);
      if (joins) {
        out.strings()[to] = a + b;
      } else {
        out.data<bool>()[to] = (a == b) == (op == BinaryOp::kEqual);
      }
    }
  });
  return out;
}

// FloorDiv and TruncateDiv of 16-bit floats, whose quotient is rounded first:
// it may become the next integer.
StatusOr<Tensor> RoundedQuotient(Context& context, BinaryOp op,
                                 const TensorView& x, const TensorView& y) {
  CAIRN_ASSIGN_OR_RETURN(Tensor quotient,
                         Binary(context, BinaryOp::kRealDiv, x, y));
  CAIRN_ASSIGN_OR_RETURN(Tensor wide, WidenTensor(quotient));
  for (float& value : wide.data<float>()) {
    value = op == BinaryOp::kFloorDiv ? std::floor(value) : std::trunc(value);
  }
  return NarrowTensor(x.dtype(), wide);
}

Status Impossible(BinaryOp op) {
  return InvalidArgumentError(
      op == BinaryOp::kPow
          ? "Integers to negative integer powers are not allowed"
          : "Integer division by zero");
}

}  // namespace

std::span<const std::string_view> BinaryOpNames() { return kNames; }

std::optional<BinaryOp> FindBinaryOp(std::string_view name) {
  const auto* const found = std::ranges::find(kNames, name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<BinaryOp>(found - std::begin(kNames));
}

bool HasBinaryKernel(BinaryOp op, DataType dtype) {
  if (dtype == DataType::kString) {
    return op == BinaryOp::kAdd || IsEquality(op);
  }
  if (IsSixteenBitFloat(dtype) && !TakesSixteenBits(op)) return false;
  return FindKernel(op, Widened(dtype)).row != nullptr;
}

StatusOr<Tensor> Binary(Context& context, BinaryOp op, const TensorView& x,
                        const TensorView& y, const BinaryOptions& options) {
  CAIRN_RETURN_IF_ERROR(RequireSameType(x, y, Name(op)));
  const DataType dtype = x.dtype();
  if (!HasBinaryKernel(op, dtype)) return NoKernel(Name(op), dtype);
  const Kernel kernel = FindKernel(op, Widened(dtype));
  StatusOr<Shape> shape = BroadcastShapes(x.shape(), y.shape());
  if (dtype != DataType::kString && !kernel.broadcasts) {
    CAIRN_RETURN_IF_ERROR(RequireSameShape(x, y, Name(op)));
  }
  if (!shape.ok()) {
    if (!IsEquality(op) || options.incompatible_shape_error) {
      return shape.status();
    }
    return Tensor::Scalar<bool>(op == BinaryOp::kNotEqual);
  }
  if (dtype == DataType::kString) return OnStrings(context, op, x, y, *shape);
  if (IsSixteenBitFloat(dtype) &&
      (op == BinaryOp::kFloorDiv || op == BinaryOp::kTruncateDiv)) {
    return RoundedQuotient(context, op, x, y);
  }
  const DataType result = kernel.compares ? DataType::kBool : dtype;
  CAIRN_ASSIGN_OR_RETURN(Tensor out, context.Allocate(result, *shape));
  if (out.num_elements() == 0) return out;
  const Shape* const operands[] = {&x.shape(), &y.shape()};
  const BroadcastWalk walk(*shape, operands);
  const char* const from_x = x.bytes().data();
  const char* const from_y = y.bytes().data();
  char* const to = out.mutable_bytes().data();
  const int64_t size = DataTypeSize(dtype);
  const int64_t out_size = DataTypeSize(result);
  const float parameter = op == BinaryOp::kApproximateEqual
                              ? options.tolerance
                              : Rounded(dtype, options.alpha);
  std::atomic<bool> good = true;
  walk.ForEachRow(
      context, kernel.cost, [&](int64_t at, const auto& from, int64_t count) {
        const BinaryRun run = {from_x + from[0] * size,
                               walk.row_stride(0),
                               from_y + from[1] * size,
                               walk.row_stride(1),
                               to + at * out_size,
                               count,
                               parameter};
        if (!(IsSixteenBitFloat(dtype) ? RunWidened(kernel, dtype, run)
                                       : kernel.row(run))) {
          good = false;
        }
      });
  if (!good) return Impossible(op);
  return out;
}

}  // namespace cairn::compute
