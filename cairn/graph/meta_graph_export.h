// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// ExportMetaGraph: a part of a meta graph, or the whole in another form, as
// TensorFlow's export_scoped_meta_graph and extract_sub_graph make them.
//
//   MetaGraphExportOptions options;
//   options.export_scope = "net";
//   CAIRN_ASSIGN_OR_RETURN(MetaGraphExport part,
//                          ExportMetaGraph(meta, options));
//   Write(part.graph.Serialize());
//
// Thread-safe.
#ifndef CAIRN_GRAPH_META_GRAPH_EXPORT_H_
#define CAIRN_GRAPH_META_GRAPH_EXPORT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/graph/meta_graph_import.h"

namespace cairn::graph {

// What stands before the names of inputs from outside of an exported scope.
inline constexpr std::string_view kUnboundInputPrefix = "$unbound_inputs_";

struct MetaGraphExportOptions {
  bool clear_devices = false;
  // Only nodes whose names start with it, without it. "net" takes "network/w"
  // too, as in TensorFlow, and leaves that name as it is; "net/" does not.
  std::string export_scope = "";
  // Nodes in the scopes of other Save and Restore ops than the SaverDef's, and
  // those savers, are left out; without a SaverDef, all of them.
  bool clear_extraneous_savers = false;
  bool strip_default_attrs = false;
  // Only these collections, and that of unbound inputs; absent: all.
  std::optional<std::vector<std::string>> collection_list = std::nullopt;
  std::string unbound_inputs_collection = std::string(kUnboundInputs);
};

struct MetaGraphExport {
  MetaGraph graph;
  std::vector<std::string> notes;
};

// Signatures and assets are kept if all their tensors are; the SaverDef if its
// three names are in the scope. DataLoss for a collection whose elements are
// not what its name says. Linear in the size of the graph.
StatusOr<MetaGraphExport> ExportMetaGraph(
    const MetaGraph& source, const MetaGraphExportOptions& options);

// The nodes from which `outputs` ("n" or "n:0") can be reached, with what they
// must share a device with, the functions these call, and what is left of
// collections, SaverDef and signatures. InvalidArgument "n is not in graph",
// also for an input that is not there.
StatusOr<MetaGraphExport> ExtractSubGraph(const MetaGraph& source,
                                          std::span<const std::string> outputs);

// Removes attributes that are as the graph's own list of ops says they are by
// default, also in functions, and sets the flag that tells readers. For ops
// that the list lacks, the definitions known here are taken; nodes of others
// stay as they are, and how many is returned.
size_t StripDefaultAttrs(MetaGraph& graph);

// Lets op definitions go that no node uses any more.
void KeepUsedOpDefinitions(MetaGraph& graph);

// An element of a collection, as programs put them there.
struct GraphElement {
  std::string name;  // of a node or tensor
};
struct AnyMessage {
  std::string type_url;
  std::string value;
};
using CollectionValue =
    std::variant<std::string, int64_t, double, GraphElement, AnyMessage>;

// Sets collection `name`, whose kind is that of its first value; integers may
// follow a float. Nothing is added for no values, nor, as TensorFlow does, for
// values of several kinds: the result then says why, else it is "".
std::string SetCollection(MetaGraph& graph, const std::string& name,
                          std::span<const CollectionValue> values);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_META_GRAPH_EXPORT_H_
