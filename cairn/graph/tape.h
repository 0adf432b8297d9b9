// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Tape: the steps of a forward pass, each with what it adds to the graph to
// pass a gradient back (reverse-mode differentiation).
//
//   tape.Record([=](const Output& dy, InputGradient) { return ReluGrad(dy); });
//   ...
//   tape.Run(gradient_of_the_last_output);
//   Output g = tape.gradient("conv2d/kernel");
//
// Inside this room only.
#ifndef CAIRN_GRAPH_TAPE_H_
#define CAIRN_GRAPH_TAPE_H_

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/graph/node_scope.h"

namespace cairn::graph {

// Whether anybody wants the gradient of a step's input: not of the first step
// that has variables.
enum class InputGradient { kWanted, kUnwanted };

class Tape {
 public:
  // Of the gradient of the step's output it makes that of its input, or
  // anything if that is unwanted.
  using Backward = std::function<Output(const Output&, InputGradient)>;

  // Gradients of variables get names in `scope`.
  explicit Tape(NodeScope scope);

  const NodeScope& scope() const { return scope_; }

  void Record(Backward backward);
  // Of a step that has variables, for each of which it calls SetGradient.
  void RecordTrained(Backward backward);
  void SetGradient(const VariableNodes& variable, const Output& gradient);

  // Walks back over all steps down to the first that has variables.
  void Run(Output gradient);

  // After Run, of each variable of a step.
  const Output& gradient(std::string_view variable) const;

 private:
  NodeScope scope_;
  std::vector<Backward> steps_;
  std::optional<size_t> first_trained_;
  std::map<std::string, Output, std::less<>> gradients_;
};

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_TAPE_H_
