// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/run_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "cairn/bundle/reader.h"
#include "cairn/cli/test_console.h"
#include "cairn/data/npy.h"

namespace cairn::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Result {
  int exit_code;
  std::string out, err;
};

Result RunIt(const RunOptions& options) {
  TestConsole test;
  const int exit_code =
      RunGraphCommand(LocalFileSystem(), options, test.console);
  return {exit_code, test.out.str(), test.err.str()};
}

const std::string kMeta = GoldenPath("seed/v1/epoch2/model.meta");
const std::string kPrefix = GoldenPath("seed/v1/epoch2/model");

TEST(Run, FetchesAVariableThatTheGraphsOwnSaverRestored) {
  const Result result =
      RunIt({.path = kMeta,
             .checkpoint = kPrefix,
             .fetches = {"conv2d/bias/Read/ReadVariableOp:0"}});
  EXPECT_EQ(result.exit_code, kExitOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("float32 [16], 64 bytes\nmin "));
}

TEST(Run, WritesNpyFiles) {
  const std::string directory = testing::TempDir() + "/run_command_test";
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  const Result result = RunIt({.path = kPrefix,
                               .checkpoint = kPrefix,
                               .fetches = {"conv2d/bias/Read/ReadVariableOp:0"},
                               .out = directory});
  EXPECT_EQ(result.exit_code, kExitOk) << result.err;
  const auto file = LocalFileSystem().ReadFile(
      directory + "/conv2d_bias_Read_ReadVariableOp_0.npy", 1 << 20);
  ASSERT_TRUE(file.ok()) << file.status();
  const auto tensor = data::ParseNpy(*file, "out");
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  const auto reader = bundle::BundleReader::Open(LocalFileSystem(), kPrefix);
  ASSERT_TRUE(reader.ok());
  EXPECT_TRUE(BitwiseEqual(*tensor, *(*reader)->Read("conv2d/bias")));
  std::filesystem::remove_all(directory);
}

TEST(Run, SavesThroughTheGraphsOwnSaver) {
  const std::string directory = testing::TempDir() + "/run_command_save";
  std::filesystem::remove_all(directory);
  const Result result = RunIt({.path = kMeta,
                               .checkpoint = kPrefix,
                               .texts = {"save/Const:0=" + directory + "/m"},
                               .fetches = {"save/control_dependency:0"}});
  EXPECT_EQ(result.exit_code, kExitOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("run_command_save/m"));
  EXPECT_TRUE(std::filesystem::exists(directory + "/m.index"));
  std::filesystem::remove_all(directory);
}

TEST(Run, SaysWhatIsWrong) {
  const std::vector<std::string> fetch = {"conv2d/bias/Read/ReadVariableOp:0"};
  Result result = RunIt({.path = kMeta, .fetches = fetch});
  EXPECT_EQ(result.exit_code, kExitNo);
  EXPECT_THAT(result.err, HasSubstr("Could not find variable conv2d/bias. "));
  result = RunIt({.path = kMeta, .fetches = {"conv2d/bais:0"}});
  EXPECT_THAT(result.err, HasSubstr("did you mean conv2d/bias"));
  result = RunIt({.path = kMeta});
  EXPECT_EQ(result.exit_code, kExitTrouble);
  result = RunIt({.path = kMeta, .feeds = {"x"}, .fetches = fetch});
  EXPECT_EQ(result.exit_code, kExitTrouble);
  EXPECT_THAT(result.err, HasSubstr("--feed x: expected name=value"));
  result =
      RunIt({.path = kMeta, .checkpoint = kPrefix + "no", .fetches = fetch});
  EXPECT_THAT(result.err, HasSubstr("Failed to find any matching files"));
  result = RunIt({.path = kMeta, .fetches = fetch, .signature = "serve"});
  EXPECT_THAT(result.err, HasSubstr("no signature serve"));
}

}  // namespace
}  // namespace cairn::cli
