// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// For tests: meta graphs from their text, and TensorFlow's own.
#ifndef CAIRN_GRAPH_TEST_GRAPHS_H_
#define CAIRN_GRAPH_TEST_GRAPHS_H_

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/graph/meta_graph.h"

namespace cairn::graph {

inline MetaGraph FromText(const std::string& text) {
  auto graph = MetaGraph::Parse(text);
  EXPECT_TRUE(graph.ok()) << graph.status();
  return graph.ok() ? *std::move(graph) : MetaGraph();
}

// `relative` to the golden cases.
inline MetaGraph Golden(const std::string& relative) {
  auto graph = MetaGraph::Read(
      LocalFileSystem(), std::string(CAIRN_GOLDEN_DIR) + "/cases/" + relative);
  EXPECT_TRUE(graph.ok()) << graph.status();
  return graph.ok() ? *std::move(graph) : MetaGraph();
}

inline std::vector<std::string> NodeNames(const MetaGraph& graph) {
  std::vector<std::string> names;
  for (size_t i = 0; i < graph.num_nodes(); ++i) {
    names.push_back(graph.node(i).name);
  }
  return names;
}

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_TEST_GRAPHS_H_
