// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a `.meta` file: every question about it has an answer.
#include "cairn/graph/meta_graph.h"
#include "fuzz/target.h"
#include "fuzz/wire_mutator.h"

namespace cairn::fuzz {
namespace {

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
  }
  meta->saver();
  meta->signatures();
  meta->Serialize();
  return OkStatus();
}

void Mutate(std::string& input, size_t max, uint32_t seed, ByteMutator bytes) {
  SmallRandom random(seed);
  if (random.OneIn(2)) return MutateText(input, max, bytes);
  MutateWire(input, random, bytes);
}

}  // namespace

const Target kMetaGraphTarget = {"meta_graph", Run, Mutate};

}  // namespace cairn::fuzz
