// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The nodes a Saver adds to a graph, so that a program can save and restore by
// feeding a prefix and running nodes whose names stand in the SaverDef.
//
// Inside this room only.
#ifndef CAIRN_GRAPH_SAVER_NODES_H_
#define CAIRN_GRAPH_SAVER_NODES_H_

#include <string>
#include <vector>

#include "cairn/graph/graph_builder.h"
#include "cairn/graph/variable_nodes.h"

namespace cairn::graph {

struct SaverNodesOptions {
  std::string scope = "save";  // made unique
  int32_t max_to_keep = 5;
  float keep_checkpoint_every_n_hours = 10000.0f;
};

// Adds them for one data file of format V2 and returns their names.
// `variables` may be in any order.
SaverInfo AddSaverNodes(GraphBuilder& graph,
                        std::vector<VariableNodes> variables,
                        const SaverNodesOptions& options);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_SAVER_NODES_H_
