// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/object/object_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/cursor.h"
#include "cairn/base/strings.h"
#include "cairn/object/test_support.h"

namespace cairn::object {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The stored graphs of every golden bundle that has one, with what its manifest
// says about it.
struct GoldenGraph {
  std::string name;
  std::string bytes;
  nlohmann::json nodes;
};

std::vector<GoldenGraph> AllGoldenGraphs() {
  std::vector<GoldenGraph> graphs;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           std::filesystem::path(CAIRN_GOLDEN_DIR))) {
    if (entry.path().filename() != "manifest.json") continue;
    const nlohmann::json manifest = GoldenJson(entry.path());
    if (!manifest.contains("checkpoints")) continue;
    for (const nlohmann::json& checkpoint : manifest["checkpoints"]) {
      if (!checkpoint.contains("object_graph")) continue;
      if (!checkpoint.contains("tensors")) continue;
      // Strings of big-endian files have the same layout but for checksums.
      for (const nlohmann::json& tensor : checkpoint["tensors"]) {
        if (tensor.value("key", "") != kObjectGraphKey) continue;
        const std::string prefix = checkpoint["prefix"];
        char suffix[40];
        snprintf(suffix, sizeof suffix, ".data-%05d-of-%05d",
                 tensor.value("shard", 0),
                 checkpoint["header"]["num_shards"].get<int>());
        const std::filesystem::path data =
            entry.path().parent_path() / (prefix + suffix);
        if (!std::filesystem::exists(data)) continue;
        const std::string file = ReadGolden(data);
        Cursor in(std::string_view(file).substr(tensor.value("offset", 0),
                                                tensor["size"]));
        uint64_t length = 0;
        std::string_view bytes;
        EXPECT_TRUE(in.ReadVarint64(&length) && in.Skip(4) &&
                    in.ReadBytes(length, &bytes));
        graphs.push_back(
            {StrCat(manifest["case"].get<std::string>(), ": ", prefix),
             std::string(bytes), checkpoint["object_graph"]["nodes"]});
      }
    }
  }
  return graphs;
}

nlohmann::json ToJson(const ObjectGraph::Node& node, size_t id) {
  nlohmann::json json = {{"id", id}, {"children", nlohmann::json::array()}};
  for (const auto& child : node.children) {
    json["children"].push_back({child.local_name, child.node_id});
  }
  for (const auto& a : node.attributes) {
    json["attributes"].push_back({{"name", a.name},
                                  {"full_name", a.full_name},
                                  {"checkpoint_key", a.checkpoint_key}});
  }
  for (const auto& slot : node.slot_variables) {
    json["slot_variables"].push_back(
        {{"original_variable_node_id", slot.original_variable_node_id},
         {"slot_name", slot.slot_name},
         {"slot_variable_node_id", slot.slot_variable_node_id}});
  }
  if (node.registered_saver) {
    json["registered_saver"] = {
        {"name", node.registered_saver->name},
        {"object_name", node.registered_saver->object_name}};
  }
  if (node.has_checkpoint_values) {
    json["has_checkpoint_values"] = *node.has_checkpoint_values;
  }
  return json;
}

TEST(ObjectGraph, DecodesAndReencodesEveryGraphOfTf) {
  const std::vector<GoldenGraph> graphs = AllGoldenGraphs();
  ASSERT_GE(graphs.size(), 60u);
  size_t nodes = 0;
  for (const GoldenGraph& golden : graphs) {
    SCOPED_TRACE(golden.name);
    const StatusOr<ObjectGraph> graph = DecodeObjectGraph(golden.bytes);
    ASSERT_TRUE(graph.ok()) << graph.status();
    EXPECT_TRUE(EncodeObjectGraph(*graph) == golden.bytes);
    ASSERT_EQ(graph->nodes.size(), golden.nodes.size());
    for (size_t id = 0; id < graph->nodes.size(); ++id) {
      EXPECT_EQ(ToJson(graph->nodes[id], id), golden.nodes[id]);
    }
    nodes += graph->nodes.size();
  }
  EXPECT_GE(nodes, 3000u);
}

std::string SmallGraph() {
  ObjectGraph graph;
  graph.nodes.resize(3);
  graph.nodes[0].children = {{1, "v"}, {0, "self"}};
  graph.nodes[0].slot_variables = {{1, "m", 2}};
  graph.nodes[0].has_checkpoint_values = true;
  graph.nodes[1].attributes = {
      {"VARIABLE_VALUE", "Variable", "v/.ATTRIBUTES/VARIABLE_VALUE"}};
  graph.nodes[1].has_checkpoint_values = true;
  graph.nodes[2].attributes = {{"VARIABLE_VALUE", "", "k", true}};
  graph.nodes[2].registered_saver = {{"Pk.mysaver", "v"}};
  graph.nodes[2].has_checkpoint_values = false;
  return EncodeObjectGraph(graph);
}

TEST(ObjectGraph, WritesFieldsInOrderAndLeavesZeroOut) {
  ObjectGraph graph;
  graph.nodes.resize(2);
  graph.nodes[0].children = {{0, ""}, {1, "a"}};
  graph.nodes[0].has_checkpoint_values = true;
  graph.nodes[1].registered_saver = ObjectGraph::RegisteredSaver{};
  graph.nodes[1].has_checkpoint_values = false;
  EXPECT_EQ(HexBytes(EncodeObjectGraph(graph)),
            "0a0d"
            "0a00"
            "0a050801120161"
            "2a020801"
            "0a04"
            "2200"
            "2a00");
}

TEST(ObjectGraph, RejectsEveryTruncationOrReadsFewerNodes) {
  const std::string bytes = SmallGraph();
  ASSERT_TRUE(DecodeObjectGraph(bytes).ok());
  for (size_t size = 0; size < bytes.size(); ++size) {
    const StatusOr<ObjectGraph> graph =
        DecodeObjectGraph(std::string_view(bytes).substr(0, size));
    // Every node is needed by an id in another one.
    EXPECT_EQ(graph.status().code(), absl::StatusCode::kDataLoss) << size;
  }
}

TEST(ObjectGraph, SurvivesEveryChangedByte) {
  const std::string bytes = SmallGraph();
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(value);
      const StatusOr<ObjectGraph> graph = DecodeObjectGraph(changed);
      if (!graph.ok()) {
        EXPECT_EQ(graph.status().code(), absl::StatusCode::kDataLoss);
        continue;
      }
      const NodeNames names(*graph);
      for (size_t id = 0; id < graph->nodes.size(); ++id) {
        EXPECT_FALSE(names.Name(static_cast<int32_t>(id)).empty());
      }
    }
  }
}

TEST(ObjectGraph, RejectsNodeIdsThatAreOutOfRange) {
  for (int field = 0; field < 3; ++field) {
    for (const int32_t id : {2, 1000, -1, INT32_MIN, INT32_MAX}) {
      ObjectGraph graph;
      graph.nodes.resize(2);
      if (field == 0) graph.nodes[0].children = {{id, "a"}};
      if (field == 1) graph.nodes[0].slot_variables = {{id, "m", 0}};
      if (field == 2) graph.nodes[0].slot_variables = {{0, "m", id}};
      const Status status =
          DecodeObjectGraph(EncodeObjectGraph(graph)).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
      if (id > 0) {
        EXPECT_THAT(Message(status), HasSubstr(StrCat("names node ", id)));
      }
    }
  }
}

std::string Repeat(std::string_view record, size_t times) {
  std::string bytes;
  for (size_t i = 0; i < times; ++i) bytes += record;
  return bytes;
}

// One node with these fields.
std::string NodeBytes(std::string_view fields) {
  std::string bytes = "\x0a";
  PutVarint(bytes, fields.size());
  bytes += fields;
  return bytes;
}

TEST(ObjectGraph, RejectsNoNodes) {
  EXPECT_THAT(Message(DecodeObjectGraph("").status()), HasSubstr("no nodes"));
}

// R6
TEST(ObjectGraph, RejectsMoreRecordsThanItsBytesAllow) {
  const size_t many = kMaxFreeObjectGraphRecords * 4;
  for (const std::string& bytes :
       {Repeat(std::string_view("\x0a\0", 2), many),             // nodes
        NodeBytes(Repeat(std::string_view("\x0a\0", 2), many)),  // children
        NodeBytes(Repeat(std::string_view("\x12\0", 2), many)),  // attributes
        NodeBytes(Repeat(std::string_view("\x1a\0", 2), many))}) {  // slots
    const Status status = DecodeObjectGraph(bytes).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(Message(status), HasSubstr(std::string(kObjectGraphKey)));
    EXPECT_THAT(Message(status),
                HasSubstr(StrCat(" nodes, children, attributes and slot "
                                 "variables in ",
                                 bytes.size(), " bytes, at most ",
                                 kMaxFreeObjectGraphRecords +
                                     bytes.size() / kObjectGraphBytesPerRecord,
                                 " expected")));
  }
}

TEST(ObjectGraph, CountsRecordsUpToTheLimit) {
  // So many bytes that each is free: the node itself is one record.
  const std::string most =
      Repeat(std::string_view("\x0a\0", 2), kMaxFreeObjectGraphRecords - 1);
  const size_t allowed = most.size() / kObjectGraphBytesPerRecord;
  EXPECT_TRUE(DecodeObjectGraph(NodeBytes(most)).ok());
  const std::string over =
      most + Repeat(std::string_view("\x0a\0", 2), 4 * allowed);
  EXPECT_EQ(DecodeObjectGraph(NodeBytes(over)).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(ObjectGraph, AcceptsAnyNumberOfRecordsThatHaveContents) {
  const std::string name(kObjectGraphBytesPerRecord, 'n');
  std::string child = "\x12";
  PutVarint(child, name.size());
  child += name;
  const size_t many = kMaxFreeObjectGraphRecords + 1000;
  const StatusOr<ObjectGraph> graph =
      DecodeObjectGraph(NodeBytes(Repeat(NodeBytes(child), many)));
  ASSERT_TRUE(graph.ok()) << Message(graph.status());
  EXPECT_EQ(graph->nodes[0].children.size(), many);
}

TEST(ObjectGraph, SkipsUnknownFieldsAndMergesRepeatedMessages) {
  // Node: unknown varint 9, fixed64 10, fixed32 11, bytes 12; then two
  // registered savers and two flags, each adding something.
  const std::string node =
      std::string("\x48\x05", 2) + "\x51" + std::string(8, 'x') + "\x5d" +
      std::string(4, 'x') + "\x62\x01y" + "\x22\x03\x0a\x01n" +
      "\x22\x03\x12\x01o" + "\x2a\x02\x08\x01" + std::string("\x2a\x00", 2);
  std::string bytes = "\x0a";
  PutVarint(bytes, node.size());
  bytes += node;
  bytes += std::string("\x10\x07", 2);  // unknown field of the graph
  const StatusOr<ObjectGraph> graph = DecodeObjectGraph(bytes);
  ASSERT_TRUE(graph.ok()) << graph.status();
  ASSERT_EQ(graph->nodes.size(), 1u);
  EXPECT_EQ(graph->nodes[0].registered_saver->name, "n");
  EXPECT_EQ(graph->nodes[0].registered_saver->object_name, "o");
  EXPECT_EQ(graph->nodes[0].has_checkpoint_values, true);
}

TEST(ObjectGraph, RejectsGroupsAndFieldZero) {
  for (const char* node :
       {"\x0a\x01\x0b", "\x0a\x01\x0c", "\x0a\x02\x02\x01", "\x0a\x01\x07"}) {
    EXPECT_EQ(DecodeObjectGraph(node).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

// 128 (Z1): files of TF 2.1 have no has_checkpoint_values.
TEST(HasCheckpointValues, GoesByContentsWhereTheFileDoesNotSay) {
  ObjectGraph::Node node;
  EXPECT_FALSE(HasCheckpointValues(node));
  node.children = {{0, "a"}};
  EXPECT_TRUE(HasCheckpointValues(node));
  node.has_checkpoint_values = false;
  EXPECT_FALSE(HasCheckpointValues(node));
}

// 087 (G5)
TEST(EscapeLocalName, EscapesDotsThenSlashesBothWays) {
  const struct {
    const char* name;
    const char* escaped;
  } rows[] = {{"", ""},
              {"plain", "plain"},
              {"k.2", "k..2"},
              {"k/1", "k.S1"},
              {".S", "..S"},
              {"a.Sb", "a..Sb"},
              {".ATTRIBUTES", "..ATTRIBUTES"},
              {"../",
               "....."
               "S"}};
  for (const auto& row : rows) {
    EXPECT_EQ(EscapeLocalName(row.name), row.escaped);
    EXPECT_EQ(*UnescapeLocalName(row.escaped), row.name);
  }
  for (const char* bad : {".", "a.", ".x", "a/b", "..."}) {
    EXPECT_EQ(UnescapeLocalName(bad).status().code(),
              absl::StatusCode::kDataLoss)
        << bad;
  }
}

// 088 089 (G1 G2 G3)
TEST(BuildGraphView, NumbersBreadthFirstAndKeepsTheFirstPath) {
  Arena arena;
  Group* const root = arena.Make();
  Group* const a = arena.Make();
  Group* const b = arena.Make();
  Variable* const shared = arena.AddZeros("shared", {2});
  Variable* const late = arena.AddZeros("late", {});
  ASSERT_TRUE(root->Track("a", a).ok());
  ASSERT_TRUE(a->Track("deep", shared).ok());
  ASSERT_TRUE(a->Track("up", root).ok());
  ASSERT_TRUE(a->Track("x.y/z", late).ok());
  ASSERT_TRUE(root->Track("b", b).ok());
  ASSERT_TRUE(root->Track("near", shared).ok());
  ASSERT_TRUE(root->Track("me", root).ok());
  const StatusOr<GraphView> view = BuildGraphView(*root);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_THAT(view->objects, ElementsAre(root, a, b, shared, late));
  ASSERT_EQ(view->values.size(), 2u);
  EXPECT_EQ(view->values[0].key, "near/.ATTRIBUTES/VARIABLE_VALUE");
  EXPECT_EQ(view->values[1].key, "a/x..y.Sz/.ATTRIBUTES/VARIABLE_VALUE");
  EXPECT_EQ(view->graph.nodes[0].has_checkpoint_values, true);
  EXPECT_EQ(view->graph.nodes[2].has_checkpoint_values, false);
  EXPECT_EQ(view->graph.nodes[1].children[1].node_id, 0);
  EXPECT_EQ(view->graph.nodes[1].children[2].local_name, "x.y/z");
  EXPECT_EQ(view->graph.nodes[4].attributes[0].full_name, "late");
}

// 130 (L1 L2)
TEST(BuildGraphView, NumbersSlotsAfterEverythingByNameThenVariable) {
  Arena arena;
  Group* const root = arena.Make();
  auto* const adam =
      arena.Make<SlotGroup>(std::vector<std::string>{"m", "v/hat"});
  Variable* const x = arena.AddZeros("x", {});
  Variable* const y = arena.AddZeros("y", {});
  ASSERT_TRUE(root->Track("adam", adam).ok());
  ASSERT_TRUE(root->Track("y", y).ok());
  ASSERT_TRUE(root->Track("x", x).ok());
  adam->Make(*x, "v/hat");
  adam->Make(*x, "m");
  adam->Make(*y, "m");
  Variable stranger("stranger", *Tensor::Create(DataType::kFloat, {}));
  adam->Make(stranger, "m");  // not reachable: its slot is not saved
  const StatusOr<GraphView> view = BuildGraphView(*root);
  ASSERT_TRUE(view.ok()) << view.status();
  const auto& slots = view->graph.nodes[1].slot_variables;
  ASSERT_EQ(slots.size(), 3u);
  std::vector<std::string> keys;
  for (const auto& slot : slots) {
    const auto id = static_cast<size_t>(slot.slot_variable_node_id);
    keys.push_back(view->graph.nodes[id].attributes[0].checkpoint_key);
  }
  EXPECT_THAT(keys,
              ElementsAre("y/.OPTIMIZER_SLOT/adam/m/.ATTRIBUTES/VARIABLE_VALUE",
                          "x/.OPTIMIZER_SLOT/adam/m/.ATTRIBUTES/VARIABLE_VALUE",
                          "x/.OPTIMIZER_SLOT/adam/v.Shat/.ATTRIBUTES/"
                          "VARIABLE_VALUE"));
  EXPECT_EQ(NodeName(view->graph, slots[1].slot_variable_node_id),
            "(root).adam's state 'm' for (root).x");
}

// L4
TEST(BuildGraphView, RefusesSlotsThatAreAlsoChildrenOrHaveSome) {
  Arena arena;
  Group* const root = arena.Make();
  auto* const adam = arena.Make<SlotGroup>(std::vector<std::string>{"m"});
  Variable* const x = arena.AddZeros("x", {});
  ASSERT_TRUE(root->Track("adam", adam).ok());
  ASSERT_TRUE(root->Track("x", x).ok());
  Variable* const slot = adam->Make(*x, "m");
  ASSERT_TRUE(slot->Track("child", x).ok());
  EXPECT_THAT(Message(BuildGraphView(*root).status()),
              HasSubstr("only variables with no dependencies"));
  slot->Untrack("child");
  ASSERT_TRUE(BuildGraphView(*root).ok());
  ASSERT_TRUE(root->Track("slot", slot).ok());
  const Status status = BuildGraphView(*root).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(status), HasSubstr("re-used as a dependency"));
}

// G10
TEST(BuildGraphView, RefusesTwoValuesWithOneKey) {
  Variable root("root", Tensor::Scalar(1.0f));
  Variable nameless("nameless", Tensor::Scalar(2.0f));
  ASSERT_TRUE(root.Track("", &nameless).ok());  // its path is the root's
  const Status status = BuildGraphView(root).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(status), HasSubstr("/.ATTRIBUTES/VARIABLE_VALUE"));
}

TEST(BuildGraphView, FollowsALongChainWithoutRecursion) {
  constexpr int kLength = 20000;
  std::vector<Group> chain(kLength);
  const std::string name(100, 'x');
  for (size_t i = 0; i + 1 < chain.size(); ++i) {
    ASSERT_TRUE(chain[i].Track(name, &chain[i + 1]).ok());
  }
  Variable end("end", Tensor::Scalar(1.0f));
  ASSERT_TRUE(chain.back().Track("v", &end).ok());
  const StatusOr<GraphView> view = BuildGraphView(chain[0]);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->values[0].key.size(),
            (kLength - 1) * (name.size() + 1) + 1 +
                std::string_view("/.ATTRIBUTES/VARIABLE_VALUE").size());
  EXPECT_EQ(view->graph.nodes[0].has_checkpoint_values, true);
}

// 119 (Y9)
TEST(NodeNames, UsesTheShortestPathAndNamesUnreachableNodes) {
  ObjectGraph graph;
  graph.nodes.resize(4);
  graph.nodes[0].children = {{1, "a"}, {2, "b"}};
  graph.nodes[1].children = {{2, "long"}, {0, "back"}};
  const NodeNames names(graph);
  EXPECT_EQ(names.Name(0), "(root)");
  EXPECT_EQ(names.Name(2), "(root).b");
  EXPECT_EQ(names.Name(3), "(node 3)");
}

// R6
TEST(NodeNames, KeepsTheEndOfALongPath) {
  ObjectGraph graph;
  constexpr int32_t kLength = 3000;
  graph.nodes.resize(kLength);
  for (int32_t i = 0; i + 1 < kLength; ++i) {
    graph.nodes[static_cast<size_t>(i)].children = {{i + 1, "n"}};
  }
  const NodeNames names(graph);
  std::string end;
  for (size_t i = 0; i < kMaxNodeNameBytes / 2; ++i) end += ".n";
  EXPECT_EQ(names.Name(kMaxNodeNameBytes / 2), "(root)" + end);
  size_t total = 0;
  for (int32_t id = 0; id < kLength; ++id) total += names.Name(id).size();
  EXPECT_LT(total, size_t{kLength} * (kMaxNodeNameBytes + 16));
  EXPECT_EQ(names.Name(kLength - 1), "(root).(...)" + end);
}

// R6
TEST(NodeNames, CutsLongEdgesAndSlotNames) {
  ObjectGraph graph;
  graph.nodes.resize(4);
  const std::string most(kMaxNodeNameBytes, 'm');
  const std::string longer = most + "!";
  graph.nodes[0].children = {{1, most}, {2, longer}};
  graph.nodes[1].slot_variables = {{0, longer, 3}};
  const NodeNames names(graph);
  EXPECT_EQ(names.Name(1), "(root)." + most);
  EXPECT_EQ(names.Name(2), "(root)." + most + "...");
  EXPECT_EQ(names.Name(3),
            "(root)." + most + "'s state '" + most + "...' for (root)");
}

}  // namespace
}  // namespace cairn::object
