// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// `cairn state relocate` and `cairn state prune`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/cli/state_command.h"
#include "cairn/cli/test_console.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::cli {
namespace {

using state::CheckpointState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class StateVerbs : public testing::Test {
 protected:
  StateVerbs() {
    EXPECT_TRUE(fs_.CreateDirectory("d").ok());
    for (int i = 1; i <= 5; ++i) {
      fs_.Put(StrCat("d/m-", i, ".index"), "x");
      fs_.Put(StrCat("d/m-", i, ".data-00000-of-00001"), "x");
      fs_.Put(StrCat("d/m-", i, ".meta"), "x");
    }
  }

  // A state file that lists `prefix`1 to `prefix`5.
  void List(const std::string& prefix) {
    CheckpointState state;
    for (int i = 1; i <= 5; ++i) {
      state.all_model_checkpoint_paths.push_back(StrCat(prefix, i));
      state.all_model_checkpoint_timestamps.push_back(1000.0 + 600 * i);
    }
    state.model_checkpoint_path = StrCat(prefix, 5);
    state.last_preserved_timestamp = 7;
    fs_.Put("d/checkpoint", state::FormatCheckpointState(state));
  }
  CheckpointState Listed() {
    const auto state = state::ReadCheckpointState(fs_, "d");
    EXPECT_TRUE(state.ok()) << state.status();
    return state.ok() ? *state : CheckpointState();
  }

  int Run(const StateOptions& options) {
    TestConsole test;
    const int code = RunState(fs_, options, test.console);
    out_ = test.out.str();
    err_ = test.err.str();
    return code;
  }
  int Relocate(RelocateOptions options) {
    StateOptions all;
    all.verb = StateOptions::Verb::kRelocate;
    all.relocate = std::move(options);
    return Run(all);
  }
  int Prune(PruneOptions options) {
    StateOptions all;
    all.verb = StateOptions::Verb::kPrune;
    all.prune = std::move(options);
    return Run(all);
  }

  MemoryFileSystem fs_;
  std::string out_, err_;
};

TEST_F(StateVerbs, AreParsedBeforeTheDirectory) {
  CLI::App app;
  StateOptions options;
  DeclareState(*app.add_subcommand("state"), options);
  app.parse("state relocate dir --from /a --to /b --relative");
  EXPECT_EQ(options.verb, StateOptions::Verb::kRelocate);
  EXPECT_EQ(options.relocate.path, "dir");
  EXPECT_EQ(options.relocate.to, "/b");
  CLI::App other;
  StateOptions shown;
  DeclareState(*other.add_subcommand("state"), shown);
  other.parse("state ./prune --json");
  EXPECT_EQ(shown.verb, StateOptions::Verb::kShow);
  EXPECT_EQ(shown.path, "./prune");
  CLI::App bare;
  StateOptions none;
  DeclareState(*bare.add_subcommand("state"), none);
  EXPECT_THROW(bare.parse("state"), CLI::RequiredError);
  EXPECT_THROW(bare.parse("state prune d"), CLI::RequiredError);
}

// 042 (A12)
TEST_F(StateVerbs, RelocateFindsTheCheckpointsBesideTheFile) {
  List("/old/place/m-");
  EXPECT_EQ(Relocate({.path = "d", .dry_run = true}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("/old/place/m-5 -> m-5\n"));
  EXPECT_THAT(out_, HasSubstr("5 paths changed (not written)"));
  EXPECT_EQ(Listed().model_checkpoint_path, "/old/place/m-5");
  EXPECT_EQ(Relocate({.path = "d"}), kExitOk);
  const CheckpointState state = Listed();
  EXPECT_EQ(state.model_checkpoint_path, "m-5");
  EXPECT_EQ(state.all_model_checkpoint_paths[0], "m-1");
  EXPECT_EQ(state.all_model_checkpoint_timestamps.size(), 5u);
  EXPECT_EQ(state.last_preserved_timestamp, 7);
  EXPECT_EQ(*state::StrictLatestCheckpoint(fs_, "d"), "d/m-5");
}

TEST_F(StateVerbs, RelocateReplacesAPrefixOfWholeNames) {
  ASSERT_TRUE(fs_.CreateDirectories("/new").ok());
  fs_.Put("/new/m-5.index", "x");
  List("/old/m-");
  EXPECT_EQ(Relocate({.path = "d", .from = "/old/", .to = "/new"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("/old/m-1 -> /new/m-1 (missing)"));
  EXPECT_EQ(Listed().model_checkpoint_path, "/new/m-5");
  // "/ne" is no directory of "/new".
  EXPECT_EQ(Relocate({.path = "d", .from = "/ne", .to = "/x"}), kExitOk);
  EXPECT_EQ(Listed().model_checkpoint_path, "/new/m-5");
}

TEST_F(StateVerbs, RelocateWritesNothingThatNamesNothing) {
  List("/old/m-");
  const auto before = fs_.Files();
  EXPECT_EQ(Relocate({.path = "d", .from = "/old", .to = "/nowhere"}), kExitNo);
  EXPECT_THAT(err_, HasSubstr("/nowhere/m-5, is not there; nothing was"));
  EXPECT_EQ(fs_.Files(), before);
  EXPECT_EQ(Relocate({.path = "absent"}), kExitTrouble);
}

TEST_F(StateVerbs, RelocateMakesPathsRelative) {
  ASSERT_TRUE(fs_.CreateDirectories("/a/b").ok());
  fs_.Put("/a/b/m.index", "x");
  fs_.Put("/a/n.index", "x");
  fs_.Put("/a/b/checkpoint",
          "model_checkpoint_path: \"/a/b/m\"\n"
          "all_model_checkpoint_paths: \"/a/n\"\n"
          "all_model_checkpoint_paths: \"/a/b/m\"\n");
  EXPECT_EQ(Relocate({.path = "/a/b", .relative = true}), kExitOk);
  EXPECT_EQ(*fs_.ReadFile("/a/b/checkpoint", 1000),
            "model_checkpoint_path: \"m\"\n"
            "all_model_checkpoint_paths: \"../n\"\n"
            "all_model_checkpoint_paths: \"m\"\n");
}

TEST_F(StateVerbs, PruneKeepsTheLatestAndWritesTheListFirst) {
  List("m-");
  fs_.Put("d/stranger-1.index", "x");
  const auto before = fs_.Files();
  EXPECT_EQ(Prune({.path = "d", .policy = "latest:2", .dry_run = true}),
            kExitOk);
  EXPECT_THAT(out_, HasSubstr("3 checkpoints would be removed"));
  EXPECT_EQ(fs_.Files(), before);
  fs_.ClearLog();
  EXPECT_EQ(Prune({.path = "d", .policy = "latest:2"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("3 checkpoints removed"));
  const CheckpointState state = Listed();
  EXPECT_THAT(state.all_model_checkpoint_paths, ElementsAre("m-4", "m-5"));
  EXPECT_THAT(state.all_model_checkpoint_timestamps, ElementsAre(3400, 4000));
  EXPECT_EQ(state.last_preserved_timestamp, 7);
  EXPECT_THAT(*fs_.List("d"),
              ElementsAre("checkpoint", "m-4.data-00000-of-00001", "m-4.index",
                          "m-4.meta", "m-5.data-00000-of-00001", "m-5.index",
                          "m-5.meta", "stranger-1.index"));
  bool renamed = false;
  for (const auto& operation : fs_.log()) {
    using Kind = MemoryFileSystem::Operation::Kind;
    renamed |= operation.kind == Kind::kRename;
    if (operation.kind == Kind::kRemove) {
      EXPECT_TRUE(renamed);
    }
  }
}

TEST_F(StateVerbs, PruneJudgesByTimeStepsAndMetrics) {
  List("m-");
  EXPECT_EQ(Prune({.path = "d", .policy = "every:20m"}), kExitOk);
  EXPECT_THAT(Listed().all_model_checkpoint_paths,
              ElementsAre("m-1", "m-3", "m-5"));
  fs_.Put("d/checkpoint.metrics.json",
          "{\"m-1\": {\"acc\": 0.9}, \"m-3\": {\"acc\": 0.8}}");
  EXPECT_EQ(Prune({.path = "d", .policy = "best:1:acc:max"}), kExitOk);
  EXPECT_THAT(Listed().all_model_checkpoint_paths, ElementsAre("m-1", "m-5"));
  EXPECT_EQ(Prune({.path = "d", .policy = "latest:0"}), kExitTrouble);
  EXPECT_EQ(
      Prune({.path = "d", .policy = "best:1:acc:max", .metrics = "absent"}),
      kExitTrouble);
}

TEST_F(StateVerbs, PruneLeavesWhatIsOutsideTheDirectoryAlone) {
  fs_.Put("outside-1.index", "x");
  fs_.Put("d/checkpoint",
          "model_checkpoint_path: \"m-5\"\n"
          "all_model_checkpoint_paths: \"../outside-1\"\n"
          "all_model_checkpoint_paths: \"gone-2\"\n"
          "all_model_checkpoint_paths: \"m-4\"\n"
          "all_model_checkpoint_paths: \"m-5\"\n");
  EXPECT_EQ(Prune({.path = "d", .policy = "latest:1"}), kExitOk);
  EXPECT_TRUE(fs_.Exists("outside-1.index"));
  EXPECT_THAT(out_, HasSubstr("outside the directory"));
  EXPECT_THAT(Listed().all_model_checkpoint_paths,
              ElementsAre("../outside-1", "m-5"));
  EXPECT_FALSE(fs_.Exists("d/m-4.index"));
}

TEST_F(StateVerbs, PruneRemovesFormatV1) {
  fs_.Put("d/v-1", "x");
  fs_.Put("d/v-1.meta", "x");
  fs_.Put("d/s-2-00000-of-00002", "x");
  fs_.Put("d/s-2-00001-of-00002", "x");
  fs_.Put("d/checkpoint",
          "model_checkpoint_path: \"m-5\"\n"
          "all_model_checkpoint_paths: \"v-1\"\n"
          "all_model_checkpoint_paths: \"s-2-?\?\?\?\?-of-00002\"\n"
          "all_model_checkpoint_paths: \"m-5\"\n");
  EXPECT_EQ(Prune({.path = "d", .policy = "latest:1"}), kExitOk);
  for (const char* name :
       {"v-1", "v-1.meta", "s-2-00000-of-00002", "s-2-00001-of-00002"}) {
    EXPECT_FALSE(fs_.Exists(JoinPath("d", name))) << name;
  }
}

}  // namespace
}  // namespace cairn::cli
