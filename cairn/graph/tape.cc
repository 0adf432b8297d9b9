// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/tape.h"

#include <utility>

namespace cairn::graph {

Tape::Tape(NodeScope scope) : scope_(std::move(scope)) {}

void Tape::Record(Backward backward) { steps_.push_back(std::move(backward)); }

void Tape::RecordTrained(Backward backward) {
  if (!first_trained_) first_trained_ = steps_.size();
  Record(std::move(backward));
}

void Tape::SetGradient(const VariableNodes& variable, const Output& gradient) {
  gradients_[variable.name] = scope_.Unary("Identity", variable.name, gradient);
}

void Tape::Run(Output gradient) {
  if (!first_trained_) return;
  for (size_t i = steps_.size(); i-- > *first_trained_;) {
    gradient =
        steps_[i](gradient, i == *first_trained_ ? InputGradient::kUnwanted
                                                 : InputGradient::kWanted);
  }
}

const Output& Tape::gradient(std::string_view variable) const {
  return gradients_.find(variable)->second;
}

}  // namespace cairn::graph
