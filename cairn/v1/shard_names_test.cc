// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/v1/shard_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"

namespace cairn::v1 {
namespace {

using ::testing::HasSubstr;

// Not written out: "??-" and "??>" are trigraphs to some compilers.
const std::string kMarks(5, '?');

std::string Pattern(const std::string& path, const std::string& count) {
  return path + "-" + kMarks + "-of-" + count;
}

TEST(ShardedFilename, MatchesTf) {
  EXPECT_EQ(ShardedFilename("d/m.ckpt-3", 1, 12), "d/m.ckpt-3-00001-of-00012");
  EXPECT_EQ(ShardedFilename("m", 99998, 99999), "m-99998-of-99999");
  EXPECT_EQ(ShardedPattern("m", 2), Pattern("m", "00002"));
}

TEST(ParseShardedName, TakesShardsAndPatternsApart) {
  const auto shard = ParseShardedName("d/m-00001-of-00012");
  ASSERT_TRUE(shard);
  EXPECT_EQ(shard->path, "d/m");
  EXPECT_EQ(shard->shard, 1);
  EXPECT_EQ(shard->num_shards, 12);
  const auto pattern = ParseShardedName(Pattern("d/m-7", "00012"));
  ASSERT_TRUE(pattern);
  EXPECT_EQ(pattern->path, "d/m-7");
  EXPECT_FALSE(pattern->shard);
  EXPECT_EQ(pattern->num_shards, 12);
}

TEST(ParseShardedName, RefusesWhatTfWouldNotWrite) {
  for (const std::string& name :
       {std::string("m"), std::string(""), std::string("-00000-of-00001"),
        std::string("m-0-of-1"), std::string("m-000000-of-000001"),
        std::string("m-00002-of-00002"), std::string("m-00000-of-00000"),
        std::string("m-0000a-of-00001"), std::string("m-00000-of-0000a"),
        std::string("m_00000-of-00001"), std::string("m-00000_of-00001"),
        std::string("m-00000-of-00001.meta"), Pattern("m", "00000"),
        Pattern("m", "2"), "m-" + kMarks.substr(1) + "-of-00002"}) {
    EXPECT_FALSE(ParseShardedName(name)) << name;
  }
}

class FindV1FilesTest : public ::testing::Test {
 protected:
  void Put(const std::string& path) { fs_.Put(path, "x"); }
  void Expect(const std::string& path, const std::string& found,
              int32_t shards) {
    const auto files = FindV1Files(fs_, path);
    ASSERT_TRUE(files.ok()) << path << ": " << files.status();
    EXPECT_EQ(files->path, found);
    EXPECT_EQ(files->num_shards, shards);
    EXPECT_TRUE(AnyFileExists(fs_, *files));
  }
  MemoryFileSystem fs_;
};

TEST_F(FindV1FilesTest, FindsTheSetBehindEachSpelling) {
  Put("d/one");
  Put("d/two-00000-of-00002");
  Put("d/two-00001-of-00002");
  const std::string two = Pattern("d/two", "00002");
  Expect("d/one", "d/one", 0);
  Expect(two, two, 2);
  Expect("d/two", two, 2);
  Expect("d/two-00000-of-00002", two, 2);
  Expect("d/two-00001-of-00002", two, 2);
}

TEST_F(FindV1FilesTest, PrefersAFileToShardsOfItsName) {
  Put("m");
  Put("m-00000-of-00001");
  Expect("m", "m", 0);
}

TEST_F(FindV1FilesTest, NamesTheSetsWhenThereAreSeveral) {
  Put("m-00000-of-00002");
  Put("m-00000-of-00003");
  const auto files = FindV1Files(fs_, "m");
  EXPECT_TRUE(absl::IsInvalidArgument(files.status()));
  EXPECT_THAT(Message(files.status()), HasSubstr(Pattern("m", "00002")));
  EXPECT_THAT(Message(files.status()), HasSubstr(Pattern("m", "00003")));
  Expect(Pattern("m", "00003"), Pattern("m", "00003"), 3);
}

TEST_F(FindV1FilesTest, SaysThatNothingIsThere) {
  Put("d/other");
  for (const char* path : {"d/m", "nowhere/m", "d"}) {
    EXPECT_TRUE(absl::IsNotFound(FindV1Files(fs_, path).status())) << path;
  }
  const auto files = FindV1Files(fs_, Pattern("d/m", "00002"));
  ASSERT_TRUE(files.ok());
  EXPECT_FALSE(AnyFileExists(fs_, *files));
}

TEST_F(FindV1FilesTest, TakesPatternCharactersElsewhereLiterally) {
  Put("a[1]*?-00000-of-00001");
  Put("ab-00000-of-00001");
  Expect("a[1]*?", Pattern("a[1]*?", "00001"), 1);
  EXPECT_TRUE(absl::IsNotFound(FindV1Files(fs_, "a*").status()));
}

TEST_F(FindV1FilesTest, PassesAFailingListOn) {
  FaultFileSystem broken(fs_);
  broken.FailCallOfKind(FaultFileSystem::Call::kList, 0,
                        UnavailableError("disk"));
  EXPECT_TRUE(absl::IsUnavailable(FindV1Files(broken, "m").status()));
}

}  // namespace
}  // namespace cairn::v1
