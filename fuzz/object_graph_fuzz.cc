// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Any bytes as an object graph: what decodes can be named, and is encoded as
// bytes that decode to the same.
#include "cairn/object/object_graph.h"
#include "fuzz/target.h"
#include "fuzz/wire_mutator.h"

namespace cairn::fuzz {
namespace {

Status Run(std::string_view input) {
  const auto graph = object::DecodeObjectGraph(input);
  if (!graph.ok()) return graph.status();
  const size_t named = graph->nodes.size() < 8 ? graph->nodes.size() : 8;
  for (size_t i = 0; i < named; ++i) {
    object::NodeName(*graph, static_cast<int32_t>(i));
  }
  const std::string encoded = object::EncodeObjectGraph(*graph);
  const auto again = object::DecodeObjectGraph(encoded);
  Require(again.ok() && object::EncodeObjectGraph(*again) == encoded);
  return OkStatus();
}

}  // namespace

const Target kObjectGraphTarget = {"object_graph", Run, MutateMessage};

}  // namespace cairn::fuzz
