// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Batch normalization over all axes but the last; see batch_statistics.h.
#include "cairn/nn/batch_statistics.h"
#include "cairn/nn/kernel.h"
#include "cairn/nn/vector_kernels.h"

namespace cairn::nn {
namespace {

class BatchNormalizationKernel : public Kernel {
 public:
  explicit BatchNormalizationKernel(const KernelContext& context)
      : context_(context) {}

  Status Build() { return statistics_.Build(context_); }
  void Prepare() override { statistics_.Prepare(); }
  void ScheduleForward(Schedule& schedule) override;
  void ScheduleBackward(Schedule& schedule) override;
  bool KeepsOutputGradient() const override { return true; }
  std::span<KernelGradient> gradients() override {
    return statistics_.gradients();
  }

 private:
  KernelContext context_;
  BatchStatistics statistics_;
};

void BatchNormalizationKernel::ScheduleForward(Schedule& schedule) {
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
    const int64_t at = tile.first * s.size();
    Kernels().normalize_rows({tile.count * s.rows(), s.channels()},
                             context_.input + at, s.mean(), s.scale(),
                             s.offset(), context_.output + at);
  });
}

void BatchNormalizationKernel::ScheduleBackward(Schedule& schedule) {
  BatchStatistics& s = statistics_;
  schedule.ForEachTile(Grain::kFine, [this, &s](const Tile& tile) {
    const float* dy = context_.output_gradient->At(tile);
    for (int64_t i = tile.first; i < tile.first + tile.count; ++i) {
      Kernels().gradient_sums(
          {s.rows(), s.channels()}, context_.input + i * s.size(),
          dy + (i - tile.first) * s.size(), s.mean(), s.first(i), s.second(i));
    }
  });
  schedule.Once([&s] { s.CombineGradient(); });
  if (context_.input_gradient == nullptr) return;
  schedule.ForEachTile(Grain::kFine, [this, &s](const Tile& tile) {
    const int64_t at = tile.first * s.size();
    Kernels().normalize_gradient_rows(
        {tile.count * s.rows(), s.channels()}, context_.input + at,
        context_.output_gradient->At(tile), s.mean(), s.scale(), s.a(), s.b(),
        context_.input_gradient->At(tile));
  });
}

}  // namespace

StatusOr<std::unique_ptr<Kernel>> MakeBatchNormalizationKernel(
    const KernelContext& context) {
  auto kernel = std::make_unique<BatchNormalizationKernel>(context);
  CAIRN_RETURN_IF_ERROR(kernel->Build());
  return kernel;
}

}  // namespace cairn::nn
