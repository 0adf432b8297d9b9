// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/meta_graph_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/memory_file_system.h"
#include "cairn/inspect/golden_manifest.h"

namespace cairn::inspect {
namespace {

using nlohmann::json;

// Compares each graph in the case's manifest that `file` holds.
void ExpectAsInManifest(const std::string& golden_case, const std::string& file,
                        TargetKind kind) {
  const auto graphs = ReadMetaGraphs(
      LocalFileSystem(), {kind, GoldenPath(golden_case + "/" + file), ""});
  ASSERT_TRUE(graphs.ok()) << graphs.status();
  const json manifest = ReadJson(GoldenPath(golden_case + "/manifest.json"));
  json all;
  for (const json& graph : manifest["graphs"]) {
    if (graph["path"] != file) continue;
    all = graph.contains("meta_graphs") ? graph["meta_graphs"]
                                        : json::array({graph});
  }
  size_t compared = 0;
  for (const json& expected : all) {
    ASSERT_LT(compared, graphs->size());
    const MetaGraphSummary summary = Summarize((*graphs)[compared++]);
    EXPECT_EQ(summary.info.tensorflow_version, expected["tensorflow_version"]);
    EXPECT_EQ(json(summary.info.tags), expected["tags"]);
    EXPECT_EQ(summary.num_nodes, expected["nodes"]);
    EXPECT_EQ(json(summary.ops), expected["ops"]);
    EXPECT_EQ(summary.functions.size(), expected["functions"]);
    EXPECT_EQ(summary.collections.size(), expected["collections"].size());
    for (const auto& collection : summary.collections) {
      const json& stored = expected["collections"][collection.name];
      EXPECT_EQ(collection.kind, stored["kind"]);
      EXPECT_EQ(collection.size, stored["count"]);
    }
    EXPECT_EQ(summary.signatures.size(), expected["signatures"].size());
    EXPECT_TRUE(summary.variables_status.ok()) << summary.variables_status;
  }
  EXPECT_EQ(compared, graphs->size());
  EXPECT_GT(compared, 0u);
}

TEST(Summarize, AgreesWithTensorFlowOnTheSeedsMetaGraph) {
  ExpectAsInManifest("seed/v1", "epoch2/model.meta", TargetKind::kMetaGraph);
}

TEST(Summarize, AgreesWithTensorFlowOnSavedModels) {
  ExpectAsInManifest("tf1/saved_model", "export/saved_model.pb",
                     TargetKind::kSavedModel);
  ExpectAsInManifest("savedmodel/module", "export/saved_model.pb",
                     TargetKind::kSavedModel);
}

TEST(ReadMetaGraphs, RefusesDamagedSavedModels) {
  MemoryFileSystem fs;
  fs.Put("empty", "");
  fs.Put("garbage", "\xff\xff garbage");
  for (const char* path : {"empty", "garbage"}) {
    const auto graphs = ReadMetaGraphs(fs, {TargetKind::kSavedModel, path, ""});
    EXPECT_TRUE(absl::IsDataLoss(graphs.status())) << graphs.status();
  }
  EXPECT_TRUE(absl::IsNotFound(
      ReadMetaGraphs(fs, {TargetKind::kSavedModel, "absent", ""}).status()));
}

TEST(ReadMetaGraphs, RefusesCheckpoints) {
  EXPECT_TRUE(absl::IsInvalidArgument(
      ReadMetaGraphs(LocalFileSystem(), {TargetKind::kBundle, "x", ""})
          .status()));
}

}  // namespace
}  // namespace cairn::inspect
