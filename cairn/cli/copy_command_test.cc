// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/copy_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cairn/base/memory_file_system.h"
#include "cairn/cli/test_console.h"

namespace cairn::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

struct Result {
  int exit_code;
  std::string out, err;
};

Result Copy(const CopyCommandOptions& options, FileSystem& fs) {
  TestConsole test;
  const int exit_code = RunCopy(fs, options, test.console);
  return {exit_code, test.out.str(), test.err.str()};
}

class CopyCommand : public ::testing::Test {
 protected:
  CopyCommand() {
    const std::string golden = GoldenPath("seed/v1/epoch2/model");
    for (const std::string suffix : {".index", ".data-00000-of-00001"}) {
      fs_.Put("in/model" + suffix,
              *LocalFileSystem().ReadFile(golden + suffix, 1 << 20));
    }
  }
  MemoryFileSystem fs_;
};

TEST_F(CopyCommand, TellsWhatItWrote) {
  const Result result =
      Copy({.path = "in/model", .out = "out/m", .how = {.num_shards = 2}}, fs_);
  EXPECT_EQ(result.exit_code, kExitOk) << result.err;
  EXPECT_EQ(result.out, "out/m: 16 tensors, 220,904 bytes in 2 shards\n");
  EXPECT_EQ(result.err, "");
  EXPECT_TRUE(fs_.Exists("out/m.data-00001-of-00002"));
}

TEST_F(CopyCommand, KeepsTheNameInADirectory) {
  EXPECT_EQ(Copy({.path = "in/model", .out = "out/"}, fs_).exit_code, kExitOk);
  EXPECT_TRUE(fs_.Exists("out/model.index"));
}

// R3: as the option of saving, `--overwrite-by file-count`.
TEST_F(CopyCommand, ReplacesByAnotherNumberOfFiles) {
  CLI::App app;
  CopyCommandOptions options;
  DeclareCopy(app, options);
  app.parse("in/model out/m --overwrite-by file-count");
  for (const std::string shards : {"1 shard", "2 shards", "1 shard"}) {
    const Result result = Copy(options, fs_);
    EXPECT_EQ(result.exit_code, kExitOk) << result.err;
    EXPECT_THAT(result.out, HasSubstr("bytes in " + shards + "\n"));
    EXPECT_EQ(fs_.Exists("out/m.data-00000-of-00001"), shards == "1 shard");
    EXPECT_EQ(fs_.Exists("out/m.data-00001-of-00002"), shards == "2 shards");
  }
  options.how.format = inspect::Format::kV1;
  EXPECT_THAT(Copy(options, fs_).err, HasSubstr("only bundles"));
}

TEST_F(CopyCommand, SaysHowToReplace) {
  const CopyCommandOptions options = {.path = "in/model", .out = "out/m"};
  EXPECT_EQ(Copy(options, fs_).exit_code, kExitOk);
  const Result again = Copy(options, fs_);
  EXPECT_EQ(again.exit_code, kExitTrouble);
  EXPECT_THAT(again.err, HasSubstr("--overwrite"));
}

TEST_F(CopyCommand, PrintsJson) {
  const Result result =
      Copy({.path = "in/model", .out = "o", .how = {}, .json = true}, fs_);
  const json answer = json::parse(result.out);
  EXPECT_EQ(answer["path"], "o");
  EXPECT_EQ(answer["tensors"], 16);
  EXPECT_EQ(answer["shards"], 1);
}

TEST_F(CopyCommand, AnswersNoForADamagedSource) {
  std::string data = *fs_.ReadFile("in/model.data-00000-of-00001", 1 << 20);
  data[9] = static_cast<char>(data[9] ^ 1);
  fs_.Put("in/model.data-00000-of-00001", data);
  const Result result = Copy({.path = "in/model", .out = "out/m"}, fs_);
  EXPECT_EQ(result.exit_code, kExitNo);
  EXPECT_FALSE(fs_.Exists("out/m.index"));
}

}  // namespace
}  // namespace cairn::cli
