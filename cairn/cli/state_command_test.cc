// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/state_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cairn/base/memory_file_system.h"
#include "cairn/cli/test_console.h"

namespace cairn::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class StateTest : public testing::Test {
 protected:
  StateTest() {
    EXPECT_TRUE(fs_.CreateDirectory("d").ok());
    fs_.Put("d/ckpt-2.index", "x");
    fs_.Put("d/checkpoint",
            "model_checkpoint_path: \"ckpt-2\"\n"
            "all_model_checkpoint_paths: \"ckpt-1\"\n"
            "all_model_checkpoint_paths: \"ckpt-2\"\n"
            "all_model_checkpoint_timestamps: 1576640070.138009\n"
            "all_model_checkpoint_timestamps: 1576640102.5460615\n"
            "last_preserved_timestamp: 1576640034.937531\n");
  }
  int Run(const std::string& path, bool as_json = false) {
    TestConsole test;
    const int code =
        RunState(fs_, {.path = path, .json = as_json}, test.console);
    out_ = test.out.str();
    err_ = test.err.str();
    return code;
  }
  MemoryFileSystem fs_;
  std::string out_, err_;
};

TEST_F(StateTest, PrintsTheFieldsAsInTheFile) {
  EXPECT_EQ(Run("d", true), kExitOk);
  EXPECT_EQ(out_,
            "{\"model_checkpoint_path\":\"ckpt-2\","
            "\"all_model_checkpoint_paths\":[\"ckpt-1\",\"ckpt-2\"],"
            "\"all_model_checkpoint_timestamps\":[1576640070.138009,"
            "1576640102.5460615],\"last_preserved_timestamp\":"
            "1576640034.937531}\n");
}

TEST_F(StateTest, LeavesOutFieldsTheFileHasNot) {
  fs_.Put("d/checkpoint", "model_checkpoint_path: \"m\"\n");
  EXPECT_EQ(Run("d", true), kExitOk);
  EXPECT_EQ(out_, "{\"model_checkpoint_path\":\"m\"}\n");
}

TEST_F(StateTest, ShowsPeopleWhichCheckpointsAreThere) {
  EXPECT_EQ(Run("d"), kExitOk);
  EXPECT_THAT(out_, HasSubstr("latest: ckpt-2\n"));
  EXPECT_THAT(out_, HasSubstr("ckpt-1      2019-12-18 03:34:30 UTC  missing"));
  EXPECT_THAT(out_, HasSubstr("*  ckpt-2"));
  EXPECT_THAT(out_, HasSubstr("2 checkpoints\n"));
}

TEST_F(StateTest, TakesTheFileItself) {
  ASSERT_TRUE(fs_.Rename("d/checkpoint", "d/other").ok());
  EXPECT_EQ(Run("d/other"), kExitOk);
  EXPECT_EQ(Run("d"), kExitTrouble);
  EXPECT_THAT(err_, HasSubstr("d/checkpoint"));
}

TEST_F(StateTest, AnswersNoWhenTheLatestIsMissing) {
  ASSERT_TRUE(fs_.Remove("d/ckpt-2.index").ok());
  EXPECT_EQ(Run("d"), kExitNo);
  EXPECT_THAT(err_, HasSubstr("latest checkpoint is missing"));
}

TEST_F(StateTest, AnswersNoForAFileThatDoesNotParse) {
  fs_.Put("d/checkpoint", "not a field");
  EXPECT_EQ(Run("d"), kExitNo);
  EXPECT_THAT(err_, HasSubstr("d/checkpoint"));
}

TEST_F(StateTest, CannotReadWhatIsNotThere) {
  EXPECT_EQ(Run("nowhere"), kExitTrouble);
  EXPECT_THAT(err_, HasSubstr("nowhere"));
}

TEST_F(StateTest, SpellsTimesThatAreNoTimes) {
  fs_.Put("d/checkpoint",
          "model_checkpoint_path: \"ckpt-2\"\n"
          "all_model_checkpoint_paths: \"ckpt-2\"\n"
          "all_model_checkpoint_timestamps: nan\n"
          "last_preserved_timestamp: inf\n");
  EXPECT_EQ(Run("d", true), kExitOk);
  EXPECT_EQ(json::parse(out_)["all_model_checkpoint_timestamps"][0], "NaN");
  EXPECT_EQ(json::parse(out_)["last_preserved_timestamp"], "Infinity");
  EXPECT_EQ(Run("d"), kExitOk);
}

}  // namespace
}  // namespace cairn::cli
