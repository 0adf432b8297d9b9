// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Histories recorded from TensorFlow's Saver under a fake clock: after every
// save the same files, state file and list.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cairn/base/clock.h"
#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/saver/test_models.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::saver {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Json = nlohmann::json;

SaverOptions OptionsOf(const Json& trace, Clock* clock) {
  SaverOptions options;
  options.clock = clock;
  for (const auto& [name, value] : trace["options"].items()) {
    if (name == "max_to_keep") {
      options.max_to_keep = value.is_null() ? 0 : value.get<int>();
    } else if (name == "keep_checkpoint_every_n_hours") {
      options.keep_checkpoint_every_n_hours = value;
    } else if (name == "pad_step_number") {
      options.pad_step_number = value;
    } else if (name == "save_relative_paths") {
      options.save_relative_paths = value;
    } else {
      ADD_FAILURE() << "unknown option " << name;
    }
  }
  return options;
}

SaveOptions CallOf(const Json& call) {
  SaveOptions options;
  for (const auto& [name, value] : call.items()) {
    if (name == "global_step") {
      options.global_step = value.get<int64_t>();
    } else if (name == "write_meta_graph") {
      if (value.get<bool>()) options.meta_graph = "any bytes";
    } else if (name == "write_state") {
      options.write_state = value;
    } else if (name != "path") {
      ADD_FAILURE() << "unknown argument " << name;
    }
  }
  return options;
}

class Retention : public ::testing::TestWithParam<const char*> {};

TEST_P(Retention, MatchesTheHistoryOfTensorFlow) {
  const Json trace = Json::parse(
      GoldenBytes(std::string("retention/saver/") + GetParam() + ".json"));
  FakeClock clock(trace["clock_start"]);
  MemoryFileSystem fs;
  Numbers model(1);
  const auto saver = MakeSaver(fs, model.variables(), OptionsOf(trace, &clock));
  for (const Json& step : trace["steps"]) {
    SCOPED_TRACE(step["call"]);
    clock.Set(step["clock"]);
    const Json& call = step["do"]["save"];
    const auto path = saver->Save(call["path"], CallOf(call));
    ASSERT_TRUE(path.ok()) << path.status();
    EXPECT_EQ(*path, step["returned"]);
    EXPECT_EQ(*fs.List("."), step["files"].get<std::vector<std::string>>());
    if (step["state"].is_null()) {
      EXPECT_FALSE(fs.Exists("checkpoint"));
    } else {
      EXPECT_EQ(*fs.ReadFile("checkpoint", 10000), step["state"]);
    }
    if (step.contains("last_checkpoints")) {
      EXPECT_EQ(saver->last_checkpoints(),
                step["last_checkpoints"].get<std::vector<std::string>>());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Saver, Retention,
                         ::testing::Values("keep1", "keep3", "keep_all_none",
                                           "keep_all_zero", "hours",
                                           "hours_zero", "padded", "meta",
                                           "relative", "no_state", "same_path"),
                         [](const auto& param) {
                           return std::string(param.param);
                         });

// Five saves "m-0" ... of a Saver that keeps two.
std::unique_ptr<Saver> SaveFive(FileSystem& fs, const Numbers& model) {
  auto saver = MakeSaver(fs, model.variables(), {.max_to_keep = 2});
  for (int64_t step = 0; step < 5; ++step) {
    EXPECT_TRUE(saver->Save("m", {.global_step = step}).ok());
  }
  return saver;
}

TEST(Eviction, TakesPathsLiterally) {
  MemoryFileSystem fs;
  Numbers model(1);
  fs.Put("aXX-1.index", "a stranger's");
  fs.Put("aXX-1.data-00000-of-00001", "a stranger's");
  auto saver = MakeSaver(fs, model.variables(), {.max_to_keep = 1});
  for (int64_t step = 0; step < 4; ++step) {
    ASSERT_TRUE(saver->Save("a*", {.global_step = step}).ok());
  }
  EXPECT_TRUE(fs.Exists("aXX-1.index"));
  EXPECT_TRUE(fs.Exists("aXX-1.data-00000-of-00001"));
  EXPECT_FALSE(fs.Exists("a*-2.index"));
  EXPECT_TRUE(saver->Restore("a*-3").ok());
}

TEST(Eviction, IgnoresFilesThatAreGone) {
  MemoryFileSystem fs;
  Numbers model(1);
  auto saver = SaveFive(fs, model);
  ASSERT_TRUE(fs.Remove("m-3.index").ok());
  ASSERT_TRUE(saver->Save("m", {.global_step = 5}).ok());
  EXPECT_THAT(*fs.List("."),
              ElementsAre("checkpoint", "m-4.data-00000-of-00001", "m-4.index",
                          "m-5.data-00000-of-00001", "m-5.index"));
}

TEST(Eviction, IsTriedAgainWhenItFails) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  Numbers model(1);
  auto saver = SaveFive(fs, model);
  // The first removal of the next save, of m-3's index.
  fs.FailCallOfKind(FaultFileSystem::Call::kRemove, 0,
                    UnavailableError("device is busy"));
  ASSERT_TRUE(saver->Save("m", {.global_step = 5}).ok());
  ASSERT_TRUE(fs.fired());
  EXPECT_TRUE(memory.Exists("m-3.index"));
  fs.Clear();
  ASSERT_TRUE(saver->Save("m", {.global_step = 6}).ok());
  EXPECT_FALSE(memory.Exists("m-3.index"));
  EXPECT_FALSE(memory.Exists("m-4.index"));
  EXPECT_THAT(saver->last_checkpoints(), ElementsAre("m-5", "m-6"));
}

TEST(Eviction, LeavesACheckpointSavedAnewAfterAFailedSave) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  Numbers model(1);
  auto saver = MakeSaver(fs, model.variables(), {.max_to_keep = 1});
  ASSERT_TRUE(saver->Save("a").ok());
  // The state file cannot be written: "a" waits for removal.
  FaultFileSystem::Call sync = FaultFileSystem::Call::kSync;
  // Two files of the checkpoint are synced, then the state file.
  fs.FailCallOfKind(sync, 2, UnavailableError("disk is gone"));
  EXPECT_FALSE(saver->Save("b").ok());
  ASSERT_TRUE(fs.fired());
  fs.Clear();
  ASSERT_TRUE(saver->Save("a").ok());
  EXPECT_TRUE(memory.Exists("a.index"));
  EXPECT_TRUE(saver->Restore("a").ok());
  EXPECT_FALSE(memory.Exists("b.index"));
}

TEST(Eviction, HappensAfterTheStateFileIsDurable) {
  MemoryFileSystem fs;
  Numbers model(1);
  auto saver = SaveFive(fs, model);
  fs.ClearLog();
  ASSERT_TRUE(saver->Save("m", {.global_step = 5}).ok());
  using Kind = MemoryFileSystem::Operation::Kind;
  std::vector<std::string> order;
  bool state_synced = false;
  bool state_renamed = false;
  for (const auto& operation : fs.log()) {
    if (operation.kind == Kind::kRename && operation.path2 == "checkpoint") {
      state_renamed = true;
      // The checkpoint it names is there.
      EXPECT_THAT(order, ElementsAre("m-5.data-00000-of-00001", "m-5.index"));
    } else if (operation.kind == Kind::kRename) {
      order.push_back(operation.path2);
    } else if (operation.kind == Kind::kSyncDirectory) {
      state_synced |= state_renamed;
    } else if (operation.kind == Kind::kRemove) {
      EXPECT_TRUE(state_synced) << operation.path;
      order.push_back("-" + operation.path);
    }
  }
  EXPECT_THAT(order, ElementsAre("m-5.data-00000-of-00001", "m-5.index",
                                 "-m-3.index", "-m-3.data-00000-of-00001"));
}

TEST(RetentionOf, IsPerSaver) {
  MemoryFileSystem fs;
  Numbers model(1);
  SaveFive(fs, model);
  auto other = MakeSaver(fs, model.variables(), {.max_to_keep = 1});
  EXPECT_THAT(other->last_checkpoints(), IsEmpty());
  ASSERT_TRUE(other->Save("m", {.global_step = 9}).ok());
  EXPECT_TRUE(fs.Exists("m-4.index"));
  EXPECT_THAT(state::ReadCheckpointState(fs, "")->all_model_checkpoint_paths,
              ElementsAre("m-9"));
}

// With one checkpoint kept, what a power cut leaves always restores.
TEST(RetentionOf, SurvivesPowerCutsWhileEvicting) {
  MemoryFileSystem fs;
  Numbers model(1);
  auto saver = MakeSaver(fs, model.variables(), {.max_to_keep = 1});
  ASSERT_TRUE(saver->Save("m", {.global_step = 1}).ok());
  fs.ClearLog();
  model.Set(2);
  ASSERT_TRUE(saver->Save("m", {.global_step = 2}).ok());
  const size_t operations = fs.log().size();
  ASSERT_GT(operations, 10u);
  for (size_t n = 0; n <= operations; ++n) {
    fs.CrashImages(n, 10, [&](MemoryFileSystem& image) {
      auto latest = state::LatestCheckpoint(image, "");
      ASSERT_TRUE(latest.ok()) << n << " " << latest.status();
      Numbers restored(0);
      const Status status =
          MakeSaver(image, restored.variables())->Restore(*latest);
      ASSERT_TRUE(status.ok()) << n << " " << *latest << " " << status;
      EXPECT_EQ(restored.value(), *latest == "m-1" ? 1 : 2);
    });
  }
}

}  // namespace
}  // namespace cairn::saver
