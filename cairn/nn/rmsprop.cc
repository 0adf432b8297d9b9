// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "cairn/nn/optimizer.h"
#include "cairn/nn/optimizer_state.h"

namespace cairn::nn {
namespace {

enum Kind : size_t { kSquares, kMomentum, kMean };

StateConfig ConfigOf(const RmspropOptions& o) {
  StateConfig config;
  config.layout = o.layout;
  config.name = o.name;
  config.learning_rate = o.learning_rate;
  config.hyper = {{"decay", o.decay},
                  {"learning_rate", o.learning_rate},
                  {"momentum", o.momentum},
                  {"rho", o.rho}};
  config.kinds = {
      {"rms", "_velocities", "velocity", "velocity"},
      {"momentum", "_momentums", "momentum", "momentum", o.momentum > 0},
      {"mg", "_average_gradients", "average_gradient", "average_gradient",
       o.centered}};
  return config;
}

struct Factors {
  float rate, rho, rest, momentum, epsilon;
  bool epsilon_outside;  // of the root
};

// `mean` and `momentum` are empty where there is none.
struct States {
  std::span<float> squares, momentum, mean;
};

void Update(const Factors& f, std::span<const float> gradient, const States& s,
            std::span<float> x) {
  for (size_t i = 0; i < x.size(); ++i) {
    const float g = gradient[i];
    s.squares[i] = f.rho * s.squares[i] + f.rest * g * g;
    float denominator = s.squares[i];
    if (!s.mean.empty()) {
      s.mean[i] = f.rho * s.mean[i] + f.rest * g;
      denominator -= s.mean[i] * s.mean[i];
    }
    float step = f.rate * g /
                 (f.epsilon_outside ? std::sqrt(denominator) + f.epsilon
                                    : std::sqrt(denominator + f.epsilon));
    if (!s.momentum.empty()) {
      s.momentum[i] = f.momentum * s.momentum[i] + step;
      step = s.momentum[i];
    }
    x[i] -= step;
  }
}

}  // namespace

Rmsprop::Rmsprop(RmspropOptions options)
    : Optimizer(ConfigOf(options)), options_(std::move(options)) {}

void Rmsprop::Step(std::span<const GradientAndVariable> gradients) {
  const float rho = state_->Hyper("rho", options_.rho);
  const bool has_momentum = options_.momentum > 0;
  const Factors factors = {state_->RateOfStep(),
                           rho,
                           state_->OneMinusHyper("rho", options_.rho),
                           state_->Hyper("momentum", options_.momentum),
                           options_.epsilon,
                           state_->is_legacy() && !has_momentum};
  for (const auto& [gradient, variable] : gradients) {
    States states;
    states.squares = state_->StateOf(*variable, kSquares);
    if (has_momentum) states.momentum = state_->StateOf(*variable, kMomentum);
    if (options_.centered) states.mean = state_->StateOf(*variable, kMean);
    Update(factors, gradient, states, variable->data<float>());
  }
}

}  // namespace cairn::nn
