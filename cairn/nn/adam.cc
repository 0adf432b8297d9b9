// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "cairn/nn/optimizer.h"
#include "cairn/nn/optimizer_state.h"
#include "cairn/nn/vector_kernels.h"

namespace cairn::nn {
namespace {

enum Kind : size_t { kM, kV, kVhat };

StateConfig ConfigOf(const AdamOptions& o) {
  StateConfig config;
  config.layout = o.layout;
  config.name = o.name;
  config.learning_rate = o.learning_rate;
  config.hyper = {{"beta_1", o.beta_1},
                  {"beta_2", o.beta_2},
                  {"decay", o.decay},
                  {"learning_rate", o.learning_rate}};
  config.kinds = {
      {"m", "_momentums", "m", "momentum"},
      {"v", "_velocities", "v", "velocity"},
      {"vhat", "_velocity_hats", "vhat", "velocity_hat", o.amsgrad, false}};
  config.alternating = 2;
  return config;
}

AdamFactors FactorsOfStep(OptimizerState& state, const AdamOptions& options) {
  const auto t = static_cast<float>(state.iterations().data<int64_t>()[0] + 1);
  // The powers in float32, as TensorFlow takes them: at 0.999 this is visible.
  const float power_1 = std::pow(state.Hyper("beta_1", options.beta_1), t);
  const float power_2 = std::pow(state.Hyper("beta_2", options.beta_2), t);
  return {state.RateOfStep() * std::sqrt(1 - power_2) / (1 - power_1),
          state.OneMinusHyper("beta_1", options.beta_1),
          state.OneMinusHyper("beta_2", options.beta_2), options.epsilon};
}

struct AmsgradState {
  std::span<float> m, v, vhat;
};

void AmsgradUpdate(const AdamFactors& f, std::span<const float> gradient,
                   const AmsgradState& s, std::span<float> x) {
  for (size_t i = 0; i < x.size(); ++i) {
    const float g = gradient[i];
    s.m[i] += (g - s.m[i]) * f.one_minus_beta_1;
    s.v[i] += (g * g - s.v[i]) * f.one_minus_beta_2;
    s.vhat[i] = std::max(s.vhat[i], s.v[i]);
    x[i] -= f.alpha * s.m[i] / (std::sqrt(s.vhat[i]) + f.epsilon);
  }
}

}  // namespace

Adam::Adam(AdamOptions options)
    : Optimizer(ConfigOf(options)), options_(std::move(options)) {}

void Adam::Step(std::span<const GradientAndVariable> gradients) {
  const AdamFactors factors = FactorsOfStep(*state_, options_);
  for (const auto& [gradient, variable] : gradients) {
    const std::span<float> m = state_->StateOf(*variable, kM);
    const std::span<float> v = state_->StateOf(*variable, kV);
    if (options_.amsgrad) {
      AmsgradUpdate(factors, gradient,
                    {m, v, state_->StateOf(*variable, kVhat)},
                    variable->data<float>());
      continue;
    }
    Kernels().adam_update(factors, static_cast<int64_t>(gradient.size()),
                          gradient.data(), m.data(), v.data(),
                          variable->data<float>().data());
  }
}

}  // namespace cairn::nn
