// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/verify_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cairn/base/memory_file_system.h"
#include "cairn/cli/test_console.h"

namespace cairn::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Result {
  int exit_code;
  std::string out, err;
};

Result Verify(const VerifyCommandOptions& options,
              FileSystem& fs = LocalFileSystem()) {
  TestConsole test;
  const int exit_code = RunVerify(fs, options, test.console);
  return {exit_code, test.out.str(), test.err.str()};
}

// A checkpoint of TensorFlow in memory, with one byte of its data changed.
void PutDamaged(MemoryFileSystem& fs) {
  const std::string golden = GoldenPath("seed/v1/epoch2/model");
  std::string data =
      *LocalFileSystem().ReadFile(golden + ".data-00000-of-00001", 1 << 20);
  data[5000] = static_cast<char>(data[5000] ^ 1);
  fs.Put("m.index", *LocalFileSystem().ReadFile(golden + ".index", 1 << 20));
  fs.Put("m.data-00000-of-00001", data);
}

TEST(VerifyCommand, SaysThatACheckpointIsIntact) {
  const Result result = Verify({.paths = {GoldenPath("seed/v1/epoch2/model")}});
  EXPECT_EQ(result.exit_code, kExitOk);
  EXPECT_THAT(result.out, HasSubstr(": intact; 16 tensors, 220,904 bytes\n"));
  EXPECT_EQ(result.err, "");
}

TEST(VerifyCommand, NamesTheDamagedTensor) {
  MemoryFileSystem fs;
  PutDamaged(fs);
  const Result result = Verify({.paths = {"m"}}, fs);
  EXPECT_EQ(result.exit_code, kExitNo);
  EXPECT_THAT(result.out, StartsWith("m: DAMAGED; 16 tensors"));
  EXPECT_THAT(result.out, HasSubstr("\n  damage: tensor "));
  EXPECT_THAT(result.out, HasSubstr("m.data-00000-of-00001"));
}

TEST(VerifyCommand, PrintsOneJsonObjectACheckpoint) {
  MemoryFileSystem fs;
  PutDamaged(fs);
  const Result result = Verify({.paths = {"m"}, .json = true}, fs);
  const json answer = json::parse(result.out);
  EXPECT_EQ(answer["path"], "m");
  EXPECT_EQ(answer["intact"], false);
  EXPECT_EQ(answer["damages"], 1);
  EXPECT_EQ(answer["findings"][0]["kind"], "damage");
}

TEST(VerifyCommand, TakesEveryCheckpointOfADirectoryWithAll) {
  const std::string dir = GoldenPath("seed/v2/tf_ckpt_v2");
  ASSERT_TRUE(LocalFileSystem().IsDirectory(dir)) << dir;
  const Result one = Verify({.paths = {dir}, .json = true});
  const Result all = Verify({.paths = {dir}, .all = true, .json = true});
  EXPECT_EQ(std::count(one.out.begin(), one.out.end(), '\n'), 1);
  EXPECT_GT(std::count(all.out.begin(), all.out.end(), '\n'), 1);
  EXPECT_EQ(all.exit_code, kExitOk);
}

TEST(VerifyCommand, GoesOnAfterWhatCannotBeRead) {
  const Result result =
      Verify({.paths = {"no/such", GoldenPath("seed/v1/epoch2/model")}});
  EXPECT_EQ(result.exit_code, kExitTrouble);
  EXPECT_THAT(result.out, HasSubstr("intact"));
  EXPECT_THAT(result.err, HasSubstr("no/such"));
}

}  // namespace
}  // namespace cairn::cli
