// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Batch normalization and the max pooling behind it in one pass, for windows
// that do not overlap. The normalized activation, the largest of a model, is
// never written: forward goes from x to the pooled output, backward from the
// pooled gradient to x's. The results are the bits that the two kernels one
// after the other give, except for the order in which the gradient's sums are
// formed.
//
// Per output it keeps where in the window the largest value was, and there
// x - mean, which is all that the gradient's sums need.
#include "cairn/nn/batch_statistics.h"
#include "cairn/nn/kernel.h"
#include "cairn/nn/vector_kernels.h"

namespace cairn::nn {
namespace {

class NormalizeAndPoolKernel : public Kernel {
 public:
  NormalizeAndPoolKernel(const KernelContext& context, const PoolGeometry& g)
      : context_(context), g_(g) {}

  Status Build() {
    CAIRN_RETURN_IF_ERROR(statistics_.Build(context_));
    if (context_.mode != Mode::kTraining) return OkStatus();
    const int64_t batch = context_.tiling->batch;
    const Shape size{batch * g_.output_size()};
    CAIRN_ASSIGN_OR_RETURN(from_, Tensor::Create(DataType::kUint8, size));
    CAIRN_ASSIGN_OR_RETURN(distance_, Tensor::Create(DataType::kFloat, size));
    return OkStatus();
  }
  void Prepare() override { statistics_.Prepare(); }
  void ScheduleForward(Schedule& schedule) override;
  void ScheduleBackward(Schedule& schedule) override;
  bool KeepsOutputGradient() const override { return true; }
  std::span<KernelGradient> gradients() override {
    return statistics_.gradients();
  }

 private:
  uint8_t* From(int64_t example) {
    if (!from_.is_valid()) return nullptr;
    return from_.data<uint8_t>().data() + example * g_.output_size();
  }
  float* Distance(int64_t example) {
    if (!distance_.is_valid()) return nullptr;
    return Data(distance_) + example * g_.output_size();
  }

  KernelContext context_;
  PoolGeometry g_;
  BatchStatistics statistics_;
  Tensor from_, distance_;
};

void NormalizeAndPoolKernel::ScheduleForward(Schedule& schedule) {
  BatchStatistics& s = statistics_;
  if (context_.mode == Mode::kTraining) {
    schedule.ForEachTile(Grain::kFine, [this, &s](const Tile& tile) {
      for (int64_t i = tile.first; i < tile.first + tile.count; ++i) {
        Kernels().channel_moments({s.rows(), s.channels()},
                                  context_.input + i * s.size(), s.first(i),
                                  s.second(i));
      }
    });
    schedule.Once([&s] { s.Combine(); });
  }
  schedule.ForEachTile(Grain::kFine, [this, &s](const Tile& tile) {
    for (int64_t i = tile.first; i < tile.first + tile.count; ++i) {
      Kernels().normalize_and_pool(
          g_, s.factors(), context_.input + i * g_.input_size(),
          context_.output + i * g_.output_size(), From(i), Distance(i));
    }
  });
}

void NormalizeAndPoolKernel::ScheduleBackward(Schedule& schedule) {
  BatchStatistics& s = statistics_;
  schedule.ForEachTile(Grain::kFine, [this, &s](const Tile& tile) {
    const float* dy = context_.output_gradient->At(tile);
    for (int64_t i = tile.first; i < tile.first + tile.count; ++i) {
      Kernels().pooled_gradient_sums(
          {g_.out_height * g_.out_width, g_.channels},
          dy + (i - tile.first) * g_.output_size(), Distance(i), s.first(i),
          s.second(i));
    }
  });
  schedule.Once([&s] { s.CombineGradient(); });
  if (context_.input_gradient == nullptr) return;
  schedule.ForEachTile(Grain::kFine, [this, &s](const Tile& tile) {
    const float* dy = context_.output_gradient->At(tile);
    float* dx = context_.input_gradient->At(tile);
    for (int64_t i = tile.first; i < tile.first + tile.count; ++i) {
      Kernels().normalize_and_pool_gradient(
          g_, s.factors(), context_.mask_input_by_relu,
          context_.input + i * g_.input_size(),
          dy + (i - tile.first) * g_.output_size(), From(i),
          dx + (i - tile.first) * g_.input_size());
    }
  });
}

}  // namespace

bool CanNormalizeAndPool(const Layer& normalization, const Layer& next) {
  const auto* pool = std::get_if<MaxPool2DConfig>(&next.config().config);
  return std::holds_alternative<BatchNormalizationConfig>(
             normalization.config().config) &&
         pool != nullptr && pool->padding == Padding::kValid &&
         pool->stride_height == pool->pool_height &&
         pool->stride_width == pool->pool_width &&
         pool->pool_height * pool->pool_width <= 256;
}

StatusOr<std::unique_ptr<Kernel>> MakeNormalizeAndPoolKernel(
    const KernelContext& context, const Layer& pool) {
  const auto& config = std::get<MaxPool2DConfig>(pool.config().config);
  const Shape& in = pool.config().input_shape;
  const Shape& out = pool.config().output_shape;
  auto kernel = std::make_unique<NormalizeAndPoolKernel>(
      context, PoolGeometry{in.dim(0), in.dim(1), out.dim(0), out.dim(1),
                            config.pool_height, config.pool_width, in.dim(2)});
  CAIRN_RETURN_IF_ERROR(kernel->Build());
  return kernel;
}

}  // namespace cairn::nn
