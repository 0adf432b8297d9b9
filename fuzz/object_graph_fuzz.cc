// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Any bytes as an object graph: what decodes can be named, and is encoded as
// bytes that decode to the same.
#include <string>
#include <string_view>

#include "cairn/object/object_graph.h"
#include "fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn::object;
  const auto graph =
      DecodeObjectGraph({reinterpret_cast<const char*>(data), size});
  if (!graph.ok()) return 0;
  const size_t named = graph->nodes.size() < 8 ? graph->nodes.size() : 8;
  for (size_t i = 0; i < named; ++i) {
    NodeName(*graph, static_cast<int32_t>(i));
  }
  const std::string encoded = EncodeObjectGraph(*graph);
  const auto again = DecodeObjectGraph(encoded);
  cairn::fuzz::Require(again.ok() && EncodeObjectGraph(*again) == encoded);
  return 0;
}
