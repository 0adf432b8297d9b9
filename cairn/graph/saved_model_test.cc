// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/saved_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cairn/base/memory_file_system.h"
#include "cairn/graph/meta_graph_import.h"

namespace cairn::graph {
namespace {

using ::testing::HasSubstr;

const std::string kCases = std::string(CAIRN_GOLDEN_DIR) + "/cases/";
const std::string kTwoGraphs = kCases + "tf1/saved_model/export";

SavedModel Read(const std::string& path) {
  auto model = SavedModel::Read(LocalFileSystem(), path);
  EXPECT_TRUE(model.ok()) << model.status();
  return model.ok() ? *std::move(model) : SavedModel();
}

TEST(SavedModel, FindsAMetaGraphByItsTagsInAnyOrder) {
  const SavedModel model = Read(kTwoGraphs);
  ASSERT_EQ(model.meta_graphs.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    std::vector<std::string> tags = model.meta_graphs[i].info().tags;
    std::reverse(tags.begin(), tags.end());
    const auto found = model.Find(tags);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(*found, i);
  }
}

TEST(SavedModel, NamesTheTagsThereAre) {
  const std::vector<std::string> tags = {"nope"};
  const auto found = Read(kTwoGraphs).Find(tags);
  EXPECT_TRUE(absl::IsNotFound(found.status()));
  EXPECT_THAT(Message(found.status()),
              HasSubstr("MetaGraphDef associated with tags {nope} could not be "
                        "found in SavedModel; available tags are {serve"));
}

// The same fields with the same contents, though maps may be in another order.
TEST(SavedModel, WritesWhatItReadWithTheFieldsItDoesNotKnow) {
  for (const std::string path :
       {"tf1/saved_model/export", "savedmodel/module/export",
        "savedmodel/keras215/export", "tf221/saved_model/export"}) {
    if (!LocalFileSystem().Exists(kCases + path + "/saved_model.pb")) {
      ADD_FAILURE() << path;
      continue;
    }
    const auto bytes = LocalFileSystem().ReadFile(
        kCases + path + "/saved_model.pb", MetaGraph::kMaxBytes);
    ASSERT_TRUE(bytes.ok());
    const auto model = SavedModel::Parse(*bytes);
    ASSERT_TRUE(model.ok()) << model.status();
    const std::string written = model->Serialize();
    EXPECT_EQ(written.size(), bytes->size()) << path;
    const auto again = SavedModel::Parse(written);
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again->Serialize(), written) << path;
  }
}

TEST(SavedModel, ChangesOneMetaGraphAndLeavesTheOther) {
  SavedModel model = Read(kTwoGraphs);
  const std::string other = model.meta_graphs[1].Serialize();
  MetaGraph moved;
  ASSERT_TRUE(
      ImportMetaGraph(moved, model.meta_graphs[0], {.import_scope = "s"}).ok());
  model.meta_graphs[0] = std::move(moved);
  const auto again = SavedModel::Parse(model.Serialize());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->meta_graphs[1].Serialize(), other);
  EXPECT_THAT(again->meta_graphs[0].node(0).name, ::testing::StartsWith("s/"));
}

TEST(SavedModel, KeepsUnknownFieldsOfItsOwn) {
  const std::string unknown = "\xca\x02\x03xyz";  // field 41
  const std::string empty_meta_graph("\x12\x00", 2);
  const auto model = SavedModel::Parse(empty_meta_graph + unknown);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(model->Serialize(), HasSubstr(unknown));
}

TEST(SavedModel, ReadsAndWritesText) {
  const SavedModel model = Read(kTwoGraphs);
  const auto text = model.SerializeAsText();
  ASSERT_TRUE(text.ok()) << text.status();
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.CreateDirectory("d").ok());
  {
    auto file = fs.CreateNew("d/saved_model.pbtxt");
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE((*file)->Append(*text).ok());
    ASSERT_TRUE((*file)->Close().ok());
  }
  const auto again = SavedModel::Read(fs, "d");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->Serialize(), model.Serialize());
}

TEST(SavedModel, RefusesTextThatWouldLoseTheObjectGraph) {
  const auto text = Read(kCases + "savedmodel/module/export").SerializeAsText();
  EXPECT_TRUE(absl::IsFailedPrecondition(text.status())) << text.status();
  EXPECT_THAT(Message(text.status()), HasSubstr("MetaGraphDef.7"));
}

TEST(SavedModel, RefusesWhatIsNone) {
  EXPECT_TRUE(absl::IsDataLoss(SavedModel::Parse("\xff").status()));
  EXPECT_THAT(Message(SavedModel::Parse("").status()),
              HasSubstr("without meta graphs"));
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.CreateDirectory("d").ok());
  const auto missing = SavedModel::Read(fs, "d");
  EXPECT_TRUE(absl::IsNotFound(missing.status()));
  EXPECT_THAT(Message(missing.status()),
              HasSubstr("SavedModel file does not exist at: d/"));
}

}  // namespace
}  // namespace cairn::graph
