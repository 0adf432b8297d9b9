// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/graph_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cairn/cli/test_console.h"

namespace cairn::cli {
namespace {

using nlohmann::json;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Result {
  int exit_code;
  std::string out, err;
};

Result Graph(const GraphOptions& options) {
  TestConsole test;
  const int exit_code = RunGraph(LocalFileSystem(), options, test.console);
  return {exit_code, test.out.str(), test.err.str()};
}

const std::string kObjects = GoldenPath("seed/v2/tf_ckpt_v2/ckpt-2");
const std::string kNames = GoldenPath("seed/v1/epoch2/model");

TEST(Graph, DrawsTheObjectGraphAsATree) {
  const Result result = Graph({.path = kObjects});
  EXPECT_EQ(result.exit_code, kExitOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("\n(root)\n├─ net\n"));
  EXPECT_THAT(result.out, HasSubstr("layer_with_weights-0, layer-0\n"));
  EXPECT_THAT(result.out, HasSubstr("optimizer -> (root).optimizer\n"));
  EXPECT_THAT(
      result.out,
      ContainsRegex("kernel +float32 +\\[3,3,1,16\\] +conv2d/kernel +slots m, "
                    "v\n"));
  EXPECT_THAT(result.out,
              HasSubstr("\n62 objects, 23 values and 24 slots, 662,236 bytes"));
}

TEST(Graph, PrintsTheNodesAsJson) {
  const Result result = Graph({.path = kObjects, .json = true});
  EXPECT_EQ(result.exit_code, kExitOk) << result.err;
  const json graph = json::parse(result.out);
  ASSERT_EQ(graph["nodes"].size(), 62u);
  EXPECT_EQ(graph["nodes"][0]["children"][0],
            json({{"name", "net"}, {"id", 1}}));
  EXPECT_EQ(graph["nodes"][2]["slots"][0],
            json({{"slot_name", "m"}, {"variable", 20}, {"slot", 38}}));
  EXPECT_EQ(graph["nodes"][20]["attributes"][0]["full_name"], "conv2d/kernel");
}

TEST(Graph, ShowsTheMetaGraphOfANameBasedCheckpoint) {
  const Result result = Graph({.path = kNames});
  EXPECT_EQ(result.exit_code, kExitOk) << result.err;
  EXPECT_THAT(result.err, HasSubstr("model.meta"));
  EXPECT_THAT(result.out, HasSubstr("2.15.1"));
  EXPECT_THAT(result.out, HasSubstr("feed save/Const:0"));
  EXPECT_THAT(result.out, ContainsRegex("\n +12  ResourceApplyAdam\n"));
}

TEST(Graph, ListsNodes) {
  const Result text = Graph({.path = kNames + ".meta", .nodes = true});
  EXPECT_EQ(text.exit_code, kExitOk) << text.err;
  EXPECT_THAT(text.out, ContainsRegex("\nsave/restore_all +NoOp "));
  const Result result =
      Graph({.path = kNames + ".meta", .json = true, .nodes = true});
  const json graphs = json::parse(result.out);
  ASSERT_EQ(graphs["meta_graphs"].size(), 1u);
  const json& graph = graphs["meta_graphs"][0];
  EXPECT_EQ(graph["nodes"].size(), graph["node_count"]);
  EXPECT_EQ(graph["saver"]["restore_op_name"], "save/restore_all");
}

TEST(Graph, PrintsTheSummaryAsJsonWithoutNodes) {
  const json graphs =
      json::parse(Graph({.path = kNames + ".meta", .json = true}).out);
  const json& graph = graphs["meta_graphs"][0];
  EXPECT_FALSE(graph.contains("nodes"));
  EXPECT_EQ(graph["ops"]["ResourceApplyAdam"], 12);
  EXPECT_EQ(graph["variables"].size(), 45u);
}

TEST(Graph, ShowsEveryMetaGraphOfASavedModel) {
  const std::string path = GoldenPath("tf1/saved_model/export");
  const Result result = Graph({.path = path, .json = true});
  EXPECT_EQ(result.exit_code, kExitOk) << result.err;
  EXPECT_EQ(json::parse(result.out)["meta_graphs"].size(), 2u);
}

TEST(Graph, ChoosesWhatItIsTold) {
  const std::string path = GoldenPath("savedmodel/module/export");
  EXPECT_TRUE(
      json::parse(Graph({.path = path, .json = true}).out).contains("nodes"));
  EXPECT_TRUE(
      json::parse(
          Graph({.path = path, .json = true, .choice = GraphChoice::kMeta}).out)
          .contains("meta_graphs"));
  EXPECT_TRUE(json::parse(Graph({.path = path + "/saved_model.pb",
                                 .json = true,
                                 .choice = GraphChoice::kObjects})
                              .out)
                  .contains("nodes"));
}

TEST(Graph, AnswersNoWithoutAnyGraph) {
  const Result result = Graph({.path = GoldenPath("names/odd/odd")});
  EXPECT_EQ(result.exit_code, kExitNo);
  EXPECT_THAT(result.err, HasSubstr("no object graph"));
  EXPECT_THAT(result.err, HasSubstr("no meta graph"));
}

}  // namespace
}  // namespace cairn::cli
