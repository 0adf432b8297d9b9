// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Sparse categorical crossentropy and accuracy of a batch.
//
// Inside this room only.
#ifndef CAIRN_GRAPH_LOSS_NODES_H_
#define CAIRN_GRAPH_LOSS_NODES_H_

#include <optional>

#include "cairn/graph/layer_nodes.h"
#include "cairn/graph/node_scope.h"

namespace cairn::graph {

struct LossNodes {
  Output loss;      // scalar: mean over the batch
  Output accuracy;  // scalar: share of examples whose largest output is right
  Output examples;  // [N]: the loss of each
  // [N, classes]: of each example's own loss, by the logits.
  Output gradient;
  // Where the outputs are taken for probabilities: these, clipped, and whether
  // clipping left them alone.
  std::optional<Output> clipped = {};
};

// Adds `loss` and `accuracy` and what they are computed of under `scope`.
// `output` is the last layer's: behind a softmax the loss is computed from the
// logits, otherwise from the outputs as probabilities clipped to [1e-7,
// 1 - 1e-7], both as Keras does. `labels` is int64 [N].
LossNodes AddLoss(const NodeScope& scope, const LayerOutput& output,
                  const Output& labels);

// The gradient of the mean loss by the logits, or by the probabilities.
Output AddLossGradient(const NodeScope& scope, const LayerOutput& output,
                       const LossNodes& loss);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_LOSS_NODES_H_
