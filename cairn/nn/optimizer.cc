// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/optimizer.h"

#include <utility>

#include "cairn/nn/optimizer_state.h"

namespace cairn::nn {

Optimizer::Optimizer(StateConfig config) {
  state_ = std::make_unique<OptimizerState>(std::move(config), *this);
}

Optimizer::~Optimizer() = default;

Status Optimizer::Apply(std::span<const GradientAndVariable> gradients) {
  CAIRN_RETURN_IF_ERROR(state_->Prepare(gradients));
  Step(gradients);
  ++state_->iterations().data<int64_t>()[0];
  return OkStatus();
}

Status Optimizer::Build(std::span<Variable* const> variables) {
  std::vector<GradientAndVariable> pairs;
  for (Variable* variable : variables) pairs.push_back({{}, variable});
  return state_->Build(pairs);
}

SlotProvider* Optimizer::slots() {
  return state_ != nullptr && state_->is_legacy() ? state_.get() : nullptr;
}

int64_t Optimizer::iterations() const {
  return state_->iterations().data<int64_t>()[0];
}

Variable& Optimizer::iter() { return state_->iterations(); }

Variable& Optimizer::learning_rate() { return state_->learning_rate(); }

std::vector<Variable*> Optimizer::SlotVariables() const {
  return state_->SlotVariables();
}

}  // namespace cairn::nn
