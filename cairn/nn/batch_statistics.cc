// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/batch_statistics.h"

#include <cmath>
#include <utility>

namespace cairn::nn {

Status BatchStatistics::Build(const KernelContext& context) {
  layer_ = context.layer;
  mode_ = context.mode;
  config_ = std::get<BatchNormalizationConfig>(layer_->config().config);
  const Shape& shape = layer_->config().input_shape;
  batch_ = context.tiling->batch;
  channels_ = shape.dim(shape.rank() - 1);
  rows_ = shape.num_elements() / channels_;
  for (std::vector<float>* v : {&mean_, &scale_, &offset_, &a_, &b_}) {
    v->resize(static_cast<size_t>(channels_));
  }
  inverse_.resize(static_cast<size_t>(channels_));
  if (mode_ != Mode::kTraining) return OkStatus();
  CAIRN_ASSIGN_OR_RETURN(first_, MakeBuffer(batch_ * channels_));
  CAIRN_ASSIGN_OR_RETURN(second_, MakeBuffer(batch_ * channels_));
  for (const char* part : {"gamma", "beta"}) {
    Variable* variable = layer_->Find(part);
    CAIRN_ASSIGN_OR_RETURN(Tensor values,
                           Tensor::Create(DataType::kFloat, variable->shape()));
    gradients_.push_back({variable, std::move(values)});
  }
  return OkStatus();
}

void BatchStatistics::Prepare() {
  const std::span<float> gamma = Values("gamma"), beta = Values("beta");
  const std::span<float> mean = Values("moving_mean");
  const std::span<float> variance = Values("moving_variance");
  for (size_t c = 0; c < gamma.size(); ++c) {
    offset_[c] = beta[c];
    if (mode_ == Mode::kTraining) continue;
    mean_[c] = mean[c];
    scale_[c] = static_cast<float>(
        gamma[c] / std::sqrt(double{variance[c]} + double{config_.epsilon}));
  }
}

void BatchStatistics::Combine() {
  const std::span<float> gamma = Values("gamma");
  const std::span<float> moving_mean = Values("moving_mean");
  const std::span<float> moving_variance = Values("moving_variance");
  const double n = static_cast<double>(batch_ * rows_);
  const bool unbiased = layer_->config().input_shape.rank() == 3 && n > 1;
  const auto move = [&](float& moving, double value) {
    moving -= (moving - static_cast<float>(value)) * (1 - config_.momentum);
  };
  for (size_t c = 0; c < gamma.size(); ++c) {
    double sum = 0;
    for (int64_t i = 0; i < batch_; ++i) sum += double{first(i)[c]};
    const double mean = sum / static_cast<double>(batch_);
    double squares = 0;
    for (int64_t i = 0; i < batch_; ++i) {
      const double d = first(i)[c] - mean;
      squares += second(i)[c] + static_cast<double>(rows_) * d * d;
    }
    inverse_[c] = 1 / std::sqrt(squares / n + double{config_.epsilon});
    mean_[c] = static_cast<float>(mean);
    scale_[c] = static_cast<float>(gamma[c] * inverse_[c]);
    move(moving_mean[c], mean);
    move(moving_variance[c], squares / (unbiased ? n - 1 : n));
  }
}

void BatchStatistics::CombineGradient() {
  const double n = static_cast<double>(batch_ * rows_);
  for (size_t c = 0; c < mean_.size(); ++c) {
    double sum = 0, product = 0;
    for (int64_t i = 0; i < batch_; ++i) {
      sum += double{first(i)[c]};
      product += double{second(i)[c]};
    }
    Data(gradients_[0].values)[c] = static_cast<float>(product * inverse_[c]);
    Data(gradients_[1].values)[c] = static_cast<float>(sum);
    a_[c] = static_cast<float>(sum / n);
    b_[c] = static_cast<float>(product * inverse_[c] * inverse_[c] / n);
  }
}

}  // namespace cairn::nn
