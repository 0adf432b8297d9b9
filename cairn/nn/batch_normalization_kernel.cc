// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Batch normalization over all axes but the last.
//
// Training: y = (x - mean) / sqrt(variance + epsilon) * gamma + beta with the
// batch's mean and biased variance, and the moving statistics go towards the
// batch's by 1 - momentum. For 4-D input (Keras's fused kernel) it is the
// unbiased variance, sum / (n - 1), that goes into the moving variance, for
// other ranks the biased one, as in TensorFlow.
//
// The moments of each example are formed about its own mean and then combined
// (Chan, Golub and LeVeque 1979) in double, which loses nothing to
// cancellation.
#include <cmath>

#include "cairn/nn/kernel.h"
#include "cairn/nn/rows.h"

namespace cairn::nn {
namespace {

class BatchNormalizationKernel : public Kernel {
 public:
  explicit BatchNormalizationKernel(const KernelContext& context)
      : context_(context),
        config_(std::get<BatchNormalizationConfig>(
            context.layer->config().config)) {}

  Status Build();
  void Prepare() override;
  void ScheduleForward(Schedule& schedule) override;
  void ScheduleBackward(Schedule& schedule) override;
  std::span<KernelGradient> gradients() override { return gradients_; }

 private:
  // Of all tiles, per channel.
  struct Sums {
    Tensor first, second;  // [batch, channels]: of each example
  };
  std::span<float> Values(const char* part) {
    return context_.layer->Find(part)->data<float>();
  }
  int64_t size() const { return rows_ * channels_; }
  RowSize Rows(const Tile& tile) const {
    return {tile.count * rows_, channels_};
  }
  void Combine();
  void UpdateMoving(int64_t channel, double mean, double squares);
  void CombineGradient();

  KernelContext context_;
  const BatchNormalizationConfig& config_;
  int64_t batch_ = 0, rows_ = 0, channels_ = 0;  // rows: per example
  Sums sums_;
  // Per channel: what normalizes, and the coefficients of the gradient.
  std::vector<float> mean_, scale_, offset_, a_, b_;
  std::vector<double> inverse_;  // 1 / sqrt(variance + epsilon)
  std::vector<KernelGradient> gradients_;
};

Status BatchNormalizationKernel::Build() {
  const Shape& shape = context_.layer->config().input_shape;
  batch_ = context_.tiles.back().first + context_.tiles.back().count;
  channels_ = shape.dim(shape.rank() - 1);
  rows_ = shape.num_elements() / channels_;
  for (std::vector<float>* v : {&mean_, &scale_, &offset_, &a_, &b_}) {
    v->resize(static_cast<size_t>(channels_));
  }
  inverse_.resize(static_cast<size_t>(channels_));
  if (context_.mode != Mode::kTraining) return OkStatus();
  CAIRN_ASSIGN_OR_RETURN(sums_.first, MakeBuffer(batch_ * channels_));
  CAIRN_ASSIGN_OR_RETURN(sums_.second, MakeBuffer(batch_ * channels_));
  for (const char* part : {"gamma", "beta"}) {
    Variable* variable = context_.layer->Find(part);
    CAIRN_ASSIGN_OR_RETURN(Tensor values,
                           Tensor::Create(DataType::kFloat, variable->shape()));
    gradients_.push_back({variable, std::move(values)});
  }
  return OkStatus();
}

void BatchNormalizationKernel::Prepare() {
  const std::span<float> gamma = Values("gamma"), beta = Values("beta");
  const std::span<float> mean = Values("moving_mean");
  const std::span<float> variance = Values("moving_variance");
  for (size_t c = 0; c < gamma.size(); ++c) {
    offset_[c] = beta[c];
    if (context_.mode == Mode::kTraining) continue;  // scale: see Combine
    mean_[c] = mean[c];
    scale_[c] = static_cast<float>(
        gamma[c] / std::sqrt(double{variance[c]} + double{config_.epsilon}));
  }
}

void BatchNormalizationKernel::ScheduleForward(Schedule& schedule) {
  if (context_.mode == Mode::kTraining) {
    schedule.ForEachTile([this](const Tile& tile) {
      for (int64_t i = tile.first; i < tile.first + tile.count; ++i) {
        ChannelMoments({rows_, channels_}, context_.input + i * size(),
                       Data(sums_.first) + i * channels_,
                       Data(sums_.second) + i * channels_);
      }
    });
    schedule.Once([this] { Combine(); });
  }
  schedule.ForEachTile([this](const Tile& tile) {
    const int64_t at = tile.first * size();
    NormalizeRows(Rows(tile), context_.input + at, mean_.data(), scale_.data(),
                  offset_.data(), context_.output + at);
  });
}

void BatchNormalizationKernel::Combine() {
  const std::span<float> gamma = Values("gamma");
  const double n = static_cast<double>(rows_);
  for (int64_t c = 0; c < channels_; ++c) {
    double sum = 0;
    for (int64_t i = 0; i < batch_; ++i) {
      sum += Data(sums_.first)[i * channels_ + c];
    }
    const double mean = sum / static_cast<double>(batch_);
    double squares = 0;
    for (int64_t i = 0; i < batch_; ++i) {
      const double d = Data(sums_.first)[i * channels_ + c] - mean;
      squares += Data(sums_.second)[i * channels_ + c] + n * d * d;
    }
    const auto at = static_cast<size_t>(c);
    const double variance = squares / (n * static_cast<double>(batch_));
    inverse_[at] = 1 / std::sqrt(variance + double{config_.epsilon});
    mean_[at] = static_cast<float>(mean);
    scale_[at] = static_cast<float>(gamma[at] * inverse_[at]);
    UpdateMoving(c, mean, squares);
  }
}

void BatchNormalizationKernel::UpdateMoving(int64_t channel, double mean,
                                            double squares) {
  const bool fused = context_.layer->config().input_shape.rank() == 3;
  const int64_t n = batch_ * rows_;
  const int64_t divisor = fused && n > 1 ? n - 1 : n;
  const auto move = [&](float& moving, double value) {
    moving -= (moving - static_cast<float>(value)) * (1 - config_.momentum);
  };
  move(Values("moving_mean")[static_cast<size_t>(channel)], mean);
  move(Values("moving_variance")[static_cast<size_t>(channel)],
       squares / static_cast<double>(divisor));
}

void BatchNormalizationKernel::ScheduleBackward(Schedule& schedule) {
  schedule.ForEachTile([this](const Tile& tile) {
    for (int64_t i = tile.first; i < tile.first + tile.count; ++i) {
      GradientSums({rows_, channels_}, context_.input + i * size(),
                   context_.output_gradient + i * size(), mean_.data(),
                   Data(sums_.first) + i * channels_,
                   Data(sums_.second) + i * channels_);
    }
  });
  schedule.Once([this] { CombineGradient(); });
  if (context_.input_gradient == nullptr) return;
  schedule.ForEachTile([this](const Tile& tile) {
    const int64_t at = tile.first * size();
    NormalizeGradientRows(Rows(tile), context_.input + at,
                          context_.output_gradient + at, mean_.data(),
                          scale_.data(), a_.data(), b_.data(),
                          context_.input_gradient + at);
  });
}

void BatchNormalizationKernel::CombineGradient() {
  const double n = static_cast<double>(batch_ * rows_);
  for (int64_t c = 0; c < channels_; ++c) {
    double sum = 0, product = 0;
    for (int64_t i = 0; i < batch_; ++i) {
      sum += Data(sums_.first)[i * channels_ + c];
      product += Data(sums_.second)[i * channels_ + c];
    }
    const auto at = static_cast<size_t>(c);
    Data(gradients_[0].values)[c] = static_cast<float>(product * inverse_[at]);
    Data(gradients_[1].values)[c] = static_cast<float>(sum);
    a_[at] = static_cast<float>(sum / n);
    b_[at] = static_cast<float>(product * inverse_[at] * inverse_[at] / n);
  }
}

}  // namespace

StatusOr<std::unique_ptr<Kernel>> MakeBatchNormalizationKernel(
    const KernelContext& context) {
  auto kernel = std::make_unique<BatchNormalizationKernel>(context);
  CAIRN_RETURN_IF_ERROR(kernel->Build());
  return kernel;
}

}  // namespace cairn::nn
