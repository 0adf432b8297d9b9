// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Choosing between elements.
#ifndef CAIRN_COMPUTE_SELECT_H_
#define CAIRN_COMPUTE_SELECT_H_

#include <span>

#include "cairn/base/status.h"
#include "cairn/compute/context.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

// t where the condition is true, e elsewhere. All three are broadcast.
StatusOr<Tensor> SelectV2(Context& context, const TensorView& condition,
                          const TensorView& t, const TensorView& e);
// t and e have one shape; the condition has it too, or is a scalar, or a vector
// that chooses rows.
StatusOr<Tensor> Select(Context& context, const TensorView& condition,
                        const TensorView& t, const TensorView& e);
// The bounds are scalars or of t's shape.
StatusOr<Tensor> ClipByValue(Context& context, const TensorView& t,
                             const TensorView& min, const TensorView& max);
// The indices of elements that are not zero: int64 [count, rank].
StatusOr<Tensor> Where(Context& context, const TensorView& input);
// The sum of one or more tensors of one type and shape.
StatusOr<Tensor> AddN(Context& context, std::span<const TensorView> inputs);

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_SELECT_H_
