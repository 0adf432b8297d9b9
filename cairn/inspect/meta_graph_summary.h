// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// MetaGraphSummary: what a meta graph is made of, in numbers; and the meta
// graphs of a SavedModel, which may have several.
//
//   CAIRN_ASSIGN_OR_RETURN(auto graphs, ReadMetaGraphs(fs, target));
//   for (const graph::MetaGraph& g : graphs) Show(Summarize(g));
//
// Thread-safe.
#ifndef CAIRN_INSPECT_META_GRAPH_SUMMARY_H_
#define CAIRN_INSPECT_META_GRAPH_SUMMARY_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/inspect/locate.h"

namespace cairn::inspect {

struct MetaGraphSummary {
  graph::MetaInfo info;
  size_t num_nodes = 0;
  std::map<std::string, size_t> ops;  // op -> nodes; not those of functions
  std::vector<graph::FunctionInfo> functions;
  std::vector<graph::CollectionInfo> collections;  // by name
  std::vector<graph::GraphVariable> variables;     // of that collection
  // Why `variables` is empty although there is such a collection.
  Status variables_status;
  std::optional<graph::SaverInfo> saver;
  std::map<std::string, graph::Signature> signatures;
};

MetaGraphSummary Summarize(const graph::MetaGraph& graph);

// One for a `.meta`, all of a saved_model.pb. InvalidArgument for a target of
// another kind; NotFound; DataLoss.
StatusOr<std::vector<graph::MetaGraph>> ReadMetaGraphs(FileSystem& fs,
                                                       const Target& target);

}  // namespace cairn::inspect

#endif  // CAIRN_INSPECT_META_GRAPH_SUMMARY_H_
