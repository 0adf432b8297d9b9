// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/saver_tensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "cairn/graph/test_graphs.h"
#include "cairn/proto/meta_graph.pb.h"

namespace cairn::graph {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<SaverTensor> Tensors(const MetaGraph& graph) {
  auto tensors = SaverTensors(graph, *graph.saver());
  EXPECT_TRUE(tensors.ok()) << tensors.status();
  return tensors.ok() ? *std::move(tensors) : std::vector<SaverTensor>();
}

TEST(SaverTensors, ListsWhatTensorFlowsSaverSaves) {
  const auto tensors = Tensors(Golden("seed/v1/epoch2/model.meta"));
  ASSERT_EQ(tensors.size(), 16u);
  EXPECT_TRUE(std::is_sorted(
      tensors.begin(), tensors.end(),
      [](const auto& a, const auto& b) { return a.name < b.name; }));
  const auto kernel =
      std::find_if(tensors.begin(), tensors.end(),
                   [](const auto& t) { return t.name == "conv2d/kernel"; });
  ASSERT_NE(kernel, tensors.end());
  EXPECT_EQ(kernel->dtype, DataType::kFloat);
  EXPECT_EQ(kernel->shape.ToString(), "[3,3,1,16]");
  EXPECT_EQ(kernel->source, "conv2d/kernel");
  EXPECT_EQ(kernel->shape_and_slice, "");
}

TEST(SaverTensors, ListsShardsAndSlices) {
  const auto tensors = Tensors(Golden("tf1/rich_meta/model.ckpt-2.meta"));
  std::set<size_t> shards;
  std::vector<std::string> parts;
  for (const SaverTensor& tensor : tensors) {
    shards.insert(tensor.shard);
    if (tensor.name == "emb/table") {
      parts.push_back(tensor.shape_and_slice + " " + tensor.shape.ToString());
    }
  }
  EXPECT_THAT(shards, ElementsAre(0u, 1u));
  EXPECT_THAT(parts,
              ElementsAre("37 4 0,13:0,4 [13,4]", "37 4 13,12:0,4 [12,4]",
                          "37 4 25,12:0,4 [12,4]"));
}

TEST(SaverTensors, KnowsTheOlderOps) {
  for (const std::string name :
       {"v1/saver/model.ckpt-3.meta", "v1/saver_sharded/model.ckpt-3.meta"}) {
    const auto tensors = Tensors(Golden(name));
    std::set<std::string> names;
    for (const SaverTensor& tensor : tensors) names.insert(tensor.name);
    EXPECT_TRUE(names.contains("global_step")) << name;
    EXPECT_TRUE(names.contains("net/names")) << name;
  }
}

TEST(SaverTensors, DoesNotKnowTheShapesOfTables) {
  const auto tensors = Tensors(Golden("tf1/lookup_table/model.meta"));
  ASSERT_EQ(tensors.size(), 5u);
  for (const SaverTensor& tensor : tensors) {
    if (tensor.name == "v") continue;
    EXPECT_TRUE(
        tensor.shape.unknown_rank ||
        std::count(tensor.shape.dims.begin(), tensor.shape.dims.end(), -1) > 0)
        << tensor.name << tensor.shape.ToString();
  }
}

constexpr char kRestoring[] = R"(
  graph_def {
    node { name: "v" op: "VarHandleOp" attr { key: "shape" value { shape {
        dim { size: 2 } dim { size: 3 } } } } }
    node { name: "n" op: "Const" attr { key: "value" value { tensor {
        string_val: ["a", "b"] } } } }
    node { name: "s" op: "Const" attr { key: "value" value { tensor {
        tensor_shape { dim { size: 2 } } string_val: "" } } } }
    node { name: "r" op: "RestoreV2" input: ["f", "n", "s"]
           attr { key: "dtypes" value { list { type: [DT_FLOAT, DT_INT32] } } } }
    node { name: "i" op: "Identity" input: "r:1" }
    node { name: "assign" op: "AssignVariableOp" input: ["v", "i"] }
    node { name: "all" op: "NoOp" input: "^assign" }
    node { name: "f" op: "Placeholder" }
  }
  saver_def { filename_tensor_name: "f:0" save_tensor_name: "f:0"
              restore_op_name: "all" })";

TEST(SaverTensors, AsksTheRestoringNodesWhereNothingSaves) {
  const auto tensors = Tensors(FromText(kRestoring));
  ASSERT_EQ(tensors.size(), 2u);
  EXPECT_EQ(tensors[0].name, "a");
  EXPECT_TRUE(tensors[0].shape.unknown_rank);
  EXPECT_EQ(tensors[1].name, "b");
  EXPECT_EQ(tensors[1].dtype, DataType::kInt32);
  EXPECT_EQ(tensors[1].source, "v");
  EXPECT_EQ(tensors[1].shape.ToString(), "[2,3]");
}

TEST(SaverTensors, RefusesListsThatDoNotFit) {
  const auto attempt = [](auto change) {
    MetaGraph graph = FromText(kRestoring);
    change(*graph.mutable_def().mutable_graph_def());
    const auto tensors = SaverTensors(graph, *graph.saver());
    EXPECT_TRUE(absl::IsDataLoss(tensors.status())) << tensors.status();
    return Message(tensors.status());
  };
  EXPECT_THAT(attempt([](proto::GraphDef& graph) {
                (*graph.mutable_node(1)->mutable_attr())["value"]
                    .mutable_tensor()
                    ->add_string_val("c");
              }),
              HasSubstr("n has 3 strings, expected 2"));
  EXPECT_THAT(attempt([](proto::GraphDef& graph) {
                graph.mutable_node(2)->set_op("Placeholder");
              }),
              HasSubstr("r: input 2 is no constant"));
  EXPECT_THAT(attempt([](proto::GraphDef& graph) {
                graph.mutable_node(3)->mutable_input()->RemoveLast();
              }),
              HasSubstr("input 2 is no constant"));
}

TEST(VariableTensors, AreWhatADefaultSaverSaves) {
  const MetaGraph graph = Golden("tf1/rich_meta/model.ckpt-2.meta");
  const auto tensors = VariableTensors(graph);
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  // In another order, what the Saver of that graph saves.
  std::set<std::string> ours, theirs;
  const auto text = [](const SaverTensor& tensor) {
    return tensor.name + " " + tensor.shape_and_slice + " " + tensor.source +
           " " + tensor.shape.ToString() + DataTypeName(tensor.dtype);
  };
  for (const SaverTensor& tensor : *tensors) ours.insert(text(tensor));
  for (const SaverTensor& tensor : Tensors(graph)) theirs.insert(text(tensor));
  EXPECT_EQ(ours, theirs);
}

TEST(SaverTensors, RefusesASaverWithoutNodes) {
  SaverInfo saver;
  saver.save_tensor_name = "save/x:0";
  const auto tensors = SaverTensors(MetaGraph(), saver);
  EXPECT_TRUE(absl::IsInvalidArgument(tensors.status()));
  EXPECT_THAT(Message(tensors.status()),
              HasSubstr("save node 'save/x:0' is not in the graph"));
}

}  // namespace
}  // namespace cairn::graph
