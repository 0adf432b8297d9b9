// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/object_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "cairn/inspect/golden_manifest.h"

namespace cairn::inspect {
namespace {

using nlohmann::json;
using object::ObjectGraph;
using ::testing::ElementsAre;

StatusOr<ObjectTree> TreeOf(const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(
      const auto source,
      CheckpointSource::Open(LocalFileSystem(),
                             {TargetKind::kBundle, prefix, ""}));
  return ReadObjectTree(*source);
}

ObjectGraph GraphOf(
    std::vector<std::vector<std::pair<std::string, int32_t>>> edges) {
  ObjectGraph graph;
  for (const auto& children : edges) {
    ObjectGraph::Node& node = graph.nodes.emplace_back();
    for (const auto& [name, id] : children) node.children.push_back({id, name});
  }
  return graph;
}

std::vector<std::string> Drawing(const ObjectTree& tree) {
  std::vector<std::string> lines;
  for (const TreeRow& row : tree.rows) {
    std::string line(static_cast<size_t>(row.depth), ' ');
    for (const std::string& name : row.names) line += name + ",";
    line += std::to_string(row.node_id);
    if (row.kind == TreeRow::Kind::kAlias) line += "=";
    if (row.kind == TreeRow::Kind::kUnreachable) line += "?";
    lines.push_back(line);
  }
  return lines;
}

TEST(LayOutObjectTree, MergesEdgesToOneObject) {
  const ObjectTree tree = LayOutObjectTree(
      GraphOf({{{"a", 1}, {"b", 2}, {"c", 1}}, {}, {}}), nullptr);
  EXPECT_THAT(Drawing(tree), ElementsAre("0", " a,c,1", " b,2"));
}

TEST(LayOutObjectTree, ShowsASharedObjectWhereItsShortestPathLeads) {
  const ObjectTree tree = LayOutObjectTree(
      GraphOf({{{"net", 1}, {"optimizer", 2}}, {{"optimizer", 2}}, {}}),
      nullptr);
  EXPECT_THAT(Drawing(tree),
              ElementsAre("0", " net,1", "  optimizer,2=", " optimizer,2"));
  EXPECT_EQ(tree.Path(2), "(root).optimizer");
}

TEST(LayOutObjectTree, EndsOnCycles) {
  const ObjectTree tree = LayOutObjectTree(
      GraphOf({{{"root", 0}, {"a", 1}}, {{"b", 2}}, {{"up", 1}, {"top", 0}}}),
      nullptr);
  EXPECT_THAT(Drawing(tree), ElementsAre("0", " root,0=", " a,1", "  b,2",
                                         "   up,1=", "   top,0="));
}

TEST(LayOutObjectTree, KeepsUnreachableObjects) {
  const ObjectTree tree =
      LayOutObjectTree(GraphOf({{}, {{"x", 2}}, {}}), nullptr);
  EXPECT_THAT(Drawing(tree), ElementsAre("0", "1?", "2?"));
}

TEST(LayOutObjectTree, SurvivesAChainOfAMillionObjects) {
  ObjectGraph graph;
  constexpr int32_t kLength = 1'000'000;
  graph.nodes.resize(kLength);
  for (int32_t i = 0; i + 1 < kLength; ++i) {
    graph.nodes[static_cast<size_t>(i)].children.push_back({i + 1, "n"});
  }
  const ObjectTree tree = LayOutObjectTree(std::move(graph), nullptr);
  EXPECT_EQ(tree.rows.size(), static_cast<size_t>(kLength));
  EXPECT_EQ(tree.rows.back().depth, kLength - 1);
}

// R6
TEST(ObjectTree, KeepsTheEndOfALongPath) {
  ObjectGraph graph;
  constexpr int32_t kLength = 3000;
  graph.nodes.resize(kLength);
  for (int32_t i = 0; i + 1 < kLength; ++i) {
    graph.nodes[static_cast<size_t>(i)].children = {{i + 1, "n"}};
  }
  const ObjectTree tree = LayOutObjectTree(std::move(graph), nullptr);
  const object::NodeNames names(tree.graph);
  for (int32_t id = 0; id < kLength; ++id) {
    ASSERT_EQ(tree.Path(id), names.Name(id));
  }
  EXPECT_EQ(tree.Path(3), "(root).n.n.n");
  EXPECT_EQ(tree.Path(kLength - 1).substr(0, 15), "(root).(...).n.");
}

TEST(LayOutObjectTree, ShowsSlotsAtTheirVariable) {
  ObjectGraph graph = GraphOf({{{"w", 1}, {"opt", 2}}, {}, {}, {}});
  graph.nodes[2].slot_variables.push_back({1, "m", 3});
  const ObjectTree tree = LayOutObjectTree(std::move(graph), nullptr);
  EXPECT_THAT(Drawing(tree), ElementsAre("0", " w,1", " opt,2"));
  ASSERT_EQ(tree.slots[1].size(), 1u);
  EXPECT_EQ(tree.slots[1][0].slot_name, "m");
  EXPECT_EQ(tree.slots[1][0].optimizer, 2);
  EXPECT_EQ(tree.slots[1][0].slot, 3);
  EXPECT_EQ(tree.roles[3], ValueRole::kSlot);
}

TEST(ReadObjectTree, SaysThatANameBasedCheckpointHasNone) {
  EXPECT_TRUE(
      absl::IsNotFound(TreeOf(GoldenPath("seed/v1/epoch2/model")).status()));
}

// --- against TensorFlow's files ---

json ToJson(const ObjectGraph::Node& node, size_t id) {
  json result = {{"id", id}};
  for (const auto& child : node.children) {
    result["children"].push_back({child.local_name, child.node_id});
  }
  for (const auto& attribute : node.attributes) {
    json item = {{"name", attribute.name}};
    if (!attribute.full_name.empty()) item["full_name"] = attribute.full_name;
    item["checkpoint_key"] = attribute.checkpoint_key;
    result["attributes"].push_back(item);
  }
  for (const auto& slot : node.slot_variables) {
    result["slot_variables"].push_back(
        {{"original_variable_node_id", slot.original_variable_node_id},
         {"slot_name", slot.slot_name},
         {"slot_variable_node_id", slot.slot_variable_node_id}});
  }
  if (node.registered_saver) {
    result["registered_saver"] = {
        {"name", node.registered_saver->name},
        {"object_name", node.registered_saver->object_name}};
  }
  if (node.has_checkpoint_values) {
    result["has_checkpoint_values"] = *node.has_checkpoint_values;
  }
  return result;
}

std::vector<GoldenCheckpoint> GoldenObjectGraphs() {
  std::vector<GoldenCheckpoint> all = GoldenBundles();
  std::erase_if(all, [](const GoldenCheckpoint& checkpoint) {
    return !checkpoint.manifest.contains("object_graph");
  });
  return all;
}

class GoldenObjectGraphTest : public testing::TestWithParam<GoldenCheckpoint> {
};

TEST_P(GoldenObjectGraphTest, HasTheNodesOfTheManifest) {
  const StatusOr<ObjectTree> tree = TreeOf(GetParam().prefix);
  ASSERT_TRUE(tree.ok()) << tree.status();
  const json& expected = GetParam().manifest["object_graph"]["nodes"];
  ASSERT_EQ(tree->graph.nodes.size(), expected.size());
  for (size_t id = 0; id < expected.size(); ++id) {
    json normal = expected[id];
    for (const char* list : {"children", "attributes", "slot_variables"}) {
      if (normal.contains(list) && normal[list].empty()) normal.erase(list);
    }
    // Written or left out, an empty name is the same.
    for (json& attribute : normal["attributes"]) {
      if (attribute["full_name"] == "") attribute.erase("full_name");
    }
    if (normal["attributes"].empty()) normal.erase("attributes");
    EXPECT_EQ(ToJson(tree->graph.nodes[id], id), normal);
  }
}

TEST_P(GoldenObjectGraphTest, ShowsEveryObjectOnce) {
  const StatusOr<ObjectTree> tree = TreeOf(GetParam().prefix);
  ASSERT_TRUE(tree.ok()) << tree.status();
  std::multiset<int32_t> shown;
  for (const TreeRow& row : tree->rows) {
    if (row.kind != TreeRow::Kind::kAlias) shown.insert(row.node_id);
  }
  for (const auto& slots : tree->slots) {
    for (const SlotRef& slot : slots) shown.insert(slot.slot);
  }
  ASSERT_EQ(shown.size(), tree->graph.nodes.size());
  EXPECT_EQ(std::set<int32_t>(shown.begin(), shown.end()).size(), shown.size());
}

std::string TestName(const testing::TestParamInfo<GoldenCheckpoint>& info) {
  std::string name = info.param.name;
  std::ranges::replace_if(
      name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); },
      '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, GoldenObjectGraphTest,
                         testing::ValuesIn(GoldenObjectGraphs()), TestName);

std::map<ValueRole, int> CountRoles(const ObjectTree& tree) {
  std::map<ValueRole, int> counts;
  for (size_t id = 0; id < tree.values.size(); ++id) {
    for (const ObjectValue& value : tree.values[id]) {
      if (value.stored) ++counts[tree.roles[id]];
    }
  }
  return counts;
}

TEST(ReadObjectTree, AssignsRolesInTheSeedsCheckpoint) {
  const auto tree = TreeOf(GoldenPath("seed/v2/tf_ckpt_v2/ckpt-2"));
  ASSERT_TRUE(tree.ok()) << tree.status();
  const std::map<ValueRole, int> expected = {
      {ValueRole::kVariable, 16},   {ValueRole::kSlot, 24},
      {ValueRole::kIterations, 1},  {ValueRole::kHyperparameter, 4},
      {ValueRole::kSaveCounter, 1}, {ValueRole::kStep, 1}};
  EXPECT_EQ(CountRoles(*tree), expected);
}

TEST(ReadObjectTree, AssignsRolesWithAnOptimizerThatListsItsState) {
  const auto tree =
      TreeOf(GoldenPath("seed/v2_new_optimizer/tf_ckpt_v2/ckpt-1"));
  ASSERT_TRUE(tree.ok()) << tree.status();
  const std::map<ValueRole, int> expected = {
      {ValueRole::kVariable, 16},   {ValueRole::kSlot, 24},
      {ValueRole::kIterations, 1},  {ValueRole::kHyperparameter, 1},
      {ValueRole::kSaveCounter, 1}, {ValueRole::kStep, 1}};
  EXPECT_EQ(CountRoles(*tree), expected);
}

}  // namespace
}  // namespace cairn::inspect
