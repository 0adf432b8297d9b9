// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/meta_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cairn/base/memory_file_system.h"
#include "cairn/cli/test_console.h"
#include "cairn/graph/saved_model.h"

namespace cairn::cli {
namespace {

using nlohmann::json;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Result {
  int exit_code;
  std::string out, err;
};

Result Meta(FileSystem& fs, const MetaOptions& options) {
  TestConsole test;
  const int exit_code = RunMeta(fs, options, test.console);
  return {exit_code, test.out.str(), test.err.str()};
}
Result Meta(const MetaOptions& options) {
  return Meta(LocalFileSystem(), options);
}

const std::string kSeed = GoldenPath("seed/v1/epoch2/model.meta");
const std::string kRich = GoldenPath("tf1/rich_meta/model.ckpt-2.meta");
const std::string kTwoGraphs = GoldenPath("tf1/saved_model/export");

// A file in memory with one of the golden graphs.
void Copy(FileSystem& fs, const std::string& from, const std::string& to) {
  const auto bytes = LocalFileSystem().ReadFile(from, uint64_t{1} << 30);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  auto file = fs.CreateNew(to);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE((*file)->Append(*bytes).ok());
  ASSERT_TRUE((*file)->Close().ok());
}

TEST(Meta, ShowsEdgesDevicesAndFunctions) {
  const Result result = Meta({.path = kRich});
  EXPECT_EQ(result.exit_code, kExitOk) << result.err;
  EXPECT_THAT(result.out,
              ContainsRegex("edges +[0-9,]+ data, [0-9,]+ control"));
  EXPECT_THAT(result.out, HasSubstr("with loops"));
  EXPECT_THAT(Meta({.path = kSeed}).out, HasSubstr("no loops"));
  EXPECT_THAT(Meta({.path = kSeed}).out,
              ContainsRegex(
                  "\n  function +batch_normalization_cond_true_43\\(.*, ... 1 "
                  "more\\) -> \\(.*\\), 12 nodes\n"));
}

TEST(Meta, ShowsAllMetaGraphsOfASavedModelOrTheOneWithTheTags) {
  const json all =
      json::parse(Meta({.path = kTwoGraphs, .json = true}).out)["meta_graphs"];
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]["graph"]["missing_inputs"], 0);
  const std::vector<std::string> tags = all[1]["tags"];
  const json one =
      json::parse(Meta({.path = kTwoGraphs, .tags = tags, .json = true}).out);
  ASSERT_EQ(one["meta_graphs"].size(), 1u);
  EXPECT_EQ(one["meta_graphs"][0], all[1]);
}

TEST(Meta, AsksWhichMetaGraphIsMeant) {
  const Result result =
      Meta({.action = MetaAction::kNodes, .path = kTwoGraphs});
  EXPECT_EQ(result.exit_code, kExitTrouble);
  EXPECT_THAT(result.err, HasSubstr("has 2 meta graphs; choose one with --tags "
                                    "serve"));
  const Result wrong = Meta(
      {.action = MetaAction::kNodes, .path = kTwoGraphs, .tags = {"nope"}});
  EXPECT_THAT(wrong.err, HasSubstr("available tags are {serve"));
}

TEST(Meta, FindsTheMetaGraphBesideACheckpoint) {
  const Result result = Meta(
      {.action = MetaAction::kOps, .path = GoldenPath("seed/v1/epoch2/model")});
  EXPECT_EQ(result.exit_code, kExitOk);
  EXPECT_THAT(result.err, HasSubstr("model.meta"));
  EXPECT_THAT(result.out, ContainsRegex("\n +12  ResourceApplyAdam"));
  EXPECT_THAT(result.out, HasSubstr("55 definitions"));
}

Result Nodes(const MetaNodesOptions& nodes, bool as_json = false) {
  return Meta({.action = MetaAction::kNodes,
               .path = kSeed,
               .json = as_json,
               .nodes = nodes});
}

TEST(Meta, SelectsNodes) {
  EXPECT_THAT(Nodes({.op = "Conv2D"}).out, HasSubstr("\n2 nodes\n"));
  EXPECT_THAT(Nodes({.name = "conv2d/kern?l"}).out, HasSubstr("\n1 node\n"));
  EXPECT_THAT(Nodes({.op = "Conv2D", .attr = "padding=\"VALID\""}).out,
              ContainsRegex("\n[12] nodes?\n"));
  EXPECT_EQ(Nodes({.op = "Conv2D", .attr = "padding=\"ODD\""}).exit_code,
            kExitNo);
  EXPECT_EQ(Nodes({.device = "tpu"}).exit_code, kExitNo);
  EXPECT_THAT(Nodes({.inputs_of = "save/restore_all"}).out,
              HasSubstr("\n16 nodes\n"));
  EXPECT_THAT(
      Nodes({.op = "ReadVariableOp", .consumers_of = "conv2d/kernel"}).out,
      HasSubstr("conv2d/kernel/Read/ReadVariableOp"));
}

TEST(Meta, ShowsOneNodeInFullAndTheWayBetweenTwo) {
  const Result node = Nodes({.node = "conv2d/kernel"});
  EXPECT_THAT(node.out, ContainsRegex("op +VarHandleOp"));
  EXPECT_THAT(node.out,
              ContainsRegex("attribute +shape: shape \\[3,3,1,16\\]"));
  EXPECT_THAT(node.out, ContainsRegex("consumer +conv2d/kernel/Assign"));
  const Result path =
      Nodes({.path = {"conv2d/kernel", "save/control_dependency"}}, true);
  EXPECT_EQ(path.exit_code, kExitOk);
  EXPECT_THAT(path.out, StartsWith("{\"name\":\"conv2d/kernel\""));
  EXPECT_EQ(Nodes({.path = {"save/restore_all", "conv2d/kernel"}}).exit_code,
            kExitNo);
}

TEST(Meta, NamesNodesNearTheOneThatIsNotThere) {
  const Result result = Nodes({.node = "conv2d/kernal"});
  EXPECT_EQ(result.exit_code, kExitNo);
  EXPECT_THAT(result.err, HasSubstr("did you mean conv2d/kernel"));
  EXPECT_EQ(Nodes({.function = "nope"}).exit_code, kExitNo);
}

TEST(Meta, ShowsTheBodyOfAFunction) {
  const json graphs =
      json::parse(Meta({.path = kSeed, .json = true}).out)["meta_graphs"];
  const json function = graphs[0]["functions"][0];
  const Result result =
      Nodes({.function = function["name"].get<std::string>()}, true);
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'),
            function["node_count"].get<int>());
}

TEST(Meta, DecodesCollections) {
  const json all = json::parse(
      Meta({.action = MetaAction::kCollections, .path = kRich, .json = true})
          .out)["collections"];
  EXPECT_THAT(all["queue_runners"]["elements"][0].get<std::string>(),
              HasSubstr("enqueue_op_name: "));
  EXPECT_THAT(all["while_context"]["elements"][0].get<std::string>(),
              HasSubstr("loop_exit_names: "));
  EXPECT_THAT(all["variables"]["elements"].dump(),
              HasSubstr(", a part of emb/table"));
  EXPECT_EQ(all["my_int"]["kind"], "int64_list");
  const Result text = Meta({.action = MetaAction::kCollections, .path = kRich});
  EXPECT_THAT(text.out, HasSubstr("\nvariables bytes_list, 18 elements\n"));
}

TEST(Meta, ComparesTheSaverWithACheckpoint) {
  const Result fits = Meta({.action = MetaAction::kSaver,
                            .path = kRich,
                            .checkpoint = GoldenPath("tf1/rich_meta")});
  EXPECT_EQ(fits.exit_code, kExitOk) << fits.err;
  EXPECT_THAT(fits.out, HasSubstr("; 0 do not fit, 0 only in the checkpoint"));
  EXPECT_THAT(fits.out, HasSubstr("37 4 13,12:0,4"));
  const Result other = Meta({.action = MetaAction::kSaver,
                             .path = kRich,
                             .json = true,
                             .checkpoint = GoldenPath("seed/v1/epoch2/model")});
  EXPECT_EQ(other.exit_code, kExitNo);
  const json report = json::parse(other.out);
  EXPECT_EQ(report["differences"]["net/w"], "is missing there");
  EXPECT_EQ(report["extra"].size(), 16u);
}

TEST(Meta, SaysWhenThereIsNoSaver) {
  MemoryFileSystem fs;
  auto file = fs.CreateNew("m.meta");
  ASSERT_TRUE((*file)->Close().ok());
  const Result none =
      Meta(fs, {.action = MetaAction::kSaver, .path = "m.meta"});
  EXPECT_EQ(none.exit_code, kExitNo);
  EXPECT_THAT(none.err, HasSubstr("has no Saver"));
}

Result Edit(FileSystem& fs, const std::string& path,
            const MetaEditOptions& edit) {
  return Meta(fs, {.action = MetaAction::kEdit, .path = path, .edit = edit});
}

TEST(Meta, EditsWhatItIsTold) {
  MemoryFileSystem fs;
  Copy(fs, kSeed, "m.meta");
  const Result result = Edit(fs, "m.meta",
                             {.out = "e.meta",
                              .import_scope = "s",
                              .collections = {{"variables"}},
                              .clear_devices = true,
                              .strip_default_attrs = true});
  EXPECT_EQ(result.exit_code, kExitOk) << result.err;
  EXPECT_THAT(result.out, StartsWith("e.meta: 648 nodes, "));
  const auto edited = graph::MetaGraph::Read(fs, "e.meta");
  ASSERT_TRUE(edited.ok());
  EXPECT_TRUE(edited->FindNode("s/conv2d/kernel"));
  EXPECT_TRUE(edited->info().stripped_default_attrs);
  EXPECT_EQ(edited->collections().size(), 1u);
  EXPECT_EQ(edited->saver()->restore_op_name, "s/save/restore_all");
}

// 080 (M8)
TEST(Meta, ExportsAScopeWithAllItsOptionsInOneStep) {
  MemoryFileSystem fs;
  Copy(fs, kSeed, "m.meta");
  const Result result = Edit(fs, "m.meta",
                             {.out = "e.meta",
                              .export_scope = "max_pooling2d/",
                              .collections = {{"variables"}},
                              .clear_devices = true});
  EXPECT_EQ(result.exit_code, kExitOk) << result.err;
  const auto edited = graph::MetaGraph::Read(fs, "e.meta");
  ASSERT_TRUE(edited.ok());
  EXPECT_TRUE(edited->FindNode("MaxPool"));
  EXPECT_FALSE(edited->collection_bytes("unbound_inputs").empty());
  const Result again =
      Edit(fs, "e.meta", {.out = "f.meta", .import_scope = "s"});
  EXPECT_EQ(again.exit_code, kExitTrouble);
  EXPECT_THAT(again.err, HasSubstr("Graph contains unbound inputs: "));
}

TEST(Meta, ReplacesNoFileUnlessForced) {
  MemoryFileSystem fs;
  Copy(fs, kSeed, "m.meta");
  const Result result =
      Edit(fs, "m.meta", {.out = "m.meta", .extract = {"conv2d/kernel"}});
  EXPECT_EQ(result.exit_code, kExitTrouble);
  EXPECT_THAT(result.err, HasSubstr("--force"));
  EXPECT_EQ(graph::MetaGraph::Read(fs, "m.meta")->num_nodes(), 648u);
  const Result forced =
      Edit(fs, "m.meta",
           {.out = "m.meta", .extract = {"conv2d/kernel"}, .force = true});
  EXPECT_EQ(forced.exit_code, kExitOk) << forced.err;
  EXPECT_THAT(forced.err, HasSubstr("the Saver is left out"));
  EXPECT_THAT(forced.out, HasSubstr("1 node of 648"));
  EXPECT_EQ(graph::MetaGraph::Read(fs, "m.meta")->num_nodes(), 1u);
}

TEST(Meta, LeavesNothingWhenAnEditFails) {
  MemoryFileSystem fs;
  Copy(fs, kSeed, "m.meta");
  const Result result =
      Edit(fs, "m.meta", {.out = "e.meta", .extract = {"nope"}});
  EXPECT_EQ(result.exit_code, kExitTrouble);
  EXPECT_THAT(result.err, HasSubstr("nope is not in graph"));
  EXPECT_FALSE(fs.Exists("e.meta"));
}

// 076 (M5)
TEST(Meta, WritesTextThatReadsBackTheSame) {
  MemoryFileSystem fs;
  Copy(fs, kRich, "m.meta");
  ASSERT_EQ(
      Edit(fs, "m.meta", {.out = "t.meta.pbtxt", .as_text = true}).exit_code,
      kExitOk);
  ASSERT_EQ(Edit(fs, "t.meta.pbtxt", {.out = "b.meta"}).exit_code, kExitOk);
  EXPECT_THAT(*fs.ReadFile("t.meta.pbtxt", 1 << 30),
              HasSubstr("meta_info_def {"));
  EXPECT_EQ(graph::MetaGraph::Read(fs, "b.meta")->Serialize(),
            graph::MetaGraph::Read(fs, "m.meta")->Serialize());
}

TEST(Meta, EditsOneMetaGraphOfASavedModel) {
  MemoryFileSystem fs;
  Copy(fs, kTwoGraphs + "/saved_model.pb", "saved_model.pb");
  MetaOptions options = {.action = MetaAction::kEdit,
                         .path = "saved_model.pb",
                         .tags = {"serve"},
                         .edit = {.out = "out.pb", .import_scope = "s"}};
  const Result result = Meta(fs, options);
  EXPECT_EQ(result.exit_code, kExitOk) << result.err;
  const auto before = graph::SavedModel::Read(fs, "saved_model.pb");
  const auto after = graph::SavedModel::Read(fs, "out.pb");
  ASSERT_TRUE(before.ok() && after.ok());
  EXPECT_THAT(after->meta_graphs[0].node(0).name, StartsWith("s/"));
  EXPECT_EQ(after->meta_graphs[1].Serialize(),
            before->meta_graphs[1].Serialize());
  options.edit.out = "one.meta";
  EXPECT_EQ(Meta(fs, options).exit_code, kExitOk);
  EXPECT_EQ(graph::MetaGraph::Read(fs, "one.meta")->Serialize(),
            after->meta_graphs[0].Serialize());
}

TEST(Meta, RefusesFilesThatAreNone) {
  MemoryFileSystem fs;
  auto file = fs.CreateNew("m.meta");
  ASSERT_TRUE((*file)->Append("\xff\xff").ok());
  ASSERT_TRUE((*file)->Close().ok());
  for (const MetaAction action :
       {MetaAction::kShow, MetaAction::kNodes, MetaAction::kOps,
        MetaAction::kCollections, MetaAction::kSaver, MetaAction::kEdit}) {
    const Result result = Meta(
        fs, {.action = action, .path = "m.meta", .edit = {.out = "e.meta"}});
    EXPECT_EQ(result.exit_code, kExitNo);
    EXPECT_THAT(result.err, HasSubstr("m.meta"));
  }
  EXPECT_EQ(Meta({.path = "/nowhere/m.meta"}).exit_code, kExitTrouble);
}

}  // namespace
}  // namespace cairn::cli
