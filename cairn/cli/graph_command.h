// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// `cairn graph PATH`: the object graph of a checkpoint as a tree, or what a
// meta graph is made of.
#ifndef CAIRN_CLI_GRAPH_COMMAND_H_
#define CAIRN_CLI_GRAPH_COMMAND_H_

#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/cli/console.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/inspect/object_tree.h"

namespace CLI {
class App;
}

namespace cairn::cli {

// Which graph is wanted where a path has two.
enum class GraphChoice {
  kAny,  // the object graph if there is one, else the meta graph
  kObjects,
  kMeta,
};

struct GraphOptions {
  std::string path = "";
  bool json = false;
  bool nodes = false;  // every node of a meta graph
  GraphChoice choice = GraphChoice::kAny;
};

void DeclareGraph(CLI::App& verb, GraphOptions& options);

int RunGraph(FileSystem& fs, const GraphOptions& options, Console& console);

// The tree, one object a line, with dtype, shape, full name and slots of each
// value; then a line of totals.
void PrintObjectTree(const inspect::ObjectTree& tree, Console& console);
// {"nodes":[...]}.
void PrintObjectGraphJson(const object::ObjectGraph& graph, Console& console);

// Versions, nodes, variables, Saver, signatures, collections, ops; with
// `nodes`, a table of all nodes instead of the ops.
void PrintMetaGraph(const std::string& path, const graph::MetaGraph& graph,
                    bool nodes, Console& console);
// {"meta_graphs":[...]}.
void PrintMetaGraphsJson(const std::vector<graph::MetaGraph>& graphs,
                         bool nodes, Console& console);

// The first part of PrintMetaGraph, and one line like those in it.
void PrintMetaGraphSummary(const std::string& path,
                           const graph::MetaGraph& graph, Console& console);
void PrintMetaField(std::string_view name, const std::string& text,
                    Console& console);
// One element of PrintMetaGraphsJson's list, and one of its nodes.
std::string MetaGraphSummaryJson(const graph::MetaGraph& graph);
std::string NodeJsonText(const graph::NodeInfo& node);

}  // namespace cairn::cli

#endif  // CAIRN_CLI_GRAPH_COMMAND_H_
