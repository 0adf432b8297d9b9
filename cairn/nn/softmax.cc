// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/softmax.h"

#include <algorithm>
#include <cmath>

namespace cairn::nn {

void SoftmaxRows(RowSize size, const float* x, float* y) {
  for (int64_t r = 0; r < size.rows; ++r) {
    const float* from = x + r * size.channels;
    float* to = y + r * size.channels;
    const float most = *std::max_element(from, from + size.channels);
    float sum = 0;
    for (int64_t c = 0; c < size.channels; ++c) {
      to[c] = std::exp(from[c] - most);
      sum += to[c];
    }
    for (int64_t c = 0; c < size.channels; ++c) to[c] /= sum;
  }
}

void SoftmaxGradientRows(RowSize size, const float* y, const float* dy,
                         float* dx) {
  for (int64_t r = 0; r < size.rows; ++r) {
    const int64_t at = r * size.channels;
    float sum = 0;
    for (int64_t c = 0; c < size.channels; ++c) sum += dy[at + c] * y[at + c];
    for (int64_t c = 0; c < size.channels; ++c) {
      dx[at + c] = (dy[at + c] - sum) * y[at + c];
    }
  }
}

}  // namespace cairn::nn
