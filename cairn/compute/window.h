// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Windows that slide over images: how convolutions and poolings describe them
// and what size comes out, as TensorFlow computes it.
#ifndef CAIRN_COMPUTE_WINDOW_H_
#define CAIRN_COMPUTE_WINDOW_H_

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/tensor/shape.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

enum class Padding { kValid, kSame, kExplicit };
enum class ImageFormat { kNhwc, kNchw };

StatusOr<Padding> PaddingFromName(std::string_view name);
StatusOr<ImageFormat> ImageFormatFromName(std::string_view name);

// The attributes of Conv2D and its relatives, of the poolings (which have
// ksize, and no dilations). Each list has four numbers, in the order of the
// format's letters; explicit_paddings has eight or none.
struct WindowOptions {
  std::vector<int64_t> strides = {};
  std::vector<int64_t> ksize = {};  // poolings
  Padding padding = Padding::kValid;
  std::vector<int64_t> explicit_paddings = {};
  ImageFormat format = ImageFormat::kNhwc;
  std::vector<int64_t> dilations = {1, 1, 1, 1};
};

// One direction of the window.
struct Window {
  int64_t in = 0, out = 0;  // sizes of the images
  int64_t size = 0;         // of the window, in elements it looks at
  int64_t stride = 1, dilation = 1;
  int64_t before = 0, after = 0;  // padding
};

// `in` and `size` non-negative. InvalidArgument for strides and dilations that
// are not positive or too large, negative paddings, and results that would be
// negative.
StatusOr<Window> MakeWindow(int64_t in, int64_t size, int64_t stride,
                            int64_t dilation, Padding padding, int64_t before,
                            int64_t after);

// An image tensor's sizes, whatever their order.
struct ImageSize {
  int64_t batch, height, width, channels;
};
StatusOr<ImageSize> ReadImageSize(const Shape& shape, ImageFormat format,
                                  std::string_view what);
StatusOr<Shape> ImageShape(const ImageSize& size, ImageFormat format);

// Height and width, checked: no strides, dilations or window sizes over batch
// and channels. `size`: of the window, {height, width}.
StatusOr<std::array<Window, 2>> MakeWindows(const WindowOptions& options,
                                            const ImageSize& image,
                                            std::array<int64_t, 2> size,
                                            std::string_view op);

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_WINDOW_H_
