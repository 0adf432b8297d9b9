// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/meta_graph_summary.h"

#include <utility>

#include "cairn/base/strings.h"
#include "cairn/graph/saved_model.h"

namespace cairn::inspect {
namespace {

StatusOr<std::vector<graph::MetaGraph>> ReadSavedModel(
    FileSystem& fs, const std::string& path) {
  CAIRN_ASSIGN_OR_RETURN(graph::SavedModel model,
                         graph::SavedModel::Read(fs, path));
  return std::move(model.meta_graphs);
}

}  // namespace

MetaGraphSummary Summarize(const graph::MetaGraph& graph) {
  MetaGraphSummary summary{.info = graph.info(),
                           .num_nodes = graph.num_nodes(),
                           .ops = graph.OpHistogram(),
                           .functions = graph.functions(),
                           .collections = graph.collections(),
                           .variables = {},
                           .variables_status = OkStatus(),
                           .saver = graph.saver(),
                           .signatures = graph.signatures()};
  StatusOr<std::vector<graph::GraphVariable>> variables = graph.variables();
  if (variables.ok()) {
    summary.variables = *std::move(variables);
  } else {
    summary.variables_status = variables.status();
  }
  return summary;
}

StatusOr<std::vector<graph::MetaGraph>> ReadMetaGraphs(FileSystem& fs,
                                                       const Target& target) {
  if (target.kind == TargetKind::kSavedModel) {
    return ReadSavedModel(fs, target.path);
  }
  if (target.kind != TargetKind::kMetaGraph) {
    return InvalidArgumentError(
        StrCat(Escape(target.path, 4096), ": a checkpoint, not a graph"));
  }
  CAIRN_ASSIGN_OR_RETURN(graph::MetaGraph graph,
                         graph::MetaGraph::Read(fs, target.path));
  std::vector<graph::MetaGraph> graphs;
  graphs.push_back(std::move(graph));
  return graphs;
}

}  // namespace cairn::inspect
