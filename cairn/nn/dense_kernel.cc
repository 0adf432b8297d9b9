// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Dense by oneDNN's inner product, on the variables' own layout [in, out]: for
// the sizes tried it is as fast as oneDNN's blocked one and needs no reorder.
#include "cairn/compute/onednn.h"
#include "cairn/nn/vector_kernels.h"
#include "cairn/nn/weighted_kernel.h"

namespace cairn::nn {
namespace {

using compute::BoundPrimitive;
using compute::Guarded;
using dnnl::memory;
using Tag = memory::format_tag;

constexpr auto kFloat = memory::data_type::f32;

class DenseKernel : public WeightedKernel {
 public:
  explicit DenseKernel(const KernelContext& context)
      : DenseKernel(context,
                    std::get<DenseConfig>(context.layer->config().config)) {}

  Status Build();
  void Prepare() override { PointAtValues(kernel_, bias_); }
  void FinishBackward() override;

 private:
  DenseKernel(const KernelContext& context, const DenseConfig& config)
      : WeightedKernel(context, config.activation, Grain::kCoarse),
        config_(config) {}
  Status BuildTile(const Tile& tile);
  Status BuildTileBackward(const Tile& tile,
                           const dnnl::inner_product_forward::primitive_desc&,
                           PerTile& t);

  const DenseConfig& config_;
  int64_t rows_ = 0, inputs_ = 0;  // rows: per example
  memory kernel_, bias_;
};

Status DenseKernel::BuildTileBackward(
    const Tile& tile, const dnnl::inner_product_forward::primitive_desc& hint,
    PerTile& t) {
  const memory::desc input = hint.src_desc();
  const memory::desc output = hint.dst_desc();
  const memory source(
      input, engine_,
      const_cast<float*>(context_.input) + tile.first * rows_ * inputs_);
  t.output_gradient = memory(output, engine_, nullptr);
  CAIRN_ASSIGN_OR_RETURN(t.kernel_gradient,
                         MakeBuffer(inputs_ * config_.units));
  CAIRN_ASSIGN_OR_RETURN(t.bias_gradient, MakeBuffer(config_.units));
  t.weights = BoundPrimitive(
      engine_,
      dnnl::inner_product_backward_weights(
          {{input, kernel_.get_desc(), bias_.get_desc(), output},
           engine_,
           hint}),
      {{DNNL_ARG_SRC, source},
       {DNNL_ARG_DIFF_DST, t.output_gradient},
       {DNNL_ARG_DIFF_WEIGHTS,
        memory(kernel_.get_desc(), engine_, Data(t.kernel_gradient))},
       {DNNL_ARG_DIFF_BIAS,
        memory(bias_.get_desc(), engine_, Data(t.bias_gradient))}});
  if (context_.input_gradient == nullptr) return OkStatus();
  t.input_gradient = memory(input, engine_, nullptr);
  t.data =
      BoundPrimitive(engine_,
                     dnnl::inner_product_backward_data(
                         {{input, kernel_.get_desc(), output}, engine_, hint}),
                     {{DNNL_ARG_DIFF_DST, t.output_gradient},
                      {DNNL_ARG_WEIGHTS, kernel_},
                      {DNNL_ARG_DIFF_SRC, t.input_gradient}});
  return OkStatus();
}

Status DenseKernel::BuildTile(const Tile& tile) {
  const int64_t rows = tile.count * rows_;
  const memory::desc input({rows, inputs_}, kFloat, Tag::nc);
  const memory::desc output({rows, config_.units}, kFloat, Tag::nc);
  const dnnl::inner_product_forward::primitive_desc forward(
      {forward_kind(), input, kernel_.get_desc(), bias_.get_desc(), output},
      ForwardAttributes(), engine_);
  PerTile& t = tiles_.emplace_back();
  t.forward = BoundPrimitive(
      engine_, dnnl::inner_product_forward(forward),
      {{DNNL_ARG_SRC, memory(input, engine_,
                             const_cast<float*>(context_.input) +
                                 tile.first * rows_ * inputs_)},
       {DNNL_ARG_WEIGHTS, kernel_},
       {DNNL_ARG_BIAS, bias_},
       {DNNL_ARG_DST,
        memory(output, engine_,
               context_.output + tile.first * rows_ * config_.units)}});
  if (!training()) return OkStatus();
  return BuildTileBackward(tile, forward, t);
}

Status DenseKernel::Build() {
  const Shape& in = context_.layer->config().input_shape;
  inputs_ = in.dim(in.rank() - 1);
  rows_ = in.num_elements() / inputs_;
  kernel_ =
      memory({{config_.units, inputs_}, kFloat, Tag::io}, engine_, nullptr);
  bias_ = memory({{config_.units}, kFloat, Tag::x}, engine_, nullptr);
  Prepare();
  for (const Tile& tile : context_.tiling->coarse) {
    CAIRN_RETURN_IF_ERROR(BuildTile(tile));
  }
  return training() ? MakeGradients() : OkStatus();
}

void DenseKernel::FinishBackward() {
  for (size_t part = 0; part < gradients_.size(); ++part) {
    std::span<float> sum = gradients_[part].values.data<float>();
    const auto of = [&](PerTile& t) {
      return Data(part == 0 ? t.kernel_gradient : t.bias_gradient);
    };
    std::copy_n(of(tiles_[0]), sum.size(), sum.data());
    for (size_t i = 1; i < tiles_.size(); ++i) {
      Kernels().add_to(static_cast<int64_t>(sum.size()), of(tiles_[i]),
                       sum.data());
    }
  }
}

}  // namespace

StatusOr<std::unique_ptr<Kernel>> MakeDenseKernel(
    const KernelContext& context) {
  return Guarded(context.layer->name(),
                 [&]() -> StatusOr<std::unique_ptr<Kernel>> {
                   auto kernel = std::make_unique<DenseKernel>(context);
                   CAIRN_RETURN_IF_ERROR(kernel->Build());
                   return kernel;
                 });
}

}  // namespace cairn::nn
