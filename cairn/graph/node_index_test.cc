// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/node_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/strings.h"
#include "cairn/graph/test_graphs.h"
#include "cairn/proto/meta_graph.pb.h"

namespace cairn::graph {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kGraph[] = R"(
  graph_def {
    node { name: "a" op: "A" device: "/job:ps/cpu:0" }
    node { name: "b" op: "B" input: "a:1" input: "^a"
           attr { key: "n" value { i: 3 } } }
    node { name: "c" op: "B" input: "b" input: "gone" input: "d"
           attr { key: "n" value { i: 4 } } }
    node { name: "d" op: "D" input: "c" }
    node { name: "b" op: "Second" }
    library { function { signature { name: "f" input_arg { name: "x" } }
      node_def { name: "p" op: "P" input: "x" }
      node_def { name: "q" op: "Q" input: "p:out:0" input: "nothing" } } }
  })";

std::vector<std::string> Names(const NodeIndex& index,
                               const std::vector<size_t>& nodes) {
  std::vector<std::string> names;
  for (const size_t i : nodes) names.push_back(index.name(i));
  return names;
}

TEST(NodeIndex, FindsInputsAndConsumers) {
  const MetaGraph graph = FromText(kGraph);
  const NodeIndex index = NodeIndex::OfGraph(graph);
  EXPECT_EQ(index.Find("^a"), 0u);
  EXPECT_EQ(index.Find("b:1"), 1u);  // the first of that name
  EXPECT_FALSE(index.Find("gone").has_value());
  const auto consumers = index.Consumers(0);
  ASSERT_EQ(consumers.size(), 2u);
  EXPECT_EQ(consumers[0].node, 1u);
  EXPECT_FALSE(consumers[0].is_control);
  EXPECT_TRUE(consumers[1].is_control);
  EXPECT_EQ(consumers[1].input, 1);
  const auto inputs = index.Inputs(2);
  ASSERT_EQ(inputs.size(), 2u);
  EXPECT_EQ(inputs[1].node, 3u);
  EXPECT_EQ(inputs[1].input, 2);
}

TEST(NodeIndex, SelectsByNameOpDeviceAndAttribute) {
  const MetaGraph graph = FromText(kGraph);
  const NodeIndex index = NodeIndex::OfGraph(graph);
  EXPECT_THAT(index.Select({.op = "B"}), ElementsAre(1u, 2u));
  EXPECT_THAT(index.Select({.device_part = "job:ps"}), ElementsAre(0u));
  EXPECT_THAT(index.Select({.attr = "n"}), ElementsAre(1u, 2u));
  EXPECT_THAT(index.Select({.attr = "n", .attr_value = "4"}), ElementsAre(2u));
  EXPECT_THAT(
      index.Select({.name = [](std::string_view n) { return n > "c"; }}),
      ElementsAre(3u));
}

TEST(NodeIndex, FindsTheShortestWay) {
  const MetaGraph graph = FromText(kGraph);
  const NodeIndex index = NodeIndex::OfGraph(graph);
  EXPECT_THAT(Names(index, index.Path(0, 3)), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(index.Path(3, 0), IsEmpty());
  EXPECT_THAT(index.Path(2, 2), ElementsAre(2u));
  EXPECT_THAT(Names(index, index.Path(3, 2)), ElementsAre("d", "c"));
}

TEST(NodeIndex, CountsEdgesAndSeesLoops) {
  const MetaGraph graph = FromText(kGraph);
  const GraphStatistics s = NodeIndex::OfGraph(graph).Statistics();
  EXPECT_EQ(s.nodes, 5u);
  EXPECT_EQ(s.data_edges, 4u);
  EXPECT_EQ(s.control_edges, 1u);
  EXPECT_EQ(s.missing_inputs, 1u);
  EXPECT_EQ(s.sources, 2u);
  EXPECT_EQ(s.sinks, 1u);
  EXPECT_TRUE(s.has_cycle);
  EXPECT_EQ(s.ops.at("B"), 2u);
  EXPECT_EQ(s.devices.at("/job:ps/cpu:0"), 1u);
}

TEST(NodeIndex, WalksTheBodyOfAFunction) {
  const MetaGraph graph = FromText(kGraph);
  const auto body = NodeIndex::OfFunction(graph, "f");
  ASSERT_TRUE(body.has_value());
  ASSERT_EQ(body->size(), 2u);
  EXPECT_EQ(body->Consumers(0).size(), 1u);
  EXPECT_EQ(body->Statistics().missing_inputs, 1u);  // "x" is an argument
  EXPECT_FALSE(body->Statistics().has_cycle);
  EXPECT_FALSE(NodeIndex::OfFunction(graph, "g").has_value());
}

TEST(NodeIndex, SeesTheLoopOfTensorFlowsWhile) {
  const MetaGraph rich = Golden("tf1/rich_meta/model.ckpt-2.meta");
  EXPECT_TRUE(NodeIndex::OfGraph(rich).Statistics().has_cycle);
  const MetaGraph seed = Golden("seed/v1/epoch2/model.meta");
  EXPECT_FALSE(NodeIndex::OfGraph(seed).Statistics().has_cycle);
  EXPECT_EQ(NodeIndex::OfGraph(seed).Statistics().missing_inputs, 0u);
}

// A chain: what recursion would not survive, and squares would not end.
TEST(NodeIndex, WalksAMillionNodes) {
  constexpr size_t kNodes = 1000000;
  MetaGraph graph;
  auto& nodes = *graph.mutable_def().mutable_graph_def();
  for (size_t i = 0; i < kNodes; ++i) {
    auto& node = *nodes.add_node();
    node.set_name(StrCat("n", i));
    if (i > 0) node.add_input(StrCat("n", i - 1));
  }
  const NodeIndex index = NodeIndex::OfGraph(graph);
  EXPECT_EQ(index.Path(0, kNodes - 1).size(), kNodes);
  EXPECT_FALSE(index.Statistics().has_cycle);
}

}  // namespace
}  // namespace cairn::graph
