// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/optimizer.h"
#include "cairn/nn/optimizer_state.h"

namespace cairn::nn {
namespace {

StateConfig ConfigOf(const SgdOptions& o) {
  StateConfig config;
  config.layout = o.layout;
  config.name = o.name;
  config.learning_rate = o.learning_rate;
  config.hyper = {{"decay", o.decay},
                  {"learning_rate", o.learning_rate},
                  {"momentum", o.momentum}};
  config.kinds = {{"momentum", "momentums", "m", "momentum"}};
  // Keras 2.11 to 2.15 makes the state even if there is no momentum.
  config.kinds[0].used =
      o.momentum != 0 || o.layout == OptimizerLayout::kKeras2;
  return config;
}

}  // namespace

Sgd::Sgd(SgdOptions options)
    : Optimizer(ConfigOf(options)), options_(std::move(options)) {}

void Sgd::Step(std::span<const GradientAndVariable> gradients) {
  const float rate = state_->RateOfStep();
  const float momentum = state_->Hyper("momentum", options_.momentum);
  for (const auto& [gradient, variable] : gradients) {
    const std::span<float> x = variable->data<float>();
    if (options_.momentum == 0) {
      for (size_t i = 0; i < x.size(); ++i) x[i] -= rate * gradient[i];
      continue;
    }
    const std::span<float> m = state_->StateOf(*variable, 0);
    for (size_t i = 0; i < x.size(); ++i) {
      const float step = rate * gradient[i];
      m[i] = m[i] * momentum - step;
      x[i] += options_.nesterov ? m[i] * momentum - step : m[i];
    }
  }
}

}  // namespace cairn::nn
