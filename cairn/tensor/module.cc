// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/module.h"

namespace cairn {

Status Module::Adopt(std::string edge, std::unique_ptr<Trackable> child) {
  owned_.push_back(std::move(child));
  const Status status = TrackNew(std::move(edge), owned_.back().get());
  if (!status.ok()) owned_.pop_back();
  return status;
}

StatusOr<Variable*> Module::AddVariable(VariableSpec spec) {
  std::string edge = spec.name;
  return AddVariable(std::move(edge), std::move(spec));
}

// Attached first, without a value: what waits for the edge comes then.
StatusOr<Variable*> Module::AddVariable(std::string edge, VariableSpec spec) {
  const bool can_initialize = spec.initializer != nullptr;
  CAIRN_ASSIGN_OR_RETURN(Variable* const variable,
                         AddChild<Variable>(edge, std::move(spec)));
  if (!can_initialize) return variable;
  const Status status = variable->Initialize();
  if (status.ok()) return variable;
  Untrack(edge);
  owned_.pop_back();
  return status;
}

}  // namespace cairn
