// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/meta_graph_import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/graph/collection_elements.h"
#include "cairn/graph/test_graphs.h"
#include "cairn/proto/control_flow.pb.h"
#include "cairn/proto/meta_graph.pb.h"
#include "cairn/proto/queue_runner.pb.h"
#include "cairn/proto/variable.pb.h"

namespace cairn::graph {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr char kSmall[] = R"(
  graph_def {
    node { name: "x" op: "Placeholder" device: "/cpu:0" }
    node { name: "w" op: "VarHandleOp" }
    node { name: "y" op: "Strange" input: "x" input: "w" input: "^init" 
           attr { key: "_class" value { list { s: "loc:@w" } } } }
    node { name: "init" op: "NoOp" input: "^w" }
    node { name: "z" op: "Other" input: "y:1" input: "x:2" }
    versions { producer: 20 min_consumer: 3 }
  }
  saver_def { filename_tensor_name: "x:0" save_tensor_name: "y:0"
              restore_op_name: "init" }
  collection_def { key: "words" value { bytes_list { value: "hello" } } }
  collection_def { key: "ops" value { node_list { value: "y:1" } } }
  collection_def { key: "numbers" value { int64_list { value: 7 } } }
  signature_def { key: "s" value { inputs { key: "x" value { name: "x:0" } } } }
)";

std::vector<std::string> InputsOf(const MetaGraph& graph,
                                  const std::string& name) {
  const auto node = graph.FindNode(name);
  EXPECT_TRUE(node.has_value()) << name;
  return node ? node->inputs : std::vector<std::string>();
}

MetaGraph Import(const MetaGraph& source, const MetaGraphImportOptions& options,
                 MetaGraphImport* result = nullptr) {
  MetaGraph target;
  auto imported = ImportMetaGraph(target, source, options);
  EXPECT_TRUE(imported.ok()) << imported.status();
  if (imported.ok() && result != nullptr) *result = *std::move(imported);
  return target;
}

// 077 (M6)
TEST(ImportMetaGraph, ClearsDevices) {
  const MetaGraph source = FromText(kSmall);
  EXPECT_EQ(Import(source, {}).FindNode("x")->device, "/cpu:0");
  EXPECT_EQ(Import(source, {.clear_devices = true}).FindNode("x")->device, "");
}

// 082 (M10)
TEST(ImportMetaGraph, MovesNamesAndSaversAndStringCollectionsIntoTheScope) {
  MetaGraphImport result;
  const MetaGraph graph =
      Import(FromText(kSmall), {.import_scope = "net"}, &result);
  EXPECT_THAT(NodeNames(graph),
              ElementsAre("net/x", "net/w", "net/y", "net/init", "net/z"));
  EXPECT_THAT(InputsOf(graph, "net/y"),
              ElementsAre("net/x", "net/w", "^net/init"));
  EXPECT_THAT(InputsOf(graph, "net/z"), ElementsAre("net/y:1", "net/x:2"));
  EXPECT_EQ(graph.FindNode("net/y")->attrs[0].value, "[\"loc:@net/w\"]");
  EXPECT_EQ(graph.saver()->filename_tensor_name, "net/x:0");
  EXPECT_EQ(graph.saver()->save_tensor_name, "net/y:0");
  EXPECT_EQ(graph.saver()->restore_op_name, "net/init");
  EXPECT_THAT(graph.collection_bytes("words"), ElementsAre("net/hello"));
  EXPECT_EQ(graph.def().collection_def().at("ops").node_list().value(0),
            "net/y:1");
  EXPECT_EQ(graph.signatures().at("s").inputs.at("x").name, "net/x:0");
  EXPECT_EQ(result.scope, "net");
  EXPECT_THAT(result.notes,
              ElementsAre(HasSubstr("the strings of collection 'words'")));
}

// 082 (M10)
TEST(ImportMetaGraph, MovesEveryKindOfElementTensorFlowWrites) {
  const MetaGraph graph =
      Import(Golden("tf1/rich_meta/model.ckpt-2.meta"), {.import_scope = "s"});
  const auto variables = graph.variables();
  ASSERT_TRUE(variables.ok());
  for (const GraphVariable& variable : *variables) {
    EXPECT_THAT(variable.name, ::testing::StartsWith("s/"));
    EXPECT_TRUE(graph.FindNode(variable.initializer_name)) << variable.name;
    if (!variable.slice.empty()) {
      EXPECT_THAT(variable.slice, ::testing::StartsWith("s/emb"));
    }
  }
  proto::QueueRunnerDef runner;
  ASSERT_TRUE(
      runner.ParseFromString(graph.collection_bytes("queue_runners").at(0)));
  EXPECT_TRUE(graph.FindNode(runner.queue_name()));
  EXPECT_TRUE(graph.FindNode(runner.close_op_name()));
  proto::WhileContextDef loop;
  ASSERT_TRUE(
      loop.ParseFromString(graph.collection_bytes("while_context").at(0)));
  EXPECT_THAT(loop.context_name(), ::testing::StartsWith("s/"));
  for (const std::string& value : loop.values_def().values()) {
    EXPECT_TRUE(graph.FindNode(value.substr(0, value.find(':')))) << value;
  }
  EXPECT_FALSE(graph.collection_bytes("savers").empty());
}

// As TensorFlow does when it reads the contexts.
TEST(ImportMetaGraph, GivesLoopsTheFrameNameOfTheirContext) {
  const MetaGraph source = Golden("tf1/rich_meta/model.ckpt-2.meta");
  const MetaGraph graph = Import(source, {.import_scope = "s"});
  size_t moved = 0, kept = 0;
  for (size_t i = 0; i < source.num_nodes(); ++i) {
    const auto& before = source.def().graph_def().node(static_cast<int>(i));
    const auto& after = graph.def().graph_def().node(static_cast<int>(i));
    if (before.op() != "Enter") continue;
    const std::string& frame = before.attr().at("frame_name").s();
    // The loop of the gradients has no context of its own in the file.
    const bool has_context = !frame.starts_with("gradients/");
    ++(has_context ? moved : kept);
    EXPECT_EQ(after.attr().at("frame_name").s(),
              has_context ? "s/" + frame : frame);
  }
  EXPECT_GT(moved, 0u);
  EXPECT_GT(kept, 0u);
}

TEST(ImportMetaGraph, UsesAnotherScopeWhenItIsTakenUnlessASlashReusesIt) {
  const MetaGraph source = FromText(kSmall);
  MetaGraph graph = Import(source, {.import_scope = "net"});
  auto again = ImportMetaGraph(graph, source, {.import_scope = "net"});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->scope, "net_1");
  EXPECT_TRUE(graph.FindNode("net_1/x"));
  auto reused = ImportMetaGraph(graph, source, {.import_scope = "net/"});
  ASSERT_TRUE(reused.ok()) << reused.status();
  EXPECT_EQ(reused->scope, "net");
  EXPECT_TRUE(graph.FindNode("net/x_1"));
  EXPECT_THAT(InputsOf(graph, "net/y_1"),
              ElementsAre("net/x_1", "net/w_1", "^net/init_1"));
}

TEST(ImportMetaGraph, RefusesScopesThatAreNone) {
  MetaGraph graph;
  for (const std::string scope : {"_a", "a b", "/a", "a$"}) {
    const auto result =
        ImportMetaGraph(graph, FromText(kSmall), {.import_scope = scope});
    EXPECT_TRUE(absl::IsInvalidArgument(result.status())) << scope;
    EXPECT_THAT(Message(result.status()),
                HasSubstr("is not a valid scope name"));
  }
  EXPECT_EQ(graph.num_nodes(), 0u);
}

// 083 (M11)
TEST(ImportMetaGraph, TwiceWithoutScopeLeavesTheSaverAtTheFirstCopy) {
  const MetaGraph source = FromText(kSmall);
  MetaGraph graph = Import(source, {});
  const auto result = ImportMetaGraph(graph, source, {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(graph.num_nodes(), 10u);
  EXPECT_THAT(result->renamed, Contains(Pair("x", "x_1")));
  EXPECT_THAT(InputsOf(graph, "y_1"), ElementsAre("x_1", "w_1", "^init_1"));
  EXPECT_EQ(graph.FindNode("y_1")->attrs[0].value, "[\"loc:@w_1\"]");
  EXPECT_EQ(graph.saver()->restore_op_name, "init");
  EXPECT_EQ(graph.def().collection_def().at("ops").node_list().value_size(), 2);
  EXPECT_EQ(graph.def().collection_def().at("ops").node_list().value(1), "y:1");
  EXPECT_THAT(result->notes,
              ElementsAre(HasSubstr("name what was there before")));
}

TEST(ImportMetaGraph, UniqueNamesAvoidThoseThatComeLater) {
  MetaGraph graph = FromText("graph_def { node { name: 'x' op: 'A' } }");
  ASSERT_TRUE(ImportGraph(graph, FromText("graph_def { node { name: 'x' } "
                                          "node { name: 'x_1' } }"))
                  .ok());
  EXPECT_THAT(NodeNames(graph), ElementsAre("x", "x_2", "x_1"));
}

TEST(ImportMetaGraph, NamesOfScopesAreTakenToo) {
  MetaGraph graph = FromText("graph_def { node { name: 'a/b/c' } }");
  ASSERT_TRUE(ImportGraph(graph, FromText("graph_def { node { name: 'a' } "
                                          "node { name: 'a/b' } }"))
                  .ok());
  EXPECT_THAT(NodeNames(graph), ElementsAre("a/b/c", "a_1", "a/b_1"));
}

TEST(ImportMetaGraph, MapsInputs) {
  MetaGraph graph =
      FromText("graph_def { node { name: 'mine' } node { name: 'first' } }");
  const auto result = ImportMetaGraph(
      graph, FromText(kSmall),
      {.import_scope = "net",
       .input_map = {{"x:0", "mine:3"}, {"^init", "^first"}, {"y:1", "mine"}}});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(InputsOf(graph, "net/y"),
              ElementsAre("mine:3", "net/w", "^first"));
  EXPECT_THAT(InputsOf(graph, "net/z"), ElementsAre("mine", "net/x:2"));
}

TEST(ImportMetaGraph, RefusesMapsThatFitNothing) {
  const auto attempt = [](const std::map<std::string, std::string>& map) {
    MetaGraph graph = FromText("graph_def { node { name: 'mine' } }");
    const auto result =
        ImportMetaGraph(graph, FromText(kSmall), {.input_map = map});
    EXPECT_TRUE(absl::IsInvalidArgument(result.status())) << result.status();
    EXPECT_EQ(graph.num_nodes(), 1u);
    return Message(result.status());
  };
  EXPECT_THAT(attempt({{"q", "mine"}, {"r:1", "mine"}}),
              HasSubstr("Attempted to map inputs that were not found in "
                        "graph_def: [q, r:1]"));
  EXPECT_THAT(attempt({{"x", "yours"}}), HasSubstr("'yours'"));
  EXPECT_THAT(attempt({{"^x", "mine"}}), HasSubstr("cannot be mapped"));
  EXPECT_THAT(attempt({{"x:one", "mine"}}),
              HasSubstr("Cannot convert 'x:one' to a tensor name"));
}

TEST(ImportMetaGraph, RefusesBrokenGraphsInTensorFlowsWords) {
  const auto attempt = [](const std::string& nodes) {
    MetaGraph graph;
    const Status status =
        ImportMetaGraph(graph, FromText("graph_def {" + nodes + "}")).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_EQ(graph.num_nodes(), 0u);
    return Message(status);
  };
  EXPECT_THAT(attempt("node { name: 'a' input: 'b:1' }"),
              HasSubstr("Node 'a': Unknown input node 'b:1'"));
  EXPECT_THAT(attempt("node { name: 'a' } node { name: 'a' }"),
              HasSubstr("Node 'a' is not unique"));
  EXPECT_THAT(attempt("node { op: 'NoOp' }"), HasSubstr("has no name"));
}

TEST(ImportMetaGraph, KeepsLoops) {
  const MetaGraph graph =
      Import(FromText("graph_def { node { name: 'a' input: 'b' } "
                      "node { name: 'b' input: 'a' } }"),
             {.import_scope = "s"});
  EXPECT_THAT(InputsOf(graph, "s/a"), ElementsAre("s/b"));
}

TEST(ImportMetaGraph, JoinsFunctionsUnlessTheyDiffer) {
  const std::string f = "library { function { signature { name: 'f' } } }";
  const std::string g =
      "library { function { signature { name: 'f' is_stateful: true } } }";
  MetaGraph graph = FromText("graph_def {" + f + "}");
  ASSERT_TRUE(ImportMetaGraph(graph, FromText("graph_def {" + f + "}")).ok());
  EXPECT_EQ(graph.functions().size(), 1u);
  EXPECT_THAT(
      Message(
          ImportMetaGraph(graph, FromText("graph_def {" + g + "}")).status()),
      HasSubstr("Cannot add function 'f' because a different function "
                "with the same name already exists."));
}

TEST(ImportMetaGraph, TakesVersionsThatCanReadBoth) {
  MetaGraph graph = FromText(
      "graph_def { versions { producer: 10 min_consumer: 1 "
      "bad_consumers: 4 } }");
  ASSERT_TRUE(ImportMetaGraph(
                  graph, FromText("graph_def { versions { producer: 20 "
                                  "min_consumer: 3 bad_consumers: [2, 4] } }"))
                  .ok());
  const auto& versions = graph.def().graph_def().versions();
  EXPECT_EQ(versions.producer(), 10);
  EXPECT_EQ(versions.min_consumer(), 3);
  EXPECT_THAT(versions.bad_consumers(), ElementsAre(2, 4));
}

// 080 (M8)
TEST(ImportMetaGraph, NeedsTheWholeMapForUnboundInputs) {
  const MetaGraph source = FromText(R"(
      graph_def { node { name: "y" input: "$unbound_inputs_x:1" 
                         input: "^$unbound_inputs_g" } }
      collection_def { key: "unbound_inputs" value { bytes_list {
          value: "$unbound_inputs_x:1" value: "$unbound_inputs_x:1"
          value: "^$unbound_inputs_g" } } })");
  MetaGraph graph = FromText("graph_def { node { name: 'in' } }");
  MetaGraphImportOptions options;
  EXPECT_THAT(Message(ImportMetaGraph(graph, source, options).status()),
              HasSubstr("Graph contains unbound inputs: $unbound_inputs_x:1,"
                        "^$unbound_inputs_g. Must provide these inputs through "
                        "input_map."));
  options.input_map["$unbound_inputs_x:1"] = "in:0";
  EXPECT_THAT(Message(ImportMetaGraph(graph, source, options).status()),
              HasSubstr("Graph contains unbound inputs: ^$unbound_inputs_g."));
  options.input_map["^$unbound_inputs_g"] = "^in";
  const auto result = ImportMetaGraph(graph, source, options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(InputsOf(graph, "y"), ElementsAre("in", "^in"));
  EXPECT_THAT(graph.collections(), IsEmpty());
}

TEST(ImportMetaGraph, ImportsOnlyTheCollectionsItIsTold) {
  const MetaGraph graph =
      Import(FromText(kSmall), {.restore_collection = [](std::string_view n) {
               return n == "numbers";
             }});
  ASSERT_EQ(graph.collections().size(), 1u);
  EXPECT_EQ(graph.collections()[0].name, "numbers");
}

TEST(ImportMetaGraph, SkipsCollectionsWithoutKindAndOnesOfAnotherKind) {
  MetaGraphImport result;
  MetaGraph graph =
      Import(FromText("collection_def { key: 'odd' value {} }"), {}, &result);
  EXPECT_THAT(result.notes, ElementsAre(HasSubstr("Cannot identify data type "
                                                  "for collection odd")));
  EXPECT_THAT(graph.collections(), IsEmpty());
  graph = FromText("collection_def { key: 'words' value { node_list {} } }");
  const auto imported = ImportMetaGraph(graph, FromText(kSmall));
  ASSERT_TRUE(imported.ok());
  EXPECT_THAT(imported->notes, ElementsAre(HasSubstr("'words' holds other")));
}

TEST(ImportMetaGraph, RefusesElementsThatAreNotWhatTheyShouldBe) {
  for (const std::string key : {"variables", "savers", "queue_runners",
                                "while_context", "cond_context"}) {
    MetaGraph graph;
    const Status status =
        ImportMetaGraph(graph, FromText("collection_def { key: '" + key +
                                        "' value { bytes_list { value: '\\377' "
                                        "} } }"))
            .status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << key << status;
    EXPECT_THAT(Message(status), HasSubstr("collection '" + key + "'"));
  }
}

TEST(ImportMetaGraph, LeavesBytesThatAreNoTextAlone) {
  MetaGraphImport result;
  const MetaGraph graph =
      Import(FromText("collection_def { key: 'b' value { bytes_list { "
                      "value: '\\377' value: 't' } } }"),
             {.import_scope = "s"}, &result);
  EXPECT_THAT(graph.collection_bytes("b"), ElementsAre("\377", "s/t"));
  EXPECT_THAT(result.notes, Contains(HasSubstr("1 elements")));
}

std::string OldGraph(const std::string& version) {
  return "meta_info_def { tensorflow_version: '" + version + R"(' }
      collection_def { key: "variables" value { bytes_list {
          value: "\n\001a" value: "\n\001b" } } }
      collection_def { key: "trainable_variables" value { bytes_list {
          value: "\n\001b" } } })";
}

// M13
TEST(MetaGraph, TakesTrainableOfOldFilesFromTheCollection) {
  for (const std::string version : {"1.8.0", "1.9.0-rc0", "0.12.1"}) {
    const MetaGraph old = FromText(OldGraph(version));
    const auto variables = old.variables();
    ASSERT_TRUE(variables.ok());
    EXPECT_FALSE((*variables)[0].trainable) << version;
    EXPECT_TRUE((*variables)[1].trainable) << version;
    const auto imported = Import(old, {.import_scope = "s"}).variables();
    ASSERT_TRUE(imported.ok());
    EXPECT_FALSE((*imported)[0].trainable);
    EXPECT_TRUE((*imported)[1].trainable);
    EXPECT_EQ((*imported)[1].name, "s/b");
  }
  for (const std::string version : {"1.9.0", "1.15.5", "2.15.1", "", "odd"}) {
    EXPECT_FALSE((*FromText(OldGraph(version)).variables())[1].trainable)
        << version;
  }
}

// 084 (C9 M12): the caller's value stays as it is.
TEST(SaverInfo, MovesInAndOutOfScopes) {
  const SaverInfo saver{.filename_tensor_name = "save/Const:0",
                        .save_tensor_name = "save/control_dependency:0",
                        .restore_op_name = "save/restore_all"};
  const SaverInfo inside = SaverInScope(saver, "a/b");
  EXPECT_EQ(inside.filename_tensor_name, "a/b/save/Const:0");
  EXPECT_EQ(inside.save_tensor_name, "a/b/save/control_dependency:0");
  EXPECT_EQ(inside.restore_op_name, "a/b/save/restore_all");
  EXPECT_EQ(saver.restore_op_name, "save/restore_all");
  const auto outside = SaverOutOfScope(inside, "a");
  ASSERT_TRUE(outside.has_value());
  EXPECT_EQ(outside->restore_op_name, "b/save/restore_all");
  EXPECT_EQ(inside.restore_op_name, "a/b/save/restore_all");
  EXPECT_FALSE(SaverOutOfScope(inside, "b").has_value());
  SaverInfo mixed = inside;
  mixed.save_tensor_name = "elsewhere:0";
  EXPECT_FALSE(SaverOutOfScope(mixed, "a").has_value());
}

TEST(ImportMetaGraph, KeepsWhatItDoesNotKnow) {
  MetaGraph source = FromText(kSmall);
  const std::string object_graph = "\x3a\x02\x08\x01";  // field 7
  const auto with = MetaGraph::Parse(source.Serialize() + object_graph);
  ASSERT_TRUE(with.ok());
  const std::string bytes = Import(*with, {.import_scope = "s"}).Serialize();
  EXPECT_NE(bytes.find(object_graph), std::string::npos);
}

}  // namespace
}  // namespace cairn::graph
