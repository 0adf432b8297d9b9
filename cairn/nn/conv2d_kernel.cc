// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Convolution by oneDNN.
//
// Activations stay channels-last in memory. oneDNN's fastest kernels want
// channels in blocks of 16 (AVX-512) or 8 (AVX2); a tensor that has exactly one
// such block, or a single channel, lies in memory the same way in both, so it
// is simply described as blocked and no reorder is needed. Otherwise oneDNN's
// channels-last kernels are used, which for larger channel counts are as fast.
#include <array>

#include "cairn/compute/onednn.h"
#include "cairn/nn/vector_kernels.h"
#include "cairn/nn/weighted_kernel.h"
#include "cairn/nn/window.h"

namespace cairn::nn {
namespace {

using compute::BoundPrimitive;
using compute::Guarded;
using dnnl::memory;
using Tag = memory::format_tag;

constexpr auto kFloat = memory::data_type::f32;

struct Geometry {
  int64_t in_height, in_width, in_channels, out_height, out_width, filters;
  Window vertical, horizontal;
  memory::dims strides() const { return {vertical.stride, horizontal.stride}; }
  memory::dims before() const { return {vertical.before, horizontal.before}; }
  memory::dims after() const { return {vertical.after, horizontal.after}; }
  memory::dims input(int64_t n) const {
    return {n, in_channels, in_height, in_width};
  }
  memory::dims output(int64_t n) const {
    return {n, filters, out_height, out_width};
  }
  memory::dims kernel() const {
    return {filters, in_channels, vertical.size, horizontal.size};
  }
};

// The layouts under which oneDNN may see a channels-last activation.
memory::desc ActivationDesc(const memory::dims& dims, bool blocked) {
  if (blocked) {
    switch (dims[1]) {
      case 1:
        return {dims, kFloat, Tag::nchw};
      case 8:
        return {dims, kFloat, Tag::nChw8c};
      case 16:
        return {dims, kFloat, Tag::nChw16c};
      default:
        break;
    }
  }
  return {dims, kFloat, Tag::nhwc};
}

// The three computations for one tile size.
struct Descriptors {
  dnnl::convolution_forward::primitive_desc forward;
  dnnl::convolution_backward_weights::primitive_desc weights;
  dnnl::convolution_backward_data::primitive_desc data;
};

class Conv2DKernel : public WeightedKernel {
 public:
  explicit Conv2DKernel(const KernelContext& context)
      : Conv2DKernel(context,
                     std::get<Conv2DConfig>(context.layer->config().config)) {}

  Status Build();
  void Prepare() override;
  void FinishBackward() override;

 private:
  Conv2DKernel(const KernelContext& context, const Conv2DConfig& config)
      : WeightedKernel(context, config.activation, Grain::kFine),
        config_(config) {}

  // The layout chosen for the first tile, or none yet.
  memory::desc OrAny(const memory::desc& chosen) const {
    if (!chosen.is_zero()) return chosen;
    return {geometry_.kernel(), kFloat, Tag::any};
  }
  dnnl::convolution_forward::primitive_desc Forward(int64_t n, bool blocked);
  Descriptors Choose(int64_t n, bool blocked);
  Descriptors ChooseFastest(int64_t n);
  Status BuildTile(const Tile& tile, const Descriptors& descriptors);
  Status BuildWeights(const Descriptors& descriptors);

  const Conv2DConfig& config_;
  Geometry geometry_;
  memory::desc weights_desc_, backward_weights_desc_, gradient_desc_;
  memory user_kernel_, bias_, weights_, backward_weights_;
  BoundPrimitive load_, load_backward_, store_gradient_;
};

dnnl::convolution_forward::primitive_desc Conv2DKernel::Forward(int64_t n,
                                                                bool blocked) {
  const Geometry& g = geometry_;
  return {{forward_kind(), dnnl::algorithm::convolution_direct,
           ActivationDesc(g.input(n), blocked), OrAny(weights_desc_),
           memory::desc({g.filters}, kFloat, Tag::x),
           ActivationDesc(g.output(n), blocked), g.strides(), g.before(),
           g.after()},
          ForwardAttributes(),
          engine_};
}

Descriptors Conv2DKernel::Choose(int64_t n, bool blocked) {
  const Geometry& g = geometry_;
  const auto direct = dnnl::algorithm::convolution_direct;
  const memory::desc input = ActivationDesc(g.input(n), blocked);
  const memory::desc output = ActivationDesc(g.output(n), blocked);
  Descriptors d;
  d.forward = Forward(n, blocked);
  if (!training()) return d;
  d.weights = {{direct, input, OrAny(gradient_desc_),
                memory::desc({g.filters}, kFloat, Tag::x), output, g.strides(),
                g.before(), g.after()},
               engine_,
               d.forward};
  if (context_.input_gradient != nullptr) {
    d.data = {{direct, input, OrAny(backward_weights_desc_), output,
               g.strides(), g.before(), g.after()},
              engine_,
              d.forward};
  }
  return d;
}

// Blocked if oneDNN has a compiled kernel for that, else channels-last.
Descriptors Conv2DKernel::ChooseFastest(int64_t n) {
  const auto is_reference = [](const dnnl::primitive_desc_base& d) {
    return d.get(true) != nullptr &&
           std::string_view(d.impl_info_str()).starts_with("ref");
  };
  try {
    Descriptors blocked = Choose(n, true);
    if (!is_reference(blocked.forward) && !is_reference(blocked.weights) &&
        !is_reference(blocked.data)) {
      return blocked;
    }
  } catch (const dnnl::error&) {
    // No kernel takes this pair of layouts.
  }
  return Choose(n, false);
}

// The weights' layout is chosen for the first tile and holds for all.
Status Conv2DKernel::BuildWeights(const Descriptors& d) {
  weights_desc_ = d.forward.weights_desc();
  weights_ = memory(weights_desc_, engine_);
  load_ =
      BoundPrimitive(engine_, dnnl::reorder(user_kernel_, weights_),
                     {{DNNL_ARG_FROM, user_kernel_}, {DNNL_ARG_TO, weights_}});
  if (!training()) return OkStatus();

  gradient_desc_ = d.weights.diff_weights_desc();
  CAIRN_RETURN_IF_ERROR(MakeGradients());
  if (context_.input_gradient == nullptr) return OkStatus();
  backward_weights_desc_ = d.data.weights_desc();
  backward_weights_ = memory(backward_weights_desc_, engine_);
  load_backward_ = BoundPrimitive(
      engine_, dnnl::reorder(user_kernel_, backward_weights_),
      {{DNNL_ARG_FROM, user_kernel_}, {DNNL_ARG_TO, backward_weights_}});
  return OkStatus();
}

Status Conv2DKernel::BuildTile(const Tile& tile, const Descriptors& d) {
  const Geometry& g = geometry_;
  const int64_t in = g.in_height * g.in_width * g.in_channels;
  const int64_t out = g.out_height * g.out_width * g.filters;
  const auto at = [&](const memory::desc& desc, const float* base,
                      int64_t size) {
    return memory(desc, engine_, const_cast<float*>(base) + tile.first * size);
  };
  PerTile& t = tiles_.emplace_back();
  const memory input = at(d.forward.src_desc(), context_.input, in);
  t.forward = BoundPrimitive(
      engine_, dnnl::convolution_forward(d.forward),
      {{DNNL_ARG_SRC, input},
       {DNNL_ARG_WEIGHTS, weights_},
       {DNNL_ARG_BIAS, bias_},
       {DNNL_ARG_DST, at(d.forward.dst_desc(), context_.output, out)}});
  if (!training()) return OkStatus();

  t.output_gradient = memory(d.forward.dst_desc(), engine_, nullptr);
  CAIRN_ASSIGN_OR_RETURN(
      t.kernel_gradient,
      MakeBuffer(static_cast<int64_t>(gradient_desc_.get_size() / 4)));
  CAIRN_ASSIGN_OR_RETURN(t.bias_gradient, MakeBuffer(g.filters));
  t.weights = BoundPrimitive(
      engine_, dnnl::convolution_backward_weights(d.weights),
      {{DNNL_ARG_SRC, input},
       {DNNL_ARG_DIFF_DST, t.output_gradient},
       {DNNL_ARG_DIFF_WEIGHTS,
        memory(gradient_desc_, engine_, Data(t.kernel_gradient))},
       {DNNL_ARG_DIFF_BIAS,
        memory(bias_.get_desc(), engine_, Data(t.bias_gradient))}});
  if (context_.input_gradient == nullptr) return OkStatus();
  t.input_gradient = memory(d.forward.src_desc(), engine_, nullptr);
  t.data = BoundPrimitive(engine_, dnnl::convolution_backward_data(d.data),
                          {{DNNL_ARG_DIFF_DST, t.output_gradient},
                           {DNNL_ARG_WEIGHTS, backward_weights_},
                           {DNNL_ARG_DIFF_SRC, t.input_gradient}});
  return OkStatus();
}

Status Conv2DKernel::Build() {
  const Shape& in = context_.layer->config().input_shape;
  const Shape& out = context_.layer->config().output_shape;
  geometry_ = {in.dim(0),
               in.dim(1),
               in.dim(2),
               out.dim(0),
               out.dim(1),
               out.dim(2),
               VerticalWindow(config_, in),
               HorizontalWindow(config_, in)};
  user_kernel_ =
      memory({geometry_.kernel(), kFloat, Tag::hwio}, engine_, nullptr);
  bias_ = memory({{geometry_.filters}, kFloat, Tag::x}, engine_, nullptr);
  PointAtValues(user_kernel_, bias_);
  for (const Tile& tile : context_.tiling->fine) {
    const Descriptors descriptors = ChooseFastest(tile.count);
    if (tiles_.empty()) CAIRN_RETURN_IF_ERROR(BuildWeights(descriptors));
    CAIRN_RETURN_IF_ERROR(BuildTile(tile, descriptors));
  }
  if (training()) {
    // The sum over the tiles is formed in the first one's buffer.
    memory sum(gradient_desc_, engine_, Data(tiles_[0].kernel_gradient));
    memory user({geometry_.kernel(), kFloat, Tag::hwio}, engine_,
                Data(gradients_[0].values));
    store_gradient_ =
        BoundPrimitive(engine_, dnnl::reorder(sum, user),
                       {{DNNL_ARG_FROM, sum}, {DNNL_ARG_TO, user}});
  }
  return OkStatus();
}

void Conv2DKernel::Prepare() {
  PointAtValues(user_kernel_, bias_);
  load_.Run(failure_);
  if (context_.input_gradient != nullptr) load_backward_.Run(failure_);
}

void Conv2DKernel::FinishBackward() {
  PerTile& sum = tiles_[0];
  for (size_t i = 1; i < tiles_.size(); ++i) {
    Kernels().add_to(sum.kernel_gradient.num_elements(),
                     Data(tiles_[i].kernel_gradient),
                     Data(sum.kernel_gradient));
    Kernels().add_to(geometry_.filters, Data(tiles_[i].bias_gradient),
                     Data(sum.bias_gradient));
  }
  store_gradient_.Run(failure_);
  std::ranges::copy(sum.bias_gradient.data<float>(),
                    Data(gradients_[1].values));
}

}  // namespace

StatusOr<std::unique_ptr<Kernel>> MakeConv2DKernel(
    const KernelContext& context) {
  return Guarded(context.layer->name(),
                 [&]() -> StatusOr<std::unique_ptr<Kernel>> {
                   auto kernel = std::make_unique<Conv2DKernel>(context);
                   CAIRN_RETURN_IF_ERROR(kernel->Build());
                   return kernel;
                 });
}

}  // namespace cairn::nn
