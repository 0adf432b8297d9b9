// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// FusedBatchNorm, its gradient, and the additions along channels of BiasAdd.
//
// x is float32, half or bfloat16; scale, offset and statistics are float32.
#ifndef CAIRN_COMPUTE_BATCH_NORM_H_
#define CAIRN_COMPUTE_BATCH_NORM_H_

#include <cstdint>
#include <string_view>

#include "cairn/base/status.h"
#include "cairn/compute/context.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

// Whether the last dimension (NHWC, NDHWC) or the second (NCHW, NCDHW) has the
// channels.
enum class Channels { kLast, kSecond };
StatusOr<Channels> ChannelsFromFormat(std::string_view data_format);

struct FusedBatchNormOptions {
  float epsilon = 0.0001f;
  float exponential_avg_factor = 1.0f;
  Channels channels = Channels::kLast;
  enum class Mode { kTraining, kInference } mode = Mode::kTraining;
};

struct FusedBatchNormResult {
  Tensor y;
  // What the moving averages become: in training with the unbiased variance.
  Tensor batch_mean, batch_variance;
  // For the gradient: in training the batch's mean and (biased) variance.
  Tensor saved_mean, saved_variance;
};
StatusOr<FusedBatchNormResult> FusedBatchNorm(
    Context& context, const TensorView& x, const TensorView& scale,
    const TensorView& offset, const TensorView& mean,
    const TensorView& variance, const FusedBatchNormOptions& options);

struct FusedBatchNormGradResult {
  Tensor x_backprop, scale_backprop, offset_backprop;
};
StatusOr<FusedBatchNormGradResult> FusedBatchNormGrad(
    Context& context, const TensorView& y_backprop, const TensorView& x,
    const TensorView& scale, const TensorView& saved_mean,
    const TensorView& saved_variance, const FusedBatchNormOptions& options);

StatusOr<Tensor> BiasAdd(Context& context, const TensorView& value,
                         const TensorView& bias, Channels channels);
StatusOr<Tensor> BiasAddGrad(Context& context, const TensorView& out_backprop,
                             Channels channels);

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_BATCH_NORM_H_
