// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What the graphs of a Sequential model have in common: its variables and the
// way from the input to the predictions.
//
// Inside this room only.
#ifndef CAIRN_GRAPH_MODEL_NODES_H_
#define CAIRN_GRAPH_MODEL_NODES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/graph/graph_builder.h"
#include "cairn/graph/layer_nodes.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/tensor/layer_config.h"

namespace cairn::graph {

struct ModelNodes {
  std::string input_name;  // of the placeholder
  Output input;
  std::vector<LayerVariables> variables;  // of each layer
  LayerOutput output;                     // of the last layer, in inference

  std::vector<VariableNodes> AllVariables() const;
};

// Adds the placeholder `<first layer>_input` [?, input shape], then for each
// layer its variables and its computation in inference. InvalidArgument: see
// CheckModel; or a layer's name is taken.
StatusOr<ModelNodes> AddModel(GraphBuilder& graph, const ModelConfig& model,
                              const std::vector<int32_t>& kernel_seeds);

// Adds the node that assigns all initial values; returns its name. `name` is
// made unique.
std::string AddInit(GraphBuilder& graph, std::string_view name,
                    const std::vector<VariableNodes>& variables);

// From the input to the last layer's output.
Signature PredictSignature(const ModelConfig& model, const ModelNodes& nodes);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_MODEL_NODES_H_
