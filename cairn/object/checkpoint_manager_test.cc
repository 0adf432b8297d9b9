// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Retention, against TensorFlow's recorded histories
// (tests/golden/cases/retention/manager), and what failures and power cuts
// leave.
#include "cairn/object/checkpoint_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "cairn/base/fault_file_system.h"
#include "cairn/bundle/reader.h"
#include "cairn/object/test_manager.h"
#include "cairn/object/test_support.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::object {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// 146 (J6 J9) and 148 (J7), among others
class ManagerHistory : public ::testing::TestWithParam<const char*> {};

TEST_P(ManagerHistory, IsTfs) {
  History history(GetParam());
  const json& given = history.options();
  CheckpointManagerOptions options{.clock = &history.clock};
  if (!given["max_to_keep"].is_null()) {
    options.max_to_keep = given["max_to_keep"];
  }
  if (given.contains("keep_checkpoint_every_n_hours")) {
    options.keep_checkpoint_every_n_hours =
        given["keep_checkpoint_every_n_hours"];
  }
  options.checkpoint_name = given.value("checkpoint_name", "ckpt");
  Subject subject(history.fs);
  history.Next();
  const auto manager = subject.Manage("./d", options);
  EXPECT_THAT(history.fs.Files(), IsEmpty());
  int saves = 0;
  for (; !history.done(); ++saves) {
    history.Next();
    history.Expect(manager->Save(), "d", manager.get());
  }
  EXPECT_GE(saves, 3);
  EXPECT_EQ(manager->note(), "");
}

INSTANTIATE_TEST_SUITE_P(Settings, ManagerHistory,
                         ::testing::Values("keep1", "keep3", "keep_none",
                                           "hours", "hours_float",
                                           "none_with_hours", "named"));

TEST(CheckpointManager, TakesNumbersByHandAsTf) {
  History history("numbers");
  Subject subject(history.fs);
  const auto manager =
      subject.Manage("./d", {.max_to_keep = 3, .clock = &history.clock});
  using Number = std::optional<int64_t>;
  for (const Number number :
       {Number(), Number(100), Number(7), Number(), Number(7), Number(100),
        Number(-1), Number(), Number(500), Number(0)}) {
    history.Next();
    history.Expect(manager->Save(number), "d", manager.get());
  }
  EXPECT_TRUE(history.done());
}

TEST(CheckpointManager, TakesOverADirectoryWithHistoryAsTf) {
  History history("restored");
  const CheckpointManagerOptions hourly{.max_to_keep = 3,
                                        .keep_checkpoint_every_n_hours = 1,
                                        .lock = DirectoryLock::kNone,
                                        .clock = &history.clock};
  Subject a(history.fs), b(history.fs), c(history.fs), d(history.fs),
      e(history.fs);
  const auto manager_a = a.Manage("./d", hourly);
  for (int i = 0; i < 6; ++i) {
    history.Next();
    history.Expect(manager_a->Save(), "d", manager_a.get());
  }
  const auto manager_b = b.Manage("./d", hourly);
  history.Next();
  history.Expect("", "d", manager_b.get());
  history.Next();
  history.Expect(manager_b->Save(), "d", manager_b.get());
  history.Next();
  ASSERT_TRUE(b.checkpoint.Restore(*manager_b->latest_checkpoint()).ok());
  history.Expect(*manager_b->latest_checkpoint(), "d", manager_b.get());
  history.Next();
  EXPECT_EQ(b.checkpoint.save_counter().data<int64_t>()[0], 1);
  for (int i = 0; i < 4; ++i) {
    history.Next();
    history.Expect(manager_b->Save(), "d", manager_b.get());
  }
  history.Next();
  const CheckpointManagerOptions two{
      .max_to_keep = 2, .lock = DirectoryLock::kNone, .clock = &history.clock};
  const auto manager_c = c.Manage("./d", two);
  ASSERT_TRUE(c.checkpoint.Restore(*manager_c->latest_checkpoint()).ok());
  history.Expect("", "d", manager_c.get());
  for (int i = 0; i < 2; ++i) {
    history.Next();
    history.Expect(manager_c->Save(), "d", manager_c.get());
  }
  ASSERT_TRUE(history.fs.Remove(manager_c->checkpoints()[0] + ".index").ok());
  history.Next();
  history.Expect(manager_c->Save(), "d", manager_c.get());
  history.Next();
  const auto manager_d = d.Manage("./d", two);
  history.Expect("", "d", manager_d.get());
  history.Next();
  const auto manager_e = e.Manage("./d", {.max_to_keep = 2,
                                          .keep_checkpoint_every_n_hours = 1,
                                          .lock = DirectoryLock::kNone,
                                          .clock = &history.clock});
  EXPECT_THAT(manager_e->note(), HasSubstr("behind the last preserved"));
  history.Expect(manager_e->Save(), "d", manager_e.get());
  EXPECT_TRUE(history.done());
}

TEST(CheckpointManager, FollowsMovedDirectoriesAsTf) {
  History history("moved");
  const CheckpointManagerOptions three{
      .max_to_keep = 3, .lock = DirectoryLock::kNone, .clock = &history.clock};
  Subject first(history.fs), second(history.fs), absolute(history.fs),
      deep(history.fs), file(history.fs);
  const auto manager = first.Manage("./d", three);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(manager->Save().ok());
    history.clock.Advance(10);
  }
  history.Next();
  history.Expect("", "d", manager.get());
  for (const auto& [path, contents] : history.fs.Files()) {
    history.fs.Put(StrCat("e", path.substr(1)), contents);
    ASSERT_TRUE(history.fs.Remove(path).ok());
  }
  ASSERT_TRUE(history.fs.RemoveDirectory("d").ok());
  history.Next();
  const auto moved = second.Manage("./e", three);
  history.Expect("", "e", moved.get());
  history.Next();
  history.Expect(moved->Save(), "e", moved.get());
  history.Next();
  history.Expect(manager->Save(), "d", manager.get());
  for (const char* dir : {"e", "d"}) {
    history.Next();
    history.Expect(state::LatestCheckpoint(history.fs, dir), dir, nullptr);
  }
  const auto in_root = absolute.Manage("/abs", {.max_to_keep = 2,
                                                .lock = DirectoryLock::kNone,
                                                .clock = &history.clock});
  ASSERT_TRUE(in_root->Save().ok());
  history.Next();
  ASSERT_TRUE(in_root->Save().ok());
  history.Expect("", "/abs", nullptr);
  history.Next();
  const auto nested = deep.Manage("./n/e/w", {.max_to_keep = 2,
                                              .lock = DirectoryLock::kNone,
                                              .clock = &history.clock});
  EXPECT_FALSE(history.fs.Exists("n"));
  history.Next();
  EXPECT_EQ(*nested->Save(), "./n/e/w/ckpt-1");
  EXPECT_EQ(history.FilesIn("n"),
            (std::vector<std::string>{"e/w/checkpoint",
                                      "e/w/ckpt-1.data-00000-of-00001",
                                      "e/w/ckpt-1.index"}));
  history.fs.Put("file", "");
  const auto on_file = CheckpointManager::Create(&file.checkpoint, "./file",
                                                 {.max_to_keep = 2,
                                                  .lock = DirectoryLock::kNone,
                                                  .clock = &history.clock});
  history.Next();
  EXPECT_EQ(on_file.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Message(on_file.status()), history.error());
  EXPECT_EQ(history.fs.Files().at("file"), "");
}

TEST(CheckpointManager, StartsAfterPlainSavesAsTf) {
  History history("direct");
  Subject subject(history.fs);
  for (const char* dir : {".", "s"}) {
    history.Next();
    history.Expect(subject.checkpoint.Save("./s/model"), dir, nullptr);
  }
  history.Next();
  history.Expect(subject.checkpoint.Write("./s/w"), "s", nullptr);
  history.Next();
  EXPECT_EQ(subject.checkpoint.save_counter().data<int64_t>()[0], 2);
  history.Next();
  history.Expect(subject.checkpoint.Save("./s/other"), "s", nullptr);
  history.Next();
  history.Expect(state::LatestCheckpoint(history.fs, "s"), "s", nullptr);
  for (const char* prefix : {"noslash", ""}) {
    history.Next();
    history.Expect(subject.checkpoint.Save(prefix), ".", nullptr);
  }
  history.Next();
  const auto manager =
      subject.Manage("./s", {.max_to_keep = 2, .clock = &history.clock});
  EXPECT_THAT(manager->note(), HasSubstr("no timestamps"));
  history.Expect("", "s", manager.get());
  history.Next();
  history.Expect(manager->Save(), "s", manager.get());
  EXPECT_TRUE(history.done());
}

TEST(CheckpointManager, ReadsTheDirectoryTfKept) {
  MemoryFileSystem fs;
  PutGolden(fs, "retention/kept", "kept");
  FakeClock clock(1576654815);
  Subject subject(fs);
  const auto manager = subject.Manage(
      "kept",
      {.max_to_keep = 3, .keep_checkpoint_every_n_hours = 1, .clock = &clock});
  EXPECT_THAT(manager->checkpoints(),
              ElementsAre("kept/ckpt-10", "kept/ckpt-11", "kept/ckpt-12"));
  EXPECT_EQ(manager->latest_checkpoint(), "kept/ckpt-12");
}

TEST(CheckpointManager, RefusesToKeepNothing) {
  MemoryFileSystem fs;
  Subject subject(fs);
  for (const int keep : {0, -1}) {
    const Status status = CheckpointManager::Create(&subject.checkpoint, "x",
                                                    {.max_to_keep = keep})
                              .status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(Message(status),
              StrCat("Expected a positive integer or `None` for `max_to_keep`, "
                     "got ",
                     keep, "."));
  }
  EXPECT_THAT(fs.Files(), IsEmpty());
}

TEST(CheckpointManager, RebuildsItsListWhenTheStateFileIsBrokenOrGone) {
  for (const char* broken : {"", "garbage", "gone"}) {
    SCOPED_TRACE(broken);
    FakeClock clock(1000);
    MemoryFileSystem fs(&clock);
    {
      Subject subject(fs);
      const auto manager = subject.Manage("d", {.clock = &clock});
      for (int i = 1; i <= 11; ++i) {
        clock.Advance(10);
        subject.Set(static_cast<float>(i));
        ASSERT_TRUE(manager->Save().ok());
      }
      ASSERT_TRUE(subject.checkpoint.Write("d/stranger").ok());
      ASSERT_TRUE(subject.checkpoint.Write("d/ckpt-best").ok());
    }
    if (std::string_view(broken) == "gone") {
      ASSERT_TRUE(fs.Remove("d/checkpoint").ok());
    } else {
      fs.Put("d/checkpoint", broken);
    }
    clock.Advance(10);
    Subject subject(fs);
    const auto manager =
        subject.Manage("d", {.max_to_keep = 2, .clock = &clock});
    EXPECT_EQ(manager->checkpoints().size(), 11u);
    EXPECT_EQ(manager->latest_checkpoint(), "d/ckpt-11");
    EXPECT_THAT(manager->note(), HasSubstr("took over 11 checkpoints"));
    ASSERT_TRUE(subject.checkpoint.Restore(*manager->latest_checkpoint()).ok());
    EXPECT_EQ(subject.v.data<float>()[0], 11);
    ASSERT_EQ(*manager->Save(), "d/ckpt-12");
    EXPECT_THAT(
        *state::ScanForCheckpoints(fs, "d"),
        ElementsAre("d/ckpt-11", "d/ckpt-12", "d/ckpt-best", "d/stranger"));
  }
}

// 147 (J6 J7), with one state file instead of two, and syncs counted (R16)
TEST(CheckpointManager, NamesFilesOnlyWhenTheyAreDurableAndRemovesOnlyAfter) {
  MemoryFileSystem fs;
  Subject subject(fs);
  const auto manager = subject.Manage("d", {.max_to_keep = 1});
  ASSERT_TRUE(manager->Save().ok());
  fs.ClearLog();
  ASSERT_TRUE(manager->Save().ok());
  using Kind = MemoryFileSystem::Operation::Kind;
  std::vector<std::string> order;
  int syncs = 0;
  for (const auto& operation : fs.log()) {
    const bool is_state = operation.path2 == "d/checkpoint";
    switch (operation.kind) {
      case Kind::kSync:
        ++syncs;
        order.push_back("sync");
        break;
      case Kind::kSyncDirectory:
        ++syncs;
        order.push_back("sync d");
        break;
      case Kind::kRename:
        order.push_back(is_state                             ? "state"
                        : operation.path == "d/ckpt-1.index" ? "set aside index"
                                                             : "rename");
        break;
      case Kind::kRemove:
        order.push_back(
            StrCat("remove ",
                   operation.path.substr(0, operation.path.find(".cairn"))));
        break;
      default:
        break;
    }
  }
  EXPECT_THAT(order, ElementsAre("sync", "sync", "rename", "rename", "sync d",
                                 "sync", "state", "sync d", "set aside index",
                                 "remove d/ckpt-1.data-00000-of-00001",
                                 "remove d/ckpt-1.index"));
  EXPECT_EQ(syncs, 5);  // shards + 4
}

TEST(CheckpointManager, KeepsTheLatestIntactWhenAnyCallFails) {
  int failures = 0;
  for (int n = 0;; ++n) {
    SCOPED_TRACE(n);
    MemoryFileSystem memory;
    FaultFileSystem fs(memory);
    Subject subject(fs);
    const auto manager = subject.Manage("d", {.max_to_keep = 2});
    for (const float value : {1, 2}) {
      subject.Set(value);
      ASSERT_TRUE(manager->Save().ok());
    }
    subject.Set(3);
    fs.FailCall(n, ResourceExhaustedError("disk full"));
    const StatusOr<std::string> path = manager->Save();
    const bool fired = fs.fired();
    fs.Clear();
    failures += path.ok() ? 0 : 1;
    const StatusOr<std::string> latest = state::LatestCheckpoint(memory, "d");
    ASSERT_TRUE(latest.ok()) << latest.status();
    EXPECT_EQ(ValueIn(memory, *latest), *latest == "d/ckpt-3" ? 3 : 2);
    if (path.ok()) {
      EXPECT_EQ(*latest, "d/ckpt-3");
    }
    // Every listed checkpoint is intact.
    const auto state = state::GetCheckpointState(memory, "d");
    for (const std::string& listed : state->all_model_checkpoint_paths) {
      EXPECT_TRUE(ValueIn(memory, listed).has_value()) << listed;
    }
    // The manager goes on, and what it saved and removes adds up.
    subject.Set(4);
    ASSERT_EQ(*manager->Save(), "d/ckpt-4");
    EXPECT_EQ(manager->checkpoints().size(), 2u);
    EXPECT_EQ(ValueIn(memory, "d/ckpt-4"), 4);
    for (const std::string& kept : manager->checkpoints()) {
      EXPECT_TRUE(ValueIn(memory, kept).has_value()) << kept;
    }
    if (!fired) break;
  }
  EXPECT_GE(failures, 12);
}

// The rule of retention, proven on every state a power cut may leave.
// 168 (S2, and section 25)
TEST(CheckpointManager, LatestIsIntactAfterAPowerCutAnywhere) {
  for (const int keep : {1, 2}) {
    FakeClock clock(1000);
    MemoryFileSystem fs(&clock);
    Subject subject(fs);
    const auto manager =
        subject.Manage("d", {.max_to_keep = keep, .clock = &clock});
    subject.Set(1);
    ASSERT_TRUE(manager->Save().ok());
    fs.ClearLog();
    std::vector<size_t> saved_after = {0};  // operations, by number of saves
    for (const float value : {2, 3, 4}) {
      clock.Advance(60);
      subject.Set(value);
      ASSERT_TRUE(manager->Save().ok());
      // Durable from the last sync on: what follows are removals.
      size_t durable = fs.log().size();
      while (fs.log()[durable - 1].kind !=
             MemoryFileSystem::Operation::Kind::kSyncDirectory) {
        --durable;
      }
      saved_after.push_back(durable);
    }
    uint64_t images = 0;
    for (size_t n = 0; n <= fs.log().size(); ++n) {
      float reported = 1;
      for (size_t i = 0; i < saved_after.size(); ++i) {
        if (n >= saved_after[i]) reported = static_cast<float>(i + 1);
      }
      images += fs.CrashImages(n, 6, [&](MemoryFileSystem& image) {
        std::string note;
        const auto latest =
            state::LatestCheckpoint(image, "d", "checkpoint", &note);
        ASSERT_TRUE(latest.ok()) << latest.status() << " after " << n;
        EXPECT_EQ(note, "") << "the state file names an absent checkpoint";
        const std::optional<float> value = ValueIn(image, *latest);
        ASSERT_TRUE(value.has_value()) << *latest << " after " << n;
        EXPECT_GE(*value, reported) << "a reported save is gone after " << n;
        EXPECT_LE(*value, reported + 1);
        EXPECT_EQ(*latest, StrCat("d/ckpt-", *value));
      });
    }
    EXPECT_GT(images, 300u);
  }
}

TEST(CheckpointManager, CleansUpWhatAKilledSaveLeftUnderItsName) {
  MemoryFileSystem fs;
  Subject subject(fs);
  const auto manager = subject.Manage("d", {.max_to_keep = 1});
  ASSERT_TRUE(manager->Save().ok());
  fs.ClearLog();
  ASSERT_TRUE(manager->Save().ok());
  for (size_t n = 0; n <= fs.log().size(); ++n) {
    fs.CrashImages(n, 3, [&](MemoryFileSystem& image) {
      Subject again(image);
      const auto next = again.Manage("d", {.max_to_keep = 1});
      ASSERT_TRUE(again.checkpoint.Restore(*next->latest_checkpoint()).ok());
      ASSERT_TRUE(next->Save().ok());
      ASSERT_TRUE(next->Save().ok());
      for (const auto& [path, contents] : image.Files()) {
        EXPECT_EQ(path.find("ckpt-2.data-00000-of-00001.cairn"),
                  std::string::npos)
            << path << " after " << n;
      }
    });
  }
}

}  // namespace
}  // namespace cairn::object
