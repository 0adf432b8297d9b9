// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/compute/pooling.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "cairn/compute/array.h"
#include "cairn/compute/checks.h"
#include "cairn/compute/rows.h"

namespace cairn::compute {
namespace {

struct Geometry {
  ImageSize input, output;
  std::array<Window, 2> window;
};

StatusOr<Geometry> MakeGeometry(const Shape& input,
                                const WindowOptions& options,
                                std::string_view op) {
  Geometry g;
  CAIRN_ASSIGN_OR_RETURN(g.input,
                         ReadImageSize(input, options.format, "tensor_in"));
  if (options.ksize.size() != 4) {
    return InvalidArgumentError(
        "Sliding window ksize field must specify 4 dimensions");
  }
  const bool last = options.format == ImageFormat::kNhwc;
  const std::array<int64_t, 2> size = {options.ksize[last ? 1 : 2],
                                       options.ksize[last ? 2 : 3]};
  if (options.ksize[0] != 1 || options.ksize[last ? 3 : 1] != 1) {
    return InvalidArgumentError(
        "Pooling is not supported on the batch or depth dimension.");
  }
  if (size[0] <= 0 || size[1] <= 0) {
    return InvalidArgumentError(
        "Sliding window ksize for dimension must be positive");
  }
  CAIRN_ASSIGN_OR_RETURN(g.window, MakeWindows(options, g.input, size, op));
  for (const Window& w : g.window) {
    if (w.before < w.size && w.after < w.size) continue;
    return InvalidArgumentError(
        "Padding is too large: it must be less than the size of the window");
  }
  g.output = {g.input.batch, g.window[0].out, g.window[1].out,
              g.input.channels};
  return g;
}

// The inputs of one window: rows [y, y_end) and columns [x, x_end) of the image
// that starts at element `image`.
struct Cells {
  int64_t image, y, y_end, x, x_end;
  int64_t count() const { return (y_end - y) * (x_end - x); }
};
Cells CellsOf(const Geometry& g, int64_t n, int64_t oy, int64_t ox) {
  const auto& [h, w] = g.window;
  const int64_t y = oy * h.stride - h.before;
  const int64_t x = ox * w.stride - w.before;
  return {n * g.input.height * g.input.width * g.input.channels,
          std::max<int64_t>(y, 0), std::min(y + h.size, h.in),
          std::max<int64_t>(x, 0), std::min(x + w.size, w.in)};
}

int64_t CostOf(const Geometry& g) {
  return g.output.height * g.output.width * g.output.channels *
         std::min<int64_t>(g.window[0].size * g.window[1].size, 1 << 16);
}

// Calls visit(cells, first element of the output's pixel) for all windows,
// those of one image in order. Each thread has its own copy of `visit`.
template <typename Visit>
void ForEachWindow(Context& context, const Geometry& g, const Visit& visit) {
  context.ParallelFor(g.input.batch, CostOf(g), [&](int64_t b, int64_t e) {
    Visit own = visit;
    for (int64_t n = b; n < e; ++n) {
      for (int64_t oy = 0; oy < g.output.height; ++oy) {
        for (int64_t ox = 0; ox < g.output.width; ++ox) {
          own(CellsOf(g, n, oy, ox),
              ((n * g.output.height + oy) * g.output.width + ox) *
                  g.output.channels);
        }
      }
    }
  });
}

// Calls visit(first element) for each cell.
template <typename Visit>
void ForEachCell(const Geometry& g, const Cells& cells, const Visit& visit) {
  for (int64_t i = cells.y; i < cells.y_end; ++i) {
    for (int64_t j = cells.x; j < cells.x_end; ++j) {
      visit(cells.image + (i * g.input.width + j) * g.input.channels);
    }
  }
}

template <typename T>
void MaxPoolOf(Context& context, const Geometry& g, const void* in, void* out) {
  const T* const x = static_cast<const T*>(in);
  T* const y = static_cast<T*>(out);
  const int64_t channels = g.input.channels;
  ForEachWindow(context, g, [&](const Cells& cells, int64_t at) {
    T* const to = y + at;
    std::fill_n(to, channels, std::numeric_limits<T>::lowest());
    ForEachCell(g, cells, [&](int64_t from) {
      for (int64_t c = 0; c < channels; ++c) {
        to[c] = x[from + c] > to[c] ? x[from + c] : to[c];
      }
    });
  });
}

template <typename T>
void MaxPoolGradOf(Context& context, const Geometry& g, const void* in,
                   const void* gradient, void* out) {
  const T* const x = static_cast<const T*>(in);
  const T* const dy = static_cast<const T*>(gradient);
  T* const dx = static_cast<T*>(out);
  // Where each channel's largest value is.
  std::vector<int64_t> best(static_cast<size_t>(g.input.channels));
  ForEachWindow(context, g, [&, best](const Cells& cells, int64_t at) mutable {
    if (cells.count() <= 0) return;
    std::iota(
        best.begin(), best.end(),
        cells.image + (cells.y * g.input.width + cells.x) * g.input.channels);
    ForEachCell(g, cells, [&](int64_t from) {
      for (int64_t& winner : best) {
        if (x[from] > x[winner]) winner = from;
        ++from;
      }
    });
    for (const int64_t winner : best) {
      dx[winner] = static_cast<T>(dx[winner] + dy[at++]);
    }
  });
}

template <typename T>
void AvgPoolOf(Context& context, const Geometry& g, const void* in, void* out) {
  const T* const x = static_cast<const T*>(in);
  T* const y = static_cast<T*>(out);
  const int64_t channels = g.input.channels;
  ForEachWindow(context, g, [&](const Cells& cells, int64_t at) {
    T* const to = y + at;
    std::fill_n(to, channels, T(0));
    ForEachCell(g, cells, [&](int64_t from) {
      for (int64_t c = 0; c < channels; ++c) to[c] += x[from + c];
    });
    const T count = static_cast<T>(cells.count());
    for (int64_t c = 0; c < channels; ++c) to[c] /= count;
  });
}

template <typename T>
void AvgPoolGradOf(Context& context, const Geometry& g, const void* gradient,
                   void* out) {
  const T* const dy = static_cast<const T*>(gradient);
  T* const dx = static_cast<T*>(out);
  const int64_t channels = g.input.channels;
  ForEachWindow(context, g, [&](const Cells& cells, int64_t at) {
    const T share = T(1) / static_cast<T>(cells.count());
    ForEachCell(g, cells, [&](int64_t to) {
      for (int64_t c = 0; c < channels; ++c) dx[to + c] += dy[at + c] * share;
    });
  });
}

// Calls f with a value of the dtype's C++ type.
template <typename F>
Status VisitOrdered(std::string_view op, DataType dtype, const F& f) {
  switch (dtype) {
    case DataType::kFloat:
      return f(float()), OkStatus();
    case DataType::kDouble:
      return f(double()), OkStatus();
    case DataType::kInt8:
      return f(int8_t()), OkStatus();
    case DataType::kInt16:
      return f(int16_t()), OkStatus();
    case DataType::kInt32:
      return f(int32_t()), OkStatus();
    case DataType::kInt64:
      return f(int64_t()), OkStatus();
    case DataType::kUint8:
      return f(uint8_t()), OkStatus();
    case DataType::kUint16:
      return f(uint16_t()), OkStatus();
    case DataType::kUint32:
      return f(uint32_t()), OkStatus();
    case DataType::kUint64:
      return f(uint64_t()), OkStatus();
    default:
      return NoKernel(op, dtype);
  }
}

// NCHW <-> NHWC.
StatusOr<Tensor> ToLast(Context& context, const TensorView& x) {
  constexpr int32_t kOrder[] = {0, 2, 3, 1};
  return Transpose(context, x, TensorView::Of<int32_t>({4}, kOrder));
}
StatusOr<Tensor> ToFirst(Context& context, const TensorView& x) {
  constexpr int32_t kOrder[] = {0, 3, 1, 2};
  return Transpose(context, x, TensorView::Of<int32_t>({4}, kOrder));
}

template <typename T>
std::vector<T> LastChannels(const std::vector<T>& list) {
  return {list[0], list[2], list[3], list[1]};
}

// The same options for NHWC; the lists must have been checked.
WindowOptions LastChannels(WindowOptions options) {
  options.format = ImageFormat::kNhwc;
  options.strides = LastChannels(options.strides);
  options.ksize = LastChannels(options.ksize);
  options.dilations = LastChannels(options.dilations);
  auto& p = options.explicit_paddings;
  if (p.size() == 8) p = {p[0], p[1], p[4], p[5], p[6], p[7], p[2], p[3]};
  return options;
}

StatusOr<Tensor> Pool(Context& context, const TensorView& input,
                      const WindowOptions& options, std::string_view op) {
  CAIRN_ASSIGN_OR_RETURN(const Geometry g,
                         MakeGeometry(input.shape(), options, op));
  const auto self = [&](const TensorView& x, const WindowOptions& o) {
    return Pool(context, x, o, op);
  };
  if (options.format == ImageFormat::kNchw) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor x, ToLast(context, input));
    CAIRN_ASSIGN_OR_RETURN(const Tensor y, self(x, LastChannels(options)));
    return ToFirst(context, y);
  }
  if (IsSixteenBitFloat(input.dtype())) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor x, WidenTensor(input));
    CAIRN_ASSIGN_OR_RETURN(const Tensor y, self(x, options));
    return NarrowTensor(input.dtype(), y);
  }
  CAIRN_ASSIGN_OR_RETURN(Shape shape, ImageShape(g.output, options.format));
  CAIRN_ASSIGN_OR_RETURN(Tensor output,
                         context.Allocate(input.dtype(), std::move(shape)));
  if (output.num_elements() == 0) return output;
  const void* const x = input.bytes().data();
  void* const y = output.mutable_bytes().data();
  CAIRN_RETURN_IF_ERROR(VisitOrdered(op, input.dtype(), [&]<typename T>(T) {
    if (op == "MaxPool") {
      MaxPoolOf<T>(context, g, x, y);
    } else if constexpr (std::is_floating_point_v<T>) {
      AvgPoolOf<T>(context, g, x, y);
    }
  }));
  return output;
}

Status RequireOutput(const Geometry& g, const Shape& shape,
                     std::string_view what) {
  CAIRN_ASSIGN_OR_RETURN(const Shape expected,
                         ImageShape(g.output, ImageFormat::kNhwc));
  if (expected == shape) return OkStatus();
  return InvalidArgumentError(StrCat("Expected ", what, " shape to be ",
                                     expected.ToString(), ", but got ",
                                     shape.ToString()));
}

}  // namespace

StatusOr<Tensor> MaxPool(Context& context, const TensorView& input,
                         const WindowOptions& options) {
  return Pool(context, input, options, "MaxPool");
}

StatusOr<Tensor> AvgPool(Context& context, const TensorView& value,
                         const WindowOptions& options) {
  if (Info(value.dtype()).kind != DataTypeKind::kFloating) {
    return NoKernel("AvgPool", value.dtype());
  }
  return Pool(context, value, options, "AvgPool");
}

StatusOr<Tensor> MaxPoolGrad(Context& context, const TensorView& orig_input,
                             const TensorView& orig_output,
                             const TensorView& grad,
                             const WindowOptions& options) {
  CAIRN_RETURN_IF_ERROR(RequireSameType(orig_input, grad, "MaxPoolGrad"));
  CAIRN_ASSIGN_OR_RETURN(
      const Geometry g,
      MakeGeometry(orig_input.shape(), options, "MaxPoolGrad"));
  if (options.format == ImageFormat::kNchw) {
    CAIRN_ASSIGN_OR_RETURN(const Shape expected,
                           ImageShape(g.output, options.format));
    if (!(expected == grad.shape() && expected == orig_output.shape())) {
      return InvalidArgumentError(StrCat("Expected grad shape to be ",
                                         expected.ToString(), ", but got ",
                                         grad.shape().ToString()));
    }
    CAIRN_ASSIGN_OR_RETURN(const Tensor x, ToLast(context, orig_input));
    CAIRN_ASSIGN_OR_RETURN(const Tensor dy, ToLast(context, grad));
    CAIRN_ASSIGN_OR_RETURN(const Tensor dx, MaxPoolGrad(context, x, dy, dy,
                                                        LastChannels(options)));
    return ToFirst(context, dx);
  }
  CAIRN_RETURN_IF_ERROR(RequireOutput(g, orig_output.shape(), "orig_output"));
  CAIRN_RETURN_IF_ERROR(RequireOutput(g, grad.shape(), "grad"));
  if (IsSixteenBitFloat(grad.dtype())) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor x, WidenTensor(orig_input));
    CAIRN_ASSIGN_OR_RETURN(const Tensor dy, WidenTensor(grad));
    CAIRN_ASSIGN_OR_RETURN(const Tensor dx,
                           MaxPoolGrad(context, x, dy, dy, options));
    return NarrowTensor(grad.dtype(), dx);
  }
  CAIRN_ASSIGN_OR_RETURN(
      Tensor dx, context.AllocateZeros(grad.dtype(), orig_input.shape()));
  if (grad.num_elements() == 0 || dx.num_elements() == 0) return dx;
  CAIRN_RETURN_IF_ERROR(
      VisitOrdered("MaxPoolGrad", grad.dtype(), [&]<typename T>(T) {
        MaxPoolGradOf<T>(context, g, orig_input.bytes().data(),
                         grad.bytes().data(), dx.mutable_bytes().data());
      }));
  return dx;
}

StatusOr<Tensor> AvgPoolGrad(Context& context,
                             const TensorView& orig_input_shape,
                             const TensorView& grad,
                             const WindowOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(const auto dims,
                         ReadIntegers(orig_input_shape, "orig_input_shape"));
  CAIRN_ASSIGN_OR_RETURN(const Shape shape, Shape::Create(dims));
  CAIRN_ASSIGN_OR_RETURN(const Geometry g,
                         MakeGeometry(shape, options, "AvgPoolGrad"));
  if (options.format == ImageFormat::kNchw) {
    CAIRN_ASSIGN_OR_RETURN(const Shape expected,
                           ImageShape(g.output, options.format));
    if (!(expected == grad.shape())) {
      return InvalidArgumentError(StrCat("Expected grad shape to be ",
                                         expected.ToString(), ", but got ",
                                         grad.shape().ToString()));
    }
    CAIRN_ASSIGN_OR_RETURN(const Tensor dy, ToLast(context, grad));
    const int64_t last[] = {dims[0], dims[2], dims[3], dims[1]};
    CAIRN_ASSIGN_OR_RETURN(
        const Tensor dx,
        AvgPoolGrad(context, TensorView::Of<int64_t>({4}, last), dy,
                    LastChannels(options)));
    return ToFirst(context, dx);
  }
  CAIRN_RETURN_IF_ERROR(RequireOutput(g, grad.shape(), "grad"));
  if (IsSixteenBitFloat(grad.dtype())) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor dy, WidenTensor(grad));
    CAIRN_ASSIGN_OR_RETURN(const Tensor dx,
                           AvgPoolGrad(context, orig_input_shape, dy, options));
    return NarrowTensor(grad.dtype(), dx);
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor dx, context.AllocateZeros(grad.dtype(), shape));
  if (grad.num_elements() == 0 || dx.num_elements() == 0) return dx;
  if (grad.dtype() == DataType::kFloat) {
    AvgPoolGradOf<float>(context, g, grad.bytes().data(),
                         dx.mutable_bytes().data());
  } else if (grad.dtype() == DataType::kDouble) {
    AvgPoolGradOf<double>(context, g, grad.bytes().data(),
                          dx.mutable_bytes().data());
  } else {
    return NoKernel("AvgPoolGrad", grad.dtype());
  }
  return dx;
}

}  // namespace cairn::compute
