// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a `.meta` file: every question about it has an answer.
#include <string_view>

#include "cairn/graph/meta_graph.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto meta = cairn::graph::MetaGraph::Parse(
      {reinterpret_cast<const char*>(data), size});
  if (!meta.ok()) return 0;
  meta->info();
  for (size_t i = 0; i < meta->num_nodes(); ++i) meta->node(i);
  meta->OpHistogram();
  meta->op_definitions();
  meta->functions();
  for (const auto& collection : meta->collections()) {
    meta->collection_bytes(collection.name);
    meta->variables(collection.name).status().IgnoreError();
  }
  meta->saver();
  meta->signatures();
  meta->Serialize();
  return 0;
}
