// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/optimizer.h"

#include "cairn/nn/optimizer_state.h"

namespace cairn::nn {

Optimizer::Optimizer() = default;
Optimizer::~Optimizer() = default;

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
