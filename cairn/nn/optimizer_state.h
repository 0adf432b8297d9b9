// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// OptimizerState: what an optimizer remembers, in the object graph that the
// chosen Keras gives it. Not installed.
//
//   kLegacy   `iter`, then every hyperparameter as a variable; slots of the
//             trained variables
//   kKeras2   `_variables` (0: the counter, then the state of all variables),
//             `_iterations`, `_learning_rate`, `_index_dict`, one list for each
//             kind of state; no slots
//   kKeras3   `_variables` (0: the counter, 1: the learning rate, ...),
//             `_trainable_variables`, `_trainable_variables_indices`,
//             `_iterations`, `_learning_rate`, the lists
//
// Values of the lists wait, after a restore, until Build makes them.
#ifndef CAIRN_NN_OPTIMIZER_STATE_H_
#define CAIRN_NN_OPTIMIZER_STATE_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/nn/optimizer.h"
#include "cairn/tensor/containers.h"
#include "cairn/tensor/variable.h"

namespace cairn::nn {

// One kind of state, of each trained variable.
struct StateKind {
  std::string slot;         // legacy: "m"
  std::string list;         // Keras 2 and 3: "_momentums"
  std::string keras2_name;  // in full names: "m"
  std::string keras3_name;  // in full names: "momentum"
  // It exists (a Keras that has its list all the same leaves that empty).
  bool used = true;
  // The list exists without it.
  bool empty_list = true;
};

struct HyperParameter {
  std::string name;
  float value;
};

struct StateConfig {
  OptimizerLayout layout = OptimizerLayout::kLegacy;
  std::string name;  // "Adam"
  float learning_rate = 0;
  // Of the legacy layout, in stored order; `learning_rate` and `decay` are
  // among them.
  std::vector<HyperParameter> hyper;
  std::vector<StateKind> kinds;
  // How many of the first kinds alternate, variable by variable, in
  // `_variables`; the others follow kind by kind. 0: none does.
  size_t alternating = 0;
};

class OptimizerState : public SlotProvider {
 public:
  // Tracks its parts under `owner`, which is under construction.
  OptimizerState(StateConfig config, Trackable& owner);

  bool is_legacy() const { return config_.layout == OptimizerLayout::kLegacy; }
  // Makes the state of variables that have none. In the layouts of lists the
  // first call fixes which they are: a variable that is new later is
  // InvalidArgument. What waits for the state is restored.
  Status Build(std::span<const GradientAndVariable> gradients);
  // The same, checking first that each gradient fits its variable.
  Status Prepare(std::span<const GradientAndVariable> gradients);

  // State `kind` (its index) of a variable that Build has seen.
  std::span<float> StateOf(const Variable& variable, size_t kind);
  Variable& iterations() { return *iterations_; }
  Variable& learning_rate() { return *learning_rate_; }
  // The legacy layout's variable; elsewhere `constant`.
  float Hyper(std::string_view name, float constant) const;
  // 1 minus it: in float32 from the variable, or, as Python does, in double.
  float OneMinusHyper(std::string_view name, float constant) const;
  // The learning rate of the next step, decayed as legacy optimizers do.
  float RateOfStep() const;
  // In order of creation; per variable in order of the kinds.
  std::vector<Variable*> SlotVariables() const;

  std::vector<std::string> SlotNames() const override;
  Trackable* Slot(const Trackable& variable,
                  std::string_view slot_name) override;
  Trackable* SlotForRestore(Trackable& variable,
                            std::string_view slot_name) override;

 private:
  using States = std::vector<std::unique_ptr<Variable>>;  // by kind

  std::string FullName(const Variable& variable, const StateKind& kind) const;
  StatusOr<States*> Make(const Variable& variable);
  Status BuildLists(const std::vector<Variable*>& variables);
  Status AppendStates(const std::vector<Variable*>& variables);
  Status AppendState(const Variable& variable, size_t kind);

  const StateConfig config_;
  Trackable& owner_;
  std::unique_ptr<Variable> iterations_, learning_rate_;
  std::vector<std::unique_ptr<Variable>> hyper_;  // but the learning rate
  std::unordered_map<const Trackable*, States> states_;
  std::vector<const Trackable*> order_;  // of creation
  bool built_ = false;
  // Of the layouts of lists.
  List variables_, trainable_;
  Dict index_dict_;
  std::vector<std::unique_ptr<List>> lists_;  // by kind
};

}  // namespace cairn::nn

#endif  // CAIRN_NN_OPTIMIZER_STATE_H_
