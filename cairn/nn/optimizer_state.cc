// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/optimizer_state.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn::nn {
namespace {

constexpr auto kNo = Variable::Trainable::kNo;

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }

// Keras 3's name for an object of a class: "RMSprop" is "rm_sprop". A capital
// begins a word if a small letter is before or behind it.
std::string SnakeCase(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!IsUpper(c)) {
      result += c;
      continue;
    }
    const bool begins =
        i > 0 &&
        (IsLower(text[i - 1]) || (i + 1 < text.size() && IsLower(text[i + 1])));
    if (begins) result += '_';
    result += static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

}  // namespace

OptimizerState::OptimizerState(StateConfig config, Trackable& owner)
    : config_(std::move(config)), owner_(owner) {
  const bool legacy = is_legacy();
  const std::string scope = legacy ? config_.name + "/"
                            : config_.layout == OptimizerLayout::kKeras3
                                ? SnakeCase(config_.name) + "/"
                                : "";
  iterations_ =
      std::make_unique<Variable>(StrCat(scope, legacy ? "iter" : "iteration"),
                                 Tensor::Scalar(int64_t{0}), kNo);
  learning_rate_ =
      std::make_unique<Variable>(StrCat(scope, "learning_rate"),
                                 Tensor::Scalar(config_.learning_rate), kNo);
  // Cannot fail, here and below: nobody observes an object under construction.
  const auto track = [&](const std::string& name, Trackable* child) {
    owner.Track(name, child).IgnoreError();
  };
  if (legacy) {
    track("iter", iterations_.get());
    for (const HyperParameter& hyper : config_.hyper) {
      if (hyper.name == "learning_rate") {
        track(hyper.name, learning_rate_.get());
        continue;
      }
      hyper_.push_back(std::make_unique<Variable>(
          scope + hyper.name, Tensor::Scalar(hyper.value), kNo));
      track(hyper.name, hyper_.back().get());
    }
    return;
  }
  track("_variables", &variables_);
  if (config_.layout == OptimizerLayout::kKeras3) {
    track("_trainable_variables", &trainable_);
    track("_trainable_variables_indices", &index_dict_);
  }
  track("_iterations", iterations_.get());
  track("_learning_rate", learning_rate_.get());
  variables_.Append(iterations_.get()).IgnoreError();
  if (config_.layout == OptimizerLayout::kKeras3) {
    variables_.Append(learning_rate_.get()).IgnoreError();
  }
  for (size_t i = 0; i < config_.kinds.size(); ++i) {
    lists_.push_back(std::make_unique<List>());
  }
}

std::string OptimizerState::FullName(const Variable& variable,
                                     const StateKind& kind) const {
  switch (config_.layout) {
    case OptimizerLayout::kLegacy:
      break;
    case OptimizerLayout::kKeras2:
      return StrCat(config_.name, "/", kind.keras2_name, "/", variable.name());
    case OptimizerLayout::kKeras3: {
      std::string name = variable.name();
      std::ranges::replace(name, '/', '_');
      return StrCat(SnakeCase(config_.name), "/", name, "_", kind.keras3_name);
    }
  }
  return StrCat(config_.name, "/", variable.name(), "/", kind.slot);
}

StatusOr<OptimizerState::States*> OptimizerState::Make(
    const Variable& variable) {
  if (const auto it = states_.find(&variable); it != states_.end()) {
    return &it->second;
  }
  States states;
  for (const StateKind& kind : config_.kinds) {
    states.emplace_back();
    if (!kind.used) continue;
    CAIRN_ASSIGN_OR_RETURN(Tensor zeros,
                           Tensor::Create(DataType::kFloat, variable.shape()));
    states.back() = std::make_unique<Variable>(FullName(variable, kind),
                                               std::move(zeros), kNo);
  }
  order_.push_back(&variable);
  return &states_.emplace(&variable, std::move(states)).first->second;
}

Status OptimizerState::Prepare(std::span<const GradientAndVariable> gradients) {
  for (const auto& [gradient, variable] : gradients) {
    if (variable->dtype() == DataType::kFloat &&
        static_cast<int64_t>(gradient.size()) ==
            variable->shape().num_elements()) {
      continue;
    }
    return InvalidArgumentError(
        StrCat("gradient of ", gradient.size(), " float32 values does not fit ",
               variable->name(), ", ", DataTypeName(variable->dtype()), " ",
               variable->shape().ToString()));
  }
  return Build(gradients);
}

Status OptimizerState::Build(std::span<const GradientAndVariable> gradients) {
  std::vector<Variable*> fresh;
  for (const GradientAndVariable& pair : gradients) {
    if (!states_.contains(pair.variable)) fresh.push_back(pair.variable);
  }
  if (fresh.empty()) return OkStatus();
  if (!is_legacy() && built_) {
    return InvalidArgumentError(
        StrCat("the optimizer was built for other variables than ",
               Escape(fresh[0]->name())));
  }
  for (const Variable* variable : fresh) {
    CAIRN_RETURN_IF_ERROR(Make(*variable).status());
  }
  if (is_legacy()) return OkStatus();
  built_ = true;
  return BuildLists(fresh);
}

Status OptimizerState::BuildLists(const std::vector<Variable*>& variables) {
  if (config_.layout == OptimizerLayout::kKeras2) {
    CAIRN_RETURN_IF_ERROR(owner_.Track("_index_dict", &index_dict_));
  } else {
    for (Variable* variable : variables) {
      CAIRN_RETURN_IF_ERROR(trainable_.Append(variable));
    }
  }
  for (size_t i = 0; i < config_.kinds.size(); ++i) {
    const StateKind& kind = config_.kinds[i];
    if (!kind.used && !kind.empty_list) continue;
    CAIRN_RETURN_IF_ERROR(owner_.Track(kind.list, lists_[i].get()));
  }
  return AppendStates(variables);
}

Status OptimizerState::AppendStates(const std::vector<Variable*>& variables) {
  for (const Variable* variable : variables) {
    for (size_t kind = 0; kind < config_.alternating; ++kind) {
      CAIRN_RETURN_IF_ERROR(AppendState(*variable, kind));
    }
  }
  for (size_t kind = config_.alternating; kind < config_.kinds.size(); ++kind) {
    for (const Variable* variable : variables) {
      CAIRN_RETURN_IF_ERROR(AppendState(*variable, kind));
    }
  }
  return OkStatus();
}

Status OptimizerState::AppendState(const Variable& variable, size_t kind) {
  Variable* const state = states_.at(&variable)[kind].get();
  if (state == nullptr) return OkStatus();
  CAIRN_RETURN_IF_ERROR(variables_.Append(state));
  return lists_[kind]->Append(state);
}

std::span<float> OptimizerState::StateOf(const Variable& variable,
                                         size_t kind) {
  return states_.at(&variable)[kind]->data<float>();
}

float OptimizerState::Hyper(std::string_view name, float constant) const {
  if (!is_legacy()) return constant;
  const std::string full = StrCat(config_.name, "/", name);
  const auto found =
      std::ranges::find(hyper_, full, [](const auto& v) { return v->name(); });
  if (found == hyper_.end()) return constant;
  return std::as_const(**found).data<float>()[0];
}

float OptimizerState::OneMinusHyper(std::string_view name,
                                    float constant) const {
  if (is_legacy()) return 1 - Hyper(name, constant);
  // The short decimal that the float32 stands for.
  const double decimal = std::round(static_cast<double>(constant) * 1e7) / 1e7;
  return static_cast<float>(1 - decimal);
}

float OptimizerState::RateOfStep() const {
  const float rate = std::as_const(*learning_rate_).data<float>()[0];
  const float decay = Hyper("decay", 0);
  if (decay == 0) return rate;
  const int64_t done = std::as_const(*iterations_).data<int64_t>()[0];
  return rate / (1 + decay * static_cast<float>(done));
}

std::vector<Variable*> OptimizerState::SlotVariables() const {
  std::vector<Variable*> variables;
  for (const Trackable* variable : order_) {
    for (const auto& state : states_.at(variable)) {
      if (state != nullptr) variables.push_back(state.get());
    }
  }
  return variables;
}

std::vector<std::string> OptimizerState::SlotNames() const {
  std::vector<std::string> names;
  if (!is_legacy()) return names;
  for (const StateKind& kind : config_.kinds) {
    if (kind.used) names.push_back(kind.slot);
  }
  return names;
}

Trackable* OptimizerState::Slot(const Trackable& variable,
                                std::string_view slot_name) {
  const auto found = states_.find(&variable);
  if (!is_legacy() || found == states_.end()) return nullptr;
  for (size_t i = 0; i < config_.kinds.size(); ++i) {
    if (config_.kinds[i].slot == slot_name) return found->second[i].get();
  }
  return nullptr;
}

Trackable* OptimizerState::SlotForRestore(Trackable& variable,
                                          std::string_view slot_name) {
  const auto* const of = dynamic_cast<Variable*>(&variable);
  if (of == nullptr || of->dtype() != DataType::kFloat) return nullptr;
  const std::vector<std::string> names = SlotNames();
  if (std::ranges::find(names, slot_name) == names.end()) return nullptr;
  if (!Make(*of).ok()) return nullptr;
  return Slot(variable, slot_name);
}

}  // namespace cairn::nn
