// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Softmax over the last axis.
#include "cairn/nn/kernel.h"
#include "cairn/nn/softmax.h"

namespace cairn::nn {
namespace {

class SoftmaxKernel : public Kernel {
 public:
  explicit SoftmaxKernel(const KernelContext& context) : context_(context) {
    const Shape& shape = context.layer->config().output_shape;
    size_ = shape.num_elements();
    channels_ = shape.dim(shape.rank() - 1);
  }

  void ScheduleForward(Schedule& schedule) override {
    schedule.ForEachTile(Grain::kFine, [this](const Tile& tile) {
      const int64_t at = tile.first * size_;
      SoftmaxRows(Rows(tile), context_.input + at, context_.output + at);
    });
  }
  void ScheduleBackward(Schedule& schedule) override {
    schedule.ForEachTile(Grain::kFine, [this](const Tile& tile) {
      const int64_t at = tile.first * size_;
      SoftmaxGradientRows(Rows(tile), context_.output + at,
                          context_.output_gradient->At(tile),
                          context_.input_gradient->At(tile));
    });
  }

 private:
  RowSize Rows(const Tile& tile) const {
    return {tile.count * size_ / channels_, channels_};
  }

  KernelContext context_;
  int64_t size_, channels_;
};

}  // namespace

StatusOr<std::unique_ptr<Kernel>> MakeSoftmaxKernel(
    const KernelContext& context) {
  return std::make_unique<SoftmaxKernel>(context);
}

}  // namespace cairn::nn
