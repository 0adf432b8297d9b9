// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a `.meta` file: every question about it has an answer, and what
// an edit makes of it can be written and read again.
#include "cairn/graph/collection_text.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/graph/meta_graph_export.h"
#include "cairn/graph/meta_graph_import.h"
#include "cairn/graph/node_index.h"
#include "cairn/graph/saver_tensors.h"
#include "fuzz/target.h"
#include "fuzz/wire_mutator.h"

namespace cairn::fuzz {
namespace {

using graph::MetaGraph;

// The bytes are those of a meta graph, and the same after one more turn.
void RequireWritable(const MetaGraph& meta) {
  const std::string bytes = meta.Serialize();
  const auto again = MetaGraph::Parse(bytes);
  // Scopes may make names of a message longer than its limit allows.
  Require(again.ok() && again->Serialize() == bytes);
}

void Walk(const MetaGraph& meta) {
  const auto index = graph::NodeIndex::OfGraph(meta);
  const auto counts = index.Statistics();
  Require(counts.nodes == meta.num_nodes());
  size_t edges = 0;
  for (size_t i = 0; i < index.size(); ++i) edges += index.Consumers(i).size();
  Require(edges == counts.data_edges + counts.control_edges);
  if (index.size() > 0) index.Path(0, index.size() - 1);
  for (const auto& function : meta.functions()) {
    Require(graph::NodeIndex::OfFunction(meta, function.name).has_value());
  }
  if (const auto saver = meta.saver()) {
    graph::SaverTensors(meta, *saver).status().IgnoreError();
  }
}

void Edit(const MetaGraph& meta) {
  MetaGraph scoped;
  const auto imported = graph::ImportMetaGraph(
      scoped, meta, {.clear_devices = true, .import_scope = "s"});
  if (imported.ok()) {
    Require(scoped.num_nodes() == meta.num_nodes());
    RequireWritable(scoped);
    // Out of the scope again: the names are the old ones.
    const auto back = graph::ExportMetaGraph(scoped, {.export_scope = "s/"});
    Require(back.ok() && back->graph.num_nodes() == meta.num_nodes());
  }
  if (meta.num_nodes() > 0) {
    const std::vector<std::string> last = {
        meta.node(meta.num_nodes() - 1).name};
    const auto part = graph::ExtractSubGraph(meta, last);
    if (part.ok()) RequireWritable(part->graph);
  }
  const auto exported =
      graph::ExportMetaGraph(meta, {.export_scope = "a",
                                    .clear_extraneous_savers = true,
                                    .strip_default_attrs = true});
  if (exported.ok()) RequireWritable(exported->graph);
  if (const auto text = meta.SerializeAsText(); text.ok()) {
    MetaGraph::Parse(*text).status().IgnoreError();
  }
}

Status Run(std::string_view input) {
  const auto meta = graph::MetaGraph::Parse(input);
  if (!meta.ok()) return meta.status();
  meta->info();
  for (size_t i = 0; i < meta->num_nodes(); ++i) meta->node(i);
  meta->OpHistogram();
  meta->op_definitions();
  meta->functions();
  for (const auto& collection : meta->collections()) {
    meta->collection_bytes(collection.name);
    meta->variables(collection.name).status().IgnoreError();
    graph::CollectionTexts(*meta, collection.name);
  }
  meta->saver();
  meta->signatures();
  Walk(*meta);
  Edit(*meta);
  return OkStatus();
}

}  // namespace

const Target kMetaGraphTarget = {"meta_graph", Run, MutateMessage};

}  // namespace cairn::fuzz
