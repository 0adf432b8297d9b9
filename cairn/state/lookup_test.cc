// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/commit.h"
#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::state {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Names(const MemoryFileSystem& fs) {
  std::vector<std::string> names;
  for (const auto& [path, contents] : fs.Files()) names.push_back(path);
  return names;
}

void PutCheckpoint(MemoryFileSystem& fs, const std::string& prefix) {
  fs.Put(prefix + ".index", "index");
  fs.Put(prefix + ".data-00000-of-00001", "data");
}

// 001 006 (F1 F7)
TEST(CheckpointExists, AsksForTheIndexOrAV1File) {
  MemoryFileSystem fs;
  PutCheckpoint(fs, "d/ckpt-1");
  fs.Put("d/old", "a V1 file");
  fs.Put("d/lost.data-00000-of-00001", "data without an index");
  EXPECT_TRUE(CheckpointExists(fs, "d/ckpt-1"));
  EXPECT_TRUE(CheckpointExists(fs, "d/old"));
  EXPECT_FALSE(CheckpointExists(fs, "d/lost"));
  EXPECT_FALSE(CheckpointExists(fs, "d/ckpt"));
  EXPECT_FALSE(CheckpointExists(fs, "d"));
  EXPECT_FALSE(CheckpointExists(fs, ""));
}

TEST(CheckpointExists, CountsAV1PatternByItsFirstShard) {
  const std::string marks(5, '?');
  MemoryFileSystem fs;
  fs.Put("d/m-00000-of-00002", "a V1 file");
  EXPECT_TRUE(CheckpointExists(fs, "d/m-" + marks + "-of-00002"));
  EXPECT_FALSE(CheckpointExists(fs, "d/m-" + marks + "-of-00003"));
  EXPECT_FALSE(CheckpointExists(fs, "d/m-" + marks.substr(1) + "-of-00002"));
  EXPECT_FALSE(CheckpointExists(fs, "d/m-" + marks));
  EXPECT_FALSE(CheckpointExists(fs, "d/m"));
}

// 007 (F2 §25)
TEST(CheckpointExists, TakesPatternCharactersLiterally) {
  MemoryFileSystem fs;
  PutCheckpoint(fs, "g[1]/a*b?-3");
  EXPECT_TRUE(CheckpointExists(fs, "g[1]/a*b?-3"));
  EXPECT_FALSE(CheckpointExists(fs, "g[1]/*"));
  EXPECT_FALSE(CheckpointExists(fs, "g1/a*b?-3"));
  EXPECT_THAT(*ScanForCheckpoints(fs, "g[1]"), ElementsAre("g[1]/a*b?-3"));
}

TEST(CheckpointExists, ReadsThroughASwitchThatWasCutOff) {
  MemoryFileSystem fs;
  PutCheckpoint(fs, "d/m");
  fs.ClearLog();
  {
    Commit commit(fs, "d/m");
    for (const char* name : {"d/m.data-00000-of-00001", "d/m.index"}) {
      StatusOr<WritableFile*> file = commit.Create(name);
      ASSERT_TRUE(file.ok());
      ASSERT_TRUE((*file)->Append("new contents").ok());
    }
    ASSERT_TRUE(commit.Finish().ok());
  }
  for (size_t n = 0; n <= fs.log().size(); ++n) {
    fs.CrashImages(n, 6, [&](MemoryFileSystem& image) {
      EXPECT_TRUE(CheckpointExists(image, "d/m"));
      EXPECT_EQ(*LatestCheckpoint(image, "d"), "d/m");
      ASSERT_TRUE(RemoveCheckpoint(image, "d/m", RemoveMeta::kKeep).ok());
      EXPECT_FALSE(CheckpointExists(image, "d/m"));
      EXPECT_FALSE(HasJournal(image, "d/m"));
    });
  }
}

TEST(LatestCheckpoint, BelievesTheStateFile) {
  MemoryFileSystem fs;
  PutCheckpoint(fs, "d/ckpt-1");
  PutCheckpoint(fs, "d/ckpt-2");
  fs.Put("d/checkpoint", "model_checkpoint_path: 'ckpt-1'");
  fs.Put("d/other", "model_checkpoint_path: 'ckpt-2'");
  std::string note = "left over";
  EXPECT_EQ(*LatestCheckpoint(fs, "d", "checkpoint", &note), "d/ckpt-1");
  EXPECT_EQ(note, "");
  EXPECT_EQ(*LatestCheckpoint(fs, "d", "other"), "d/ckpt-2");
}

TEST(LatestCheckpoint, SpellsThePathAsTheDirectoryIsSpelt) {
  MemoryFileSystem fs;
  PutCheckpoint(fs, "a/b/ckpt-2");
  fs.Put("a/b/checkpoint", "model_checkpoint_path: 'ckpt-2'");
  EXPECT_EQ(*LatestCheckpoint(fs, "a/b"), "a/b/ckpt-2");
  EXPECT_EQ(*LatestCheckpoint(fs, "./a/b"), "./a/b/ckpt-2");
  EXPECT_EQ(*LatestCheckpoint(fs, "./a/b/"), "./a/b/ckpt-2");
  PutCheckpoint(fs, "ckpt-2");
  fs.Put("checkpoint", "model_checkpoint_path: 'ckpt-2'");
  EXPECT_EQ(*LatestCheckpoint(fs, "."), "./ckpt-2");
  EXPECT_EQ(*LatestCheckpoint(fs, ""), "ckpt-2");
}

TEST(LatestCheckpoint, FallsBackToTheNewestListedOneThatExists) {
  MemoryFileSystem fs;
  PutCheckpoint(fs, "d/ckpt-1");
  PutCheckpoint(fs, "d/ckpt-2");
  PutCheckpoint(fs, "d/ckpt-7");  // not listed
  fs.Put("d/checkpoint",
         "model_checkpoint_path: 'ckpt-3'\n"
         "all_model_checkpoint_paths: ['ckpt-1', 'ckpt-2', 'ckpt-3']");
  std::string note;
  EXPECT_EQ(*LatestCheckpoint(fs, "d", "checkpoint", &note), "d/ckpt-2");
  EXPECT_THAT(note, HasSubstr("d/checkpoint names d/ckpt-3 as the latest"));
  EXPECT_THAT(note, HasSubstr("took d/ckpt-2"));
}

// 017 (S8 §25)
TEST(LatestCheckpoint, ScansWhenTheStateFileIsEmptyBrokenOrAbsent) {
  for (const char* text : {"", "garbage", "\xff\xfe", "new_field: 1",
                           "model_checkpoint_path: '/gone/ckpt-1'"}) {
    SCOPED_TRACE(text);
    MemoryFileSystem fs;
    for (const char* name : {"d/ckpt-9", "d/ckpt-10", "d/ckpt-8", "d/model"}) {
      PutCheckpoint(fs, name);
    }
    fs.Put("d/checkpoint", text);
    std::string note;
    EXPECT_EQ(*LatestCheckpoint(fs, "d", "checkpoint", &note), "d/ckpt-10");
    EXPECT_THAT(note, HasSubstr("took d/ckpt-10"));
    ASSERT_TRUE(fs.Remove("d/checkpoint").ok());
    EXPECT_EQ(*LatestCheckpoint(fs, "d", "checkpoint", &note), "d/ckpt-10");
    EXPECT_THAT(note, HasSubstr("there is no d/checkpoint"));
  }
}

TEST(LatestCheckpoint, ScanPrefersNumbersThenTime) {
  FakeClock clock(100);
  MemoryFileSystem fs(&clock);
  PutCheckpoint(fs, "d/b");
  clock.Advance(10);
  PutCheckpoint(fs, "d/a");
  EXPECT_EQ(*LatestCheckpoint(fs, "d"), "d/a");
  PutCheckpoint(fs, "d/x-5");
  clock.Advance(10);
  PutCheckpoint(fs, "d/x--6");
  PutCheckpoint(fs, "d/c");
  EXPECT_EQ(*LatestCheckpoint(fs, "d"), "d/x-5");
  PutCheckpoint(fs, "d/a-5");
  EXPECT_EQ(*LatestCheckpoint(fs, "d"), "d/a-5");
}

TEST(LatestCheckpoint, SaysNotFoundAndWhy) {
  MemoryFileSystem fs;
  EXPECT_EQ(LatestCheckpoint(fs, "nowhere").status().code(),
            absl::StatusCode::kNotFound);
  fs.Put("d/checkpoint", "garbage");
  const Status status = LatestCheckpoint(fs, "d").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(status), HasSubstr("no checkpoint in d"));
  EXPECT_THAT(Message(status), HasSubstr("d/checkpoint: line 1, column 1"));
}

TEST(LatestCheckpoint, DoesNotGuessWhenTheStateFileCannotBeRead) {
  MemoryFileSystem memory;
  PutCheckpoint(memory, "d/ckpt-1");
  memory.Put("d/checkpoint", "model_checkpoint_path: 'ckpt-2'");
  FaultFileSystem fs(memory);
  fs.FailCallOfKind(FaultFileSystem::Call::kReadAt, 0,
                    UnavailableError("I/O error"));
  EXPECT_EQ(LatestCheckpoint(fs, "d").status().code(),
            absl::StatusCode::kUnavailable);
}

TEST(ScanForCheckpoints, SortsNumbersByValueAndIgnoresOtherFiles) {
  MemoryFileSystem fs;
  for (const char* name :
       {"d/c-10", "d/c-9", "d/c-09", "d/c-100", "d/b", "d/c-9x", "d/c"}) {
    fs.Put(StrCat(name, ".index"), "");
  }
  fs.Put("d/.index", "");
  fs.Put("d/c-11.index.cairn-tmp-0123456789abcdef", "");
  fs.Put("d/c-12.data-00000-of-00001", "");
  fs.Put("d/e.index/inside", "");
  EXPECT_THAT(*ScanForCheckpoints(fs, "d"),
              ElementsAre("d/b", "d/c", "d/c-09", "d/c-9", "d/c-9x", "d/c-10",
                          "d/c-100"));
  EXPECT_EQ(ScanForCheckpoints(fs, "nowhere").status().code(),
            absl::StatusCode::kNotFound);
}

// 002 (F5)
TEST(MetaGraphPath, StripsAShardSuffix) {
  EXPECT_EQ(MetaGraphPath("d/m"), "d/m.meta");
  EXPECT_EQ(MetaGraphPath("d/m-00000-of-00002"), "d/m.meta");
  EXPECT_EQ(MetaGraphPath("d/m-\?\?\?\?\?-of-00002"), "d/m.meta");
  EXPECT_EQ(MetaGraphPath("d/m-1-00000-of-00002"), "d/m-1.meta");
  EXPECT_EQ(MetaGraphPath("d/m-x-of-00002"), "d/m-x-of-00002.meta");
  EXPECT_EQ(MetaGraphPath("d/m-1-of-2x"), "d/m-1-of-2x.meta");
  EXPECT_EQ(MetaGraphPath("d/m", ""), "d/m.");
}

// 003 (F4)
TEST(RemoveCheckpoint, RemovesIndexThenShardsAndNothingElse) {
  MemoryFileSystem fs;
  for (const char* name :
       {"d/m-1.data-00000-of-00002", "d/m-1.data-00001-of-00002", "d/m-1.index",
        "d/m-1.data-100000-of-100001", "d/m-1.meta"}) {
    fs.Put(name, "x");
  }
  const std::vector<std::string> strangers = {
      "d/m-1",
      "d/m-1.data-0000-of-0001",
      "d/m-1.data-00000-of-00001.tmp",
      "d/m-1.data-\?\?\?\?\?-of-\?\?\?\?\?",
      "d/m-1.database",
      "d/m-10.data-00000-of-00001",
      "d/m-10.index",
      "d/xm-1.data-00000-of-00001",
  };
  for (const std::string& name : strangers) fs.Put(name, "x");
  fs.ClearLog();
  ASSERT_TRUE(RemoveCheckpoint(fs, "d/m-1", RemoveMeta::kWithMeta).ok());
  EXPECT_EQ(Names(fs), strangers);
  ASSERT_GE(fs.log().size(), 5u);
  EXPECT_EQ(fs.log()[0].path, "d/m-1.index");
  EXPECT_EQ(fs.log().back().path, "d/m-1.meta");
  ASSERT_TRUE(RemoveCheckpoint(fs, "d/m-1", RemoveMeta::kWithMeta).ok());
  ASSERT_TRUE(RemoveCheckpoint(fs, "nowhere/m", RemoveMeta::kWithMeta).ok());
}

// 007 (F3 §25)
TEST(RemoveCheckpoint, TakesPatternCharactersLiterally) {
  MemoryFileSystem fs;
  PutCheckpoint(fs, "d/a*-3");
  PutCheckpoint(fs, "d/aXX-3");
  ASSERT_TRUE(RemoveCheckpoint(fs, "d/a*-3", RemoveMeta::kKeep).ok());
  EXPECT_THAT(Names(fs),
              ElementsAre("d/aXX-3.data-00000-of-00001", "d/aXX-3.index"));
}

TEST(RemoveCheckpoint, KeepsTheDataWhenTheIndexCannotGo) {
  MemoryFileSystem memory;
  PutCheckpoint(memory, "d/m");
  FaultFileSystem fs(memory);
  fs.FailCallOfKind(FaultFileSystem::Call::kRemove, 0,
                    UnavailableError("I/O error"));
  EXPECT_EQ(RemoveCheckpoint(fs, "d/m", RemoveMeta::kKeep).code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(Names(memory).size(), 2u);
}

}  // namespace
}  // namespace cairn::state
