// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The nodes a Saver adds to a graph, so that a program can save and restore by
// feeding a prefix and running nodes whose names stand in the SaverDef.
//
// Inside this room only.
#ifndef CAIRN_GRAPH_SAVER_NODES_H_
#define CAIRN_GRAPH_SAVER_NODES_H_

#include <vector>

#include "cairn/graph/graph_builder.h"
#include "cairn/graph/graph_saver.h"
#include "cairn/graph/variable_nodes.h"

namespace cairn::graph {

// Adds them and returns their names. `variables`, of which there must be some,
// may be in any order.
SaverInfo AddSaverNodes(GraphBuilder& graph,
                        std::vector<VariableNodes> variables,
                        const GraphSaverOptions& options);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_SAVER_NODES_H_
