// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// ImportGraphDef: the nodes and functions of one graph into another, as
// tf.import_graph_def does it.
//
//   GraphImportOptions options;
//   options.prefix = "net";                       // x becomes net/x
//   options.input_map["x:0"] = "images:0";        // of the target
//   CAIRN_ASSIGN_OR_RETURN(auto imported,
//                          ImportGraphDef(target, source, options));
//
// Inside this room only (meta_graph_import.h has the public face). Not
// thread-safe for one target.
#ifndef CAIRN_GRAPH_IMPORT_GRAPH_DEF_H_
#define CAIRN_GRAPH_IMPORT_GRAPH_DEF_H_

#include <map>
#include <string>

#include "cairn/base/status.h"

namespace cairn::proto {
class GraphDef;
}  // namespace cairn::proto

namespace cairn::graph {

// What to do when a node's new name is taken in the target.
enum class NameClash {
  kUniquify,  // x becomes x_1, as in TensorFlow's Python
  kRefuse,    // an error, as in its C++
};

struct GraphImportOptions {
  std::string prefix = "";  // without a final slash
  NameClash name_clash = NameClash::kUniquify;
  // Tensor of the source ("x", "x:1"; "^x" for control edges) -> tensor of the
  // target that its consumers get instead ("y:0"; "^y").
  std::map<std::string, std::string> input_map = {};
};

struct GraphImport {
  // Nodes that did not simply get the prefix, by their names in the source.
  std::map<std::string, std::string> renamed;
};

// Nodes are appended in the source's order. Functions that both have must be
// equal. Versions become those that can read both. InvalidArgument, in
// TensorFlow's words, and nothing changed, when a node's name is empty or there
// twice, an input or a place of the map does not exist, a function differs, or
// a name is taken and `name_clash` refuses. Linear in the two graphs.
StatusOr<GraphImport> ImportGraphDef(proto::GraphDef& target,
                                     const proto::GraphDef& source,
                                     const GraphImportOptions& options);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_IMPORT_GRAPH_DEF_H_
