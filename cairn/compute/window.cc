// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/compute/window.h"

#include <algorithm>

#include "cairn/compute/checks.h"

namespace cairn::compute {
namespace {

// Beyond this, sums of sizes could overflow.
constexpr int64_t kMaxNumber = int64_t{1} << 31;

// The places of height and width in lists of four.
struct Places {
  size_t batch, height, width, channels;
};
Places PlacesOf(ImageFormat format) {
  return format == ImageFormat::kNhwc ? Places{0, 1, 2, 3} : Places{0, 2, 3, 1};
}

}  // namespace

StatusOr<Padding> PaddingFromName(std::string_view name) {
  if (name == "VALID") return Padding::kValid;
  if (name == "SAME") return Padding::kSame;
  if (name == "EXPLICIT") return Padding::kExplicit;
  return InvalidArgumentError(StrCat("no padding: ", Escape(name)));
}

StatusOr<ImageFormat> ImageFormatFromName(std::string_view name) {
  if (name == "NHWC") return ImageFormat::kNhwc;
  if (name == "NCHW") return ImageFormat::kNchw;
  return InvalidArgumentError(StrCat("Invalid data format: ", Escape(name)));
}

StatusOr<Window> MakeWindow(int64_t in, int64_t size, int64_t stride,
                            int64_t dilation, Padding padding, int64_t before,
                            int64_t after) {
  if (stride <= 0) {
    return InvalidArgumentError(StrCat("Stride must be > 0, but got ", stride));
  }
  if (dilation < 1) {
    return InvalidArgumentError(
        StrCat("Dilation rate must be >= 1, but got ", dilation));
  }
  for (const int64_t number : {in, size, stride, dilation, before, after}) {
    if (number > kMaxNumber) {
      return InvalidArgumentError(
          StrCat("a window with ", number, " is too large"));
    }
  }
  if (before < 0 || after < 0) {
    return InvalidArgumentError(StrCat(
        "paddings must be non-negative, but got ", before, " and ", after));
  }
  Window window = {in, 0, size, stride, dilation, 0, 0};
  const int64_t reach = (size - 1) * dilation + 1;
  if (padding == Padding::kSame) {
    window.out = (in + stride - 1) / stride;
    const int64_t missing =
        std::max<int64_t>(0, (window.out - 1) * stride + reach - in);
    window.before = missing / 2;
    window.after = missing - missing / 2;
  } else {
    if (padding == Padding::kExplicit) {
      window.before = before;
      window.after = after;
    }
    const int64_t room = in + window.before + window.after - reach + stride;
    window.out = room < 0 ? -1 : room / stride;
  }
  if (window.out < 0) {
    return InvalidArgumentError(
        StrCat("Computed output size would be negative: ", window.out,
               " [input_size: ", in, ", effective_filter_size: ", reach,
               ", stride: ", stride, "]"));
  }
  return window;
}

StatusOr<ImageSize> ReadImageSize(const Shape& shape, ImageFormat format,
                                  std::string_view what) {
  if (shape.rank() != 4) {
    return InvalidArgumentError(
        StrCat(what, " must be 4-dimensional: ", shape.ToString()));
  }
  const Places p = PlacesOf(format);
  const auto dims = shape.dims();
  return ImageSize{dims[p.batch], dims[p.height], dims[p.width],
                   dims[p.channels]};
}

StatusOr<Shape> ImageShape(const ImageSize& size, ImageFormat format) {
  std::array<int64_t, 4> dims;
  const Places p = PlacesOf(format);
  dims[p.batch] = size.batch;
  dims[p.height] = size.height;
  dims[p.width] = size.width;
  dims[p.channels] = size.channels;
  return Shape::Create(dims);
}

StatusOr<std::array<Window, 2>> MakeWindows(const WindowOptions& options,
                                            const ImageSize& image,
                                            std::array<int64_t, 2> size,
                                            std::string_view op) {
  const Places p = PlacesOf(options.format);
  if (options.strides.size() != 4) {
    return InvalidArgumentError(
        "Sliding window strides field must specify 4 dimensions");
  }
  if (options.dilations.size() != 4) {
    return InvalidArgumentError(
        "Sliding window dilations field must specify 4 dimensions");
  }
  if (options.strides[p.batch] != 1 || options.strides[p.channels] != 1) {
    return InvalidArgumentError(
        "Current implementation does not yet support strides in the batch and "
        "depth dimensions.");
  }
  if (options.dilations[p.batch] != 1 || options.dilations[p.channels] != 1) {
    return InvalidArgumentError(
        "Current implementation does not yet support dilations in the batch "
        "and depth dimensions.");
  }
  std::array<int64_t, 8> paddings = {};
  const auto& given = options.explicit_paddings;
  if (options.padding == Padding::kExplicit) {
    if (given.size() != 8) {
      return InvalidArgumentError(
          StrCat("explicit_paddings attribute must contain 8 values, but got: ",
                 given.size()));
    }
    std::ranges::copy(given, paddings.begin());
    if (paddings[2 * p.batch] != 0 || paddings[2 * p.batch + 1] != 0 ||
        paddings[2 * p.channels] != 0 || paddings[2 * p.channels + 1] != 0) {
      return InvalidArgumentError(
          "Nonzero explicit padding in the batch or depth dimensions is not "
          "supported");
    }
  } else if (!given.empty()) {
    return InvalidArgumentError(
        StrCat(op,
               ": explicit_paddings attribute must be empty if the padding "
               "attribute is not EXPLICIT"));
  }
  std::array<Window, 2> windows;
  const std::array<size_t, 2> places = {p.height, p.width};
  const std::array<int64_t, 2> in = {image.height, image.width};
  for (size_t i = 0; i < 2; ++i) {
    const size_t at = places[i];
    CAIRN_ASSIGN_OR_RETURN(
        windows[i],
        MakeWindow(in[i], size[i], options.strides[at], options.dilations[at],
                   options.padding, paddings[2 * at], paddings[2 * at + 1]));
  }
  return windows;
}

}  // namespace cairn::compute
