// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// WeightedKernel: what the kernels of layers with a "kernel" and a "bias"
// share. oneDNN computes each tile on its own; ReLU is done with the forward
// pass, and undone before the backward one. Not installed.
#ifndef CAIRN_NN_WEIGHTED_KERNEL_H_
#define CAIRN_NN_WEIGHTED_KERNEL_H_

#include <cstdint>
#include <span>
#include <vector>

#include "cairn/compute/onednn.h"
#include "cairn/nn/kernel.h"

namespace cairn::nn {

class WeightedKernel : public Kernel {
 public:
  void ScheduleForward(Schedule& schedule) override;
  void ScheduleBackward(Schedule& schedule) override;
  std::span<KernelGradient> gradients() override { return gradients_; }
  Status TakeError() override { return failure_.Take(context_.layer->name()); }

 protected:
  struct PerTile {
    compute::BoundPrimitive forward, weights, data;
    // Where these are is told on running.
    dnnl::memory output_gradient, input_gradient;
    Tensor kernel_gradient, bias_gradient;
  };

  // A tile of index i of `grain` is run by tiles_[i].
  WeightedKernel(const KernelContext& context, Activation activation,
                 Grain grain)
      : context_(context), activation_(activation), grain_(grain) {}

  bool training() const { return context_.mode == Mode::kTraining; }
  dnnl::prop_kind forward_kind() const {
    return training() ? dnnl::prop_kind::forward_training
                      : dnnl::prop_kind::forward_inference;
  }
  // Of the forward pass: the activation.
  dnnl::primitive_attr ForwardAttributes() const;
  // Where the variables' values are now: a restore may have put them elsewhere.
  void PointAtValues(dnnl::memory& kernel, dnnl::memory& bias);
  // Memory for the sums of the tiles' gradients.
  Status MakeGradients();

  const KernelContext context_;
  const dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  std::vector<PerTile> tiles_;
  std::vector<KernelGradient> gradients_;  // of kernel and bias
  compute::FirstFailure failure_;

 private:
  const Activation activation_;
  const Grain grain_;
};

}  // namespace cairn::nn

#endif  // CAIRN_NN_WEIGHTED_KERNEL_H_
