// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// BatchStatistics: what batch normalization knows about a whole batch: per
// channel the mean and variance, the moving statistics' update, and the sums
// its gradient needs. Shared by the kernels that normalize. Internal to nn.
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
#ifndef CAIRN_NN_BATCH_STATISTICS_H_
#define CAIRN_NN_BATCH_STATISTICS_H_

#include <span>
#include <vector>

#include "cairn/nn/kernel.h"
#include "cairn/nn/vector_kernels.h"

namespace cairn::nn {

class BatchStatistics {
 public:
  // `layer` is a BatchNormalization; values() are there after this.
  Status Build(const KernelContext& context);
  // Takes beta, and in inference gamma and the moving statistics.
  void Prepare();

  int64_t rows() const { return rows_; }  // per example
  int64_t channels() const { return channels_; }
  int64_t size() const { return rows_ * channels_; }

  // An example's mean and squares about it; then, of its output gradient, the
  // sum and the sum of products with x - mean. Different examples may be
  // written concurrently.
  float* first(int64_t example) { return Data(first_) + example * channels_; }
  float* second(int64_t example) { return Data(second_) + example * channels_; }
  // From the examples' moments: mean(), scale() and the moving statistics.
  void Combine();
  // From the examples' gradient sums: a(), b() and the gradients.
  void CombineGradient();

  // y = (x - mean) * scale + offset
  const float* mean() const { return mean_.data(); }
  const float* scale() const { return scale_.data(); }
  const float* offset() const { return offset_.data(); }
  // dx = scale * (dy - a - (x - mean) * b)
  const float* a() const { return a_.data(); }
  const float* b() const { return b_.data(); }

  NormalizationFactors factors() const {
    return {mean(), scale(), offset(), a(), b()};
  }

  std::span<KernelGradient> gradients() { return gradients_; }

 private:
  std::span<float> Values(const char* part) const {
    return layer_->Find(part)->data<float>();
  }

  const Layer* layer_ = nullptr;
  Mode mode_ = Mode::kInference;
  BatchNormalizationConfig config_;
  int64_t batch_ = 0, rows_ = 0, channels_ = 0;
  Tensor first_, second_;  // [batch, channels]
  std::vector<float> mean_, scale_, offset_, a_, b_;
  std::vector<double> inverse_;  // 1 / sqrt(variance + epsilon)
  std::vector<KernelGradient> gradients_;
};

}  // namespace cairn::nn

#endif  // CAIRN_NN_BATCH_STATISTICS_H_
