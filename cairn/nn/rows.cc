// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/rows.h"

#include <algorithm>
#include <cmath>

#include "cairn/nn/simd.h"

namespace cairn::nn {
namespace {

// Channels are taken in blocks of this many, whose sums stay in registers over
// all rows. The block is a constant so that its loops become vector code.
constexpr int64_t kBlock = 16;

// Calls block(first) for each whole block of channels and rest(first, count)
// for what is left.
template <typename Block, typename Rest>
[[gnu::always_inline]] inline void InBlocks(int64_t channels,
                                            const Block& block,
                                            const Rest& rest) {
  int64_t c = 0;
  for (; c + kBlock <= channels; c += kBlock) block(c);
  if (c < channels) rest(c, channels - c);
}

// The sums over rows of f(row, channel) and of g(row, channel).
template <typename F>
[[gnu::always_inline]] inline void SumBlock(int64_t rows, const F& f,
                                            int64_t width, float* sum) {
  if (width == kBlock) {
    float acc[kBlock] = {};
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t i = 0; i < kBlock; ++i) acc[i] += f(r, i);
    }
    for (int64_t i = 0; i < kBlock; ++i) sum[i] = acc[i];
    return;
  }
  for (int64_t i = 0; i < width; ++i) sum[i] = 0;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t i = 0; i < width; ++i) sum[i] += f(r, i);
  }
}

template <typename F>
[[gnu::always_inline]] inline void SumChannels(RowSize size, const F& f,
                                               float* sum) {
  InBlocks(
      size.channels,
      [&](int64_t c) {
        SumBlock(
            size.rows, [&](int64_t r, int64_t i) { return f(r, c + i); },
            kBlock, sum + c);
      },
      [&](int64_t c, int64_t width) {
        SumBlock(
            size.rows, [&](int64_t r, int64_t i) { return f(r, c + i); }, width,
            sum + c);
      });
}

}  // namespace

CAIRN_NN_SIMD void ChannelMoments(RowSize size, const float* x, float* mean,
                                  float* squares) {
  const int64_t channels = size.channels;
  SumChannels(
      size, [&](int64_t r, int64_t c) { return x[r * channels + c]; }, mean);
  for (int64_t c = 0; c < channels; ++c) {
    mean[c] /= static_cast<float>(size.rows);
  }
  SumChannels(
      size,
      [&](int64_t r, int64_t c) {
        const float d = x[r * channels + c] - mean[c];
        return d * d;
      },
      squares);
}

CAIRN_NN_SIMD void NormalizeRows(RowSize size, const float* __restrict x,
                                 const float* __restrict mean,
                                 const float* __restrict scale,
                                 const float* __restrict offset,
                                 float* __restrict y) {
  for (int64_t r = 0; r < size.rows; ++r) {
    const int64_t at = r * size.channels;
    for (int64_t c = 0; c < size.channels; ++c) {
      y[at + c] = (x[at + c] - mean[c]) * scale[c] + offset[c];
    }
  }
}

CAIRN_NN_SIMD void GradientSums(RowSize size, const float* x, const float* dy,
                                const float* mean, float* sum,
                                float* product_sum) {
  const int64_t channels = size.channels;
  SumChannels(
      size, [&](int64_t r, int64_t c) { return dy[r * channels + c]; }, sum);
  SumChannels(
      size,
      [&](int64_t r, int64_t c) {
        const int64_t at = r * channels + c;
        return dy[at] * (x[at] - mean[c]);
      },
      product_sum);
}

CAIRN_NN_SIMD void NormalizeGradientRows(
    RowSize size, const float* __restrict x, const float* __restrict dy,
    const float* __restrict mean, const float* __restrict scale,
    const float* __restrict a, const float* __restrict b,
    float* __restrict dx) {
  for (int64_t r = 0; r < size.rows; ++r) {
    const int64_t at = r * size.channels;
    for (int64_t c = 0; c < size.channels; ++c) {
      dx[at + c] =
          scale[c] * (dy[at + c] - a[c] - (x[at + c] - mean[c]) * b[c]);
    }
  }
}

CAIRN_NN_SIMD void MaskByRelu(int64_t count, const float* __restrict y,
                              float* __restrict dy) {
  for (int64_t i = 0; i < count; ++i) dy[i] = y[i] > 0 ? dy[i] : 0.0f;
}

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

CAIRN_NN_SIMD void AddTo(int64_t count, const float* __restrict x,
                         float* __restrict sum) {
  for (int64_t i = 0; i < count; ++i) sum[i] += x[i];
}

}  // namespace cairn::nn
