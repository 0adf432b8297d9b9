// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The nodes of a layer: its variables, its computation in inference and in
// training, and in training what passes gradients back.
//
// Inside this room only.
#ifndef CAIRN_GRAPH_LAYER_NODES_H_
#define CAIRN_GRAPH_LAYER_NODES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cairn/graph/node_scope.h"
#include "cairn/graph/tape.h"
#include "cairn/graph/variable_nodes.h"
#include "cairn/tensor/layer_config.h"

namespace cairn::graph {

// In Keras's order: kernel and bias; gamma, beta, moving mean and variance.
using LayerVariables = std::vector<VariableNodes>;

// Seeds of initialisers: those given, then each one's number.
struct KernelSeeds {
  const std::vector<int32_t>& given;
  size_t used = 0;

  int32_t Next();
};

// `seeds` is asked for each kernel.
LayerVariables AddLayerVariables(GraphBuilder& graph, const LayerConfig& layer,
                                 KernelSeeds& seeds);

// What a layer passes on.
struct LayerOutput {
  Output value;
  // What the softmax is taken of, where a layer ends with one.
  std::optional<Output> logits = {};
};

// What a forward pass in training leaves behind.
struct TrainingPass {
  Tape tape;
  // Nodes that move the moving statistics.
  std::vector<std::string> updates = {};
  // The layer whose softmax is the loss's business, so that its value is the
  // logits; may be null.
  const LayerConfig* softmax_in_loss = nullptr;
};

// Adds the computation under `scope`, from a batch of inputs; in training when
// `training` is not null. The variables must outlive the pass.
LayerOutput AddLayer(const NodeScope& scope, const LayerConfig& layer,
                     const LayerVariables& variables, const Output& input,
                     TrainingPass* training);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_LAYER_NODES_H_
