// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Sparse categorical crossentropy and accuracy of some examples, and the
// gradient of the loss. Internal to nn.
#ifndef CAIRN_NN_LOSS_H_
#define CAIRN_NN_LOSS_H_

#include <cstdint>

#include "cairn/nn/vector_kernels.h"

namespace cairn::nn {

// Sums over examples.
struct LossSums {
  double loss = 0;
  int64_t correct = 0;  // the first largest output is the label's
};

// `labels` has a class per row, each in [0, channels). Unless null, `gradient`
// receives `weight` times each example's derivative.
LossSums CrossentropyFromLogits(RowSize size, const float* logits,
                                const int32_t* labels, float weight,
                                float* gradient);

// As Keras: the probabilities are clipped to [1e-7, 1 - 1e-7], where clipping
// passes no gradient, their logarithms taken for logits.
LossSums CrossentropyFromProbabilities(RowSize size, const float* probabilities,
                                       const int32_t* labels, float weight,
                                       float* gradient);

}  // namespace cairn::nn

#endif  // CAIRN_NN_LOSS_H_
