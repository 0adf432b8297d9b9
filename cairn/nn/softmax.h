// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Softmax of the rows of a matrix. Internal to nn.
#ifndef CAIRN_NN_SOFTMAX_H_
#define CAIRN_NN_SOFTMAX_H_

#include "cairn/nn/vector_kernels.h"

namespace cairn::nn {

// Each row's exp(x - max) / sum. x may be y.
void SoftmaxRows(RowSize size, const float* x, float* y);
// dx = (dy - sum of dy * y over the row) * y. dx may be dy.
void SoftmaxGradientRows(RowSize size, const float* y, const float* dy,
                         float* dx);

}  // namespace cairn::nn

#endif  // CAIRN_NN_SOFTMAX_H_
