// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/locate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/inspect/golden_manifest.h"

namespace cairn::inspect {
namespace {

using ::testing::HasSubstr;

// What Locate looks at: names, and a table's magic number.
class LocateTest : public testing::Test {
 protected:
  LocateTest() {
    for (const char* dir :
         {"d", "empty", "other", "sm", "sm/variables", "v1"}) {
      EXPECT_TRUE(fs_.CreateDirectory(dir).ok());
    }
    PutBundle("d/ckpt-1");
    PutBundle("d/ckpt-2");
    fs_.Put("d/ckpt-2.meta", "");
    fs_.Put("d/checkpoint",
            "model_checkpoint_path: \"ckpt-2\"\n"
            "all_model_checkpoint_paths: \"ckpt-1\"\n"
            "all_model_checkpoint_paths: \"ckpt-2\"\n");
    fs_.Put("d/my_latest", "model_checkpoint_path: \"ckpt-1\"\n");
    fs_.Put("other/notes.txt", "hello");
    PutBundle("sm/variables/variables");
    fs_.Put("sm/saved_model.pb", "");
    fs_.Put("v1/old", Table());
  }

  static std::string Table() {
    return std::string(40, '\0') + "\x57\xfb\x80\x8b\x24\x75\x47\xdb";
  }
  void PutBundle(const std::string& prefix) {
    fs_.Put(prefix + ".index", Table());
    fs_.Put(prefix + ".data-00000-of-00001", "");
  }
  void Expect(const std::string& path, TargetKind kind,
              const std::string& located, const std::string& note) {
    SCOPED_TRACE(path);
    const StatusOr<Target> target = Locate(fs_, path);
    ASSERT_TRUE(target.ok()) << target.status();
    EXPECT_EQ(target->kind, kind);
    EXPECT_EQ(target->path, located);
    if (note.empty()) {
      EXPECT_EQ(target->note, "");
    } else {
      EXPECT_THAT(target->note, HasSubstr(note));
    }
  }
  void ExpectError(const std::string& path, absl::StatusCode code,
                   const std::string& text) {
    SCOPED_TRACE(path);
    const StatusOr<Target> target = Locate(fs_, path);
    EXPECT_EQ(target.status().code(), code) << target.status();
    EXPECT_THAT(Message(target.status()), HasSubstr(text));
    EXPECT_THAT(Message(target.status()), HasSubstr(path));
  }
  MemoryFileSystem fs_;
};

// Names come from state files and directories, and texts go to terminals.
TEST_F(LocateTest, EscapesNamesInItsTexts) {
  const std::string evil = "e\x1b[31m\nvil";
  const std::string shown = "e\\x1b[31m\\x0avil";
  EXPECT_TRUE(fs_.CreateDirectory(evil).ok());
  PutBundle(evil + "/m");
  fs_.Put(evil + "/checkpoint", "model_checkpoint_path: \"m\"\n");
  PutBundle("other/" + evil);
  fs_.Put("other/half" + evil + ".data-00000-of-00001", "");
  fs_.Put("other/" + evil + ".meta.meta", "");
  EXPECT_THAT(Locate(fs_, evil)->note, HasSubstr(shown));
  EXPECT_THAT(Locate(fs_, "other/" + evil + ".index")->note, HasSubstr(shown));
  const std::vector<std::string> paths = {
      "other/half" + evil, "other/" + evil + "q", "other/e", evil + "q/r",
      "other/" + evil + ".meta.meta"};
  for (const std::string& path : paths) {
    const Status status = LocateCheckpoint(fs_, path).status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(Message(status), HasSubstr(shown.substr(0, 9)));
    EXPECT_EQ(Message(status).find_first_of("\x1b\n"), std::string::npos);
  }
}

TEST_F(LocateTest, TakesAPrefixAsItIs) {
  Expect("d/ckpt-1", TargetKind::kBundle, "d/ckpt-1", "");
}

TEST_F(LocateTest, FindsThePrefixOfAnIndexOrDataFile) {
  Expect("d/ckpt-1.index", TargetKind::kBundle, "d/ckpt-1", "ckpt-1.index");
  Expect("d/ckpt-1.data-00000-of-00001", TargetKind::kBundle, "d/ckpt-1",
         "ckpt-1.data-00000-of-00001");
}

TEST_F(LocateTest, TakesTheLatestOfADirectory) {
  Expect("d", TargetKind::kBundle, "d/ckpt-2", "d/checkpoint");
  Expect("d/", TargetKind::kBundle, "d/ckpt-2", "checkpoint");
}

TEST_F(LocateTest, TakesTheLatestOfAStateFileOfAnyName) {
  Expect("d/checkpoint", TargetKind::kBundle, "d/ckpt-2", "d/checkpoint");
  Expect("d/my_latest", TargetKind::kBundle, "d/ckpt-1", "d/my_latest");
}

TEST_F(LocateTest, ScansADirectoryWithoutStateFile) {
  ASSERT_TRUE(fs_.Remove("d/checkpoint").ok());
  const StatusOr<Target> target = Locate(fs_, "d");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->path, "d/ckpt-2");
  EXPECT_NE(target->note, "");
}

TEST_F(LocateTest, FallsBackWhenTheLatestIsGone) {
  ASSERT_TRUE(fs_.Remove("d/ckpt-2.index").ok());
  const StatusOr<Target> target = Locate(fs_, "d");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->path, "d/ckpt-1");
  EXPECT_NE(target->note, "");
}

TEST_F(LocateTest, TakesTheVariablesOfASavedModel) {
  Expect("sm", TargetKind::kBundle, "sm/variables/variables", "SavedModel");
  ASSERT_TRUE(fs_.Remove("sm/variables/variables.index").ok());
  Expect("sm", TargetKind::kSavedModel, "sm/saved_model.pb", "without");
}

TEST_F(LocateTest, RecognisesGraphs) {
  Expect("d/ckpt-2.meta", TargetKind::kMetaGraph, "d/ckpt-2.meta", "");
  Expect("sm/saved_model.pb", TargetKind::kSavedModel, "sm/saved_model.pb", "");
}

TEST_F(LocateTest, RecognisesV1ByContentsWhateverTheName) {
  Expect("v1/old", TargetKind::kV1, "v1/old", "V1");
  fs_.Put("v1/looks.meta", Table());
  Expect("v1/looks.meta", TargetKind::kV1, "v1/looks.meta", "V1");
}

TEST_F(LocateTest, FindsAV1CheckpointInShardsByEachOfItsNames) {
  fs_.Put("v1/s-00000-of-00002", Table());
  fs_.Put("v1/s-00001-of-00002", Table());
  const std::string pattern = StrCat("v1/s-", std::string(5, '?'), "-of-00002");
  Expect(pattern, TargetKind::kV1, pattern, "");
  Expect("v1/s", TargetKind::kV1, pattern, "in shards");
  Expect("v1/s-00001-of-00002", TargetKind::kV1, pattern, "is a shard of");
  fs_.Put("v1/s.meta", "graph");
  const auto beside = LocateCheckpoint(fs_, "v1/s.meta");
  ASSERT_TRUE(beside.ok()) << beside.status();
  EXPECT_EQ(beside->path, pattern);
  EXPECT_EQ(LocateMetaGraph(fs_, *beside)->path, "v1/s.meta");
  // The first shard missing is for the reader to say.
  ASSERT_TRUE(fs_.Remove("v1/s-00000-of-00002").ok());
  Expect(pattern, TargetKind::kV1, pattern, "");
  // As a state file names it, in a directory that was moved.
  fs_.Put("v1/s-00000-of-00002", Table());
  fs_.Put("v1/checkpoint",
          StrCat("model_checkpoint_path: \"", BaseName(pattern), "\"\n"));
  Expect("v1", TargetKind::kV1, pattern, "the latest");
  // Two sets: only a pattern can say which.
  fs_.Put("v1/s-00000-of-00003", Table());
  ExpectError("v1/s", absl::StatusCode::kInvalidArgument, "several");
  Expect(pattern, TargetKind::kV1, pattern, "");
}

TEST_F(LocateTest, TakesNoOtherFilesForV1Shards) {
  fs_.Put("v1/records-00000-of-00001",
          "not a table, but long enough to be "
          "looked at as one, surely");
  ExpectError("v1/records", absl::StatusCode::kNotFound, "no such");
}

TEST_F(LocateTest, PrefersABundleToAV1FileOfTheSameName) {
  PutBundle("v1/old");
  Expect("v1/old", TargetKind::kBundle, "v1/old", "");
}

TEST_F(LocateTest, NamesWhatIsInADirectoryWithoutCheckpoints) {
  ExpectError("other", absl::StatusCode::kNotFound, "notes.txt");
  ExpectError("empty", absl::StatusCode::kNotFound, "empty");
}

TEST_F(LocateTest, SuggestsPrefixesThatStartAlike) {
  ExpectError("d/ckpt", absl::StatusCode::kNotFound, "d/ckpt-1 or d/ckpt-2");
  ExpectError("d/nothing", absl::StatusCode::kNotFound, "no such file");
  ExpectError("nowhere/x", absl::StatusCode::kNotFound,
              "there is no directory nowhere");
}

TEST_F(LocateTest, SuggestsNamesThatAreNearly) {
  ExpectError("d/ckpt-22", absl::StatusCode::kNotFound,
              "no such file or checkpoint; did you mean d/ckpt-2 or d/ckpt-1?");
  ExpectError("d/ckpt_2", absl::StatusCode::kNotFound, "d/ckpt-2");
  ExpectError("d/my_lates", absl::StatusCode::kNotFound, "d/my_latest?");
  ExpectError("othre", absl::StatusCode::kNotFound, "did you mean other?");
  ExpectError("v1/odl", absl::StatusCode::kNotFound, "did you mean v1/old?");
}

TEST_F(LocateTest, SaysWhichPartOfABundleIsMissing) {
  ASSERT_TRUE(fs_.Remove("d/ckpt-1.index").ok());
  ExpectError("d/ckpt-1", absl::StatusCode::kNotFound, "no ckpt-1.index");
  ExpectError("d/ckpt-1.data-00000-of-00001", absl::StatusCode::kNotFound,
              "d/ckpt-1.index is missing");
}

TEST_F(LocateTest, RefusesWhatIsNoCheckpoint) {
  ExpectError("other/notes.txt", absl::StatusCode::kInvalidArgument,
              "not a checkpoint");
  fs_.Put("other/short", "");
  ExpectError("other/short", absl::StatusCode::kInvalidArgument,
              "not a checkpoint");
  EXPECT_TRUE(absl::IsInvalidArgument(Locate(fs_, "").status()));
}

TEST_F(LocateTest, FindsTheCheckpointOfAGraph) {
  const auto of_meta = LocateCheckpoint(fs_, "d/ckpt-2.meta");
  ASSERT_TRUE(of_meta.ok()) << of_meta.status();
  EXPECT_EQ(of_meta->path, "d/ckpt-2");
  const auto of_model = LocateCheckpoint(fs_, "sm/saved_model.pb");
  ASSERT_TRUE(of_model.ok()) << of_model.status();
  EXPECT_EQ(of_model->path, "sm/variables/variables");
  fs_.Put("other/x.meta", "");
  EXPECT_TRUE(
      absl::IsInvalidArgument(LocateCheckpoint(fs_, "other/x.meta").status()));
}

TEST_F(LocateTest, FindsTheMetaGraphOfACheckpoint) {
  const auto beside =
      LocateMetaGraph(fs_, {TargetKind::kBundle, "d/ckpt-2", ""});
  ASSERT_TRUE(beside.ok()) << beside.status();
  EXPECT_EQ(beside->path, "d/ckpt-2.meta");
  const auto above =
      LocateMetaGraph(fs_, {TargetKind::kBundle, "sm/variables/variables", ""});
  ASSERT_TRUE(above.ok()) << above.status();
  EXPECT_EQ(above->path, "sm/saved_model.pb");
  EXPECT_TRUE(absl::IsNotFound(
      LocateMetaGraph(fs_, {TargetKind::kBundle, "d/ckpt-1", ""}).status()));
}

TEST(Locate, RecognisesTensorFlowsV1Files) {
  for (const char* name :
       {"v1/hand_named/plain", "v1/hand_named/lonely-00000-of-00001",
        "v1/slices/s.ckpt"}) {
    SCOPED_TRACE(name);
    const auto target = Locate(LocalFileSystem(), GoldenPath(name));
    ASSERT_TRUE(target.ok()) << target.status();
    EXPECT_EQ(target->kind, TargetKind::kV1);
  }
}

}  // namespace
}  // namespace cairn::inspect
