// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Checkpoints of TensorFlow 2.1: its Sequential lists the input layer, its
// nodes do not say whether they have values, and it keeps no nodes for
// functions. The sizes are those that TensorFlow 2.1.0 wrote.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/commit.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"
#include "cairn/object/checkpoint.h"
#include "cairn/object/test_lenet.h"

namespace cairn::object {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// Writes the checkpoint again as `to`, with another object graph.
void Rewrite(FileSystem& fs, const std::string& from, const std::string& to,
             const ObjectGraph& graph) {
  const auto reader = *bundle::BundleReader::Open(fs, from);
  const Tensor text = Tensor::OfString(EncodeObjectGraph(graph));
  Commit commit(fs, to);
  const auto writer = *bundle::BundleWriter::Create(commit, to);
  // In the order of the file, so that offsets stay.
  std::map<int64_t, std::string> keys;
  for (auto it = reader->NewIterator(); it->Valid(); it->Next()) {
    if (it->key() == kObjectGraphKey) continue;
    keys.emplace(it->entry()->offset, it->key());
  }
  for (const auto& [offset, key] : keys) {
    ASSERT_TRUE(writer->Add(key, *reader->Read(key)).ok());
  }
  ASSERT_TRUE(writer->Add(kObjectGraphKey, text).ok());
  ASSERT_TRUE(writer->Finish().ok());
  ASSERT_TRUE(commit.Finish().ok());
}

ObjectGraph GraphOf(FileSystem& fs, const std::string& prefix) {
  const auto reader = *bundle::BundleReader::Open(fs, prefix);
  return *DecodeObjectGraph(reader->Read(kObjectGraphKey)->strings()[0]);
}

// The post's program under TensorFlow 2.1, saved twice: "old-2".
class Tf21 : public ::testing::Test {
 protected:
  Tf21() {
    LeNet lenet(Era::k21);
    lenet.MakeSlots();
    Checkpoint checkpoint(fs_, lenet.Edges());
    float next = 0;
    for (Variable* v : Values(lenet)) {
      for (float& x : v->data<float>()) x = next += 0.5f;
    }
    EXPECT_TRUE(checkpoint.Save("new").ok());
    EXPECT_TRUE(checkpoint.Save("new").ok());
    ObjectGraph graph = GraphOf(fs_, "new-2");
    for (ObjectGraph::Node& node : graph.nodes) {
      node.has_checkpoint_values.reset();
    }
    Rewrite(fs_, "new-2", "old-2", graph);
  }

  static std::vector<Variable*> Values(LeNet& lenet) {
    std::vector<Variable*> all = lenet.trained;
    for (Variable* v : lenet.trained) {
      for (const char* name : {"m", "v"}) {
        if (Variable* slot = lenet.adam.Find(*v, name)) all.push_back(slot);
      }
    }
    return all;
  }
  // Whether the values are those that were saved.
  static bool Restored(LeNet& lenet) {
    const std::vector<Variable*> all = Values(lenet);
    if (all.size() != 36) return false;
    float next = 0;
    for (Variable* v : all) {
      for (const float x : v->data<float>()) {
        if (x != (next += 0.5f)) return false;
      }
    }
    return true;
  }

  MemoryFileSystem fs_;
};

TEST_F(Tf21, HasTheSizesThatItWrote) {
  EXPECT_THAT(GraphOf(fs_, "old-2").nodes, SizeIs(62));
  EXPECT_THAT(EncodeObjectGraph(GraphOf(fs_, "old-2")), SizeIs(6299));
  EXPECT_THAT(fs_.Files().at("old-2.data-00000-of-00001"), SizeIs(668541));
  EXPECT_THAT(fs_.Files().at("old-2.index"), SizeIs(3122));
}

TEST_F(Tf21, RestoresIntoTheSameObjectsAndGivesItsNodesBack) {
  LeNet lenet(Era::k21);
  Checkpoint checkpoint(fs_, lenet.Edges());
  const auto status = checkpoint.Restore("old-2");
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_TRUE(status->AssertConsumed().ok()) << status->AssertConsumed();
  EXPECT_TRUE(Restored(lenet));
  // What is saved now differs in has_checkpoint_values only.
  ASSERT_TRUE(checkpoint.Write("again").ok());
  ObjectGraph again = GraphOf(fs_, "again");
  for (ObjectGraph::Node& node : again.nodes) {
    EXPECT_TRUE(node.has_checkpoint_values.has_value());
    node.has_checkpoint_values.reset();
  }
  EXPECT_EQ(EncodeObjectGraph(again), EncodeObjectGraph(GraphOf(fs_, "old-2")));
}

// A program of today: `layer-<i>` is one lower, so that the file's `layer-1`,
// the first convolution, meets its batch normalization.
// `layer_with_weights-<w>` come first where there are any, and say what is
// meant.
TEST_F(Tf21, RestoresEveryValueIntoTheObjectsOf215) {
  LeNet lenet;
  Checkpoint checkpoint(fs_, lenet.Edges());
  const auto status = checkpoint.Restore("old-2");
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_TRUE(Restored(lenet));
  EXPECT_TRUE(status->AssertConsumed().ok()) << status->AssertConsumed();
}

// What waits is known without has_checkpoint_values.
TEST_F(Tf21, KeepsValuesForObjectsThatComeLater) {
  LeNet lenet(Era::k21);
  Checkpoint checkpoint(fs_,
                        {{"optimizer", &lenet.adam}, {"step", &lenet.step}});
  const auto status = checkpoint.Restore("old-2");
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_THAT(Message(status->AssertConsumed()),
              HasSubstr("Unresolved object"));
  ASSERT_TRUE(checkpoint.Track("net", &lenet.net).ok());
  EXPECT_TRUE(Restored(lenet));
  EXPECT_TRUE(status->AssertConsumed().ok()) << status->AssertConsumed();
}

}  // namespace
}  // namespace cairn::object
