// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/weighted_kernel.h"

#include <utility>

#include "cairn/nn/vector_kernels.h"

namespace cairn::nn {

dnnl::primitive_attr WeightedKernel::ForwardAttributes() const {
  dnnl::primitive_attr attributes;
  if (activation_ == Activation::kRelu) {
    dnnl::post_ops relu;
    relu.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0, 0);
    attributes.set_post_ops(relu);
  }
  return attributes;
}

void WeightedKernel::PointAtValues(dnnl::memory& kernel, dnnl::memory& bias) {
  compute::Point(kernel, *context_.layer->Find("kernel"), failure_);
  compute::Point(bias, *context_.layer->Find("bias"), failure_);
}

Status WeightedKernel::MakeGradients() {
  for (const char* part : {"kernel", "bias"}) {
    Variable* variable = context_.layer->Find(part);
    CAIRN_ASSIGN_OR_RETURN(Tensor values,
                           Tensor::Create(DataType::kFloat, variable->shape()));
    gradients_.push_back({variable, std::move(values)});
  }
  return OkStatus();
}

void WeightedKernel::ScheduleForward(Schedule& schedule) {
  schedule.ForEachTile(grain_, [this](const Tile& tile) {
    tiles_[static_cast<size_t>(tile.index)].forward.Run(failure_);
  });
}

void WeightedKernel::ScheduleBackward(Schedule& schedule) {
  schedule.ForEachTile(grain_, [this](const Tile& tile) {
    float* gradient = context_.output_gradient->At(tile);
    const int64_t out = context_.layer->config().output_shape.num_elements();
    if (activation_ == Activation::kRelu && !context_.output_gradient_masked) {
      Kernels().mask_by_relu(tile.count * out,
                             context_.output + tile.first * out, gradient);
    }
    PerTile& t = tiles_[static_cast<size_t>(tile.index)];
    compute::Point(t.output_gradient, gradient, failure_);
    t.weights.Run(failure_);
    if (context_.input_gradient == nullptr) return;
    compute::Point(t.input_gradient, context_.input_gradient->At(tile),
                   failure_);
    t.data.Run(failure_);
  });
}

}  // namespace cairn::nn
