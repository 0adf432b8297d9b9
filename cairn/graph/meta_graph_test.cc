// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/meta_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/cursor.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/proto/meta_graph.pb.h"

namespace cairn::graph {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kSeedMeta[] =
    CAIRN_GOLDEN_DIR "/cases/seed/v1/epoch2/model.meta";

std::string SeedBytes() {
  auto bytes = LocalFileSystem().ReadFile(kSeedMeta, MetaGraph::kMaxBytes);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.ok() ? *std::move(bytes) : "";
}

TEST(MetaGraph, ReadsTensorFlowsTrainingGraph) {
  auto meta = MetaGraph::Read(LocalFileSystem(), kSeedMeta);
  ASSERT_TRUE(meta.ok()) << meta.status();
  EXPECT_EQ(meta->num_nodes(), 648u);
  EXPECT_EQ(meta->op_definitions().size(), 55u);
  EXPECT_EQ(meta->functions().size(), 12u);
  EXPECT_EQ(meta->info().tensorflow_version, "2.15.1");
  EXPECT_EQ(meta->info().producer, 1645);
  EXPECT_EQ(meta->info().min_consumer, 12);
  EXPECT_EQ(meta->OpHistogram().at("ResourceApplyAdam"), 12u);
  EXPECT_TRUE(meta->signatures().empty());

  const auto collections = meta->collections();
  ASSERT_EQ(collections.size(), 2u);
  EXPECT_EQ(collections[0].name, "trainable_variables");
  EXPECT_EQ(collections[0].kind, "bytes_list");
  EXPECT_EQ(collections[0].size, 12u);
  EXPECT_EQ(collections[1].size, 45u);

  auto variables = meta->variables();
  ASSERT_TRUE(variables.ok()) << variables.status();
  ASSERT_EQ(variables->size(), 45u);
  EXPECT_EQ((*variables)[0].name, "conv2d/kernel:0");
  EXPECT_EQ((*variables)[0].initializer_name, "conv2d/kernel/Assign");
  EXPECT_EQ((*variables)[0].snapshot_name,
            "conv2d/kernel/Read/ReadVariableOp:0");
  EXPECT_TRUE((*variables)[0].trainable);
  EXPECT_FALSE((*variables)[4].trainable);  // a moving mean
  EXPECT_EQ((*variables)[4].synchronization, 3);
  EXPECT_EQ((*variables)[4].aggregation, 2);

  const auto saver = meta->saver();
  ASSERT_TRUE(saver.has_value());
  EXPECT_EQ(saver->filename_tensor_name, "save/Const:0");
  EXPECT_EQ(saver->save_tensor_name, "save/control_dependency:0");
  EXPECT_EQ(saver->restore_op_name, "save/restore_all");
  EXPECT_EQ(saver->max_to_keep, 5);
  EXPECT_EQ(saver->version, 2);
}

TEST(MetaGraph, ShowsNodesWithTheirAttributes) {
  auto meta = MetaGraph::Read(LocalFileSystem(), kSeedMeta);
  ASSERT_TRUE(meta.ok()) << meta.status();
  const auto node = meta->FindNode("max_pooling2d/MaxPool");
  ASSERT_TRUE(node.has_value());
  EXPECT_EQ(node->op, "MaxPool");
  EXPECT_THAT(node->inputs, ElementsAre("batch_normalization/cond/Identity"));
  std::string text;
  for (const NodeAttr& attr : node->attrs) {
    text += StrCat(attr.name, ":", attr.kind, "=", attr.value, "\n");
  }
  EXPECT_EQ(text,
            "T:type=float32\n"
            "_output_shapes:list(shape)=[[?,13,13,16]]\n"
            "data_format:string=\"NHWC\"\n"
            "explicit_paddings:list=[]\n"
            "ksize:list(int)=[1,2,2,1]\n"
            "padding:string=\"VALID\"\n"
            "strides:list(int)=[1,2,2,1]\n");
  EXPECT_EQ(meta->FindNode("save/RestoreV2")->device, "/device:CPU:0");
  EXPECT_FALSE(meta->FindNode("nowhere").has_value());
}

TEST(MetaGraph, RoundTripsTensorFlowsBytes) {
  const std::string bytes = SeedBytes();
  auto meta = MetaGraph::Parse(bytes);
  ASSERT_TRUE(meta.ok()) << meta.status();
  EXPECT_TRUE(meta->Serialize() == bytes);
}

TEST(MetaGraph, ReadsTextWhenItIsNotBinary) {
  auto meta = MetaGraph::Parse(
      "meta_info_def { tags: 'serve' }\n"
      "graph_def { node { name: 'x' op: 'NoOp' } }\n"
      "object_graph_def { nodes { } }\n");
  ASSERT_TRUE(meta.ok()) << meta.status();
  EXPECT_EQ(meta->node(0).name, "x");
  EXPECT_THAT(meta->info().tags, ElementsAre("serve"));
}

TEST(MetaGraph, TakesNoBytesForAnEmptyGraphAsTensorFlow) {
  auto meta = MetaGraph::Parse("");
  ASSERT_TRUE(meta.ok()) << meta.status();
  EXPECT_EQ(meta->num_nodes(), 0u);
  EXPECT_FALSE(meta->saver().has_value());
}

TEST(MetaGraph, RejectsGarbageNamingFileAndPlace) {
  MemoryFileSystem fs;
  fs.Put("m.meta", "graph_def { nodes");
  auto meta = MetaGraph::Read(fs, "m.meta");
  ASSERT_FALSE(meta.ok());
  EXPECT_EQ(meta.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Message(meta.status()), HasSubstr("m.meta: neither"));
  EXPECT_THAT(Message(meta.status()), HasSubstr("line 1, column"));

  fs.Put("m.meta", std::string("\xff\x00\xff", 3));
  meta = MetaGraph::Read(fs, "m.meta");
  EXPECT_EQ(meta.status().code(), absl::StatusCode::kDataLoss);
}

TEST(MetaGraph, ReportsAbsentFile) {
  MemoryFileSystem fs;
  EXPECT_EQ(MetaGraph::Read(fs, "m.meta").status().code(),
            absl::StatusCode::kNotFound);
}

// A cut at the end of a field is a shorter message, any other is an error; the
// accessors must stand both.
TEST(MetaGraph, SurvivesEveryTruncation) {
  const std::string bytes = SeedBytes();
  int errors = 0, shorter = 0;
  for (size_t size = 0; size < bytes.size(); size += size < 3000 ? 1 : 997) {
    auto meta = MetaGraph::Parse(std::string_view(bytes).substr(0, size));
    if (!meta.ok()) {
      ++errors;
      continue;
    }
    ++shorter;
    EXPECT_LT(meta->num_nodes(), 648u);
    for (size_t i = 0; i < meta->num_nodes(); ++i) meta->node(i);
    EXPECT_TRUE(meta->variables().ok());
  }
  EXPECT_GT(errors, 3000);
  EXPECT_GE(shorter, 1);
}

TEST(MetaGraph, SurvivesFlippedBytes) {
  const std::string bytes = SeedBytes();
  for (size_t at = 0; at < bytes.size(); at += 701) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x5a);
    auto meta = MetaGraph::Parse(damaged);
    if (!meta.ok()) continue;
    for (size_t i = 0; i < meta->num_nodes(); ++i) meta->node(i);
    meta->variables().IgnoreError();
    meta->signatures();
    meta->functions();
  }
}

// `bytes` as a field of that tag.
std::string Field(char tag, const std::string& bytes) {
  std::string out(1, tag);
  PutVarint(out, bytes.size());
  return out + bytes;
}

// A node whose attribute is a function with an attribute that is a function ...
std::string NestedGraph(int depth) {
  std::string value = "\x18\x01";  // i: 1
  for (int i = 0; i < depth; ++i) {
    const std::string entry = Field('\x0a', "a") + Field('\x12', value);
    value = Field('\x52', Field('\x12', entry));
  }
  const std::string attr = Field('\x0a', "a") + Field('\x12', value);
  return Field('\x12', Field('\x0a', Field('\x2a', attr)));
}

TEST(MetaGraph, RefusesMessagesNestedTooDeep) {
  auto meta = MetaGraph::Parse(NestedGraph(20));
  ASSERT_TRUE(meta.ok()) << meta.status();
  EXPECT_EQ(meta->node(0).attrs[0].kind, "func");
  EXPECT_EQ(MetaGraph::Parse(NestedGraph(5000)).status().code(),
            absl::StatusCode::kDataLoss);
  std::string text = "graph_def { node { attr { value ";
  for (int i = 0; i < 5000; ++i) text += "{ func { attr { value ";
  EXPECT_EQ(MetaGraph::Parse(text).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(MetaGraph, ReportsBytesThatAreNoVariable) {
  auto def = std::make_unique<proto::MetaGraphDef>();
  (*def->mutable_collection_def())["variables"].mutable_bytes_list()->add_value(
      "\xff\xff");
  const MetaGraph meta(std::move(def));
  const auto variables = meta.variables();
  EXPECT_EQ(variables.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Message(variables.status()),
              HasSubstr("element 0 of collection 'variables'"));
  EXPECT_TRUE(meta.variables("local_variables").ok());
}

TEST(MetaGraph, ShortensLongValues) {
  auto def = std::make_unique<proto::MetaGraphDef>();
  auto* node = def->mutable_graph_def()->add_node();
  auto& attrs = *node->mutable_attr();
  for (int i = 0; i < 1000; ++i) attrs["l"].mutable_list()->add_i(i);
  attrs["s"].set_s(std::string(100000, 'x'));
  attrs["t"].set_type(static_cast<proto::DataType>(101));
  attrs["u"].set_type(static_cast<proto::DataType>(7777));
  const NodeInfo info = MetaGraph(std::move(def)).node(0);
  ASSERT_EQ(info.attrs.size(), 4u);
  EXPECT_EQ(info.attrs[0].value, "[0,1,2,3,4,5,6,7,... 992 more]");
  EXPECT_LT(info.attrs[1].value.size(), 120u);
  EXPECT_EQ(info.attrs[2].value, "float32_ref");
  EXPECT_THAT(info.attrs[3].value, HasSubstr("invalid("));
}

TEST(PartialShape, PrintsUnknownParts) {
  EXPECT_EQ((PartialShape{{-1, 28}, false}).ToString(), "[?,28]");
  EXPECT_EQ(PartialShape{}.ToString(), "[]");
  EXPECT_EQ(PartialShape::Unknown().ToString(), "<unknown>");
}

}  // namespace
}  // namespace cairn::graph
