// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// ImportMetaGraph: a meta graph into another, as TensorFlow's
// import_meta_graph does it: nodes, functions and collections, under a scope,
// without devices, with inputs mapped. ImportGraph: only nodes and functions.
//
//   MetaGraph graph;
//   MetaGraphImportOptions options;
//   options.clear_devices = true;
//   options.import_scope = "net";
//   CAIRN_ASSIGN_OR_RETURN(MetaGraphImport imported,
//                          ImportMetaGraph(graph, meta, options));
//
// Not thread-safe for one target.
#ifndef CAIRN_GRAPH_META_GRAPH_IMPORT_H_
#define CAIRN_GRAPH_META_GRAPH_IMPORT_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/graph/meta_graph.h"

namespace cairn::graph {

// The collection that lists what a graph exported from a scope needs of others.
inline constexpr std::string_view kUnboundInputs = "unbound_inputs";

struct MetaGraphImportOptions {
  bool clear_devices = false;
  // Put before every name. If the target has the scope already, it becomes
  // "net_1", unless it ends with '/', which reuses it.
  std::string import_scope = "";
  // Tensor of the source ("x", "x:1"; "^x" for control edges) -> tensor of the
  // target that its consumers get instead.
  std::map<std::string, std::string> input_map = {};
  // Must be mapped completely if the source has it.
  std::string unbound_inputs_collection = std::string(kUnboundInputs);
  // Collections for which it is false are left out; null: none are.
  std::function<bool(std::string_view)> restore_collection = nullptr;
};

struct MetaGraphImport {
  std::string scope;  // what names got in front, without a final slash
  // Nodes that did not simply get the scope, by their names in the source.
  std::map<std::string, std::string> renamed;
  // What TensorFlow does in silence and may surprise.
  std::vector<std::string> notes;
};

// Collections are appended to the target's. In those of variables, savers,
// queue runners, loops and branches the names move into the scope; in others of
// bytes the strings do, as in TensorFlow (noted). Where names had to be made
// unique, collections go on to name what was there before, as in TensorFlow
// (noted). Variables written before TensorFlow 1.9 are trainable if they are in
// that collection. The SaverDef, signatures and assets, which TensorFlow does
// not import, move along unless the target has its own.
// InvalidArgument as ImportGraph, and "Graph contains unbound inputs: ..."; for
// a scope that is none; DataLoss for a collection whose elements are not what
// its name says. On an error the target is as before.
StatusOr<MetaGraphImport> ImportMetaGraph(
    MetaGraph& target, const MetaGraph& source,
    const MetaGraphImportOptions& options = {});

// Nodes and functions only, names made unique. InvalidArgument, in TensorFlow's
// words, when a node's name is empty or there twice, an input or a place of the
// map does not exist, or both have a function of one name and other contents.
StatusOr<MetaGraphImport> ImportGraph(
    MetaGraph& target, const MetaGraph& source,
    const MetaGraphImportOptions& options = {});

// The three names moved into a scope; the argument stays as it is.
SaverInfo SaverInScope(SaverInfo saver, std::string_view import_scope);
// And out of it; nothing when one of the names does not start with it.
std::optional<SaverInfo> SaverOutOfScope(SaverInfo saver,
                                         std::string_view export_scope);

// Whether a file of this TensorFlow lacks VariableDef.trainable: it is older
// than 1.9. An unknown version is taken for a new one.
bool LacksTrainable(std::string_view tensorflow_version);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_META_GRAPH_IMPORT_H_
