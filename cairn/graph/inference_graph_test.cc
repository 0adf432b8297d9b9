// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// That TensorFlow imports and runs the graphs, and would write the same bytes,
// is shown in tests/interop/test_meta_graph.py.
#include "cairn/graph/inference_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "cairn/base/strings.h"
#include "cairn/graph/test_support.h"
#include "cairn/proto/meta_graph.pb.h"

namespace cairn::graph {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

MetaGraph Build(const ModelConfig& model,
                const InferenceGraphOptions& options = {}) {
  auto meta = BuildInferenceMetaGraph(model, options);
  EXPECT_TRUE(meta.ok()) << meta.status();
  return meta.ok() ? *std::move(meta) : MetaGraph();
}

TEST(InferenceGraph, HasTheSameNodesAsTensorFlowsTrainingGraph) {
  const MetaGraph ours = Build(LeNet5());
  const MetaGraph golden = Golden();
  std::map<std::string, const proto::NodeDef*> theirs;
  for (const auto& node : golden.def().graph_def().node()) {
    theirs[node.name()] = &node;
  }
  // In training, batch normalization is a conditional, so that what reads its
  // output differs; the seeds are random; "init" covers the optimizer too.
  const std::set<std::string> kDiffering = {"max_pooling2d/MaxPool",
                                            "max_pooling2d_1/MaxPool", "init"};
  int same = 0;
  for (const auto& node : ours.def().graph_def().node()) {
    if (node.name().starts_with("batch_normalization") &&
        node.name().find("/ReadVariableOp") != std::string::npos &&
        node.name().find("/Read/") == std::string::npos) {
      continue;
    }
    if (kDiffering.contains(node.name()) ||
        node.name().ends_with("KeyCounter/seed") ||
        node.op() == "FusedBatchNormV3") {
      continue;
    }
    ASSERT_TRUE(theirs.contains(node.name())) << node.name();
    EXPECT_EQ(Bytes(node), Bytes(*theirs[node.name()]));
    ++same;
  }
  EXPECT_EQ(same, 178);
}

TEST(InferenceGraph, HasTheSaverOfTensorFlow) {
  const MetaGraph ours = Build(LeNet5());
  const MetaGraph golden = Golden();
  EXPECT_EQ(ours.def().saver_def().SerializeAsString(),
            golden.def().saver_def().SerializeAsString());
  const auto saver_nodes = [](const MetaGraph& meta) {
    std::vector<std::string> nodes;
    for (const auto& node : meta.def().graph_def().node()) {
      if (node.name().starts_with("save/")) nodes.push_back(Bytes(node));
    }
    return nodes;
  };
  EXPECT_EQ(saver_nodes(ours).size(), 11u + 2 * 16);
  EXPECT_EQ(saver_nodes(ours), saver_nodes(golden));
}

TEST(InferenceGraph, HasTheVariablesOfTensorFlow) {
  const MetaGraph ours = Build(LeNet5());
  const MetaGraph golden = Golden();
  const auto variables = ours.collection_bytes("variables");
  auto expected = golden.collection_bytes("variables");
  ASSERT_EQ(variables.size(), 16u);
  expected.resize(16);  // then come those of optimizer and metrics
  EXPECT_EQ(variables, expected);
  EXPECT_EQ(ours.collection_bytes("trainable_variables"),
            golden.collection_bytes("trainable_variables"));
}

TEST(InferenceGraph, DefinesOpsAsTensorFlow) {
  const MetaGraph ours = Build(LeNet5());
  std::map<std::string, std::string> theirs;
  const MetaGraph golden = Golden();
  for (const auto& op : golden.def().meta_info_def().stripped_op_list().op()) {
    theirs[op.name()] = Bytes(op);
  }
  int same = 0;
  for (const auto& op : ours.def().meta_info_def().stripped_op_list().op()) {
    if (!theirs.contains(op.name())) continue;
    EXPECT_EQ(Bytes(op), theirs[op.name()]);
    ++same;
  }
  EXPECT_GE(same, 22);
  EXPECT_EQ(ours.op_definitions().size(), ours.OpHistogram().size());
}

TEST(InferenceGraph, NamesInputAndOutputInASignature) {
  const auto signatures = Build(LeNet5()).signatures();
  ASSERT_EQ(signatures.size(), 1u);
  const Signature& predict = signatures.at("serving_default");
  EXPECT_EQ(predict.method_name, "tensorflow/serving/predict");
  const SignatureTensor& input = predict.inputs.at("conv2d_input");
  EXPECT_EQ(input.name, "conv2d_input:0");
  EXPECT_EQ(input.dtype, DataType::kFloat);
  EXPECT_EQ(input.shape.ToString(), "[?,28,28,1]");
  EXPECT_EQ(predict.outputs.at("dense_1").name, "dense_1/Softmax:0");
  EXPECT_EQ(predict.outputs.at("dense_1").shape.ToString(), "[?,10]");
  EXPECT_TRUE(Build(LeNet5(), {.signature_key = ""}).signatures().empty());
}

TEST(InferenceGraph, SerialisesToTheSameBytesEachTime) {
  EXPECT_EQ(Build(LeNet5()).Serialize(), Build(LeNet5()).Serialize());
}

TEST(InferenceGraph, SortsSavedVariablesByName) {
  const MetaGraph meta = Build(
      {"m",
       {3},
       {{"z", DenseConfig{2}, {3}, {2}}, {"a", DenseConfig{2}, {2}, {2}}}});
  const auto save = meta.FindNode("save/SaveV2");
  ASSERT_TRUE(save.has_value());
  EXPECT_THAT(
      save->inputs,
      ElementsAre("save/Const", "save/SaveV2/tensor_names",
                  "save/SaveV2/shape_and_slices", "a/bias/Read/ReadVariableOp",
                  "a/kernel/Read/ReadVariableOp", "z/bias/Read/ReadVariableOp",
                  "z/kernel/Read/ReadVariableOp"));
}

TEST(InferenceGraph, MakesRoomForALayerCalledSave) {
  const MetaGraph meta =
      Build({"m", {3}, {{"save", DenseConfig{2}, {3}, {2}}}});
  EXPECT_EQ(meta.saver()->restore_op_name, "save_1/restore_all");
  EXPECT_TRUE(meta.FindNode("save_1/restore_all").has_value());
}

TEST(InferenceGraph, HasNoSaverWithoutVariables) {
  const MetaGraph meta =
      Build({"m", {2, 3}, {{"flatten", FlattenConfig{}, {2, 3}, {6}}}});
  EXPECT_FALSE(meta.saver().has_value());
  EXPECT_FALSE(meta.FindNode("init").has_value());
}

struct BadModel {
  std::string why;
  ModelConfig model;
};

TEST(InferenceGraph, RejectsModelsThatDoNotFitTogether) {
  const BadModel kBadModels[] = {
      {"without layers", {"m", {3}, {}}},
      {"does not take what comes before",
       {"m", {4}, {{"d", DenseConfig{2}, {3}, {2}}}}},
      {"does not make that output",
       {"m", {3}, {{"d", DenseConfig{2}, {3}, {5}}}}},
      {"nothing to compute", {"m", {3}, {{"d", DenseConfig{0}, {3}, {0}}}}},
      {"needs a dimension", {"m", {}, {{"d", DenseConfig{2}, {}, {2}}}}},
      {"does not make that output",
       {"m",
        {4, 4, 1},
        {{"c",
          Conv2DConfig{.filters = 1, .kernel_height = 5},
          {4, 4, 1},
          {1, 2, 1}}}}},
      {"does not make that output",
       {"m",
        {4, 4, 1},
        {{"c",
          Conv2DConfig{.filters = 1, .stride_width = 0},
          {4, 4, 1},
          {2, 2, 1}}}}},
      {"does not make that output",
       {"m",
        {4, 4, 1},
        {{"c",
          Conv2DConfig{.filters = 1,
                       .kernel_height = int64_t{1} << 40,
                       .padding = Padding::kSame},
          {4, 4, 1},
          {4, 4, 1}}}}},
      {"does not make that output",
       {"m", {4, 4}, {{"p", MaxPool2DConfig{}, {4, 4}, {2, 2}}}}},
      {"only in case",
       {"m",
        {3},
        {{"d", DenseConfig{3}, {3}, {3}}, {"D", DenseConfig{3}, {3}, {3}}}}},
      {"is not a name", {"m", {3}, {{"a b", DenseConfig{2}, {3}, {2}}}}},
  };
  for (const BadModel& bad : kBadModels) {
    auto meta = BuildInferenceMetaGraph(bad.model);
    ASSERT_FALSE(meta.ok()) << bad.why;
    EXPECT_EQ(meta.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(Message(meta.status()), HasSubstr(bad.why));
  }
}

}  // namespace
}  // namespace cairn::graph
