// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Saving in the background. Numbers are those of the acceptance list.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>

#include "cairn/base/commit.h"
#include "cairn/base/fault_file_system.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"
#include "cairn/object/async_save.h"
#include "cairn/object/async_saver.h"
#include "cairn/object/checkpoint_manager.h"
#include "cairn/object/preemption.h"
#include "cairn/object/test_manager.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::object {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Runs work when told, in the thread that tells it.
class StepExecutor : public SaveExecutor {
 public:
  Status Run(std::function<void()> work) override {
    work_.push_back(std::move(work));
    return OkStatus();
  }
  void Step() {
    ASSERT_FALSE(work_.empty());
    const std::function<void()> work = std::move(work_.front());
    work_.pop_front();
    work();
  }
  void StepAll() {
    while (!work_.empty()) Step();
  }
  size_t pending() const { return work_.size(); }

 private:
  std::deque<std::function<void()>> work_;
};

bool IsReady(const std::shared_future<Status>& future) {
  return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

struct AsyncSubject : Subject {
  explicit AsyncSubject(FileSystem& fs) : Subject(fs) {
    checkpoint.UseExecutor(steps);
  }
  std::shared_ptr<StepExecutor> steps = std::make_shared<StepExecutor>();
};

// 159 (Q2 §25), 161 (Q4 Q5 §25)
TEST(AsyncSave, SavesTheValuesOfTheCall) {
  MemoryFileSystem fs;
  AsyncSubject subject(fs);
  subject.Set(1);
  const auto first = subject.checkpoint.SaveAsync("d/ckpt");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->path, "d/ckpt-1");
  EXPECT_TRUE(IsReady(first->staged));
  EXPECT_FALSE(IsReady(first->committed));
  EXPECT_THAT(fs.Files(), IsEmpty());
  subject.Set(2);
  const auto second = subject.checkpoint.SaveAsync("d/ckpt");
  EXPECT_EQ(second->path, "d/ckpt-2");
  subject.Set(3);
  EXPECT_EQ(subject.checkpoint.save_counter().data<int64_t>()[0], 2);
  subject.steps->Step();
  EXPECT_TRUE(first->committed.get().ok());
  EXPECT_EQ(*state::LatestCheckpoint(fs, "d"), "d/ckpt-1");
  subject.steps->Step();
  EXPECT_EQ(ValueIn(fs, "d/ckpt-1"), 1);
  EXPECT_EQ(ValueIn(fs, "d/ckpt-2"), 2);
  EXPECT_EQ(*state::LatestCheckpoint(fs, "d"), "d/ckpt-2");
  // A save in the foreground goes on with the same numbers.
  EXPECT_EQ(*subject.checkpoint.Save("d/ckpt"), "d/ckpt-3");
  // The stored counter is the saved number.
  Subject again(fs);
  ASSERT_TRUE(again.checkpoint.Restore("d/ckpt-2").ok());
  EXPECT_EQ(again.checkpoint.save_counter().data<int64_t>()[0], 2);
}

// 159 and 160 (Q2 Q3 §25)
TEST(AsyncSave, SavesObjectsThatAppearedAfterTheFirst) {
  MemoryFileSystem fs;
  AsyncSubject subject(fs);
  ASSERT_TRUE(subject.checkpoint.WriteAsync("first").ok());
  subject.steps->StepAll();
  Arena arena;
  Variable* const late = arena.Add("late", Floats({1}, {5}));
  Group* const group = arena.Make();
  ASSERT_TRUE(group->Track("inner", late).ok());
  ASSERT_TRUE(subject.checkpoint.Track("group", group).ok());
  ASSERT_TRUE(subject.checkpoint.WriteAsync("second").ok());
  late->data<float>()[0] = 6;
  subject.steps->StepAll();
  Variable inner("late", Floats({1}, {0}));
  Group outer;
  ASSERT_TRUE(outer.Track("inner", &inner).ok());
  Subject reader(fs);
  ASSERT_TRUE(reader.checkpoint.Track("group", &outer).ok());
  const auto status = reader.checkpoint.Read("second");
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_TRUE(status->AssertConsumed().ok());
  EXPECT_EQ(inner.data<float>()[0], 5);
}

TEST(AsyncSave, WritesTheBytesOfASaveInTheForeground) {
  MemoryFileSystem background, foreground;
  AsyncSubject a(background);
  Subject b(foreground);
  for (int i = 0; i < 3; ++i) {
    a.Set(static_cast<float>(i));
    b.Set(static_cast<float>(i));
    ASSERT_TRUE(a.checkpoint.SaveAsync("d/ckpt").ok());
    a.Set(-77);
    a.steps->StepAll();
    ASSERT_TRUE(b.checkpoint.Save("d/ckpt").ok());
  }
  EXPECT_EQ(background.Files(), foreground.Files());
}

TEST(AsyncSave, CopiesInTheBackgroundIfAsked) {
  MemoryFileSystem fs;
  AsyncSubject subject(fs);
  subject.Set(4);
  const auto save =
      subject.checkpoint.WriteAsync("p", {.staging = Staging::kInBackground});
  EXPECT_FALSE(IsReady(save->staged));
  subject.steps->Step();
  EXPECT_TRUE(save->staged.get().ok());
  EXPECT_TRUE(save->committed.get().ok());
  EXPECT_EQ(ValueIn(fs, "p"), 4);
}

TEST(AsyncSave, KeepsTheMemoryOfItsTwoBuffers) {
  MemoryFileSystem fs;
  Subject subject(fs);
  const auto steps = std::make_shared<StepExecutor>();
  internal::AsyncSaver saver(fs, steps);
  const auto save = [&](const std::string& path) {
    ASSERT_TRUE(saver.WaitForRoom(WhenBusy::kWait));
    auto plan = internal::PlanSave({&subject.checkpoint, {}, {}}, {});
    ASSERT_TRUE(
        saver.Start(*std::move(plan), path, {}, Staging::kAtTheCall, nullptr)
            .ok());
  };
  save("p-0");
  save("p-1");
  steps->StepAll();
  const size_t allocations = saver.allocations();
  EXPECT_EQ(allocations, 2u);
  for (int i = 2; i < 20; ++i) {
    save(StrCat("p-", i));
    if (i % 3 == 0) steps->StepAll();
    if (steps->pending() == 2) steps->Step();
  }
  steps->StepAll();
  EXPECT_EQ(saver.allocations(), allocations);
}

TEST(AsyncSave, IsLeftOutWhenBusyIfAsked) {
  MemoryFileSystem fs;
  AsyncSubject subject(fs);
  const AsyncSaveOptions skip{.when_busy = WhenBusy::kSkip};
  EXPECT_EQ(subject.checkpoint.SaveAsync("d/ckpt", skip)->path, "d/ckpt-1");
  const auto left_out = subject.checkpoint.SaveAsync("d/ckpt", skip);
  EXPECT_EQ(left_out->path, "");
  EXPECT_EQ(left_out->committed.get().code(), absl::StatusCode::kCancelled);
  subject.steps->StepAll();
  // No number is lost by it.
  EXPECT_EQ(subject.checkpoint.SaveAsync("d/ckpt", skip)->path, "d/ckpt-2");
  subject.steps->StepAll();
  EXPECT_TRUE(subject.checkpoint.Sync().ok());
}

// 162 (Q6 §25)
TEST(AsyncSave, TellsAnErrorOnceAndLosesNoLaterSave) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  AsyncSubject subject(fs);
  const auto fail_next = [&] {
    fs.FailCallOfKind(FaultFileSystem::Call::kSync, 0,
                      ResourceExhaustedError("disk full"));
  };
  fail_next();
  const auto failed = subject.checkpoint.SaveAsync("d/ckpt");
  subject.steps->StepAll();
  EXPECT_EQ(failed->committed.get().code(),
            absl::StatusCode::kResourceExhausted);
  fs.Clear();
  // By the next call, which saves.
  const auto next = subject.checkpoint.SaveAsync("d/ckpt");
  ASSERT_TRUE(next.ok());
  EXPECT_THAT(Message(next->earlier_error), HasSubstr("disk full"));
  subject.steps->StepAll();
  EXPECT_TRUE(next->committed.get().ok());
  EXPECT_TRUE(memory.Exists("d/ckpt-2.index"));
  EXPECT_TRUE(subject.checkpoint.Sync().ok());
  // By Sync.
  fail_next();
  ASSERT_TRUE(subject.checkpoint.SaveAsync("d/ckpt").ok());
  subject.steps->StepAll();
  fs.Clear();
  EXPECT_THAT(Message(subject.checkpoint.Sync()), HasSubstr("disk full"));
  EXPECT_TRUE(subject.checkpoint.Sync().ok());
  EXPECT_TRUE(subject.checkpoint.SaveAsync("d/ckpt")->earlier_error.ok());
  subject.steps->StepAll();
  // By the manager's log when it goes.
  std::vector<std::string> logged;
  {
    const auto manager = subject.Manage(
        "d", {.log = [&](const Status& s) { logged.push_back(Message(s)); }});
    fail_next();
    ASSERT_TRUE(manager->SaveAsync().ok());
    subject.steps->StepAll();
    fs.Clear();
  }
  EXPECT_THAT(logged, ElementsAre(HasSubstr("disk full")));
}

// 163 (Q7)
TEST(AsyncSave, IsWaitedForByARestore) {
  MemoryFileSystem fs;
  Subject subject(fs), other(fs);
  subject.Set(7);
  const auto save = subject.checkpoint.SaveAsync("d/ckpt");
  subject.Set(0);
  ASSERT_TRUE(subject.checkpoint.Restore(save->path).ok());
  EXPECT_EQ(subject.v.data<float>()[0], 7);
  // Another object sees nothing or everything.
  for (int i = 0; i < 50; ++i) {
    subject.Set(static_cast<float>(i));
    const auto next = subject.checkpoint.SaveAsync("d/ckpt");
    const std::optional<float> value = ValueIn(fs, next->path);
    EXPECT_TRUE(!value || *value == static_cast<float>(i));
  }
  EXPECT_TRUE(subject.checkpoint.Sync().ok());
}

// Makes a bundle and a file that stays beside the checkpoint.
class NoteSaver : public CheckpointSaver {
 public:
  std::string name() const override { return "t.notes"; }
  bool Handles(const Trackable& object) const override {
    return &object == handled;
  }
  StatusOr<std::vector<std::string>> Save(
      FileSystem& fs, std::span<const NamedObject> /*objects*/,
      const std::string& file_prefix) override {
    Commit commit(fs, file_prefix);
    CAIRN_ASSIGN_OR_RETURN(const auto writer,
                           bundle::BundleWriter::Create(commit, file_prefix));
    CAIRN_RETURN_IF_ERROR(writer->Add("note", Tensor::Scalar(value)));
    CAIRN_RETURN_IF_ERROR(writer->Finish());
    CAIRN_RETURN_IF_ERROR(commit.Finish());
    CAIRN_RETURN_IF_ERROR(
        WriteFileAtomically(fs, file_prefix + ".note", "kept"));
    return std::vector<std::string>{file_prefix};
  }
  Status Restore(FileSystem& /*fs*/, std::span<const NamedObject> /*objects*/,
                 const std::string& /*prefix*/) override {
    return OkStatus();
  }
  Status Remove(FileSystem& fs, const std::string& file_prefix) override {
    return fs.Remove(file_prefix + ".note");
  }

  float value = 0;
  const Trackable* handled = nullptr;
};

TEST(AsyncManager, HonoursSaveOptionsAndSavers) {
  MemoryFileSystem fs;
  AsyncSubject subject(fs);
  Group noted;
  ASSERT_TRUE(subject.checkpoint.Track("noted", &noted).ok());
  const auto saver = std::make_shared<NoteSaver>();
  saver->handled = &noted;
  subject.checkpoint.AddSaver(saver);
  const auto manager = subject.Manage("d", {.max_to_keep = 1});
  std::vector<std::string> called;
  ManagedSave save;
  save.options.sharding = MaxShardSize(4);  // one float
  save.options.write_callbacks.push_back([&](const std::string& path) {
    EXPECT_NE(manager->latest_checkpoint(), path);
    called.push_back(path);
    return OkStatus();
  });
  for (int i = 1; i <= 2; ++i) {
    saver->value = static_cast<float>(i);
    const auto started = manager->SaveAsync(save);
    ASSERT_TRUE(started.ok()) << started.status();
    saver->value = -1;
    EXPECT_EQ(called.size(), static_cast<size_t>(i - 1));
    subject.steps->StepAll();
    EXPECT_TRUE(started->committed.get().ok());
  }
  EXPECT_THAT(called, ElementsAre("d/ckpt-1", "d/ckpt-2"));
  const auto reader = bundle::BundleReader::Open(fs, "d/ckpt-2");
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_GT((*reader)->header().num_shards, 2);
  // That of the call, as the variables' values are.
  EXPECT_EQ((*reader)->Read("note")->data<float>()[0], 2);
  EXPECT_TRUE(fs.Exists("d/ckpt-2-t.notes.note"));
  for (const auto& [path, contents] : fs.Files()) {
    EXPECT_EQ(path.find("ckpt-1"), std::string::npos) << path;
  }
  // In the foreground too.
  save.options.sharding = nullptr;
  EXPECT_EQ(*manager->Save(save), "d/ckpt-3");
  EXPECT_EQ(called.back(), "d/ckpt-3");
  EXPECT_FALSE(fs.Exists("d/ckpt-2-t.notes.note"));
}

TEST(AsyncManager, ListsACheckpointWhenItIsCommitted) {
  MemoryFileSystem fs;
  AsyncSubject subject(fs);
  const auto manager = subject.Manage("d", {.max_to_keep = 2});
  for (int i = 1; i <= 3; ++i) {
    subject.Set(static_cast<float>(i));
    const auto save = manager->SaveAsync();
    EXPECT_EQ(save->path, StrCat("d/ckpt-", i));
    EXPECT_NE(manager->latest_checkpoint(), save->path);
    subject.steps->StepAll();
    EXPECT_TRUE(save->committed.get().ok());
    EXPECT_EQ(manager->latest_checkpoint(), save->path);
  }
  EXPECT_THAT(manager->checkpoints(), ElementsAre("d/ckpt-2", "d/ckpt-3"));
  EXPECT_THAT(*state::ScanForCheckpoints(fs, "d"),
              ElementsAre("d/ckpt-2", "d/ckpt-3"));
  // 161: the numbers go on, in the foreground and after a restart.
  EXPECT_EQ(*manager->Save(), "d/ckpt-4");
  Subject again(fs);
  const auto next =
      again.Manage("d", {.max_to_keep = 2, .lock = DirectoryLock::kNone});
  ASSERT_TRUE(next->RestoreOrInitialize().ok());
  EXPECT_EQ(*next->Save(), "d/ckpt-5");
}

TEST(AsyncManager, FinishesOrAbandonsBeforeTheProcessEnds) {
  for (const auto pending : {PendingSaves::kFinish, PendingSaves::kAbandon}) {
    MemoryFileSystem fs;
    Subject subject(fs);
    const auto manager = subject.Manage("d", {});
    subject.Set(1);
    const auto save = manager->SaveAsync();
    ASSERT_TRUE(save.ok());
    subject.Set(2);
    EXPECT_EQ(*manager->SaveBeforeEnd(pending), "d/ckpt-2");
    const Status first = save->committed.get();
    EXPECT_EQ(ValueIn(fs, "d/ckpt-2"), 2);
    if (pending == PendingSaves::kFinish) {
      EXPECT_TRUE(first.ok());
    }
    // Committed or not there at all.
    EXPECT_EQ(fs.Exists("d/ckpt-1.index"), first.ok());
    EXPECT_TRUE(first.ok() || absl::IsCancelled(first));
    for (const auto& [path, contents] : fs.Files()) {
      EXPECT_EQ(path.find("cairn-tmp"), std::string::npos) << path;
    }
  }
}

TEST(AsyncSave, IsAbandonedWithoutATraceAndWithoutAnError) {
  MemoryFileSystem fs;
  Subject subject(fs);
  const auto steps = std::make_shared<StepExecutor>();
  internal::AsyncSaver saver(fs, steps);
  bool recorded = false;
  const auto start = [&] {
    return saver.Start(*internal::PlanSave({&subject.checkpoint, {}, {}}, {}),
                       "d/p", {}, Staging::kAtTheCall, [&] {
                         recorded = true;
                         return OkStatus();
                       });
  };
  const auto abandoned = start();
  saver.BeginAbandon();
  steps->StepAll();
  saver.Abandon();
  EXPECT_TRUE(absl::IsCancelled(abandoned->committed.get()));
  EXPECT_FALSE(recorded);
  EXPECT_THAT(fs.Files(), IsEmpty());
  EXPECT_TRUE(saver.TakeError().ok());
  const auto next = start();
  steps->StepAll();
  EXPECT_TRUE(next->committed.get().ok());
  EXPECT_TRUE(recorded);
}

TEST(Preemption, IsNoticedAndEndsNothing) {
  {
    const auto preemption = PreemptionSignal::Watch(SIGTERM);
    ASSERT_TRUE(preemption.ok());
    EXPECT_FALSE((*preemption)->requested());
    EXPECT_EQ(PreemptionSignal::Watch(SIGTERM).status().code(),
              absl::StatusCode::kFailedPrecondition);
    raise(SIGTERM);
    EXPECT_TRUE((*preemption)->requested());
    EXPECT_TRUE((*preemption)->requested());
  }
  struct sigaction now = {};
  sigaction(SIGTERM, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
  EXPECT_EQ(PreemptionSignal::Watch(SIGKILL).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(PreemptionSignal::Watch(SIGTERM).ok());
}

// 164 (Q8), under ThreadSanitizer too
TEST(AsyncManager, NeverNamesAnAbsentFileInAHundredSaves) {
  MemoryFileSystem fs;
  Subject subject(fs);
  std::atomic<bool> done{false};
  const auto manager = subject.Manage("d", {.max_to_keep = 3});
  std::thread reader([&] {
    while (!done) {
      const auto state = state::GetCheckpointState(fs, "d");
      if (!state.ok()) continue;
      // It may be evicted when three others were saved since.
      const std::string& latest = state->model_checkpoint_path;
      if (ValueIn(fs, latest)) continue;
      const auto now = state::GetCheckpointState(fs, "d");
      EXPECT_NE(now->model_checkpoint_path, latest);
    }
  });
  for (int i = 1; i <= 100; ++i) {
    subject.Set(static_cast<float>(i));
    ASSERT_TRUE(manager->SaveAsync().ok());
    subject.Set(-1e6);
    manager->checkpoints();
  }
  EXPECT_TRUE(manager->Sync().ok());
  done = true;
  reader.join();
  EXPECT_THAT(manager->checkpoints(),
              ElementsAre("d/ckpt-98", "d/ckpt-99", "d/ckpt-100"));
  EXPECT_EQ(ValueIn(fs, "d/ckpt-99"), 99);
}

}  // namespace
}  // namespace cairn::object
