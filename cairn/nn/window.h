// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Window: how a kernel slides along one axis, with TensorFlow's rules for VALID
// and SAME padding (SAME puts the odd cell after). Internal to nn.
#ifndef CAIRN_NN_WINDOW_H_
#define CAIRN_NN_WINDOW_H_

#include <algorithm>
#include <cstdint>

#include "cairn/tensor/layer_config.h"
#include "cairn/tensor/shape.h"

namespace cairn::nn {

struct Window {
  int64_t input, size, stride;
  int64_t output;         // below 1: the window does not fit
  int64_t before, after;  // cells of padding
};

inline Window MakeWindow(int64_t input, int64_t size, int64_t stride,
                         Padding padding) {
  Window w{input, size, stride, 0, 0, 0};
  if (padding == Padding::kValid) {
    w.output = input < size ? 0 : (input - size) / stride + 1;
    return w;
  }
  w.output = (input + stride - 1) / stride;
  const int64_t total =
      std::max<int64_t>((w.output - 1) * stride + size - input, 0);
  w.before = total / 2;
  w.after = total - w.before;
  return w;
}

inline Window VerticalWindow(const Conv2DConfig& c, const Shape& input) {
  return MakeWindow(input.dim(0), c.kernel_height, c.stride_height, c.padding);
}
inline Window HorizontalWindow(const Conv2DConfig& c, const Shape& input) {
  return MakeWindow(input.dim(1), c.kernel_width, c.stride_width, c.padding);
}
inline Window VerticalWindow(const MaxPool2DConfig& c, const Shape& input) {
  return MakeWindow(input.dim(0), c.pool_height, c.stride_height, c.padding);
}
inline Window HorizontalWindow(const MaxPool2DConfig& c, const Shape& input) {
  return MakeWindow(input.dim(1), c.pool_width, c.stride_width, c.padding);
}

}  // namespace cairn::nn

#endif  // CAIRN_NN_WINDOW_H_
