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
#include "cairn/base/strings.h"
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
    } else if (name == "sharded") {
      options.sharded = value;
    } else if (name == "write_version") {
      EXPECT_EQ(value, 1);
      options.write_version = WriteVersion::kV1;
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

// 039 045 046 047 049 (R1 R2 R4 R6 A16)
class Retention : public ::testing::TestWithParam<const char*> {};

TEST_P(Retention, MatchesTheHistoryOfTensorFlow) {
  const Json trace = Json::parse(
      GoldenBytes(std::string("retention/saver/") + GetParam() + ".json"));
  FakeClock clock(trace["clock_start"]);
  MemoryFileSystem fs;
  Numbers model(1);
  const auto saver = model.OnThreeDevices(fs, OptionsOf(trace, &clock));
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
                                           "relative", "no_state", "same_path",
                                           "v1", "sharded_v1", "sharded_v2"),
                         [](const auto& param) {
                           return std::string(param.param);
                         });

// All files below the working directory, directories with a slash.
std::vector<std::string> Tree(FileSystem& fs, const std::string& dir = "") {
  std::vector<std::string> names;
  const auto listed = fs.List(dir);
  EXPECT_TRUE(listed.ok()) << listed.status();
  if (!listed.ok()) return names;
  for (const std::string& name : *listed) {
    const std::string path = JoinPath(dir, name);
    const bool is_directory = fs.IsDirectory(path);
    names.push_back(is_directory ? StrCat(path, "/") : path);
    if (!is_directory) continue;
    for (const std::string& below : Tree(fs, path)) names.push_back(below);
  }
  return names;
}

// What every step of a history tells about the directory.
void ExpectDirectory(FileSystem& fs, const Json& step) {
  EXPECT_EQ(Tree(fs), step["files"].get<std::vector<std::string>>());
  if (step["state"].is_null()) {
    EXPECT_FALSE(fs.Exists("checkpoint"));
  } else {
    EXPECT_EQ(*fs.ReadFile("checkpoint", 10000), step["state"]);
  }
}

// 035 036 037 (A3 A7 A9): state files of other names, several directories.
TEST(RetentionHistory, OfNamesAndDirectoriesMatchesTensorFlow) {
  const Json trace =
      Json::parse(GoldenBytes("retention/saver/names_and_dirs.json"));
  const Json& steps = trace["steps"];
  FakeClock clock(trace["clock_start"]);
  MemoryFileSystem fs;
  Numbers model(1);
  const auto saver = MakeSaver(fs, model.variables(), OptionsOf(trace, &clock));
  // m-1 with its state file, into sub, into sub2, a bad name, "sub2/".
  ASSERT_EQ(
      *saver->Save("./m", {.global_step = 1, .latest_filename = "state_a"}),
      steps[0]["returned"]);
  EXPECT_EQ(Tree(fs), steps[0]["files"].get<std::vector<std::string>>());
  EXPECT_EQ(*fs.ReadFile("state_a", 10000), steps[0]["state"]);
  ASSERT_EQ(*saver->Save("./n", {.global_step = 2}), steps[1]["returned"]);
  ExpectDirectory(fs, steps[1]);
  ASSERT_EQ(*saver->Save("./sub/n", {.global_step = 3}), steps[2]["returned"]);
  ExpectDirectory(fs, steps[2]);
  ASSERT_TRUE(fs.CreateDirectory("sub2").ok());
  ASSERT_EQ(*saver->Save("./sub2/n", {.global_step = 4}), steps[3]["returned"]);
  ExpectDirectory(fs, steps[3]);
  EXPECT_EQ(Message(saver->Save("m", {.latest_filename = "d/s"}).status()),
            steps[4]["error"]["message"]);
  ExpectDirectory(fs, steps[4]);
  ASSERT_EQ(*saver->Save("./sub2/"), steps[5]["returned"]);
  ExpectDirectory(fs, steps[5]);
  // TensorFlow writes ".index" before it refuses the path; nothing is written
  // here.
  EXPECT_EQ(Message(saver->Save("").status()), steps[6]["error"]["message"]);
  ExpectDirectory(fs, steps[5]);
  // n-2 and m-1 are gone: TensorFlow finds nothing, and looks no further.
  EXPECT_TRUE(
      absl::IsNotFound(state::StrictLatestCheckpoint(fs, ".").status()));
  EXPECT_TRUE(absl::IsNotFound(
      state::StrictLatestCheckpoint(fs, ".", "state_a").status()));
  // "./sub2/" is rewritten as "."; TensorFlow then takes the directory itself
  // for a V1 file, which it is not.
  EXPECT_EQ(steps[9]["returned"], "sub2/.");
  EXPECT_TRUE(
      absl::IsNotFound(state::StrictLatestCheckpoint(fs, "sub2").status()));
  EXPECT_TRUE(saver->Restore("./sub2/").ok());
  EXPECT_TRUE(
      absl::IsNotFound(state::StrictLatestCheckpoint(fs, "nowhere").status()));
}

// 033 050 052 053 055 (R3 R8 R10 A2): Savers that learn of older checkpoints.
TEST(RetentionHistory, OfRecoveringMatchesTensorFlow) {
  const Json trace = Json::parse(GoldenBytes("retention/saver/recover.json"));
  const Json& steps = trace["steps"];
  FakeClock clock(trace["clock_start"]);
  // Its files had the times of the day they were made on, long after the clock
  // of the Savers: a recovered one that goes is kept.
  FakeClock file_clock(1.8e9);
  MemoryFileSystem fs(&file_clock);
  Numbers model(1);
  const auto make = [&](int keep) {
    return MakeSaver(fs, model.variables(),
                     {.max_to_keep = keep, .clock = &clock});
  };
  const auto save = [&](Saver& saver, GlobalStep number, size_t step) {
    clock.Set(steps[step]["clock"]);
    EXPECT_EQ(*saver.Save("./m", {.global_step = number}),
              steps[step]["returned"]);
    ExpectDirectory(fs, steps[step]);
  };
  const auto a = make(3);
  for (int i = 0; i < 3; ++i) save(*a, i, static_cast<size_t>(i));
  save(*make(3), 3, 3);
  const auto c = make(3);
  ASSERT_TRUE(
      c->recover_last_checkpoints({"./m-0", "./m-1", "./m-2", "./m-3", "./m-9"})
          .ok());
  EXPECT_EQ(c->last_checkpoints(),
            steps[4]["returned"].get<std::vector<std::string>>());
  save(*c, 4, 5);
  const auto d = make(2);
  const double start = trace["clock_start"];
  d->set_last_checkpoints_with_time({{"./m-3", start}, {"./m-4", start + 1}});
  EXPECT_EQ(d->last_checkpoints(),
            steps[6]["returned"].get<std::vector<std::string>>());
  save(*d, 5, 7);
  ASSERT_TRUE(fs.Remove("m-5.index").ok());
  save(*d, 6, 8);
  save(*d, 7, 9);
  const Variable step("global_step", Tensor::Scalar<int64_t>(0));
  save(*d, step, 10);
}

// 050 (R3): six recovered ones and a limit of two.
TEST(RetentionOf, ALongerListShrinksByAtMostOnePerSave) {
  MemoryFileSystem fs;
  Numbers model(1);
  std::vector<std::string> paths;
  auto all = MakeSaver(fs, model.variables(), {.max_to_keep = 0});
  for (int i = 0; i < 6; ++i) {
    paths.push_back(*all->Save("m", {.global_step = i}));
  }
  auto saver = MakeSaver(fs, model.variables(), {.max_to_keep = 2});
  ASSERT_TRUE(saver->recover_last_checkpoints(paths).ok());
  for (int i = 6; i < 12; ++i) {
    ASSERT_TRUE(saver->Save("m", {.global_step = i}).ok());
    EXPECT_EQ(saver->last_checkpoints().size(), 6u);
  }
  EXPECT_EQ(saver->last_checkpoints().front(), "m-6");
  EXPECT_FALSE(fs.Exists("m-5.index"));
}

// 051 (R9): their times are infinite, hence each is kept when it goes, and
// each such keep pushes the next time to keep on.
TEST(RetentionOf, AListWithoutTimesKeepsWhatGoes) {
  FakeClock clock(1000);
  MemoryFileSystem fs;
  Numbers model(1);
  auto saver = MakeSaver(
      fs, model.variables(),
      {.max_to_keep = 1, .keep_checkpoint_every_n_hours = 1, .clock = &clock});
  ASSERT_TRUE(saver->Save("a").ok());
  saver->set_last_checkpoints({"a"});
  ASSERT_TRUE(saver->Save("b").ok());
  EXPECT_TRUE(fs.Exists("a.index"));
  // The next time was 1000 + 3600 and is an hour later now: b, saved at 1000
  // + 5000, goes.
  clock.Set(6000);
  ASSERT_TRUE(saver->Save("b").ok());
  ASSERT_TRUE(saver->Save("c").ok());
  EXPECT_FALSE(fs.Exists("b.index"));
}

// 041 (F5 R5): the suffix of the call that removes counts, not of the one that
// saved.
TEST(Eviction, RemovesTheMetaGraphOfTheCallsSuffix) {
  MemoryFileSystem fs;
  Numbers model(1);
  auto saver = MakeSaver(fs, model.variables(), {.max_to_keep = 1});
  ASSERT_TRUE(
      saver->Save("a", {.meta_graph_suffix = "x", .meta_graph = "m"}).ok());
  ASSERT_TRUE(saver->Save("b", {.meta_graph = "m"}).ok());
  EXPECT_TRUE(fs.Exists("a.x"));
  EXPECT_FALSE(fs.Exists("a.index"));
  ASSERT_TRUE(saver->Save("c", {.meta_graph = "m"}).ok());
  EXPECT_FALSE(fs.Exists("b.meta"));
}

// Five saves "m-0" ... of a Saver that keeps two.
std::unique_ptr<Saver> SaveFive(FileSystem& fs, const Numbers& model) {
  auto saver = MakeSaver(fs, model.variables(), {.max_to_keep = 2});
  for (int64_t step = 0; step < 5; ++step) {
    EXPECT_TRUE(saver->Save("m", {.global_step = step}).ok());
  }
  return saver;
}

// 007 (F2 F3 §25)
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

// 055 (F4)
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

// 048 (A10 R6)
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

// 053 (R10)
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
