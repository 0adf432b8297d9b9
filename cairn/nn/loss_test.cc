// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/loss.h"

#include <gtest/gtest.h>

#include "cairn/nn/test_support.h"

namespace cairn::nn {
namespace {

// Keras's mean loss and its gradient for some rows of logits or probabilities.
void CheckGolden(const std::string& name, bool from_logits) {
  static const data::Npz golden =
      data::LoadGoldenNpz("numerics/layers/losses.npz");
  const std::string prefix =
      name + (from_logits ? "/logits" : "/probabilities");
  const Tensor& x = golden.at(prefix + "/x");
  std::vector<int32_t> labels;
  for (float label : golden.at(prefix + "/labels").data<float>()) {
    labels.push_back(static_cast<int32_t>(label));
  }
  const RowSize size{x.shape().dim(0), x.shape().dim(1)};
  std::vector<float> gradient(static_cast<size_t>(x.num_elements()));
  const auto compute =
      from_logits ? CrossentropyFromLogits : CrossentropyFromProbabilities;
  const LossSums sums =
      compute(size, x.data<float>().data(), labels.data(),
              1.0f / static_cast<float>(size.rows), gradient.data());
  const float loss =
      static_cast<float>(sums.loss / static_cast<double>(size.rows));
  ExpectNear(std::span(&loss, 1), golden.at(prefix + "/loss").data<float>(),
             1e-6, 1e-7, prefix + "/loss");
  // exp of a float32 logit near 60 is known to 60 units in the last place.
  ExpectNear(gradient, golden.at(prefix + "/dx").data<float>(), 2e-5, 1e-7,
             prefix + "/dx");
}

TEST(Crossentropy, OfLogitsMatchesKeras) {
  for (const char* name : {"normal", "large", "ties"}) CheckGolden(name, true);
}

TEST(Crossentropy, OfProbabilitiesClipsAsKeras) {
  for (const char* name : {"normal", "large", "ties"}) CheckGolden(name, false);
}

TEST(Crossentropy, CountsTheFirstOfEqualOutputs) {
  const float logits[] = {1, 2, 2, /**/ 3, 3, 0};
  const int32_t labels[] = {2, 0};
  EXPECT_EQ(CrossentropyFromLogits({2, 3}, logits, labels, 1, nullptr).correct,
            1);
}

}  // namespace
}  // namespace cairn::nn
