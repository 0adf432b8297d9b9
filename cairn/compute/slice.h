// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Slices: Slice, and StridedSlice with all its masks and its gradient.
#ifndef CAIRN_COMPUTE_SLICE_H_
#define CAIRN_COMPUTE_SLICE_H_

#include <cstdint>

#include "cairn/base/status.h"
#include "cairn/compute/context.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

// A size of -1 is all that is left.
StatusOr<Tensor> Slice(Context& context, const TensorView& input,
                       const TensorView& begin, const TensorView& size);

struct StridedSliceOptions {
  int64_t begin_mask = 0;
  int64_t end_mask = 0;
  int64_t ellipsis_mask = 0;
  int64_t new_axis_mask = 0;
  int64_t shrink_axis_mask = 0;
};
// begin, end and strides: vectors of one length and type, int32 or int64 (also
// int16).
StatusOr<Tensor> StridedSlice(Context& context, const TensorView& input,
                              const TensorView& begin, const TensorView& end,
                              const TensorView& strides,
                              const StridedSliceOptions& options = {});
// Zeros of `shape`, and dy where a StridedSlice of it would read.
StatusOr<Tensor> StridedSliceGrad(Context& context, const TensorView& shape,
                                  const TensorView& begin,
                                  const TensorView& end,
                                  const TensorView& strides,
                                  const TensorView& dy,
                                  const StridedSliceOptions& options = {});

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_SLICE_H_
