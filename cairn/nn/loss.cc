// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/loss.h"

#include <algorithm>
#include <cmath>

namespace cairn::nn {
namespace {

constexpr float kClip = 1e-7f;

int64_t FirstLargest(const float* row, int64_t size) {
  return std::max_element(row, row + size) - row;
}

}  // namespace

LossSums CrossentropyFromLogits(RowSize size, const float* logits,
                                const int32_t* labels, float weight,
                                float* gradient) {
  LossSums sums;
  for (int64_t r = 0; r < size.rows; ++r) {
    const float* row = logits + r * size.channels;
    const int32_t label = labels[r];
    const int64_t largest = FirstLargest(row, size.channels);
    const float most = row[largest];
    float sum = 0;
    for (int64_t c = 0; c < size.channels; ++c) sum += std::exp(row[c] - most);
    sums.loss += std::log(sum) - (row[label] - most);
    sums.correct += largest == label;
    if (gradient == nullptr) continue;
    float* out = gradient + r * size.channels;
    for (int64_t c = 0; c < size.channels; ++c) {
      out[c] = weight * (std::exp(row[c] - most) / sum - (c == label ? 1 : 0));
    }
  }
  return sums;
}

LossSums CrossentropyFromProbabilities(RowSize size, const float* probabilities,
                                       const int32_t* labels, float weight,
                                       float* gradient) {
  LossSums sums;
  const auto clip = [](float p) { return std::clamp(p, kClip, 1 - kClip); };
  for (int64_t r = 0; r < size.rows; ++r) {
    const float* row = probabilities + r * size.channels;
    const int32_t label = labels[r];
    float sum = 0;
    for (int64_t c = 0; c < size.channels; ++c) sum += clip(row[c]);
    sums.loss += std::log(sum) - std::log(clip(row[label]));
    sums.correct += FirstLargest(row, size.channels) == label;
    if (gradient == nullptr) continue;
    float* out = gradient + r * size.channels;
    for (int64_t c = 0; c < size.channels; ++c) {
      const float p = clip(row[c]);
      const bool passes = row[c] >= kClip && row[c] <= 1 - kClip;
      out[c] = passes ? weight * (p / sum - (c == label ? 1 : 0)) / p : 0.0f;
    }
  }
  return sums;
}

}  // namespace cairn::nn
