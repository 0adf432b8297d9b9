// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Arithmetic on matrices of `rows` x `channels` values, channels last, which is
// what an activation [N,H,W,C] is to batch normalization, relu and softmax.
// Internal to nn.
#ifndef CAIRN_NN_ROWS_H_
#define CAIRN_NN_ROWS_H_

#include <cstdint>

namespace cairn::nn {

struct RowSize {
  int64_t rows, channels;
};

// Per channel: the mean and the sum of squared distances from it.
void ChannelMoments(RowSize size, const float* x, float* mean, float* squares);

// y = (x - mean) * scale + offset
void NormalizeRows(RowSize size, const float* x, const float* mean,
                   const float* scale, const float* offset, float* y);

// Per channel: the sums of dy and of dy * (x - mean).
void GradientSums(RowSize size, const float* x, const float* dy,
                  const float* mean, float* sum, float* product_sum);

// dx = scale * (dy - a - (x - mean) * b)
void NormalizeGradientRows(RowSize size, const float* x, const float* dy,
                           const float* mean, const float* scale,
                           const float* a, const float* b, float* dx);

// dy becomes 0 where y, a relu's output, is not positive.
void MaskByRelu(int64_t count, const float* y, float* dy);

// Each row's exp(x - max) / sum. x may be y.
void SoftmaxRows(RowSize size, const float* x, float* y);
// dx = (dy - sum of dy * y over the row) * y. dx may be dy.
void SoftmaxGradientRows(RowSize size, const float* y, const float* dy,
                         float* dx);

// sum += x
void AddTo(int64_t count, const float* x, float* sum);

}  // namespace cairn::nn

#endif  // CAIRN_NN_ROWS_H_
