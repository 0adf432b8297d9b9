// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What the asserts of a LoadStatus say, and which objects a value goes to.
// Numbers are those of the acceptance list; restore_programs_test.cc runs the
// same against TensorFlow's recorded outcomes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/bundle/writer.h"
#include "cairn/object/checkpoint.h"
#include "cairn/object/test_support.h"
#include "cairn/tensor/containers.h"

namespace cairn::object {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Variable* AddScalar(Arena& arena, float value) {
  return arena.Add("v", Tensor::Scalar(value));
}
float ValueOf(const Variable& v) { return v.data<float>()[0]; }

// Variables a = 1, b = 2, ... under these edges.
std::vector<TrackableEdge> Edges(Arena& arena,
                                 const std::vector<std::string>& names) {
  std::vector<TrackableEdge> edges;
  for (const std::string& name : names) {
    edges.push_back(
        {name, AddScalar(arena, static_cast<float>(1 + edges.size()))});
  }
  return edges;
}

void WriteFile(FileSystem& fs, const std::string& prefix,
               const std::vector<std::string>& names) {
  Arena arena;
  Checkpoint checkpoint(fs, Edges(arena, names));
  ASSERT_TRUE(checkpoint.Write(prefix).ok());
}

// 116 (Y1 Y2 Y4)
TEST(LoadStatus, AnswersEachAssertForEachWayToDiffer) {
  const struct {
    const char* what;
    std::vector<std::string> file, program;
    bool existing, nontrivial, consumed;
  } rows[] = {
      {"exact", {"a", "b"}, {"a", "b"}, true, true, true},
      {"fewer", {"a", "b"}, {"a"}, true, true, false},
      {"more", {"a", "b"}, {"a", "b", "z"}, false, true, false},
      {"both", {"a", "b"}, {"a", "z"}, false, true, false},
      {"nothing", {"a", "b"}, {"q"}, false, false, false},
      {"empty program", {"a", "b"}, {}, true, false, false},
      {"empty file", {}, {"q"}, false, false, false},
      {"both empty", {}, {}, true, false, true},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    MemoryFileSystem fs;
    WriteFile(fs, "ck", row.file);
    Arena arena;
    Checkpoint checkpoint(fs, Edges(arena, row.program));
    const auto status = checkpoint.Read("ck");
    ASSERT_TRUE(status.ok()) << status.status();
    EXPECT_EQ(status->AssertExistingObjectsMatched().ok(), row.existing);
    EXPECT_EQ(status->AssertNontrivialMatch().ok(), row.nontrivial);
    EXPECT_EQ(status->AssertConsumed().ok(), row.consumed);
  }
}

// 117 (Y3)
TEST(LoadStatus, AnswersForTheObjectsOfNow) {
  MemoryFileSystem fs;
  WriteFile(fs, "ck", {"a", "b"});
  Arena arena;
  Checkpoint checkpoint(fs, Edges(arena, {}));
  const auto status = checkpoint.Read("ck");
  ASSERT_TRUE(status.ok());
  EXPECT_FALSE(status->AssertNontrivialMatch().ok());
  EXPECT_FALSE(status->AssertConsumed().ok());
  ASSERT_TRUE(checkpoint.Track("a", AddScalar(arena, 0)).ok());
  EXPECT_TRUE(status->AssertNontrivialMatch().ok());
  EXPECT_FALSE(status->AssertConsumed().ok());
  ASSERT_TRUE(checkpoint.Track("b", AddScalar(arena, 0)).ok());
  EXPECT_TRUE(status->AssertConsumed().ok()) << status->AssertConsumed();
  // And the other way: an object that the file knows nothing of.
  ASSERT_TRUE(checkpoint.Track("z", AddScalar(arena, 0)).ok());
  EXPECT_FALSE(status->AssertExistingObjectsMatched().ok());
  EXPECT_FALSE(status->AssertConsumed().ok());
  checkpoint.Untrack("z");
  EXPECT_TRUE(status->AssertConsumed().ok()) << status->AssertConsumed();
}

// 118 (Y4 Y5): save_counter is asked for by Restore, and stored by Save.
TEST(LoadStatus, MindsTheCounterOfSaveAndRestore) {
  MemoryFileSystem fs;
  {
    Variable v("v", Tensor::Scalar(1.0f));
    Checkpoint checkpoint(fs, {{"v", &v}});
    ASSERT_TRUE(checkpoint.Write("written").ok());
    ASSERT_TRUE(checkpoint.Save("saved").ok());
  }
  const auto ask = [&](const std::string& path, bool restore) {
    Variable v("v", Tensor::Scalar(0.0f));
    Checkpoint checkpoint(fs, {{"v", &v}});
    const auto status =
        restore ? checkpoint.Restore(path) : checkpoint.Read(path);
    return std::pair(Message(status->AssertExistingObjectsMatched()),
                     Message(status->AssertConsumed()));
  };
  EXPECT_EQ(ask("written", false), std::pair(std::string(), std::string()));
  EXPECT_EQ(ask("saved-1", true), std::pair(std::string(), std::string()));
  EXPECT_THAT(ask("written", true).first, HasSubstr("save_counter"));
  EXPECT_EQ(ask("saved-1", false).first, "");
  EXPECT_THAT(ask("saved-1", false).second,
              HasSubstr("Unresolved object in checkpoint (root).save_counter"));
  // The counter alone is a match, as in TensorFlow.
  Checkpoint stranger(fs, std::vector<TrackableEdge>{});
  EXPECT_TRUE(stranger.Restore("saved-1")->AssertNontrivialMatch().ok());
}

// 108 (E3)
TEST(Restore, WordsAPathThatIsNotThereAsTf) {
  MemoryFileSystem fs;
  WriteFile(fs, "d/ck", {"a"});
  Variable a("a", Tensor::Scalar(0.0f));
  Checkpoint checkpoint(fs, {{"a", &a}});
  for (const std::string path : {"d/none", ""}) {
    const std::string cause = StrCat(
        "Unsuccessful TensorSliceReader constructor: Failed to find any "
        "matching files for ",
        path);
    const Status read = checkpoint.Read(path).status();
    EXPECT_TRUE(absl::IsNotFound(read));
    EXPECT_THAT(Message(read), HasSubstr(cause));
    EXPECT_THAT(Message(read), Not(HasSubstr("Error when restoring")));
    const Status restore = checkpoint.Restore(path).status();
    EXPECT_TRUE(absl::IsNotFound(restore));
    EXPECT_THAT(Message(restore),
                HasSubstr(StrCat("Error when restoring from checkpoint or "
                                 "SavedModel at ",
                                 path, ": ", cause)));
    EXPECT_THAT(Message(restore),
                HasSubstr("You may be missing the checkpoint suffix"));
  }
  for (const char* path : {"d", "d/ck.data-00000-of-00001"}) {
    EXPECT_TRUE(absl::IsDataLoss(checkpoint.Read(path).status())) << path;
    EXPECT_TRUE(absl::IsDataLoss(checkpoint.Restore(path).status())) << path;
  }
}

// 113 (E5 E6)
TEST(Restore, PutsTwoSavedObjectsIntoOneAndOneIntoTheFirstOfTwo) {
  MemoryFileSystem fs;
  Variable one("v", Tensor::Scalar(1.0f)), two("v", Tensor::Scalar(2.0f));
  Checkpoint split(fs, {{"x", &one}, {"y", &two}});
  ASSERT_TRUE(split.Write("split").ok());
  Variable both("v", Tensor::Scalar(0.0f));
  Checkpoint shared(fs, {{"x", &both}, {"y", &both}});
  const auto joined = shared.Read("split");
  ASSERT_TRUE(joined.ok()) << joined.status();
  EXPECT_TRUE(joined->AssertConsumed().ok()) << joined->AssertConsumed();
  EXPECT_EQ(ValueOf(both), 1);  // bound once, to the node met first

  ASSERT_TRUE(shared.Write("shared").ok());
  ASSERT_TRUE(one.Assign(Tensor::Scalar(-1.0f)).ok());
  ASSERT_TRUE(two.Assign(Tensor::Scalar(-1.0f)).ok());
  const auto divided = split.Read("shared");
  ASSERT_TRUE(divided.ok()) << divided.status();
  EXPECT_EQ(ValueOf(one), 1);
  EXPECT_EQ(ValueOf(two), -1);
  EXPECT_FALSE(divided->AssertExistingObjectsMatched().ok());
  EXPECT_FALSE(divided->AssertConsumed().ok());
}

// 114 (E13)
TEST(Restore, OverwritesAgainWhenRepeated) {
  MemoryFileSystem fs;
  WriteFile(fs, "ck", {"a"});
  Variable a("a", Tensor::Scalar(0.0f));
  Checkpoint checkpoint(fs, {{"a", &a}});
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(a.Assign(Tensor::Scalar(-5.0f)).ok());
    ASSERT_TRUE(checkpoint.Read("ck")->AssertConsumed().ok());
    EXPECT_EQ(ValueOf(a), 1);
  }
}

// 115 (E15)
TEST(Restore, DoesNotMindWhetherThereIsARoot) {
  MemoryFileSystem fs;
  Arena arena;
  Group root;
  Variable v("v", Tensor::Scalar(1.0f)), s("s", Tensor::Scalar(2.0f));
  ASSERT_TRUE(root.Track("v", &v).ok());
  Checkpoint with(fs, root, {{"s", &s}});
  Checkpoint without(fs, {{"v", &v}, {"s", &s}});
  ASSERT_TRUE(with.Save("with").ok());
  ASSERT_TRUE(without.Save("without").ok());
  for (Checkpoint* const checkpoint : {&with, &without}) {
    for (const char* path : {"with-1", "without-1"}) {
      SCOPED_TRACE(path);
      ASSERT_TRUE(v.Assign(Tensor::Scalar(0.0f)).ok());
      ASSERT_TRUE(s.Assign(Tensor::Scalar(0.0f)).ok());
      const auto status = checkpoint->Restore(path);
      ASSERT_TRUE(status.ok()) << status.status();
      EXPECT_TRUE(status->AssertConsumed().ok()) << status->AssertConsumed();
      EXPECT_EQ(ValueOf(v), 1);
      EXPECT_EQ(ValueOf(s), 2);
    }
  }
}

// 122 (Z2): the element of a list, the key of a dict, what is below a child.
TEST(Restore, GivesWaitingValuesToElementsOfContainers) {
  MemoryFileSystem fs;
  {
    Arena arena;
    List list{AddScalar(arena, 1), AddScalar(arena, 2)};
    Dict dict{{"k/1", AddScalar(arena, 3)}, {"inner", &list}};
    Checkpoint checkpoint(fs, {{"d", &dict}});
    ASSERT_TRUE(checkpoint.Write("ck").ok());
  }
  Arena arena;
  Dict dict;
  List list;
  Checkpoint checkpoint(fs, {{"d", &dict}});
  const auto status = checkpoint.Read("ck");
  ASSERT_TRUE(status.ok());
  Variable* const by_key = AddScalar(arena, 0);
  ASSERT_TRUE(dict.Set("k/1", by_key).ok());
  EXPECT_EQ(ValueOf(*by_key), 3);
  Variable* const first = AddScalar(arena, 0);
  Variable* const second = AddScalar(arena, 0);
  ASSERT_TRUE(list.Append(first).ok());
  EXPECT_EQ(ValueOf(*first), 0);
  ASSERT_TRUE(dict.Set("inner", &list).ok());
  EXPECT_EQ(ValueOf(*first), 1);
  EXPECT_FALSE(status->AssertConsumed().ok());
  ASSERT_TRUE(list.Append(second).ok());
  EXPECT_EQ(ValueOf(*second), 2);
  EXPECT_TRUE(status->AssertConsumed().ok()) << status->AssertConsumed();
}

// 125 (Z5): what a newer restore has not, an older one may still give.
TEST(Restore, LetsAnOlderOneGiveTheChildrenThatTheNewerLacks) {
  MemoryFileSystem fs;
  const auto write = [&](const char* path, float value,
                         const std::vector<std::string>& names) {
    Arena arena;
    Group group;
    for (const std::string& name : names) {
      ASSERT_TRUE(group.Track(name, AddScalar(arena, value)).ok());
    }
    Checkpoint checkpoint(fs, {{"g", &group}});
    ASSERT_TRUE(checkpoint.Write(path).ok());
  };
  write("older", 1, {"a", "b"});
  write("newer", 2, {"a"});
  Arena arena;
  Group group;
  Checkpoint checkpoint(fs, {{"g", &group}});
  ASSERT_TRUE(checkpoint.Read("older").ok());
  ASSERT_TRUE(checkpoint.Read("newer").ok());
  Variable* const a = AddScalar(arena, 0);
  Variable* const b = AddScalar(arena, 0);
  ASSERT_TRUE(group.Track("a", a).ok());
  ASSERT_TRUE(group.Track("b", b).ok());
  EXPECT_EQ(ValueOf(*a), 2);
  EXPECT_EQ(ValueOf(*b), 1);
}

// 128 (Z1)
TEST(Restore, RemembersNothingOfNodesWithoutValues) {
  MemoryFileSystem fs;
  for (const bool has_values : {false, true}) {
    SCOPED_TRACE(has_values);
    {
      Arena arena;
      Group plain, below;
      ASSERT_TRUE(plain.Track("below", &below).ok());
      if (has_values) {
        ASSERT_TRUE(below.Track("v", AddScalar(arena, 1)).ok());
      }
      Checkpoint checkpoint(fs, {{"plain", &plain}});
      ASSERT_TRUE(checkpoint.Write("ck").ok());
    }
    Group plain;
    Checkpoint checkpoint(fs, std::vector<TrackableEdge>{});
    const auto status = checkpoint.Read("ck");
    ASSERT_TRUE(status.ok());
    EXPECT_FALSE(status->AssertNontrivialMatch().ok());
    // Matched when it comes only if something waits for it.
    ASSERT_TRUE(checkpoint.Track("plain", &plain).ok());
    EXPECT_EQ(status->AssertNontrivialMatch().ok(), has_values);
    EXPECT_EQ(status->AssertConsumed().ok(), !has_values);
  }
}

// 132 (H2): a name-based file, and objects that come later. What a container
// holds already when it comes is not restored, as in TensorFlow.
TEST(Restore, GivesValuesByFullNameToWhatComesLaterButNotToWhatItHolds) {
  MemoryFileSystem fs;
  Commit commit(fs, "named");
  auto writer = bundle::BundleWriter::Create(commit, "named");
  const Tensor one = Tensor::Scalar(1.0f), two = Tensor::Scalar(2.0f);
  ASSERT_TRUE((*writer)->Add("s/a", one).ok());
  ASSERT_TRUE((*writer)->Add("s/b", two).ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  ASSERT_TRUE(commit.Finish().ok());

  Variable now("s/a", Tensor::Scalar(0.0f)), later("s/b", Tensor::Scalar(0.0f));
  List list{&now};
  Checkpoint checkpoint(fs, {{"list", &list}});
  const auto status = checkpoint.Restore("named");
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(ValueOf(now), 1);
  ASSERT_TRUE(list.Append(&later).ok());
  EXPECT_EQ(ValueOf(later), 2);
  EXPECT_TRUE(status->AssertConsumed().ok()) << status->AssertConsumed();

  Variable held("s/b", Tensor::Scalar(0.0f));
  List full{&held};
  ASSERT_TRUE(checkpoint.Track("full", &full).ok());
  EXPECT_EQ(ValueOf(held), 0);
  EXPECT_THAT(Message(status->AssertConsumed()), HasSubstr("full.0"));
}

}  // namespace
}  // namespace cairn::object
