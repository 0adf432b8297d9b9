// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Convolutions of images and their gradients.
//
// Filters are [height, width, input channels, output channels]; depthwise ones
// [height, width, channels, multiplier]. Where a Conv2D's filter has fewer
// input channels than the image, which must be a multiple, it is grouped.
#ifndef CAIRN_COMPUTE_CONVOLUTION_H_
#define CAIRN_COMPUTE_CONVOLUTION_H_

#include "cairn/base/status.h"
#include "cairn/compute/context.h"
#include "cairn/compute/window.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

enum class ConvolutionKind { kFull, kDepthwise };

StatusOr<Tensor> Convolve(Context& context, ConvolutionKind kind,
                          const TensorView& input, const TensorView& filter,
                          const WindowOptions& options);
// The gradient of the input, whose shape is `input_sizes`, an int32 vector (of
// four, or of height and width).
StatusOr<Tensor> ConvolveBackpropInput(Context& context, ConvolutionKind kind,
                                       const TensorView& input_sizes,
                                       const TensorView& filter,
                                       const TensorView& out_backprop,
                                       const WindowOptions& options);
StatusOr<Tensor> ConvolveBackpropFilter(Context& context, ConvolutionKind kind,
                                        const TensorView& input,
                                        const TensorView& filter_sizes,
                                        const TensorView& out_backprop,
                                        const WindowOptions& options);

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_CONVOLUTION_H_
