// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Keras's legacy Adam as nodes: its variables, under the names of nn::Adam, and
// a step.
//
// Inside this room only.
#ifndef CAIRN_GRAPH_ADAM_NODES_H_
#define CAIRN_GRAPH_ADAM_NODES_H_

#include <string>
#include <vector>

#include "cairn/graph/graph_builder.h"
#include "cairn/graph/tape.h"
#include "cairn/graph/training_graph.h"
#include "cairn/graph/variable_nodes.h"

namespace cairn::graph {

struct AdamSlots {
  VariableNodes m, v;
};

struct AdamVariables {
  VariableNodes iter;  // int64: steps taken
  VariableNodes beta_1, beta_2, decay, learning_rate;
  std::vector<AdamSlots> slots;  // of each trained variable

  std::vector<VariableNodes> All() const;
};

// Adds the variables for `trained`: `Adam/iter` ..., `Adam/conv2d/kernel/m`.
AdamVariables AddAdamVariables(GraphBuilder& graph,
                               const std::vector<VariableNodes>& trained,
                               const AdamGraphOptions& options);

// Adds the step that changes `trained` by their gradients on the tape, and its
// count; returns the node to run.
std::string AddAdamStep(GraphBuilder& graph,
                        const std::vector<VariableNodes>& trained,
                        const AdamVariables& variables, const Tape& tape,
                        const AdamGraphOptions& options);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_ADAM_NODES_H_
