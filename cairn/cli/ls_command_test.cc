// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/ls_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/test_many_names.h"
#include "cairn/cli/test_console.h"

namespace cairn::cli {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Result {
  int exit_code;
  std::string out, err;
};

Result Ls(const LsOptions& options, FileSystem& fs = LocalFileSystem()) {
  TestConsole test;
  const int exit_code = RunLs(fs, options, test.console);
  return {exit_code, test.out.str(), test.err.str()};
}

std::vector<json> Lines(const std::string& text) {
  std::vector<json> lines;
  for (const std::string_view line : Split(text, '\n')) {
    if (!line.empty()) lines.push_back(json::parse(line));
  }
  return lines;
}

std::vector<std::string> Keys(const std::string& text) {
  std::vector<std::string> keys;
  for (const json& line : Lines(text)) keys.push_back(line["key"]);
  return keys;
}

const std::string kSeed = GoldenPath("seed/v1/epoch2/model");

TEST(Ls, HashesNothingWhereEntriesClaimTheSameBytesTooOften) {
  MemoryFileSystem fs;
  ASSERT_TRUE(bundle::WriteManyNames(fs, "m", 400).ok());
  const Result refused = Ls({.path = "m", .sha256 = true}, fs);
  EXPECT_EQ(refused.exit_code, kExitNo);
  EXPECT_EQ(refused.out, "");
  EXPECT_THAT(refused.err, HasSubstr("m.index: its entries claim 6553600 "));
  EXPECT_EQ(Ls({.path = "m"}, fs).exit_code, kExitOk);
  const Result one = Ls({.path = "m", .sha256 = true, .filters = {"w7"}}, fs);
  EXPECT_EQ(one.exit_code, kExitOk);
}

TEST(Ls, PrintsATableWithTotals) {
  const Result result = Ls({.path = kSeed});
  EXPECT_EQ(result.exit_code, kExitOk);
  EXPECT_THAT(result.out, StartsWith("KEY "));
  EXPECT_THAT(result.out,
              HasSubstr("\nconv2d/kernel                          float32  "
                        "[3,3,1,16]       576\n"));
  EXPECT_THAT(result.out, EndsWith("\n16 tensors, 220,904 bytes in 1 shard\n"));
  EXPECT_EQ(result.err, "");
}

TEST(Ls, SaysWhatItTookForTheCheckpoint) {
  const Result result = Ls({.path = kSeed + ".index"});
  EXPECT_EQ(result.exit_code, kExitOk);
  EXPECT_THAT(result.err, HasSubstr("reading " + kSeed));
}

TEST(Ls, PrintsOneJsonObjectALine) {
  const Result result = Ls({.path = kSeed, .json = true});
  EXPECT_EQ(result.exit_code, kExitOk);
  EXPECT_THAT(result.out,
              StartsWith("{\"key\":\"batch_normalization/beta\",\"dtype\":"
                         "\"float32\",\"shape\":[16],\"bytes\":64,\"shard\":0,"
                         "\"offset\":0,\"crc32c\":\""));
  EXPECT_EQ(Lines(result.out).size(), 16u);
}

TEST(Ls, AddsHashesWhenAsked) {
  const auto lines =
      Lines(Ls({.path = kSeed, .json = true, .sha256 = true}).out);
  ASSERT_EQ(lines.size(), 16u);
  for (const json& line : lines) {
    EXPECT_EQ(line["sha256"].get<std::string>().size(), 64u);
  }
}

TEST(Ls, GivesKeysThatAreNotUtf8InBase64) {
  const auto lines =
      Lines(Ls({.path = GoldenPath("names/odd/odd"), .json = true}).out);
  size_t in_base64 = 0;
  for (const json& line : lines) {
    EXPECT_NE(line.contains("key"), line.contains("key_base64"));
    in_base64 += line.contains("key_base64");
  }
  EXPECT_GT(in_base64, 0u);
}

TEST(Ls, ListsSlicesUnderTheirTensor) {
  LsOptions options{.path = GoldenPath("sliced/grids/grids"), .json = true};
  options.filters = {"axis0"};
  const auto lines = Lines(Ls(options).out);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_FALSE(lines[0].contains("offset"));
  EXPECT_EQ(lines[0]["slices"][0]["spec"], "0,3:-");
  EXPECT_EQ(lines[0]["slices"][1]["offset"], 48);
  options.json = false;
  EXPECT_THAT(Ls(options).out, HasSubstr("\n  slice 0,3:-"));
}

TEST(Ls, SortsAndReverses) {
  LsOptions options{.path = kSeed, .json = true};
  options.filters = {"conv2d/*", "dense/*"};
  EXPECT_THAT(Keys(Ls(options).out), ElementsAre("conv2d/bias", "conv2d/kernel",
                                                 "dense/bias", "dense/kernel"));
  options.sort = LsSort::kBytes;
  EXPECT_THAT(Keys(Ls(options).out),
              ElementsAre("dense/kernel", "conv2d/kernel", "dense/bias",
                          "conv2d/bias"));
  options.reverse = true;
  EXPECT_EQ(Keys(Ls(options).out).front(), "conv2d/bias");
  options.sort = LsSort::kKey;
  EXPECT_EQ(Keys(Ls(options).out).front(), "dense/kernel");
}

TEST(Ls, SortsByOffset) {
  const Result result = Ls({.path = GoldenPath("seed/v2/tf_ckpt_v2/ckpt-2"),
                            .json = true,
                            .sort = LsSort::kOffset});
  EXPECT_THAT(Keys(result.out).front(), StartsWith("step/"));
  EXPECT_EQ(Keys(result.out).back(), "_CHECKPOINTABLE_OBJECT_GRAPH");
}

TEST(Ls, WritesNothingThatControlsATerminal) {
  MemoryFileSystem fs;
  EXPECT_TRUE(fs.CreateDirectory("d").ok());
  const std::string evil = "d/e\x1b[31m\x9b\xc2\x9bvil";
  fs.Put("d/checkpoint",
         "model_checkpoint_path: \"e\\033[31m\\\\\"\n"
         "all_model_checkpoint_paths: \"gone\\033\"\n");
  fs.Put("d/e\x1b[31m\\.index", "no table");
  for (const std::string& path : {std::string("d"), evil, evil + ".meta"}) {
    const Result result = Ls({.path = path}, fs);
    EXPECT_NE(result.exit_code, kExitOk);
    for (const char* raw : {"\x1b", "\x9b"}) {
      EXPECT_THAT(result.out + result.err, Not(HasSubstr(raw)));
    }
  }
  EXPECT_THAT(Ls({.path = "d"}, fs).err, HasSubstr("d/e\\x1b[31m\\\\"));
  // What a text forgot to escape; what it did escape stays as it is.
  TestConsole test;
  test.console.Note("a\x1b]0;t\x07 \\x1b \\\\\nb");
  EXPECT_EQ(test.err.str(), "cairn: a\\x1b]0;t\\x07 \\x1b \\\\\ncairn: b\n");
}

TEST(Ls, AnswersNoWhenNoKeyMatches) {
  LsOptions options{.path = kSeed};
  options.filters = {"nothing*"};
  const Result result = Ls(options);
  EXPECT_EQ(result.exit_code, kExitNo);
  EXPECT_THAT(result.err, HasSubstr("no key matches nothing*"));
}

TEST(Ls, ShowsPlacesWhenAsked) {
  EXPECT_THAT(Ls({.path = kSeed}).out, Not(HasSubstr("OFFSET")));
  EXPECT_THAT(Ls({.path = kSeed, .place = true}).out, HasSubstr("OFFSET"));
}

TEST(Ls, ReportsDamageAndListsTheRest) {
  MemoryFileSystem fs;
  const auto read = [](const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(in), {}};
  };
  fs.Put("m.index", read(kSeed + ".index"));
  std::string data = read(kSeed + ".data-00000-of-00001");
  data.resize(100000);
  fs.Put("m.data-00000-of-00001", data);
  EXPECT_EQ(Ls({.path = "m"}, fs).exit_code, kExitOk);
  const Result result = Ls({.path = "m", .json = true, .sha256 = true}, fs);
  EXPECT_EQ(result.exit_code, kExitNo) << result.err;
  EXPECT_EQ(Lines(result.out).size(), 16u);
  EXPECT_THAT(result.err, HasSubstr("m.data-00000-of-00001"));
  EXPECT_TRUE(Lines(result.out).back()["sha256"].is_null());
}

TEST(Ls, AnswersNoForATruncatedIndex) {
  MemoryFileSystem fs;
  fs.Put("m.index", "short");
  const Result result = Ls({.path = "m"}, fs);
  EXPECT_EQ(result.exit_code, kExitNo);
  EXPECT_THAT(result.err, HasSubstr("m.index"));
}

TEST(Ls, ListsAV1File) {
  const Result result = Ls({.path = GoldenPath("v1/hand_named/plain")});
  EXPECT_EQ(result.exit_code, kExitOk) << result.err;
  EXPECT_EQ(result.out,
            "KEY  DTYPE    SHAPE  BYTES\n"
            "v    float32  [2,2]     16\n"
            "1 tensor, 16 bytes\n");
}

TEST(Ls, ListsAV1CheckpointInShards) {
  const std::string dir = GoldenPath("v1/saver_sharded");
  // By its state file, by its path, and by one shard.
  for (const char* path :
       {"", "/checkpoint", "/model.ckpt-3", "/model.ckpt-3-00001-of-00002"}) {
    const Result result = Ls({.path = dir + path, .place = true});
    EXPECT_EQ(result.exit_code, kExitOk) << result.err;
    EXPECT_THAT(result.out, HasSubstr("net/w"));
    EXPECT_THAT(result.out, HasSubstr("  slice 5,5:0,6"));
    EXPECT_THAT(result.out, HasSubstr("6 tensors"));
    EXPECT_THAT(result.out, HasSubstr(" in 2 shards\n"));
    EXPECT_THAT(result.err, HasSubstr("-of-00002"));
  }
}

}  // namespace
}  // namespace cairn::cli
