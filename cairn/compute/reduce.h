// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Reductions over dimensions, and running sums.
#ifndef CAIRN_COMPUTE_REDUCE_H_
#define CAIRN_COMPUTE_REDUCE_H_

#include <optional>
#include <span>
#include <string_view>

#include "cairn/base/status.h"
#include "cairn/compute/context.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

enum class ReduceOp {
  kAll,
  kAny,
  kEuclideanNorm,
  kMax,
  kMean,
  kMin,
  kProd,
  kSum,
};
std::span<const std::string_view> ReduceOpNames();  // in that order

enum class Dims { kDrop, kKeep };  // what becomes of reduced dimensions

struct ReduceOptions {
  Dims dims = Dims::kDrop;  // keep_dims
};

// `axes`: int32 or int64, a scalar or a vector, negative ones from the end;
// one twice is InvalidArgument. Floats are added in blocks, so the error of a
// sum grows much slower than its length. NaN wins in Max and Min. Nothing
// reduces to 0 (Sum), 1 (Prod), NaN (Mean), the lowest (Max), the highest
// number (Min).
StatusOr<Tensor> Reduce(Context& context, ReduceOp op, const TensorView& input,
                        const TensorView& axes,
                        const ReduceOptions& options = {});

enum class ArgOp { kArgMax, kArgMin };
// The index of the first largest or smallest; of int16, int32, int64 or uint16.
StatusOr<Tensor> ArgReduce(Context& context, ArgOp op, const TensorView& input,
                           const TensorView& dimension, DataType output_type);

// sum(t * t) / 2, a scalar.
StatusOr<Tensor> L2Loss(Context& context, const TensorView& t);

enum class ScanOp { kCumsum, kCumprod };
struct ScanOptions {
  enum class First { kInclusive, kExclusive } first = First::kInclusive;
  enum class Direction { kForward, kReverse } direction = Direction::kForward;
};
StatusOr<Tensor> Scan(Context& context, ScanOp op, const TensorView& x,
                      const TensorView& axis, const ScanOptions& options = {});

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_REDUCE_H_
