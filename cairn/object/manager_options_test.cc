// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// CheckpointManager's options, the directories it finds, its lock, and
// retention by policy. Numbers are those of the acceptance list.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <limits>

#include "cairn/base/commit.h"
#include "cairn/base/fault_file_system.h"
#include "cairn/object/checkpoint_manager.h"
#include "cairn/object/test_manager.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/state/metrics_file.h"

namespace cairn::object {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Saves `count` times with the values 1, 2, ...; a minute apart.
void SaveTimes(CheckpointManager& manager, Subject& subject, FakeClock& clock,
               int count) {
  for (int i = 1; i <= count; ++i) {
    clock.Advance(60);
    subject.Set(static_cast<float>(i));
    const auto path = manager.Save();
    ASSERT_TRUE(path.ok()) << path.status();
  }
}

// 145 (J1 J2), and 156 (J12) as recorded
TEST(ManagerOptions, AreCheckedAsTf) {
  History history("init_fn");
  Subject subject(history.fs), other(history.fs);
  std::vector<std::string> calls;
  const auto init = [&] {
    calls.push_back("init");
    return OkStatus();
  };
  const auto manager = subject.Manage(
      "./d", {.max_to_keep = 3, .init_fn = init, .clock = &history.clock});
  json row = history.Next();
  EXPECT_EQ(*manager->RestoreOrInitialize(), std::nullopt);
  EXPECT_EQ(json(calls), row["init_fn_calls"]);
  EXPECT_THAT(history.fs.Files(), IsEmpty());
  history.Next();
  history.Expect(manager->Save(), "d", manager.get());
  row = history.Next();
  EXPECT_EQ(**manager->RestoreOrInitialize(), row["returned"]);
  EXPECT_EQ(json(calls), row["init_fn_calls"]);
  const auto empty = other.Manage("./empty", {.clock = &history.clock});
  history.Next();
  EXPECT_EQ(*empty->RestoreOrInitialize(), std::nullopt);
  EXPECT_FALSE(history.fs.Exists("empty"));
  const CheckpointManagerOptions wrong[] = {
      {.max_to_keep = 0}, {.max_to_keep = -1}, {.checkpoint_interval = 5}};
  for (const CheckpointManagerOptions& options : wrong) {
    history.Next();
    const Status status =
        CheckpointManager::Create(&other.checkpoint, "./x", options).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(Message(status), history.error());
  }
  Variable step("step", Tensor::Scalar(int64_t{0}));
  history.Next();
  other.Manage("./x", {.step_counter = &step});
  history.Next();
  other.Manage("", {});
  EXPECT_TRUE(history.done());
}

TEST(ManagerOptions, AreRefusedWhenTheyCannotBeMeant) {
  MemoryFileSystem fs;
  Subject subject(fs);
  Variable vector("step", *Tensor::Create(DataType::kInt64, Shape({2})));
  Variable real("step", Tensor::Scalar(1.5f));
  const auto latest = state::RetentionPolicy::Latest(1);
  const CheckpointManagerOptions wrong[] = {
      {.checkpoint_name = ""},
      {.checkpoint_name = "a/"},
      {.step_counter = &vector},
      {.step_counter = &real},
      {.max_to_keep = 1, .retention = latest},
      {.keep_checkpoint_every_n_hours = 1, .retention = latest},
      {.retention = state::RetentionPolicy::Latest(0)}};
  for (const CheckpointManagerOptions& options : wrong) {
    EXPECT_EQ(CheckpointManager::Create(&subject.checkpoint, "d", options)
                  .status()
                  .code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_THAT(fs.Files(), IsEmpty());
}

// 154 (J11): ten rows and more
TEST(ManagerInterval, IsTfs) {
  History history("interval");
  Subject subject(history.fs), again(history.fs);
  Variable step("step", Tensor::Scalar(int64_t{0}));
  CheckpointManagerOptions options{.max_to_keep = 3,
                                   .step_counter = &step,
                                   .checkpoint_interval = 5,
                                   .lock = DirectoryLock::kNone,
                                   .clock = &history.clock};
  const auto manager = subject.Manage("./d", options);
  const auto save = [&](int64_t at, CheckInterval check, auto& with) {
    const json row = history.Next();
    ASSERT_TRUE(step.Assign(Tensor::Scalar(at)).ok());
    const StatusOr<std::string> path = with->Save(std::nullopt, check);
    if (row["returned"].is_null()) {
      EXPECT_EQ(*path, "");
    }
    history.Expect(path, "d", with.get());
  };
  for (const int64_t at : {0, 1, 4, 5, 6, 9, 10, 11, 30, 29, 31}) {
    save(at, CheckInterval::kYes, manager);
  }
  save(31, CheckInterval::kNo, manager);
  // The step of the last save, even so.
  EXPECT_EQ(*manager->Save(std::nullopt, CheckInterval::kNo), "");
  save(33, CheckInterval::kYes, manager);
  EXPECT_EQ(manager->checkpoint_interval(), history.Next()["returned"]);
  const auto next = again.Manage("./d", options);
  save(33, CheckInterval::kYes, next);
  EXPECT_TRUE(history.done());
}

TEST(ManagerInterval, CountsFromTheStepGivenOrRestored) {
  MemoryFileSystem fs;
  Subject subject(fs);
  Variable step("step", Tensor::Scalar(int32_t{7}));
  ASSERT_TRUE(subject.checkpoint.Track("step", &step).ok());
  CheckpointManagerOptions options{.step_counter = &step,
                                   .checkpoint_interval = 5,
                                   .last_checkpoint_step = 7};
  {
    const auto manager = subject.Manage("d", options);
    EXPECT_EQ(*manager->Save(), "");
    ASSERT_TRUE(step.Assign(Tensor::Scalar(int32_t{12})).ok());
    EXPECT_EQ(*manager->Save(), "d/ckpt-1");
  }
  options.last_checkpoint_step.reset();
  const auto manager = subject.Manage("d", options);
  ASSERT_TRUE(step.Assign(Tensor::Scalar(int32_t{0})).ok());
  ASSERT_EQ(**manager->RestoreOrInitialize(), "d/ckpt-1");
  ASSERT_TRUE(step.Assign(Tensor::Scalar(int32_t{16})).ok());
  EXPECT_EQ(*manager->Save(), "");
  ASSERT_TRUE(step.Assign(Tensor::Scalar(int32_t{17})).ok());
  EXPECT_EQ(*manager->Save(), "d/ckpt-2");
}

// 155 (J11 §25)
TEST(ManagerInterval, TriesTheStepOfAFailedSaveAgain) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  Subject subject(fs);
  Variable step("step", Tensor::Scalar(int64_t{5}));
  const auto manager =
      subject.Manage("d", {.step_counter = &step, .checkpoint_interval = 5});
  fs.FailCallOfKind(FaultFileSystem::Call::kSync, 0,
                    ResourceExhaustedError("disk full"));
  EXPECT_FALSE(manager->Save().ok());
  fs.Clear();
  EXPECT_EQ(*manager->Save(), "d/ckpt-2");
  EXPECT_EQ(*manager->Save(), "");
}

// 149 (J4)
TEST(ManagerReopened, TracksWhatIsNewerThanThePreservedStamp) {
  FakeClock clock(1000);
  MemoryFileSystem fs(&clock);
  const auto tracked = [&](const state::CheckpointState& written) {
    fs.Put("d/checkpoint", state::FormatCheckpointState(written));
    Subject subject(fs);
    return subject.Manage("d", {.clock = &clock})->checkpoints();
  };
  EXPECT_THAT(tracked({"c-3", {"c-1", "c-2", "c-3"}, {99, 100, 101}, 100}),
              ElementsAre("d/c-3"));
  EXPECT_THAT(tracked({"c-3", {"c-1", "c-2", "c-3"}, {99, 100, 101}, 0}),
              ElementsAre("d/c-1", "d/c-2", "d/c-3"));
  // A stamp of the future counts as now.
  EXPECT_THAT(tracked({"c-2", {"c-1", "c-2"}, {5000, 6000}, 999}),
              ElementsAre("d/c-1", "d/c-2"));
  EXPECT_THAT(tracked({"c-2", {"c-1", "c-2"}, {5000, 6000}, 1000}), IsEmpty());
}

// 150 (J4 J5)
TEST(ManagerReopened, RemovesNothingAfterTheClockWasSetBack) {
  FakeClock clock(5000);
  MemoryFileSystem fs(&clock);
  {
    Subject subject(fs);
    SaveTimes(*subject.Manage("d", {.max_to_keep = 3, .clock = &clock}),
              subject, clock, 3);
  }
  clock.Set(1000);
  Subject subject(fs);
  const auto manager = subject.Manage("d", {.max_to_keep = 1, .clock = &clock});
  EXPECT_THAT(manager->note(), HasSubstr("behind the last preserved"));
  EXPECT_THAT(manager->checkpoints(), IsEmpty());
  EXPECT_EQ(manager->latest_checkpoint(), "d/ckpt-3");
  ASSERT_TRUE(manager->Save(10).ok());
  ASSERT_TRUE(manager->Save(11).ok());
  EXPECT_THAT(*state::ScanForCheckpoints(fs, "d"),
              ElementsAre("d/ckpt-1", "d/ckpt-2", "d/ckpt-3", "d/ckpt-11"));
}

// 151 (J4 J8)
TEST(ManagerReopened, KeepsTheFirstEvictedOneWhenNothingWasPreserved) {
  FakeClock clock(1e9);
  MemoryFileSystem fs(&clock);
  Subject subject(fs);
  ASSERT_TRUE(subject.checkpoint.Save("d/ckpt").ok());
  const auto manager = subject.Manage(
      "d",
      {.max_to_keep = 1, .keep_checkpoint_every_n_hours = 1, .clock = &clock});
  EXPECT_THAT(manager->checkpoints(), IsEmpty());
  SaveTimes(*manager, subject, clock, 3);  // 2, 3 and 4
  EXPECT_THAT(*state::ScanForCheckpoints(fs, "d"),
              ElementsAre("d/ckpt-1", "d/ckpt-2", "d/ckpt-4"));
}

// 152 (J7 J14)
TEST(ManagerReopened, RemovesAllSurplusAtTheNextSave) {
  FakeClock clock(1000);
  MemoryFileSystem fs(&clock);
  {
    Subject subject(fs);
    SaveTimes(*subject.Manage("d", {.clock = &clock}), subject, clock, 5);
  }
  Subject subject(fs);
  const auto manager = subject.Manage("d", {.max_to_keep = 2, .clock = &clock});
  EXPECT_EQ(manager->checkpoints().size(), 5u);
  EXPECT_EQ(state::ScanForCheckpoints(fs, "d")->size(), 5u);
  ASSERT_EQ(*manager->Save(6), "d/ckpt-6");
  EXPECT_THAT(*state::ScanForCheckpoints(fs, "d"),
              ElementsAre("d/ckpt-5", "d/ckpt-6"));
}

// 153 (J10); the history `numbers` has the rest
TEST(ManagerOptions, TakeANumberFromAnyIntegerScalar) {
  EXPECT_EQ(*IntegerScalar(Tensor::Scalar(int64_t{-3})), -3);
  EXPECT_EQ(*IntegerScalar(Tensor::Scalar(int32_t{7})), 7);
  EXPECT_EQ(*IntegerScalar(Tensor::Scalar(uint8_t{200})), 200);
  for (const Tensor& wrong :
       {Tensor::Scalar(1.0f), *Tensor::Create(DataType::kInt64, Shape({1}))}) {
    EXPECT_EQ(IntegerScalar(wrong).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

// 156 (J12 J13), and falling back, which TensorFlow does not
TEST(ManagerRestore, FallsBackToTheNextOlderReadableCheckpoint) {
  for (const std::string damaged : {"data", "index", "gone", "both"}) {
    SCOPED_TRACE(damaged);
    FakeClock clock(1000);
    MemoryFileSystem fs(&clock);
    {
      Subject subject(fs);
      SaveTimes(*subject.Manage("d", {.clock = &clock}), subject, clock, 4);
    }
    const auto break_file = [&](const std::string& path) {
      std::string bytes = *fs.ReadFile(path, 1 << 20);
      bytes[1] = static_cast<char>(bytes[1] ^ 1);
      fs.Put(path, bytes);
    };
    if (damaged == "data" || damaged == "both") {
      break_file("d/ckpt-4.data-00000-of-00001");
    }
    if (damaged == "index") break_file("d/ckpt-4.index");
    if (damaged == "gone") {
      ASSERT_TRUE(fs.Remove("d/ckpt-4.index").ok());
    }
    if (damaged == "both") break_file("d/ckpt-3.index");
    const float expected = damaged == "both" ? 2 : 3;
    const std::string path = StrCat("d/ckpt-", expected);
    {
      Subject subject(fs);
      const auto manager = subject.Manage(
          "d", {.recovery = Recovery::kAsTensorFlow, .clock = &clock});
      EXPECT_EQ(manager->latest_checkpoint(), "d/ckpt-4");  // stale or not
      EXPECT_FALSE(manager->RestoreOrInitialize().ok());
      EXPECT_EQ(subject.v.data<float>()[0], 1);
    }
    Subject subject(fs);
    bool initialized = false;
    const auto manager = subject.Manage("d", {.init_fn =
                                                  [&] {
                                                    initialized = true;
                                                    return OkStatus();
                                                  },
                                              .clock = &clock});
    std::optional<LoadStatus> status;
    const auto restored = manager->RestoreOrInitialize(&status);
    ASSERT_TRUE(restored.ok()) << restored.status();
    EXPECT_EQ(*restored, path);
    EXPECT_TRUE(status->AssertConsumed().ok());
    EXPECT_EQ(subject.v.data<float>()[0], expected);
    EXPECT_THAT(manager->note(), HasSubstr(StrCat("restored ", path)));
    EXPECT_THAT(manager->note(), HasSubstr("not readable: d/ckpt-4"));
    EXPECT_EQ(manager->latest_checkpoint(), path);
    EXPECT_FALSE(initialized);
    // The next save takes the damaged one's place.
    subject.Set(9);
    ASSERT_TRUE(manager->Save().ok());
    EXPECT_EQ(ValueIn(fs, *manager->latest_checkpoint()), 9);
  }
}

TEST(ManagerRestore, FollowsTheListOfWhoSavedMeanwhile) {
  FakeClock clock{1000};
  MemoryFileSystem fs{&clock};
  Subject writer(fs), reader(fs);
  int initialised = 0;
  const auto init = [&] {
    ++initialised;
    return OkStatus();
  };
  const auto saving = writer.Manage("d", {.max_to_keep = 2, .clock = &clock});
  SaveTimes(*saving, writer, clock, 2);
  const auto reading = reader.Manage("d", {.init_fn = init, .clock = &clock});
  SaveTimes(*saving, writer, clock, 2);
  // Written, and not reported: what a save has done before its last step.
  ASSERT_TRUE(writer.checkpoint.Write("d/ckpt-5").ok());
  EXPECT_EQ(**reading->RestoreOrInitialize(), "d/ckpt-4");
  EXPECT_THAT(reading->checkpoints(), ElementsAre("d/ckpt-3", "d/ckpt-4"));
  EXPECT_EQ(reading->note(), "");
  // All is gone, and the list with it.
  for (const auto& [path, contents] : fs.Files()) {
    if (path.ends_with(".cairn-lock")) continue;
    ASSERT_TRUE(fs.Remove(path).ok());
  }
  EXPECT_EQ(*reading->RestoreOrInitialize(), std::nullopt);
  EXPECT_EQ(initialised, 1);
}

TEST(ManagerRestore, IsAnErrorWhenNothingIsReadableOrTheProgramDiffers) {
  FakeClock clock(1000);
  MemoryFileSystem fs(&clock);
  {
    Subject subject(fs);
    SaveTimes(*subject.Manage("d", {.clock = &clock}), subject, clock, 2);
  }
  Variable v("Variable", Floats({3}, {1, 2, 3}));
  Checkpoint other(fs, {{"v", &v}});
  const auto differs =
      *CheckpointManager::Create(&other, "d", {.clock = &clock});
  EXPECT_EQ(differs->RestoreOrInitialize().status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(v.data<float>()[2], 3);
  for (const char* index : {"d/ckpt-1.index", "d/ckpt-2.index"}) {
    fs.Put(index, "x");
  }
  Subject subject(fs);
  const auto manager = subject.Manage("d", {.clock = &clock});
  EXPECT_FALSE(manager->RestoreOrInitialize().ok());
  EXPECT_EQ(subject.v.data<float>()[0], 1);
}

TEST(ManagerRestore, TakesABrokenStateFileAsTensorFlowIfAsked) {
  FakeClock clock(1000);
  MemoryFileSystem fs(&clock);
  Subject subject(fs);
  ASSERT_TRUE(subject.checkpoint.Write("d/ckpt-3").ok());
  const CheckpointManagerOptions strict{.recovery = Recovery::kAsTensorFlow,
                                        .clock = &clock};
  fs.Put("d/checkpoint", "");
  const Status empty =
      CheckpointManager::Create(&subject.checkpoint, "d", strict).status();
  EXPECT_EQ(empty.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Message(empty), "Invalid checkpoint state loaded from d");
  fs.Put("d/checkpoint", "garbage");
  const auto manager = subject.Manage("d", strict);
  EXPECT_EQ(manager->latest_checkpoint(), std::nullopt);
  EXPECT_NE(manager->note(), "");
  fs.Put("d/checkpoint", "");
  EXPECT_EQ(subject.Manage("d", {.clock = &clock})->latest_checkpoint(),
            "d/ckpt-3");
}

// 158 (J14)
TEST(ManagerForeign, IsAdoptedAndRemovedOnlyIfAsked) {
  for (const auto foreign :
       {ForeignCheckpoints::kNeverRemove, ForeignCheckpoints::kRemove}) {
    FakeClock clock(1000);
    MemoryFileSystem fs(&clock);
    Subject subject(fs);
    {
      const auto other = subject.Manage(
          "d", {.checkpoint_name = "pretrained", .clock = &clock});
      SaveTimes(*other, subject, clock, 2);
    }
    const auto manager = subject.Manage(
        "d", {.max_to_keep = 2, .foreign = foreign, .clock = &clock});
    EXPECT_THAT(manager->checkpoints(),
                ElementsAre("d/pretrained-1", "d/pretrained-2"));
    SaveTimes(*manager, subject, clock, 3);
    EXPECT_THAT(manager->checkpoints(), ElementsAre("d/ckpt-4", "d/ckpt-5"));
    const auto there = *state::ScanForCheckpoints(fs, "d");
    if (foreign == ForeignCheckpoints::kRemove) {
      EXPECT_THAT(there, ElementsAre("d/ckpt-4", "d/ckpt-5"));
      EXPECT_EQ(manager->note(), "");
    } else {
      EXPECT_THAT(there, ElementsAre("d/ckpt-4", "d/ckpt-5", "d/pretrained-1",
                                     "d/pretrained-2"));
      EXPECT_THAT(manager->note(), HasSubstr("d/pretrained-1 is not listed"));
    }
  }
}

// 157 (J15 §25)
TEST(ManagerLock, RefusesASecondManagerThatSaves) {
  FakeClock clock(1000);
  MemoryFileSystem fs(&clock);
  Subject a(fs), b(fs);
  auto first = a.Manage("d", {.clock = &clock});
  const auto second = b.Manage("d", {.clock = &clock});
  SaveTimes(*first, a, clock, 2);
  const Status refused = second->Save().status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(refused), HasSubstr("another CheckpointManager"));
  EXPECT_EQ(first->checkpoints().size(), 2u);
  // A reader is not.
  Subject reader(fs);
  const auto reading = reader.Manage("d", {.clock = &clock});
  EXPECT_EQ(**reading->RestoreOrInitialize(), "d/ckpt-2");
  // Without the lock both save, as in TensorFlow.
  const auto careless =
      b.Manage("d", {.lock = DirectoryLock::kNone, .clock = &clock});
  EXPECT_TRUE(careless->Save(100).ok());
  ASSERT_TRUE(fs.Remove("d/ckpt-100.index").ok());
  first.reset();
  EXPECT_FALSE(fs.Exists("d/.cairn-lock"));
  // Now it may, and it takes over what it did not know of.
  EXPECT_EQ(*second->Save(7), "d/ckpt-7");
  EXPECT_THAT(second->note(), HasSubstr("its list was taken over"));
  EXPECT_GE(second->checkpoints().size(), 2u);
}

// What a child process is to do with a directory; then it waits to be killed.
pid_t RunInChild(const std::function<bool()>& work) {
  int ready[2];
  if (pipe(ready) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    const char done = work() ? 'y' : 'n';
    if (write(ready[1], &done, 1) != 1) _exit(1);
    for (;;) pause();
  }
  char done = 'n';
  close(ready[1]);
  const bool good = read(ready[0], &done, 1) == 1 && done == 'y';
  close(ready[0]);
  EXPECT_TRUE(good);
  return child;
}

TEST(ManagerLock, NamesAnotherProcessAndIsTakenOverWhenItIsKilled) {
  const std::string dir =
      StrCat(::testing::TempDir(), "/manager_lock_", getpid());
  std::filesystem::remove_all(dir);
  const pid_t child = RunInChild([&] {
    Subject subject(LocalFileSystem());
    auto manager =
        CheckpointManager::Create(&subject.checkpoint, dir, {.max_to_keep = 2});
    const bool saved = manager.ok() && (*manager)->Save().ok();
    manager->release();  // held until the process is killed
    return saved;
  });
  Subject subject(LocalFileSystem());
  const auto manager = subject.Manage(dir, {.max_to_keep = 2});
  const Status refused = manager->Save().status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  EXPECT_THAT(Message(refused), HasSubstr(host));
  EXPECT_THAT(Message(refused), HasSubstr(StrCat(child)));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(*manager->Save(2), JoinPath(dir, "ckpt-2"));
  EXPECT_EQ(manager->checkpoints().size(), 2u);
  std::filesystem::remove_all(dir);
}

TEST(ManagerSweep, TakesOnlyItsOwnLeftovers) {
  MemoryFileSystem fs;
  Subject subject(fs);
  {
    const auto manager = subject.Manage("d", {.max_to_keep = 3});
    ASSERT_TRUE(manager->Save().ok());
    ASSERT_TRUE(manager->Save().ok());
  }
  ASSERT_TRUE(subject.checkpoint.Write("d/other-7").ok());
  ASSERT_TRUE(subject.checkpoint.Write("d/ckpt-best").ok());
  // A removal cut off, of this name and of two others.
  for (const char* prefix : {"d/ckpt-1", "d/other-7", "d/ckpt-best"}) {
    ASSERT_TRUE(SetAside(fs, prefix, StrCat(prefix, ".index")).ok());
  }
  // Data that somebody copies in, index to come.
  fs.Put("d/ckpt-9.data-00000-of-00001", "x");
  fs.Put("d/ckpt-1.index.cairn-tmp-0123456789abcdef", "no token of ours");
  const size_t before = fs.Files().size();
  const auto manager = subject.Manage("d", {.max_to_keep = 3});
  EXPECT_THAT(manager->note(), HasSubstr("removed 2 files"));
  const auto files = fs.Files();
  EXPECT_EQ(files.size(), before - 2);
  EXPECT_FALSE(files.contains("d/ckpt-1.data-00000-of-00001"));
  for (const char* there :
       {"d/ckpt-9.data-00000-of-00001", "d/other-7.data-00000-of-00001",
        "d/ckpt-best.data-00000-of-00001", "d/ckpt-2.index",
        "d/ckpt-1.index.cairn-tmp-0123456789abcdef"}) {
    EXPECT_TRUE(files.contains(there)) << there;
  }
  EXPECT_FALSE(fs.Exists("d/.cairn-lock"));
}

TEST(ManagerSweep, LeavesADirectoryThatAnotherManagerWorksIn) {
  MemoryFileSystem fs;
  Subject a(fs), b(fs);
  const auto first = a.Manage("d", {.max_to_keep = 3});
  ASSERT_TRUE(first->Save().ok());
  const auto aside = SetAside(fs, "d/ckpt-1", "d/ckpt-1.index");
  const auto second = b.Manage("d", {.max_to_keep = 3});
  EXPECT_TRUE(fs.Exists(*aside));
}

TEST(ManagerPolicy, KeepsTheBestAndTheLatestAcrossRestarts) {
  FakeClock clock(1000);
  MemoryFileSystem fs(&clock);
  const auto policy =
      *state::ParseRetentionPolicy("latest:2,best:2:accuracy:max");
  const double accuracy[] = {0.5, 0.9, 0.6, 0.8, 0.7, 0.4};
  for (int i = 0; i < 6; ++i) {
    // Another manager for each save.
    Subject subject(fs);
    const auto manager =
        subject.Manage("d", {.retention = policy, .clock = &clock});
    clock.Advance(i == 3 ? -500 : 60);  // the clock does not matter
    ManagedSave save{.number = i + 1};
    save.metrics["accuracy"] = accuracy[i];
    ASSERT_TRUE(manager->Save(save).ok());
  }
  EXPECT_THAT(*state::ScanForCheckpoints(fs, "d"),
              ElementsAre("d/ckpt-2", "d/ckpt-4", "d/ckpt-5", "d/ckpt-6"));
  const auto state = *state::GetCheckpointState(fs, "d");
  EXPECT_THAT(state.all_model_checkpoint_paths,
              ElementsAre("d/ckpt-2", "d/ckpt-4", "d/ckpt-5", "d/ckpt-6"));
  const auto metrics =
      *state::ReadMetricsFile(fs, JoinPath("d", state::kMetricsFile));
  EXPECT_EQ(metrics.size(), 4u);
  EXPECT_EQ(metrics.at("ckpt-2").at("accuracy"), 0.9);
  // Without its metrics no checkpoint is judged, and so none is removed.
  fs.Put(JoinPath("d", state::kMetricsFile), "{");
  Subject subject(fs);
  const auto manager =
      subject.Manage("d", {.retention = policy, .clock = &clock});
  EXPECT_THAT(manager->note(), HasSubstr("metrics of earlier checkpoints"));
  ASSERT_TRUE(manager->Save(7).ok());
  EXPECT_EQ(manager->checkpoints().size(), 5u);
}

}  // namespace
}  // namespace cairn::object
