// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Nodes of a step, with t = iter + 1:
//   Adam/Pow, Adam/Pow_1     beta_1^t, beta_2^t
//   Adam/truediv             learning_rate / (1 + decay * iter)
//   Adam/update_<variable>/ResourceApplyAdam
//   Adam/group_deps          NoOp(^ of these)
//   Adam/AssignAddVariableOp iter += 1, after that
// Keras leaves the decay out where it is 0 at first; here its variable always
// counts, as in nn.
#include "cairn/graph/adam_nodes.h"

#include <cstdint>
#include <string_view>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/graph/node_scope.h"

namespace cairn::graph {
namespace {

constexpr DataType kFloat = DataType::kFloat;

VariableNodes AddHyper(GraphBuilder& graph, std::string name, float value) {
  VariableSpec spec{std::move(name), Shape(), Initializer::kConstant};
  spec.constant = Tensor::Scalar<float>(value);
  spec.trainable = false;
  spec.aggregation = kAggregateOnlyFirstReplica;
  return AddVariableNodes(graph, spec);
}

VariableNodes AddIter(GraphBuilder& graph, std::string name) {
  VariableSpec spec{std::move(name), Shape(), Initializer::kZeros};
  spec.dtype = DataType::kInt64;
  spec.trainable = false;
  spec.aggregation = kAggregateOnlyFirstReplica;
  return AddVariableNodes(graph, spec);
}

VariableNodes AddSlot(GraphBuilder& graph, const VariableNodes& variable,
                      const std::string& optimizer, std::string_view slot) {
  VariableSpec spec{StrCat(optimizer, "/", variable.name, "/", slot),
                    *Shape::Create(variable.value.shape.dims),
                    Initializer::kZeros};
  spec.trainable = false;
  spec.colocate_with = variable.name;
  return AddVariableNodes(graph, spec);
}

// What all variables' updates take alike.
struct StepInputs {
  Output beta_1_power, beta_2_power, rate, beta_1, beta_2, epsilon;
};

StepInputs AddStepInputs(const NodeScope& scope, const AdamVariables& variables,
                         float epsilon) {
  const auto read = [&](const VariableNodes& variable) {
    return scope.Read("ReadVariableOp", variable);
  };
  StepInputs inputs;
  const Output iter = read(variables.iter);
  const Output one = scope.Constant("add/y", Tensor::Scalar<int64_t>(1));
  const Output next = scope.Binary("AddV2", "add", iter, one, {});
  const Output t = scope.Cast("Cast", next, kFloat);
  inputs.beta_1 = read(variables.beta_1);
  inputs.beta_2 = read(variables.beta_2);
  inputs.beta_1_power = scope.Binary("Pow", "Pow", inputs.beta_1, t, {});
  inputs.beta_2_power = scope.Binary("Pow", "Pow", inputs.beta_2, t, {});
  const Output done = scope.Cast("Cast", iter, kFloat);
  const Output decay = read(variables.decay);
  const Output decayed = scope.Binary("Mul", "mul", decay, done, {});
  const Output unit = scope.Scalar("add_1/x", 1);
  const Output divisor = scope.Binary("AddV2", "add", unit, decayed, {});
  const Output rate = read(variables.learning_rate);
  inputs.rate = scope.Binary("RealDiv", "truediv", rate, divisor, {});
  inputs.epsilon = scope.Scalar("epsilon", epsilon);
  return inputs;
}

std::string AddUpdate(const NodeScope& scope, const VariableNodes& variable,
                      const AdamSlots& slots, const StepInputs& inputs,
                      const Output& gradient) {
  return scope
      .New("ResourceApplyAdam",
           StrCat("update_", variable.name, "/ResourceApplyAdam"))
      .Input(variable.handle)
      .Input(slots.m.handle)
      .Input(slots.v.handle)
      .Input(inputs.beta_1_power)
      .Input(inputs.beta_2_power)
      .Input(inputs.rate)
      .Input(inputs.beta_1)
      .Input(inputs.beta_2)
      .Input(inputs.epsilon)
      .Input(gradient)
      .Type("T", kFloat)
      .Flag("use_locking", true)
      .Flag("use_nesterov", false)
      .ColocateWith(variable.name)
      .Add()
      .ref;
}

}  // namespace

std::vector<VariableNodes> AdamVariables::All() const {
  std::vector<VariableNodes> all = {iter, beta_1, beta_2, decay, learning_rate};
  for (const AdamSlots& of : slots) all.push_back(of.m);
  for (const AdamSlots& of : slots) all.push_back(of.v);
  return all;
}

AdamVariables AddAdamVariables(GraphBuilder& graph,
                               const std::vector<VariableNodes>& trained,
                               const AdamGraphOptions& options) {
  const std::string& name = options.name;
  AdamVariables variables;
  variables.iter = AddIter(graph, name + "/iter");
  variables.beta_1 = AddHyper(graph, name + "/beta_1", options.beta_1);
  variables.beta_2 = AddHyper(graph, name + "/beta_2", options.beta_2);
  variables.decay = AddHyper(graph, name + "/decay", options.decay);
  variables.learning_rate =
      AddHyper(graph, name + "/learning_rate", options.learning_rate);
  for (const VariableNodes& v : trained) {
    variables.slots.push_back({AddSlot(graph, v, name, "m"), {}});
  }
  for (size_t i = 0; i < trained.size(); ++i) {
    variables.slots[i].v = AddSlot(graph, trained[i], name, "v");
  }
  return variables;
}

std::string AddAdamStep(GraphBuilder& graph,
                        const std::vector<VariableNodes>& trained,
                        const AdamVariables& variables, const Tape& tape,
                        const AdamGraphOptions& options) {
  const NodeScope scope(graph, options.name + "/");
  const StepInputs inputs = AddStepInputs(scope, variables, options.epsilon);
  std::vector<std::string> updates;
  for (size_t i = 0; i < trained.size(); ++i) {
    updates.push_back(AddUpdate(scope, trained[i], variables.slots[i], inputs,
                                tape.gradient(trained[i].name)));
  }
  const Output group = scope.NoOp("group_deps", std::move(updates));
  const Output one =
      scope.Constant("AssignAddVariableOp/value", Tensor::Scalar<int64_t>(1));
  return scope.New("AssignAddVariableOp", "AssignAddVariableOp")
      .Input(variables.iter.handle)
      .Input(one)
      .ControlInputs({group.ref})
      .Type("dtype", DataType::kInt64)
      .Add()
      .ref;
}

}  // namespace cairn::graph
