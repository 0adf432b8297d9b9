// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// float32 by oneDNN, which is told how tensors lie in memory and asks for other
// layouts of filters where it likes them better; 16-bit floats through float32;
// double and int32 by plain loops.
#include "cairn/compute/convolution.h"

#include <algorithm>

#include "cairn/compute/checks.h"
#include "cairn/compute/onednn_cache.h"
#include "cairn/compute/rows.h"

namespace cairn::compute {
namespace {

using dnnl::memory;

struct Geometry {
  ImageSize input, output;
  std::array<Window, 2> window;
  int64_t groups, filter_in, filter_out;  // per group
  ConvolutionKind kind;
  ImageFormat format;

  bool is_empty() const {
    for (const int64_t n :
         {input.batch, input.height, input.width, input.channels, output.height,
          output.width, output.channels, window[0].size, window[1].size,
          filter_in, filter_out}) {
      if (n == 0) return true;
    }
    return false;
  }
};

std::string_view Name(ConvolutionKind kind) {
  return kind == ConvolutionKind::kFull ? "Conv2D" : "DepthwiseConv2dNative";
}

StatusOr<Geometry> MakeGeometry(ConvolutionKind kind, const Shape& input,
                                const Shape& filter,
                                const WindowOptions& options) {
  Geometry g = {};
  g.kind = kind;
  g.format = options.format;
  CAIRN_ASSIGN_OR_RETURN(g.input,
                         ReadImageSize(input, options.format, "input"));
  if (filter.rank() != 4) {
    return InvalidArgumentError(
        StrCat("filter must be 4-dimensional: ", filter.ToString()));
  }
  CAIRN_ASSIGN_OR_RETURN(
      g.window, MakeWindows(options, g.input, {filter.dim(0), filter.dim(1)},
                            Name(kind)));
  const int64_t channels = g.input.channels;
  if (kind == ConvolutionKind::kDepthwise) {
    if (filter.dim(2) != channels) {
      return InvalidArgumentError(
          StrCat("input and filter must have the same depth: ", channels,
                 " vs ", filter.dim(2)));
    }
    if (options.strides[options.format == ImageFormat::kNhwc ? 1 : 2] !=
        options.strides[options.format == ImageFormat::kNhwc ? 2 : 3]) {
      return InvalidArgumentError(
          "Current implementation only supports equal length strides in the "
          "row and column dimensions.");
    }
    g.groups = channels;
    g.filter_in = 1;
    g.filter_out = filter.dim(3);
  } else {
    if (filter.dim(2) <= 0) {
      return InvalidArgumentError(
          StrCat("filter depth must be positive, got ", filter.dim(2)));
    }
    if (channels % filter.dim(2) != 0) {
      return InvalidArgumentError(StrCat(
          "input depth must be evenly divisible by filter depth: ", channels,
          " vs ", filter.dim(2)));
    }
    g.groups = channels / filter.dim(2);
    if (g.groups > 0 && filter.dim(3) % g.groups != 0) {
      return InvalidArgumentError(
          StrCat("output depth must be evenly divisible by number of groups: ",
                 filter.dim(3), " vs ", g.groups));
    }
    g.filter_in = filter.dim(2);
    g.filter_out = g.groups > 0 ? filter.dim(3) / g.groups : 0;
  }
  int64_t out_channels;
  if (__builtin_mul_overflow(g.groups, g.filter_out, &out_channels)) {
    return InvalidArgumentError("the number of output channels overflows");
  }
  if (kind == ConvolutionKind::kFull) out_channels = filter.dim(3);
  g.output = {g.input.batch, g.window[0].out, g.window[1].out, out_channels};
  return g;
}

// Elements between neighbours in memory.
struct ImageStrides {
  int64_t batch, height, width, channel;
};
ImageStrides StridesOf(const ImageSize& s, ImageFormat format) {
  if (format == ImageFormat::kNhwc) {
    return {s.height * s.width * s.channels, s.width * s.channels, s.channels,
            1};
  }
  return {s.height * s.width * s.channels, s.width, 1, s.height * s.width};
}
struct FilterStrides {
  int64_t height, width, in, group, out;
};
FilterStrides StridesOf(const Geometry& g) {
  if (g.kind == ConvolutionKind::kDepthwise) {
    const int64_t row = g.groups * g.filter_out;
    return {g.window[1].size * row, row, 1, g.filter_out, 1};
  }
  const int64_t out = g.groups * g.filter_out;
  return {g.window[1].size * g.filter_in * out, g.filter_in * out, out,
          g.filter_out, 1};
}

// How the three tensors lie in memory, and as oneDNN may have them.
struct Layouts {
  memory::desc input, filter, any_filter, output;
  memory::dims strides, dilations, before, after;
};

memory::desc ImageLayout(const ImageSize& s, ImageFormat format) {
  return memory::desc({s.batch, s.channels, s.height, s.width},
                      memory::data_type::f32,
                      format == ImageFormat::kNhwc ? memory::format_tag::nhwc
                                                   : memory::format_tag::nchw);
}

Layouts MakeLayouts(const Geometry& g) {
  const Window& h = g.window[0];
  const Window& w = g.window[1];
  Layouts l;
  l.input = ImageLayout(g.input, g.format);
  l.output = ImageLayout(g.output, g.format);
  const FilterStrides s = StridesOf(g);
  const auto type = memory::data_type::f32;
  memory::dims dims = {g.filter_out, g.filter_in, h.size, w.size};
  memory::dims strides = {s.out, s.in, s.height, s.width};
  if (g.groups > 1) {
    dims.insert(dims.begin(), g.groups);
    strides.insert(strides.begin(), s.group);
  }
  l.filter = memory::desc(dims, type, strides);
  l.any_filter = memory::desc(dims, type, memory::format_tag::any);
  l.strides = {h.stride, w.stride};
  l.dilations = {h.dilation - 1, w.dilation - 1};
  // What is padded after the last window that fits plays no part.
  const auto after = [](const Window& v) {
    return (v.out - 1) * v.stride + (v.size - 1) * v.dilation + 1 - v.in -
           v.before;
  };
  l.before = {h.before, w.before};
  l.after = {after(h), after(w)};
  return l;
}

dnnl::convolution_forward::primitive_desc Forward(const Layouts& l,
                                                  dnnl::engine& engine) {
  return {{dnnl::prop_kind::forward_training,
           dnnl::algorithm::convolution_direct, l.input, l.any_filter, l.output,
           l.strides, l.dilations, l.before, l.after},
          engine};
}

std::string Key(std::string_view op, const Geometry& g) {
  const int64_t numbers[] = {g.input.batch,
                             g.input.height,
                             g.input.width,
                             g.input.channels,
                             g.output.height,
                             g.output.width,
                             g.output.channels,
                             g.groups,
                             g.kind == ConvolutionKind::kDepthwise,
                             g.format == ImageFormat::kNhwc};
  std::vector<int64_t> windows;
  for (const Window& w : g.window) {
    windows.insert(windows.end(),
                   {w.size, w.stride, w.dilation, w.before, w.after});
  }
  return OneDnnKey(op, {numbers, windows});
}

enum class Wanted { kOutput, kInput, kFilter };

// The elements of the three tensors. Only those of the wanted one are written.
struct Operands {
  void *input, *filter, *output;
};

Status ForwardFloats(Context& context, const Geometry& g, const Operands& t) {
  const auto make = [&g](dnnl::engine& engine) {
    const Layouts l = MakeLayouts(g);
    const auto made = Forward(l, engine);
    return OneDnnCache::Entry{
        dnnl::convolution_forward(made),
        {{DNNL_ARG_SRC, l.input, made.src_desc()},
         {DNNL_ARG_WEIGHTS, l.filter, made.weights_desc()},
         {DNNL_ARG_DST, l.output, made.dst_desc(), true}}};
  };
  return RunOneDnn(context, Name(g.kind), Key("conv", g), make,
                   {{DNNL_ARG_SRC, t.input},
                    {DNNL_ARG_WEIGHTS, t.filter},
                    {DNNL_ARG_DST, t.output}});
}

Status InputFloats(Context& context, const Geometry& g, const Operands& t) {
  const auto make = [&g](dnnl::engine& engine) {
    const Layouts l = MakeLayouts(g);
    const dnnl::convolution_backward_data::primitive_desc made(
        {dnnl::algorithm::convolution_direct, l.input, l.any_filter, l.output,
         l.strides, l.dilations, l.before, l.after},
        engine, Forward(l, engine));
    return OneDnnCache::Entry{
        dnnl::convolution_backward_data(made),
        {{DNNL_ARG_DIFF_SRC, l.input, made.diff_src_desc(), true},
         {DNNL_ARG_WEIGHTS, l.filter, made.weights_desc()},
         {DNNL_ARG_DIFF_DST, l.output, made.diff_dst_desc()}}};
  };
  return RunOneDnn(context, Name(g.kind), Key("convi", g), make,
                   {{DNNL_ARG_DIFF_SRC, t.input},
                    {DNNL_ARG_WEIGHTS, t.filter},
                    {DNNL_ARG_DIFF_DST, t.output}});
}

Status FilterFloats(Context& context, const Geometry& g, const Operands& t) {
  const auto make = [&g](dnnl::engine& engine) {
    const Layouts l = MakeLayouts(g);
    const dnnl::convolution_backward_weights::primitive_desc made(
        {dnnl::algorithm::convolution_direct, l.input, l.any_filter, l.output,
         l.strides, l.dilations, l.before, l.after},
        engine, Forward(l, engine));
    return OneDnnCache::Entry{
        dnnl::convolution_backward_weights(made),
        {{DNNL_ARG_SRC, l.input, made.src_desc()},
         {DNNL_ARG_DIFF_WEIGHTS, l.filter, made.diff_weights_desc(), true},
         {DNNL_ARG_DIFF_DST, l.output, made.diff_dst_desc()}}};
  };
  return RunOneDnn(context, Name(g.kind), Key("convw", g), make,
                   {{DNNL_ARG_SRC, t.input},
                    {DNNL_ARG_DIFF_WEIGHTS, t.filter},
                    {DNNL_ARG_DIFF_DST, t.output}});
}

// Calls visit(input offset, filter offset, output offset) for each product of
// the convolution that is not with padding; channels of the group innermost.
template <typename Visit>
void ForEachProduct(const Geometry& g, const Visit& visit) {
  const ImageStrides in = StridesOf(g.input, g.format);
  const ImageStrides out = StridesOf(g.output, g.format);
  const FilterStrides f = StridesOf(g);
  const auto& [h, w] = g.window;
  for (int64_t n = 0; n < g.input.batch; ++n) {
    for (int64_t oy = 0; oy < h.out; ++oy) {
      for (int64_t ky = 0; ky < h.size; ++ky) {
        const int64_t y = oy * h.stride + ky * h.dilation - h.before;
        if (y < 0 || y >= h.in) continue;
        for (int64_t ox = 0; ox < w.out; ++ox) {
          for (int64_t kx = 0; kx < w.size; ++kx) {
            const int64_t x = ox * w.stride + kx * w.dilation - w.before;
            if (x < 0 || x >= w.in) continue;
            visit(n * in.batch + y * in.height + x * in.width,
                  ky * f.height + kx * f.width,
                  n * out.batch + oy * out.height + ox * out.width);
          }
        }
      }
    }
  }
}

// One of the three tensors from the other two; it is zero before.
template <typename T>
void ConvolveLoops(const Geometry& g, Wanted wanted, T* input, T* filter,
                   T* output) {
  const int64_t in_channel = StridesOf(g.input, g.format).channel;
  const int64_t out_channel = StridesOf(g.output, g.format).channel;
  const FilterStrides f = StridesOf(g);
  ForEachProduct(g, [&](int64_t i, int64_t k, int64_t o) {
    for (int64_t group = 0; group < g.groups; ++group) {
      for (int64_t ci = 0; ci < g.filter_in; ++ci) {
        T* const x = input + i + (group * g.filter_in + ci) * in_channel;
        T* const row = filter + k + group * f.group + ci * f.in;
        T* const y = output + o + group * g.filter_out * out_channel;
        for (int64_t co = 0; co < g.filter_out; ++co) {
          T& weight = row[co * f.out];
          T& result = y[co * out_channel];
          if (wanted == Wanted::kOutput) {
            result += *x * weight;
          } else if (wanted == Wanted::kInput) {
            *x += result * weight;
          } else {
            weight += *x * result;
          }
        }
      }
    }
  });
}

Status RunLoops(DataType dtype, const Geometry& g, Wanted wanted,
                const Operands& t) {
  const auto run = [&]<typename T>(T) {
    ConvolveLoops<T>(g, wanted, static_cast<T*>(t.input),
                     static_cast<T*>(t.filter), static_cast<T*>(t.output));
    return OkStatus();
  };
  if (dtype == DataType::kDouble) return run(double());
  if (dtype == DataType::kInt32) return run(uint32_t());
  return NoKernel(Name(g.kind), dtype);
}

// The wanted tensor, of `shape`, from the two others in the order of input,
// filter, output.
StatusOr<Tensor> Compute(Context& context, const Geometry& g, Wanted wanted,
                         const Shape& shape, const TensorView& first,
                         const TensorView& second) {
  const DataType dtype = first.dtype();
  if (IsSixteenBitFloat(dtype)) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor a, WidenTensor(first));
    CAIRN_ASSIGN_OR_RETURN(const Tensor b, WidenTensor(second));
    CAIRN_ASSIGN_OR_RETURN(const Tensor result,
                           Compute(context, g, wanted, shape, a, b));
    return NarrowTensor(dtype, result);
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor result, context.AllocateZeros(dtype, shape));
  if (g.is_empty()) return result;
  void* const a = const_cast<char*>(first.bytes().data());
  void* const b = const_cast<char*>(second.bytes().data());
  void* const made = result.mutable_bytes().data();
  const Operands t = wanted == Wanted::kOutput  ? Operands{a, b, made}
                     : wanted == Wanted::kInput ? Operands{made, a, b}
                                                : Operands{a, made, b};
  if (dtype != DataType::kFloat) {
    CAIRN_RETURN_IF_ERROR(RunLoops(dtype, g, wanted, t));
  } else if (wanted == Wanted::kOutput) {
    CAIRN_RETURN_IF_ERROR(ForwardFloats(context, g, t));
  } else if (wanted == Wanted::kInput) {
    CAIRN_RETURN_IF_ERROR(InputFloats(context, g, t));
  } else {
    CAIRN_RETURN_IF_ERROR(FilterFloats(context, g, t));
  }
  return result;
}

Status CheckOutBackprop(const Geometry& g, const TensorView& out_backprop) {
  CAIRN_ASSIGN_OR_RETURN(const Shape expected, ImageShape(g.output, g.format));
  if (expected == out_backprop.shape()) return OkStatus();
  return InvalidArgumentError(StrCat(
      Name(g.kind),
      ": Size of out_backprop doesn't match computed: "
      "actual = ",
      out_backprop.shape().ToString(), ", computed = ", expected.ToString()));
}

}  // namespace

StatusOr<Tensor> Convolve(Context& context, ConvolutionKind kind,
                          const TensorView& input, const TensorView& filter,
                          const WindowOptions& options) {
  CAIRN_RETURN_IF_ERROR(RequireSameType(input, filter, Name(kind)));
  CAIRN_ASSIGN_OR_RETURN(
      const Geometry g,
      MakeGeometry(kind, input.shape(), filter.shape(), options));
  CAIRN_ASSIGN_OR_RETURN(const Shape shape, ImageShape(g.output, g.format));
  return Compute(context, g, Wanted::kOutput, shape, input, filter);
}

StatusOr<Tensor> ConvolveBackpropInput(Context& context, ConvolutionKind kind,
                                       const TensorView& input_sizes,
                                       const TensorView& filter,
                                       const TensorView& out_backprop,
                                       const WindowOptions& options) {
  CAIRN_RETURN_IF_ERROR(RequireSameType(filter, out_backprop, Name(kind)));
  CAIRN_ASSIGN_OR_RETURN(auto dims, ReadIntegers(input_sizes, "input_sizes"));
  if (dims.size() == 2 && filter.shape().rank() == 4) {
    CAIRN_ASSIGN_OR_RETURN(
        const ImageSize out,
        ReadImageSize(out_backprop.shape(), options.format, "out_backprop"));
    const int64_t depth = filter.shape().dim(2);
    dims = options.format == ImageFormat::kNhwc
               ? std::vector<int64_t>{out.batch, dims[0], dims[1], depth}
               : std::vector<int64_t>{out.batch, depth, dims[0], dims[1]};
  }
  CAIRN_ASSIGN_OR_RETURN(const Shape shape, Shape::Create(dims));
  CAIRN_ASSIGN_OR_RETURN(const Geometry g,
                         MakeGeometry(kind, shape, filter.shape(), options));
  CAIRN_RETURN_IF_ERROR(CheckOutBackprop(g, out_backprop));
  return Compute(context, g, Wanted::kInput, shape, filter, out_backprop);
}

StatusOr<Tensor> ConvolveBackpropFilter(Context& context, ConvolutionKind kind,
                                        const TensorView& input,
                                        const TensorView& filter_sizes,
                                        const TensorView& out_backprop,
                                        const WindowOptions& options) {
  CAIRN_RETURN_IF_ERROR(RequireSameType(input, out_backprop, Name(kind)));
  CAIRN_ASSIGN_OR_RETURN(const auto dims,
                         ReadIntegers(filter_sizes, "filter_sizes"));
  CAIRN_ASSIGN_OR_RETURN(const Shape shape, Shape::Create(dims));
  CAIRN_ASSIGN_OR_RETURN(const Geometry g,
                         MakeGeometry(kind, input.shape(), shape, options));
  CAIRN_RETURN_IF_ERROR(CheckOutBackprop(g, out_backprop));
  return Compute(context, g, Wanted::kFilter, shape, input, out_backprop);
}

}  // namespace cairn::compute
