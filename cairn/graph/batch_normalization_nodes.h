// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The nodes of batch normalization: in inference from the moving statistics, in
// training from the batch's, towards which the moving ones then go. Four
// dimensions are FusedBatchNormV3's, whose batch variance is the unbiased one;
// others are made of simpler ops, with the biased one, as Keras does.
//
// Inside this room only.
#ifndef CAIRN_GRAPH_BATCH_NORMALIZATION_NODES_H_
#define CAIRN_GRAPH_BATCH_NORMALIZATION_NODES_H_

#include "cairn/graph/layer_nodes.h"
#include "cairn/graph/node_scope.h"
#include "cairn/tensor/layer_config.h"

namespace cairn::graph {

struct NormalizedLayer {
  const NodeScope& scope;
  const BatchNormalizationConfig& config;
  const LayerConfig& layer;
  const LayerVariables& variables;

  const VariableNodes& gamma() const { return variables[0]; }
  const VariableNodes& beta() const { return variables[1]; }
  const VariableNodes& moving_mean() const { return variables[2]; }
  const VariableNodes& moving_variance() const { return variables[3]; }
  bool is_fused() const { return layer.input_shape.rank() == 3; }
};

Output AddNormalization(const NormalizedLayer& layer, const Output& x);
Output AddTrainedNormalization(const NormalizedLayer& layer, const Output& x,
                               TrainingPass& training);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_BATCH_NORMALIZATION_NODES_H_
