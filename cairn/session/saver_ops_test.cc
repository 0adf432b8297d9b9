// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// A Saver's ops, alone and as TensorFlow's own graphs use them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "cairn/base/file_system.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/session/test_graphs.h"

namespace cairn::session {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string Golden(const std::string& name) {
  return std::string(CAIRN_GOLDEN_DIR) + "/cases/" + name;
}

TEST(SaverOps, WriteAndReadSlicesInBothFormats) {
  TestGraph graph;
  graph.Node("data", "Placeholder", {}).Type("dtype", 1);
  graph.Strings("names", {"w"});
  graph.Strings("top", {"4 2 0,2:-"});
  graph.Strings("middle", {"4 2 1,1:0,1"});
  graph.Strings("all", {""});
  graph.Strings("wrong", {"5 2 0,2:-"});
  graph.Strings("v2", {"d/x"});
  graph.Strings("v1", {"d/y"});
  graph.Node("save2", "SaveV2", {"v2", "names", "top", "data"})
      .Types("dtypes", {1});
  graph.Node("save1", "SaveSlices", {"v1", "names", "top", "data"})
      .Types("T", {1});
  for (const char* file : {"v2", "v1"}) {
    for (const char* spec : {"top", "middle", "all", "wrong"}) {
      graph.Node(StrCat(file, spec), "RestoreV2", {file, "names", spec})
          .Types("dtypes", {1});
    }
  }
  graph.Node("type", "RestoreV2", {"v2", "names", "top"}).Types("dtypes", {2});
  graph.Node("missing", "RestoreV2", {"v2", "top", "all"}).Types("dtypes", {1});
  graph.Node("nothing", "RestoreV2", {"all", "names", "all"})
      .Types("dtypes", {1});
  auto session = graph.Start();
  const float data[] = {1, 2, 3, 4};
  const std::vector<Feed> feeds = {{"data", TensorView::Of({2, 2}, data)}};
  const auto saved = session->Run(feeds, {}, {"save2", "save1"});
  ASSERT_TRUE(saved.ok()) << saved.status();
  const auto text = [&](const std::string& name) {
    return Message(session->Run({}, {name}).status());
  };
  for (const std::string file : {"v2", "v1"}) {
    const auto top = session->Run({}, {file + "top"});
    ASSERT_TRUE(top.ok()) << top.status();
    EXPECT_THAT((*top)[0].data<float>(), ElementsAre(1, 2, 3, 4));
    const auto middle = session->Run({}, {file + "middle"});
    ASSERT_TRUE(middle.ok()) << middle.status();
    EXPECT_THAT((*middle)[0].data<float>(), ElementsAre(3));
    EXPECT_FALSE(session->Run({}, {file + "all"}).ok());
    EXPECT_THAT(text(file + "wrong"),
                HasSubstr("does not match the shape stored in checkpoint"));
  }
  EXPECT_THAT(text("type"), HasSubstr("tensor_name = w; expected dtype float64 "
                                      "does not equal original dtype float32"));
  EXPECT_THAT(text("missing"), HasSubstr("not found in checkpoint"));
  EXPECT_THAT(text("nothing"),
              HasSubstr("Unsuccessful TensorSliceReader constructor: Failed to "
                        "find any matching files"));
}

TEST(SaverOps, NameShards) {
  TestGraph graph;
  graph.Strings("base", {"d/m"});
  auto integer = [&](const char* name, int value) {
    auto& tensor = *graph.Node(name, "Const", {})
                        .Type("dtype", 3)
                        .attr("value")
                        .mutable_tensor();
    tensor.set_dtype(proto::DT_INT32);
    tensor.mutable_tensor_shape();
    tensor.add_int_val(value);
  };
  integer("two", 2);
  integer("three", 3);
  graph.Node("name", "ShardedFilename", {"base", "two", "three"});
  graph.Node("spec", "ShardedFilespec", {"base", "three"});
  auto session = graph.Start();
  EXPECT_THAT(session->Run({}, {"name"})->at(0).strings(),
              ElementsAre("d/m-00002-of-00003"));
  EXPECT_THAT(session->Run({}, {"spec"})->at(0).strings(),
              ElementsAre("d/m-?????"
                          "-of-00003"));
}

// Restores `prefix` through the graph's own Saver, saves, and compares.
void RoundTrip(const std::string& meta_path, const std::string& prefix) {
  SCOPED_TRACE(meta_path);
  const auto meta =
      graph::MetaGraph::Read(LocalFileSystem(), Golden(meta_path));
  ASSERT_TRUE(meta.ok()) << meta.status();
  auto session = Session::Create(LocalFileSystem(), *meta, {});
  ASSERT_TRUE(session.ok()) << session.status();
  const auto saver = meta->saver();
  ASSERT_TRUE(saver.has_value());
  const auto feed = [](const std::string& name, const Tensor& text) {
    return std::vector<Feed>{{name, text.view()}};
  };
  const Tensor from = Tensor::OfString(Golden(prefix));
  const auto restored = (*session)->Run(feed(saver->filename_tensor_name, from),
                                        {}, {saver->restore_op_name});
  ASSERT_TRUE(restored.ok()) << restored.status();

  const std::filesystem::path directory =
      std::filesystem::path(testing::TempDir()) / "saver_ops_test";
  std::filesystem::remove_all(directory);
  const std::string out = (directory / "again").string();
  const Tensor to = Tensor::OfString(out);
  const auto saved = (*session)->Run(feed(saver->filename_tensor_name, to),
                                     {saver->save_tensor_name});
  ASSERT_TRUE(saved.ok()) << saved.status();
  EXPECT_THAT((*saved)[0].strings(), ElementsAre(out));

  const auto before =
      bundle::BundleReader::Open(LocalFileSystem(), Golden(prefix));
  const auto after = bundle::BundleReader::Open(LocalFileSystem(), out);
  ASSERT_TRUE(before.ok() && after.ok()) << after.status();
  size_t compared = 0;
  for (auto it = (*before)->NewTensorIterator(); it->Valid(); it->Next()) {
    const std::string key(it->key());
    const auto a = (*before)->Read(key);
    const auto b = (*after)->Read(key);
    ASSERT_TRUE(a.ok() && b.ok()) << key << b.status();
    EXPECT_TRUE(BitwiseEqual(*a, *b)) << key;
    ++compared;
  }
  EXPECT_GT(compared, 0u);
  std::filesystem::remove_all(directory);
}

TEST(SaverOps, RunTensorFlowsOwnSaveAndRestoreNodes) {
  RoundTrip("seed/v1/epoch2/model.meta", "seed/v1/epoch2/model");
  RoundTrip("sharded/tf1_saver/model-1.meta", "sharded/tf1_saver/model-1");
  RoundTrip("sliced/partitioners/model-1.meta", "sliced/partitioners/model-1");
  RoundTrip("tf221/graph_mode/model-1.meta", "tf221/graph_mode/model-1");
}

}  // namespace
}  // namespace cairn::session
