// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Pooling and its gradients.
//
// Padding never wins a maximum nor counts in a mean. NCHW is computed by way of
// NHWC.
#ifndef CAIRN_COMPUTE_POOLING_H_
#define CAIRN_COMPUTE_POOLING_H_

#include "cairn/base/status.h"
#include "cairn/compute/context.h"
#include "cairn/compute/window.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

StatusOr<Tensor> MaxPool(Context& context, const TensorView& input,
                         const WindowOptions& options);
// The gradient goes to the first of the largest in each window.
StatusOr<Tensor> MaxPoolGrad(Context& context, const TensorView& orig_input,
                             const TensorView& orig_output,
                             const TensorView& grad,
                             const WindowOptions& options);
StatusOr<Tensor> AvgPool(Context& context, const TensorView& value,
                         const WindowOptions& options);
StatusOr<Tensor> AvgPoolGrad(Context& context,
                             const TensorView& orig_input_shape,
                             const TensorView& grad,
                             const WindowOptions& options);

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_POOLING_H_
