// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Broadcasting: how two or three shapes meet, and the walk over all of them at
// once. Shapes are aligned at the last dimension; a dimension of 1 is repeated.
#ifndef CAIRN_COMPUTE_BROADCAST_H_
#define CAIRN_COMPUTE_BROADCAST_H_

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/compute/context.h"
#include "cairn/tensor/shape.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

// InvalidArgument, "Incompatible shapes: [2] vs. [3]", if they do not meet.
StatusOr<Shape> BroadcastShapes(const Shape& a, const Shape& b);

// BroadcastArgs and BroadcastGradientArgs, on shapes given as vectors of int32
// or int64. The second: which dimensions of the result were broadcast from each
// operand, to be summed over in its gradient.
StatusOr<Tensor> BroadcastArgs(const TensorView& s0, const TensorView& s1);
StatusOr<std::pair<Tensor, Tensor>> BroadcastGradientArgs(const TensorView& s0,
                                                          const TensorView& s1);

// Rows of a result of shape `out` and where the operands' rows begin. Internal.
//
// Dimensions that all operands walk over alike are joined, so that a row is as
// long as can be.
class BroadcastWalk {
 public:
  static constexpr size_t kMaxOperands = 3;
  using Offsets = std::array<int64_t, kMaxOperands>;

  // Each operand's shape must broadcast to `out`.
  BroadcastWalk(const Shape& out, std::span<const Shape* const> operands);

  int64_t row_length() const { return dims_.back().size; }
  // 0 or 1: whether the operand moves on within a row.
  int64_t row_stride(size_t operand) const {
    return dims_.back().strides[operand];
  }

  // Calls row(first element of the result, the operands' elements, count) for
  // pieces of rows that cover the result, on the context's threads. `cost`: of
  // one element.
  using Row = std::function<void(int64_t, const Offsets&, int64_t)>;
  void ForEachRow(Context& context, int64_t cost, const Row& row) const;

 private:
  struct Dim {
    int64_t size;
    Offsets strides;
  };
  void Rows(int64_t begin, int64_t end, const Row& row) const;

  int64_t elements_;
  size_t operands_;
  std::vector<Dim> dims_;  // outermost first, at least one
};

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_BROADCAST_H_
