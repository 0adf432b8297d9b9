// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/meta_graph_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/graph/test_graphs.h"
#include "cairn/proto/meta_graph.pb.h"

namespace cairn::graph {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

MetaGraph Export(const MetaGraph& source, const MetaGraphExportOptions& options,
                 std::vector<std::string>* notes = nullptr) {
  auto exported = ExportMetaGraph(source, options);
  EXPECT_TRUE(exported.ok()) << exported.status();
  if (!exported.ok()) return MetaGraph();
  if (notes != nullptr) *notes = exported->notes;
  return std::move(exported->graph);
}

MetaGraph Extract(const MetaGraph& source,
                  const std::vector<std::string>& outputs,
                  std::vector<std::string>* notes = nullptr) {
  auto exported = ExtractSubGraph(source, outputs);
  EXPECT_TRUE(exported.ok()) << exported.status();
  if (!exported.ok()) return MetaGraph();
  if (notes != nullptr) *notes = exported->notes;
  return std::move(exported->graph);
}

constexpr char kScoped[] = R"(
  graph_def {
    node { name: "x" op: "Placeholder" device: "/cpu:0" }
    node { name: "go" op: "NoOp" }
    node { name: "net/w" op: "VarHandleOp" device: "/gpu:0" }
    node { name: "net/y" op: "Mul" input: "x:1" input: "net/w" input: "^go"
           attr { key: "_class" value { list { s: "loc:@net/w" s: "loc:@x" } } } }
    node { name: "net/z" op: "Mul" input: "x:1" input: "net/y" }
    node { name: "network/q" op: "Enter" input: "net/z"
           attr { key: "frame_name" value { s: "net/loop" } } }
  }
  saver_def { filename_tensor_name: "net/w:0" save_tensor_name: "net/y:0"
              restore_op_name: "net/z" }
  collection_def { key: "ops" value { node_list { value: "net/y" value: "x" } } }
  collection_def { key: "words" value { bytes_list { value: "net/a" value: "b" } } }
  collection_def { key: "numbers" value { int64_list { value: 7 } } }
  collection_def { key: "variables" value { bytes_list { value: "\n\007net/w:0"
      value: "\n\003x:0" } } }
  signature_def { key: "in" value { inputs { key: "w" value { name: "net/w:0" } } } }
  signature_def { key: "out" value { inputs { key: "x" value { name: "x:0" } } } }
)";

// 077 (M6)
TEST(ExportMetaGraph, ClearsDevices) {
  const MetaGraph graph = Export(FromText(kScoped), {.clear_devices = true});
  for (size_t i = 0; i < graph.num_nodes(); ++i) {
    EXPECT_EQ(graph.node(i).device, "");
  }
  EXPECT_EQ(graph.num_nodes(), 6u);
}

// 080 (M8)
TEST(ExportMetaGraph, TakesAScopeAndNamesWhatItNeedsOfOthers) {
  std::vector<std::string> notes;
  const MetaGraph graph =
      Export(FromText(kScoped), {.export_scope = "net"}, &notes);
  // A prefix, not a scope, in TensorFlow.
  EXPECT_THAT(NodeNames(graph), ElementsAre("w", "y", "z", "network/q"));
  EXPECT_THAT(graph.FindNode("y")->inputs,
              ElementsAre("$unbound_inputs_x:1", "w", "^$unbound_inputs_go"));
  EXPECT_THAT(graph.FindNode("y")->attrs[0].value, "[\"loc:@w\"]");
  EXPECT_EQ(graph.FindNode("network/q")->attrs[0].value, "\"loop\"");
  EXPECT_THAT(graph.collection_bytes("unbound_inputs"),
              ElementsAre("$unbound_inputs_x:1", "^$unbound_inputs_go"));
  EXPECT_THAT(graph.def().collection_def().at("ops").node_list().value(),
              ElementsAre("y"));
  EXPECT_THAT(graph.collection_bytes("words"), ElementsAre("net/a", "b"));
  ASSERT_TRUE(graph.variables().ok());
  ASSERT_EQ(graph.variables()->size(), 1u);
  EXPECT_EQ((*graph.variables())[0].name, "w:0");
  EXPECT_EQ(graph.saver()->restore_op_name, "z");
  EXPECT_EQ(graph.signatures().at("in").inputs.at("w").name, "w:0");
  EXPECT_EQ(graph.signatures().count("out"), 0u);
  EXPECT_THAT(notes, ElementsAre(HasSubstr("signature 'out'")));
}

TEST(ExportMetaGraph, ASlashAtTheEndMakesItAScope) {
  const MetaGraph graph = Export(FromText(kScoped), {.export_scope = "net/"});
  EXPECT_THAT(NodeNames(graph), ElementsAre("w", "y", "z"));
}

TEST(ExportMetaGraph, GoesBackWhereItCameFrom) {
  const MetaGraph whole = FromText(kScoped);
  const MetaGraph part = Export(whole, {.export_scope = "net/"});
  MetaGraph target =
      FromText("graph_def { node { name: 'x' } node { name: 'go' } }");
  const auto imported =
      ImportMetaGraph(target, part,
                      {.import_scope = "net",
                       .input_map = {{"$unbound_inputs_x:1", "x:1"},
                                     {"^$unbound_inputs_go", "^go"}}});
  ASSERT_TRUE(imported.ok()) << imported.status();
  for (const std::string name : {"net/w", "net/y", "net/z"}) {
    EXPECT_EQ(target.FindNode(name)->inputs, whole.FindNode(name)->inputs);
  }
}

TEST(ExportMetaGraph, LeavesTheSaverOutWhenItIsElsewhere) {
  MetaGraph source = FromText(kScoped);
  source.mutable_def().mutable_saver_def()->set_save_tensor_name("x:0");
  std::vector<std::string> notes;
  EXPECT_FALSE(
      Export(source, {.export_scope = "net"}, &notes).saver().has_value());
  EXPECT_THAT(notes, Contains(HasSubstr("x:0 is not in the scope")));
}

// 075 (M4): collection_list limits them.
TEST(ExportMetaGraph, TakesOnlyTheCollectionsItIsTold) {
  const MetaGraph graph =
      Export(FromText(kScoped),
             {.collection_list = std::vector<std::string>{"numbers", "none"}});
  ASSERT_EQ(graph.collections().size(), 1u);
  EXPECT_EQ(graph.collections()[0].name, "numbers");
}

constexpr char kSavers[] = R"(
  graph_def {
    node { name: "w" op: "VarHandleOp" }
    node { name: "save/c" op: "Const" }
    node { name: "save/SaveV2" op: "SaveV2" input: "save/c" }
    node { name: "save/RestoreV2" op: "RestoreV2" input: "save/c" }
    node { name: "save/deep/all" op: "NoOp" input: "^save/RestoreV2" }
    node { name: "save_1/SaveV2" op: "SaveV2" }
    node { name: "save_1/more/c" op: "Const" }
    node { name: "save_12/c" op: "Const" }
    node { name: "a/save/Restore" op: "Restore" }
    node { name: "Save" op: "Save" }
  }
  saver_def { filename_tensor_name: "save/c:0" save_tensor_name: "save/SaveV2:0"
              restore_op_name: "save/RestoreV2" }
  collection_def { key: "savers" value { bytes_list { value: "\n\010save_1/c"
      value: "\n\006save/c" } } }
  collection_def { key: "ops" value { node_list { value: "save_1/SaveV2"
      value: "w" } } }
)";

// 079 (M7)
TEST(ExportMetaGraph, KeepsOnlyTheScopeOfTheSaver) {
  const MetaGraph graph =
      Export(FromText(kSavers), {.clear_extraneous_savers = true});
  EXPECT_THAT(NodeNames(graph),
              ElementsAre("w", "save/c", "save/SaveV2", "save/RestoreV2",
                          "save/deep/all", "save_12/c", "Save"));
  const auto savers = graph.collection_bytes("savers");
  ASSERT_EQ(savers.size(), 1u);
  EXPECT_EQ(savers[0], graph.def().saver_def().SerializeAsString());
  EXPECT_THAT(graph.def().collection_def().at("ops").node_list().value(),
              ElementsAre("w"));
}

TEST(ExportMetaGraph, WithoutASaverAllSaversGo) {
  MetaGraph source = FromText(kSavers);
  source.mutable_def().clear_saver_def();
  const MetaGraph graph = Export(source, {.clear_extraneous_savers = true});
  EXPECT_THAT(NodeNames(graph), ElementsAre("w", "save_12/c", "Save"));
  EXPECT_THAT(graph.collection_bytes("savers"), IsEmpty());
}

TEST(ExportMetaGraph, KeepsTensorFlowsSecondSaverOut) {
  const MetaGraph source = Golden("tf1/rich_meta/model.ckpt-2.meta");
  const MetaGraph graph = Export(source, {.clear_extraneous_savers = true});
  EXPECT_LT(graph.num_nodes(), source.num_nodes());
  EXPECT_TRUE(graph.FindNode(source.saver()->restore_op_name));
}

constexpr char kDefaults[] = R"text(
  meta_info_def { stripped_op_list {
    op { name: "Mul"
         attr { name: "a" type: "int" default_value { i: 3 } }
         attr { name: "l" type: "list(int)" default_value { list {} } }
         attr { name: "T" type: "type" } }
    op { name: "f" attr { name: "a" type: "int" default_value { i: 3 } } } } }
  graph_def {
    node { name: "same" op: "Mul" attr { key: "a" value { i: 3 } }
           attr { key: "l" value { list {} } }
           attr { key: "T" value { type: DT_INT32 } } }
    node { name: "other" op: "Mul" attr { key: "a" value { i: 4 } }
           attr { key: "l" value { list { i: 1 } } } }
    node { name: "call" op: "f" attr { key: "a" value { i: 3 } } }
    node { name: "mine" op: "Unknown" attr { key: "a" value { i: 3 } } }
    library { function { signature { name: "f" }
      node_def { name: "inner" op: "Mul"
                 attr { key: "a" value { i: 3 } } } } }
  })text";

// 078 (M6)
TEST(StripDefaultAttrs, RemovesDefaultsAlsoInFunctionsAndSaysSo) {
  MetaGraph graph = FromText(kDefaults);
  EXPECT_EQ(StripDefaultAttrs(graph), 1u);
  EXPECT_TRUE(graph.info().stripped_default_attrs);
  const auto attrs = [&](const std::string& name) {
    std::vector<std::string> names;
    const auto node = graph.FindNode(name);
    for (const NodeAttr& attr : node->attrs) {
      names.push_back(attr.name);
    }
    return names;
  };
  EXPECT_THAT(attrs("same"), ElementsAre("T"));
  EXPECT_THAT(attrs("other"), ElementsAre("a", "l"));
  EXPECT_THAT(attrs("call"), ElementsAre("a"));  // a function, not that op
  EXPECT_THAT(attrs("mine"), ElementsAre("a"));
  EXPECT_EQ(
      graph.def().graph_def().library().function(0).node_def(0).attr_size(), 0);
}

TEST(ExportMetaGraph, NotesNodesWhoseDefaultsItDoesNotKnow) {
  std::vector<std::string> notes;
  Export(FromText(kDefaults), {.strip_default_attrs = true}, &notes);
  EXPECT_THAT(notes, ElementsAre(HasSubstr("1 nodes keep")));
}

constexpr char kCalls[] = R"(
  meta_info_def { stripped_op_list { op { name: "A" } op { name: "B" }
                                     op { name: "C" } op { name: "D" } } }
  graph_def {
    node { name: "near" op: "A" }
    node { name: "first" op: "B" }
    node { name: "a" op: "PartitionedCall" input: "first:1" input: "^later"
           attr { key: "f" value { func { name: "f" } } }
           attr { key: "_class" value { list { s: "loc:@near" } } } }
    node { name: "later" op: "B" }
    node { name: "unused" op: "D" input: "a" }
    node { name: "if" op: "If" attr { key: "branches" value { list {
           func { name: "g" } } } } }
    library {
      function { signature { name: "f" } node_def { name: "n" op: "g" } }
      function { signature { name: "g" } node_def { name: "n" op: "C"
          attr { key: "r" value { func { name: "f" } } } } }
      function { signature { name: "h" } node_def { name: "n" op: "D" } }
      function { signature { name: "f_grad" } }
      gradient { function_name: "f" gradient_func: "f_grad" }
      gradient { function_name: "h" gradient_func: "g" }
    }
  }
  saver_def { filename_tensor_name: "a:0" save_tensor_name: "unused:0"
              restore_op_name: "a" }
  collection_def { key: "ops" value { node_list { value: "a:0" value: "unused" } } }
  collection_def { key: "words" value { bytes_list { value: "unused" } } }
  collection_def { key: "variables" value { bytes_list { value: "\n\006near:0"
      value: "\n\010unused:0" } } }
  signature_def { key: "in" value { outputs { key: "a" value { name: "a:0" } } } }
  signature_def { key: "out" value { outputs { key: "u" value { name: "unused:0" } } } }
)";

TEST(ExtractSubGraph, TakesWhatReachesTheOutputsInTheGraphsOrder) {
  std::vector<std::string> notes;
  const MetaGraph graph = Extract(FromText(kCalls), {"a:0"}, &notes);
  EXPECT_THAT(NodeNames(graph), ElementsAre("near", "first", "a", "later"));
  std::vector<std::string> functions;
  for (const auto& function : graph.functions()) {
    functions.push_back(function.name);
  }
  EXPECT_THAT(functions, ElementsAre("f", "g", "f_grad"));
  EXPECT_EQ(graph.def().graph_def().library().gradient_size(), 1);
  EXPECT_THAT(graph.op_definitions(), ElementsAre("A", "B", "C"));
  EXPECT_FALSE(graph.saver().has_value());
  EXPECT_THAT(graph.def().collection_def().at("ops").node_list().value(),
              ElementsAre("a:0"));
  EXPECT_THAT(graph.collection_bytes("words"), ElementsAre("unused"));
  EXPECT_EQ(graph.variables()->size(), 1u);
  EXPECT_EQ(graph.signatures().size(), 1u);
  EXPECT_EQ(notes.size(), 4u);
}

TEST(ExtractSubGraph, FindsFunctionsInLists) {
  const MetaGraph graph = Extract(FromText(kCalls), {"if"});
  EXPECT_EQ(graph.functions().size(), 3u);  // g needs f
}

TEST(ExtractSubGraph, RefusesWhatIsNotInTheGraph) {
  const MetaGraph source = FromText(kCalls);
  const std::vector<std::string> wrong = {"lateer"};
  const auto result = ExtractSubGraph(source, wrong);
  EXPECT_TRUE(absl::IsInvalidArgument(result.status()));
  EXPECT_THAT(Message(result.status()),
              HasSubstr("lateer is not in graph; did you mean later"));
  const MetaGraph broken =
      FromText("graph_def { node { name: 'a' input: 'gone:1' } }");
  const std::vector<std::string> a = {"a"};
  EXPECT_THAT(Message(ExtractSubGraph(broken, a).status()),
              HasSubstr("gone:1 is not in graph; it is an input of a"));
}

TEST(ExtractSubGraph, FollowsTensorFlowsLoops) {
  const MetaGraph source = Golden("tf1/rich_meta/model.ckpt-2.meta");
  std::vector<std::string> exits;
  for (size_t i = 0; i < source.num_nodes(); ++i) {
    if (source.node(i).op == "Exit") exits.push_back(source.node(i).name);
  }
  ASSERT_FALSE(exits.empty());
  const MetaGraph graph = Extract(source, exits);
  EXPECT_GT(graph.OpHistogram()["NextIteration"], 0u);
  EXPECT_EQ(graph.OpHistogram().count("SaveV2"), 0u);
  EXPECT_EQ(graph.collection_bytes("while_context").size(), 1u);
  EXPECT_LT(graph.op_definitions().size(), source.op_definitions().size());
}

// 075 (M4)
TEST(SetCollection, KindIsThatOfTheFirstElement) {
  const auto kind = [](std::vector<CollectionValue> values) {
    MetaGraph graph;
    EXPECT_EQ(SetCollection(graph, "c", values), "");
    return graph.collections().empty() ? "" : graph.collections()[0].kind;
  };
  EXPECT_EQ(kind({"x"}), "bytes_list");
  EXPECT_EQ(kind({int64_t{1}, int64_t{-2}}), "int64_list");
  EXPECT_EQ(kind({1.5, int64_t{2}}), "float_list");
  EXPECT_EQ(kind({GraphElement{"x:0"}}), "node_list");
  EXPECT_EQ(kind({AnyMessage{"type.googleapis.com/a", "b"}}), "any_list");
  EXPECT_EQ(kind({}), "");
}

// 075 (M4). Names that are no strings cannot be given here.
TEST(SetCollection, LeavesMixedValuesOutAndSaysSo) {
  const auto why = [](std::vector<CollectionValue> values) {
    MetaGraph graph;
    const std::string text = SetCollection(graph, "c", values);
    EXPECT_TRUE(graph.collections().empty());
    return text;
  };
  EXPECT_THAT(why({int64_t{1}, 2.5}), HasSubstr("when serializing c"));
  EXPECT_THAT(why({"x", int64_t{1}}), HasSubstr("when serializing c"));
  EXPECT_THAT(why({GraphElement{"x"}, "x"}), Not(IsEmpty()));
}

}  // namespace
}  // namespace cairn::graph
