// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// That TensorFlow imports these graphs, derives the same gradients and trains
// with them as nn does is shown in tests/interop/test_training_graph.py.
#include "cairn/graph/training_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "cairn/base/strings.h"
#include "cairn/graph/inference_graph.h"
#include "cairn/graph/test_support.h"
#include "cairn/proto/meta_graph.pb.h"

namespace cairn::graph {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

MetaGraph Build(const ModelConfig& model = LeNet5(),
                const TrainingGraphOptions& options = {}) {
  auto meta = BuildTrainingMetaGraph(model, options);
  EXPECT_TRUE(meta.ok()) << meta.status();
  return meta.ok() ? *std::move(meta) : MetaGraph();
}

using Nodes = std::map<std::string, proto::NodeDef>;

// Whether others run after a node is not the node's own affair.
Nodes NodesByName(const MetaGraph& meta) {
  Nodes nodes;
  for (proto::NodeDef node : meta.def().graph_def().node()) {
    node.mutable_attr()->erase("_has_manual_control_dependencies");
    nodes[node.name()] = node;
  }
  return nodes;
}

std::string WithoutInputs(proto::NodeDef node) {
  node.clear_input();
  node.clear_name();
  node.mutable_attr()->erase("_output_shapes");
  return Bytes(node);
}

std::vector<std::string> NodesUnder(const MetaGraph& meta,
                                    std::string_view prefix) {
  std::vector<std::string> names;
  for (const auto& node : meta.def().graph_def().node()) {
    if (node.name().starts_with(prefix)) names.push_back(node.name());
  }
  return names;
}

std::vector<std::string> NodeList(const MetaGraph& meta,
                                  const std::string& collection) {
  const auto& all = meta.def().collection_def();
  const auto it = all.find(collection);
  if (it == all.end()) return {};
  const auto& list = it->second.node_list().value();
  return {list.begin(), list.end()};
}

TEST(TrainingGraph, KeepsEveryNodeOfTheInferenceGraph) {
  const auto inference = BuildInferenceMetaGraph(LeNet5());
  ASSERT_TRUE(inference.ok()) << inference.status();
  const Nodes ours =
      NodesByName(Build(LeNet5(), {.saved = SavedVariables::kModel}));
  int same = 0;
  for (const auto& [name, node] : NodesByName(*inference)) {
    if (name == "init") continue;  // of more variables here
    ASSERT_TRUE(ours.contains(name)) << name;
    EXPECT_EQ(Bytes(ours.at(name)), Bytes(node));
    ++same;
  }
  EXPECT_EQ(same, 194);
}

TEST(TrainingGraph, HasAdamsVariablesAsTensorFlow) {
  TrainingGraphOptions options;
  options.adam.name = "training/Adam";  // Keras's in graph mode
  const MetaGraph meta = Build(LeNet5(), options);
  const Nodes ours = NodesByName(meta);
  const MetaGraph golden = Golden();
  int same = 0;
  for (const auto& [name, node] : NodesByName(golden)) {
    if (!name.starts_with("training/Adam/")) continue;
    const bool is_variable =
        name.find("/Initializer/") != std::string::npos ||
        name.find("/IsInitialized/") != std::string::npos ||
        name.ends_with("/Assign") || name.ends_with("/Read/ReadVariableOp") ||
        (node.op() == "VarHandleOp");
    if (!is_variable) continue;
    ASSERT_TRUE(ours.contains(name)) << name;
    EXPECT_EQ(Bytes(ours.at(name)), Bytes(node));
    ++same;
  }
  // Five nodes each of 29 variables, six of them with two more to fill.
  EXPECT_EQ(same, 29 * 5 + 6 * 2);
  EXPECT_EQ(meta.collection_bytes("variables"),
            golden.collection_bytes("variables"));
  EXPECT_EQ(meta.collection_bytes("trainable_variables"),
            golden.collection_bytes("trainable_variables"));
}

TEST(TrainingGraph, SaysOfEachGradientOpWhatTensorFlowSays) {
  // Ours, and Keras's for the same.
  const std::pair<const char*, const char*> kPairs[] = {
      {"gradients/conv2d_1/Conv2DBackpropInput",
       "conv2d_1/Conv2D_grad/Conv2DBackpropInput"},
      {"gradients/conv2d/Conv2DBackpropFilter",
       "conv2d/Conv2D_grad/Conv2DBackpropFilter"},
      {"gradients/conv2d/BiasAddGrad", "conv2d/BiasAdd_grad/BiasAddGrad"},
      {"gradients/max_pooling2d/MaxPoolGrad",
       "max_pooling2d/MaxPool_grad/MaxPoolGrad"},
      {"gradients/conv2d/ReluGrad", "conv2d/Relu_grad/ReluGrad"},
      {"gradients/dense/MatMul_input", "dense/MatMul_grad/MatMul"},
      {"gradients/dense/MatMul_weights", "dense/MatMul_grad/MatMul_1"},
  };
  const Nodes ours = NodesByName(Build());
  const Nodes golden = NodesByName(Golden());
  for (const auto& [mine, theirs] : kPairs) {
    const std::string full =
        StrCat("training/Adam/gradients/gradients/", theirs);
    ASSERT_TRUE(ours.contains(mine)) << mine;
    ASSERT_TRUE(golden.contains(full)) << full;
    EXPECT_EQ(WithoutInputs(ours.at(mine)), WithoutInputs(golden.at(full)));
  }
  EXPECT_EQ(
      WithoutInputs(ours.at("Adam/update_conv2d/kernel/ResourceApplyAdam")),
      WithoutInputs(golden.at(
          "training/Adam/Adam/update_conv2d/kernel/ResourceApplyAdam")));
}

TEST(TrainingGraph, LeavesOutTheGradientOfTheInput) {
  const MetaGraph meta = Build();
  EXPECT_TRUE(meta.FindNode("gradients/conv2d/Conv2DBackpropFilter"));
  EXPECT_FALSE(meta.FindNode("gradients/conv2d/Conv2DBackpropInput"));
  EXPECT_TRUE(meta.FindNode("gradients/conv2d_1/Conv2DBackpropInput"));
  // Nor does anything go back through layers before the first variable.
  const MetaGraph flat =
      Build({"m",
             {2, 3},
             {{"f", FlattenConfig{}, {2, 3}, {6}},
              {"d", DenseConfig{2, Activation::kSoftmax}, {6}, {2}}}});
  EXPECT_TRUE(NodesUnder(flat, "gradients/f/").empty());
}

TEST(TrainingGraph,
     TrainsWithTheStatisticsOfTheBatchAndPredictsWithMovingOnes) {
  const Nodes nodes = NodesByName(Build());
  const std::string name = "batch_normalization/FusedBatchNormV3";
  EXPECT_FALSE(nodes.at(name).attr().at("is_training").b());
  EXPECT_TRUE(nodes.at("train/" + name).attr().at("is_training").b());
}

TEST(TrainingGraph, RunsAllUpdatesByTrainOp) {
  const MetaGraph meta = Build();
  EXPECT_THAT(NodeList(meta, "train_op"), ElementsAre("train_op"));
  EXPECT_THAT(NodeList(meta, "losses"), ElementsAre("train/loss:0"));
  const auto updates = NodeList(meta, "update_ops");
  EXPECT_EQ(updates.size(), 4u);
  std::vector<std::string> inputs = {"^Adam/AssignAddVariableOp"};
  for (const std::string& update : updates) inputs.push_back("^" + update);
  EXPECT_EQ(meta.FindNode("train_op")->inputs, inputs);
  EXPECT_EQ(meta.FindNode("Adam/group_deps")->inputs.size(), 12u);
  const auto step = meta.variables("global_step");
  ASSERT_TRUE(step.ok()) << step.status();
  ASSERT_EQ(step->size(), 1u);
  EXPECT_EQ(step->front().name, "Adam/iter:0");
}

TEST(TrainingGraph, InitialisesEveryVariable) {
  const MetaGraph meta = Build();
  const auto variables = meta.variables();
  ASSERT_TRUE(variables.ok()) << variables.status();
  EXPECT_EQ(variables->size(), 16u + 5 + 2 * 12);
  std::vector<std::string> assigns;
  for (const GraphVariable& v : *variables) {
    assigns.push_back("^" + v.initializer_name);
  }
  std::sort(assigns.begin(), assigns.end());
  EXPECT_EQ(meta.FindNode("init")->inputs, assigns);
}

TEST(TrainingGraph, SavesTheModelAloneOrWithTheOptimizer) {
  const auto saved = [](SavedVariables which) {
    const MetaGraph meta = Build(LeNet5(), {.saved = which});
    return meta.FindNode("save/SaveV2")->inputs.size() - 3;
  };
  EXPECT_EQ(saved(SavedVariables::kModel), 16u);
  EXPECT_EQ(saved(SavedVariables::kAll), 45u);
}

TEST(TrainingGraph, NamesInputsAndResultsInSignatures) {
  const auto signatures = Build().signatures();
  ASSERT_EQ(signatures.size(), 3u);
  EXPECT_EQ(signatures.at("serving_default").outputs.at("dense_1").name,
            "dense_1/Softmax:0");
  const Signature& train = signatures.at("train");
  EXPECT_EQ(train.method_name, "tensorflow/supervised/training");
  EXPECT_EQ(train.inputs.at("conv2d_input").name, "conv2d_input:0");
  EXPECT_EQ(train.inputs.at("dense_1_target").name, "dense_1_target:0");
  EXPECT_EQ(train.outputs.at("loss").name, "train/loss:0");
  EXPECT_EQ(signatures.at("eval").outputs.at("metrics/accuracy/value").name,
            "evaluate/accuracy:0");
  EXPECT_EQ(Build(LeNet5(), {.signature_key = ""}).signatures().size(), 2u);
}

// 074 (M3)
TEST(TrainingGraph, DefinesExactlyTheOpsItUsesSortedByName) {
  const MetaGraph meta = Build();
  std::vector<std::string> used;
  for (const auto& [op, count] : meta.OpHistogram()) used.push_back(op);
  EXPECT_EQ(meta.op_definitions(), used);
  std::map<std::string, std::string> theirs;
  const MetaGraph golden = Golden();
  for (const auto& op : golden.def().meta_info_def().stripped_op_list().op()) {
    theirs[op.name()] = Bytes(op);
  }
  int same = 0;
  for (const auto& op : meta.def().meta_info_def().stripped_op_list().op()) {
    if (!theirs.contains(op.name())) continue;
    EXPECT_EQ(Bytes(op), theirs[op.name()]);
    ++same;
  }
  EXPECT_GE(same, 40);
}

// 074 (M3)
TEST(TrainingGraph, SaysItsVersionsAndThatAttributesAreComplete) {
  const MetaGraph meta = Build();
  const MetaInfo info = meta.info();
  EXPECT_EQ(info.tensorflow_version, "2.15.1");
  EXPECT_EQ(info.tensorflow_git_version, "cairn");
  EXPECT_FALSE(info.stripped_default_attrs);
  EXPECT_EQ(info.producer, kGraphProducer);
  // Only what has functions needs a reader of version 12.
  EXPECT_EQ(info.min_consumer, 0);
  EXPECT_TRUE(meta.functions().empty());
}

// 074 (M3)
TEST(TrainingGraph, LeavesDefaultAttributesOutIfAsked) {
  const MetaGraph whole = Build();
  const auto stripped =
      BuildTrainingMetaGraph(LeNet5(), {.strip_default_attrs = true});
  ASSERT_TRUE(stripped.ok()) << stripped.status();
  EXPECT_TRUE(stripped->info().stripped_default_attrs);
  ASSERT_EQ(stripped->num_nodes(), whole.num_nodes());
  size_t fewer = 0;
  for (size_t i = 0; i < whole.num_nodes(); ++i) {
    const auto& node = stripped->def().graph_def().node(static_cast<int>(i));
    const auto& full = whole.def().graph_def().node(static_cast<int>(i));
    EXPECT_EQ(node.name(), full.name());
    for (const auto& [name, value] : node.attr()) {
      EXPECT_EQ(Bytes(value), Bytes(full.attr().at(name))) << node.name();
    }
    fewer += static_cast<size_t>(full.attr_size() - node.attr_size());
  }
  EXPECT_GT(fewer, 100u);
}

// 074 (M3)
TEST(TrainingGraph, GivesEveryNodeItsOpsAttributesAndItsShapes) {
  const MetaGraph meta = Build();
  std::map<std::string, proto::OpDef> ops;
  for (const auto& op : meta.def().meta_info_def().stripped_op_list().op()) {
    ops[op.name()] = op;
  }
  for (const auto& node : meta.def().graph_def().node()) {
    const proto::OpDef& op = ops.at(node.op());
    std::set<std::string> expected, found;
    for (const auto& attr : op.attr()) expected.insert(attr.name());
    for (const auto& [name, value] : node.attr()) {
      if (name[0] != '_') found.insert(name);
    }
    EXPECT_EQ(found, expected) << node.name();
    if (op.output_arg_size() == 0) continue;
    ASSERT_TRUE(node.attr().contains("_output_shapes")) << node.name();
    // A list of tensors is one argument: only RestoreV2 has one here.
    if (node.op() == "RestoreV2") continue;
    EXPECT_EQ(node.attr().at("_output_shapes").list().shape_size(),
              op.output_arg_size())
        << node.name();
  }
}

struct SaverKind {
  Sharding sharding;
  SaverVersion version;
  std::string save_tensor;
  std::vector<std::string> save_nodes;  // between Const and RestoreV2's
};

const SaverKind kSaverKinds[] = {
    {Sharding::kNone,
     SaverVersion::kV2,
     "control_dependency:0",
     {"SaveV2/tensor_names", "SaveV2/shape_and_slices", "SaveV2",
      "control_dependency"}},
    {Sharding::kNone,
     SaverVersion::kV1,
     "control_dependency:0",
     {"save/tensor_names", "save/shapes_and_slices", "save",
      "control_dependency"}},
    {Sharding::kByDevice,
     SaverVersion::kV1,
     "ShardedFilespec:0",
     {"num_shards", "ShardedFilename/shard", "ShardedFilename",
      "save/tensor_names", "save/shapes_and_slices", "save",
      "control_dependency", "ShardedFilespec"}},
    {Sharding::kByDevice,
     SaverVersion::kV2,
     "Identity:0",
     {"StaticRegexFullMatch", "Const_1", "Const_2", "Select", "StringJoin",
      "num_shards", "ShardedFilename/shard", "ShardedFilename",
      "SaveV2/tensor_names", "SaveV2/shape_and_slices", "SaveV2",
      "control_dependency", "MergeV2Checkpoints/checkpoint_prefixes",
      "MergeV2Checkpoints", "Identity"}},
};

ModelConfig OneDense() { return {"m", {3}, {{"d", DenseConfig{2}, {3}, {2}}}}; }

TrainingGraphOptions WithSaver(const SaverKind& kind, const std::string& name) {
  TrainingGraphOptions options;
  options.saved = SavedVariables::kModel;
  options.saver.name = name;
  options.saver.filename = "somewhere";
  options.saver.max_to_keep = 7;
  options.saver.keep_checkpoint_every_n_hours = 0.5f;
  options.saver.sharding = kind.sharding;
  options.saver.version = kind.version;
  return options;
}

// 072 (M1)
TEST(GraphSaver, FillsTheSaverDefOfEachKind) {
  for (const SaverKind& kind : kSaverKinds) {
    for (const std::string name : {"save", "own"}) {
      const auto saver = Build(OneDense(), WithSaver(kind, name)).saver();
      ASSERT_TRUE(saver.has_value());
      EXPECT_EQ(saver->filename_tensor_name, name + "/Const:0");
      EXPECT_EQ(saver->save_tensor_name, StrCat(name, "/", kind.save_tensor));
      EXPECT_EQ(saver->restore_op_name, name + "/restore_all");
      EXPECT_EQ(saver->max_to_keep, 7);
      EXPECT_EQ(saver->keep_checkpoint_every_n_hours, 0.5f);
      EXPECT_EQ(saver->sharded, kind.sharding == Sharding::kByDevice);
      EXPECT_EQ(saver->version, static_cast<int32_t>(kind.version));
    }
  }
}

// 073 (M2 C8)
TEST(GraphSaver, NamesTheNodesOfEachKindUnderItsScope) {
  for (const SaverKind& kind : kSaverKinds) {
    const bool sharded = kind.sharding == Sharding::kByDevice;
    // The names that the save nodes have used go on from there.
    const bool merges = sharded && kind.version == SaverVersion::kV2;
    std::vector<std::string> parts = {"filename/input", "filename", "Const"};
    parts.insert(parts.end(), kind.save_nodes.begin(), kind.save_nodes.end());
    for (const char* part :
         {"RestoreV2/tensor_names", "RestoreV2/shape_and_slices", "RestoreV2",
          merges ? "Identity_1" : "Identity", "AssignVariableOp",
          merges ? "Identity_2" : "Identity_1", "AssignVariableOp_1"}) {
      parts.push_back(part);
    }
    if (sharded) parts.push_back("restore_shard");
    parts.push_back("restore_all");
    // "save" is a layer's in the second model.
    ModelConfig taken = OneDense();
    taken.layers[0].name = "save";
    const std::tuple<ModelConfig, std::string, std::string> kScopes[] = {
        {OneDense(), "save", "save/"},
        {taken, "save", "save_1/"},
        {OneDense(), "own/saver", "own/saver/"}};
    for (const auto& [model, name, scope] : kScopes) {
      const MetaGraph meta = Build(model, WithSaver(kind, name));
      std::vector<std::string> expected;
      for (const std::string& part : parts) expected.push_back(scope + part);
      EXPECT_EQ(NodesUnder(meta, scope), expected);
    }
  }
}

// 073 (M2 C8)
TEST(GraphSaver, StoresNamesSlicesAndFileNameAsConstants) {
  for (const SaverKind& kind : kSaverKinds) {
    const Nodes nodes = NodesByName(Build(OneDense(), WithSaver(kind, "save")));
    const auto strings = [&](const std::string& name) {
      const auto& list =
          nodes.at(name).attr().at("value").tensor().string_val();
      return std::vector<std::string>(list.begin(), list.end());
    };
    const bool v2 = kind.version == SaverVersion::kV2;
    const std::string save = v2 ? "save/SaveV2/" : "save/save/";
    EXPECT_THAT(strings("save/filename/input"), ElementsAre("somewhere"));
    EXPECT_THAT(strings(save + "tensor_names"),
                ElementsAre("d/bias", "d/kernel"));
    EXPECT_THAT(strings(save + (v2 ? "shape_and_slices" : "shapes_and_slices")),
                ElementsAre("", ""));
    EXPECT_THAT(strings("save/RestoreV2/tensor_names"),
                ElementsAre("d/bias", "d/kernel"));
    EXPECT_EQ(nodes.at("save/RestoreV2").device(), "/device:CPU:0");
  }
}

TEST(TrainingGraph, TakesOtherNamesWhereLayersHaveItsOwn) {
  ModelConfig model{"m", {3}, {}};
  for (const char* name :
       {"train", "evaluate", "gradients", "init", "Train_Op", "loss"}) {
    model.layers.push_back({name, DenseConfig{3}, {3}, {3}});
  }
  const MetaGraph meta = Build(model);
  EXPECT_TRUE(meta.FindNode("train_1/loss").has_value());
  EXPECT_TRUE(meta.FindNode("evaluate_1/accuracy").has_value());
  EXPECT_TRUE(meta.FindNode("gradients_1/train/kernel").has_value());
  EXPECT_THAT(NodeList(meta, "train_op"), ElementsAre("train_op_1"));
  EXPECT_THAT(NodeList(meta, "losses"), ElementsAre("train_1/loss:0"));
  EXPECT_EQ(meta.signatures().at("train").outputs.at("loss").name,
            "train_1/loss:0");
}

TEST(TrainingGraph, SerialisesToTheSameBytesEachTime) {
  EXPECT_EQ(Build().Serialize(), Build().Serialize());
}

TEST(TrainingGraph, RefusesWhatCannotBeTrained) {
  struct Bad {
    std::string why;
    ModelConfig model;
    TrainingGraphOptions options = {};
  };
  Bad bad[] = {
      {"without layers", {"m", {3}, {}}},
      {"no variables to train",
       {"m", {2, 3}, {{"f", FlattenConfig{}, {2, 3}, {6}}}}},
      {"needs outputs of shape [classes], m gives [2,5]",
       {"m", {2, 3}, {{"d", DenseConfig{5}, {2, 3}, {2, 5}}}}},
      {"max_to_keep must be 0 (all) or more, got -1", OneDense()},
      {"file name is empty", OneDense()},
      {"'D' is that of a layer", OneDense()},
      {"is not a name", OneDense()},
      {"is not a name", OneDense()},
  };
  bad[3].options.saver.max_to_keep = -1;
  bad[4].options.saver.filename = "";
  bad[5].options.adam.name = "D";
  bad[6].options.adam.name = "";
  bad[7].options.saver.name = "a b";
  for (const Bad& one : bad) {
    const auto meta = BuildTrainingMetaGraph(one.model, one.options);
    ASSERT_FALSE(meta.ok()) << one.why;
    EXPECT_EQ(meta.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(Message(meta.status()), HasSubstr(one.why));
  }
}

}  // namespace
}  // namespace cairn::graph
