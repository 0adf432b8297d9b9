// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Softmax, its logarithm, and cross entropy with it.
#ifndef CAIRN_COMPUTE_SOFTMAX_H_
#define CAIRN_COMPUTE_SOFTMAX_H_

#include "cairn/base/status.h"
#include "cairn/compute/context.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

enum class SoftmaxOp { kSoftmax, kLogSoftmax };
// Of each row of the last dimension.
StatusOr<Tensor> Softmax(Context& context, SoftmaxOp op,
                         const TensorView& logits);

struct CrossEntropyResult {
  Tensor loss;      // one for each row
  Tensor backprop;  // the loss's gradient
};
// `features`: [rows, classes]; `labels`: int32 or int64 [rows]. A label that
// is no class is InvalidArgument.
StatusOr<CrossEntropyResult> SparseSoftmaxCrossEntropyWithLogits(
    Context& context, const TensorView& features, const TensorView& labels);
// `labels`: probabilities, broadcast against the features.
StatusOr<CrossEntropyResult> SoftmaxCrossEntropyWithLogits(
    Context& context, const TensorView& features, const TensorView& labels);

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_SOFTMAX_H_
