// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Whether a model's description fits together and can stand in a graph.
//
// Inside this room only.
#ifndef CAIRN_GRAPH_MODEL_CHECK_H_
#define CAIRN_GRAPH_MODEL_CHECK_H_

#include "cairn/base/status.h"
#include "cairn/tensor/layer_config.h"

namespace cairn::graph {

// InvalidArgument: no layers, shapes that do not fit together, sizes of 0 or
// beyond what a constant in the graph (an int32) can say.
Status CheckModel(const ModelConfig& model);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_MODEL_CHECK_H_
