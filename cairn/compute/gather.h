// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Elements chosen, put or counted by indices.
#ifndef CAIRN_COMPUTE_GATHER_H_
#define CAIRN_COMPUTE_GATHER_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/compute/context.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

// Indices are int16, int32 or int64; out of range is InvalidArgument, in
// TensorFlow's words: "indices[1] = 7 is not in [0, 5)".

struct GatherOptions {
  int64_t axis = 0;
  int64_t batch_dims = 0;
};
StatusOr<Tensor> Gather(Context& context, const TensorView& params,
                        const TensorView& indices,
                        const GatherOptions& options = {});
StatusOr<Tensor> GatherNd(Context& context, const TensorView& params,
                          const TensorView& indices);
// Updates of one place are added.
StatusOr<Tensor> ScatterNd(Context& context, const TensorView& indices,
                           const TensorView& updates, const TensorView& shape);
// Adds, subtracts or puts rows of `updates` (or one scalar) to rows of `to`
// in place. Nothing is changed if an index is out of range.
enum class ScatterOp { kAdd, kSub, kUpdate };
Status ScatterRows(ScatterOp op, Tensor& to, const TensorView& indices,
                   const TensorView& updates);
// A dimension of depth `depth` at `axis` (-1: last): on_value at the index,
// off_value elsewhere; also everywhere for an index out of range.
StatusOr<Tensor> OneHot(Context& context, const TensorView& indices,
                        const TensorView& depth, const TensorView& on_value,
                        const TensorView& off_value, int64_t axis);
// Rows of data added to the row of the output that segment_ids says; negative
// ids are left out.
StatusOr<Tensor> UnsortedSegmentSum(Context& context, const TensorView& data,
                                    const TensorView& segment_ids,
                                    const TensorView& num_segments);

struct TopKResult {
  Tensor values, indices;  // indices: int32
};
// The k largest of each row, the first of equals first.
StatusOr<TopKResult> TopK(Context& context, const TensorView& input, int64_t k);
// Whether the target's prediction is among the k largest; ties are all in. A
// target out of range or a prediction that is not finite: false.
StatusOr<Tensor> InTopK(Context& context, const TensorView& predictions,
                        const TensorView& targets, int64_t k);

struct UniqueResult {
  Tensor y, idx, count;  // idx, count: out_idx
};
// The values of a vector in order of their first appearance.
StatusOr<UniqueResult> Unique(Context& context, const TensorView& x,
                              DataType out_idx);

struct ListDiffResult {
  Tensor out, idx;  // idx: out_idx
};
// The values of x that are not in y, in order, and where they were.
StatusOr<ListDiffResult> ListDiff(Context& context, const TensorView& x,
                                  const TensorView& y, DataType out_idx);

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_GATHER_H_
