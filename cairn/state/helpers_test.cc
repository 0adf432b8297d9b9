// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What stands around the Saver: times, removal of either format, TensorFlow's
// own latest_checkpoint, waiting for checkpoints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/clock.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/state/checkpoints_iterator.h"

namespace cairn::state {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kPattern[] = "s-?\?\?\?\?-of-00002";

std::vector<std::string> Names(MemoryFileSystem& fs) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : fs.Files()) names.push_back(name);
  return names;
}

// 003 004 (F4)
TEST(RemoveCheckpoint, RemovesOneOfEitherFormatAndNothingElse) {
  MemoryFileSystem fs;
  for (const char* name :
       {"m.index", "m.data-00000-of-00002", "m.data-00001-of-00002", "m.meta",
        "m.index.bak", "m.data", "m-1.index", "v", "v.meta", "v1", "v.index2",
        "s-00000-of-00002", "s-00001-of-00002", "s-00000-of-00003", "s.meta",
        "s-0000x-of-00002", "s-000000-of-00002"}) {
    fs.Put(name, "x");
  }
  ASSERT_TRUE(RemoveCheckpoint(fs, "m", RemoveMeta::kWithMeta).ok());
  ASSERT_TRUE(RemoveV1Checkpoint(fs, "v", RemoveMeta::kKeep).ok());
  ASSERT_TRUE(RemoveV1Checkpoint(fs, kPattern, RemoveMeta::kWithMeta).ok());
  EXPECT_THAT(Names(fs),
              ElementsAre("m-1.index", "m.data", "m.index.bak",
                          "s-00000-of-00003", "s-000000-of-00002",
                          "s-0000x-of-00002", "v.index2", "v.meta", "v1"));
  // 055: what is gone already is no error.
  EXPECT_TRUE(RemoveV1Checkpoint(fs, kPattern, RemoveMeta::kWithMeta).ok());
  EXPECT_TRUE(RemoveV1Checkpoint(fs, "no/such", RemoveMeta::kWithMeta).ok());
  EXPECT_TRUE(
      RemoveV1Checkpoint(fs, "no/s-?\?\?\?\?-of-00002", RemoveMeta::kKeep)
          .ok());
}

// 005 (F6)
TEST(GetCheckpointMtimes, PassesOverWhatIsNotThere) {
  FakeClock clock(10);
  MemoryFileSystem fs(&clock);
  fs.Put("v2.index", "x");
  clock.Set(20);
  fs.Put("v2", "a V1 file of the same name");
  fs.Put("v1", "x");
  clock.Set(30);
  fs.Put("s-00000-of-00002", "x");
  EXPECT_THAT(*GetCheckpointMtimes(fs, {"v1", "absent", "v2", kPattern, ""}),
              ElementsAre(20, 10, 30));
}

// 014 015 (S5)
TEST(UpdateCheckpointState, RefusesItsOwnPathAndNoDirectory) {
  MemoryFileSystem fs;
  const Status same = UpdateCheckpointState(fs, "", "checkpoint");
  EXPECT_EQ(same.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(same),
              HasSubstr("Save path 'checkpoint' conflicts with path used for "
                        "checkpoint state."));
  EXPECT_TRUE(absl::IsNotFound(UpdateCheckpointState(fs, "d", "d/m")));
  EXPECT_TRUE(fs.Files().empty());
  ASSERT_TRUE(fs.CreateDirectory("d").ok());
  // 011 (S3), 020 (S10 A1)
  ASSERT_TRUE(
      UpdateCheckpointState(
          fs, "d", "d/m-2",
          {.all_paths = {"d/m-1"}, .timestamps = {1, 2}, .file_name = "other"})
          .ok());
  EXPECT_EQ(*fs.ReadFile("d/other", 1000),
            "model_checkpoint_path: \"m-2\"\n"
            "all_model_checkpoint_paths: \"m-1\"\n"
            "all_model_checkpoint_paths: \"m-2\"\n"
            "all_model_checkpoint_timestamps: 1.0\n"
            "all_model_checkpoint_timestamps: 2.0\n");
}

// 016 017 019 020 (S7 S8 S10)
TEST(StrictLatestCheckpoint, AnswersAsTensorFlow) {
  MemoryFileSystem fs;
  std::string note;
  const auto latest = [&](const std::string& text) {
    fs.Put("checkpoint", text);
    return StrictLatestCheckpoint(fs, "", kDefaultStateFile, &note);
  };
  EXPECT_TRUE(absl::IsNotFound(StrictLatestCheckpoint(fs, "").status()));
  for (const char* text : {"new_field: 3\n", "model_checkpoint_path: 5\n"}) {
    EXPECT_TRUE(absl::IsNotFound(latest(text).status())) << text;
    EXPECT_NE(note, "") << text;  // TensorFlow's warning
  }
  for (const char* text : {"", "all_model_checkpoint_paths: \"m-1\"\n"}) {
    const Status status = latest(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(Message(status),
                HasSubstr("Invalid checkpoint state loaded from "));
  }
  fs.Put("m-1.index", "x");
  const std::string listed =
      "model_checkpoint_path: \"m-2\"\n"
      "all_model_checkpoint_paths: \"m-1\"\n";
  EXPECT_TRUE(absl::IsNotFound(latest(listed).status()));
  EXPECT_EQ(note, "Couldn't match files for checkpoint m-2");
  // The default falls back; see lookup_test.cc.
  EXPECT_EQ(*LatestCheckpoint(fs, ""), "m-1");
  fs.Put("m-2.index", "x");
  EXPECT_EQ(*latest(listed), "m-2");
  fs.Put("other", "model_checkpoint_path: \"m-1\"\n");
  EXPECT_EQ(*StrictLatestCheckpoint(fs, "", "other"), "m-1");
}

// A directory in which checkpoints appear as time passes, and time passes only
// when somebody sleeps.
class Waiting : public testing::Test {
 protected:
  Waiting() : clock_(1000), fs_(&clock_) {}
  void AppearAt(double time, int number) { schedule_[time] = number; }
  std::function<void(double)> sleep() {
    return [this](double seconds) {
      ++sleeps_;
      clock_.Advance(seconds);
      while (!schedule_.empty() && schedule_.begin()->first <= clock_.Now()) {
        const std::string name = StrCat("m-", schedule_.begin()->second);
        schedule_.erase(schedule_.begin());
        fs_.Put(name + ".index", "x");
        EXPECT_TRUE(UpdateCheckpointState(fs_, "", name).ok());
      }
    };
  }
  FakeClock clock_;
  MemoryFileSystem fs_;
  std::map<double, int> schedule_;
  int sleeps_ = 0;
};

// 141 (U4)
TEST_F(Waiting, LooksEachSecondAndGivesUpBeforeASleepTooLong) {
  WaitOptions options{.clock = &clock_, .sleep = sleep()};
  options.timeout_secs = 2.5;
  EXPECT_FALSE(WaitForNewCheckpoint(fs_, "", "", options)->has_value());
  EXPECT_EQ(sleeps_, 2);
  EXPECT_EQ(clock_.Now(), 1002);
  AppearAt(1010, 1);
  options.timeout_secs.reset();
  EXPECT_EQ(**WaitForNewCheckpoint(fs_, "", "", options), "m-1");
  EXPECT_EQ(clock_.Now(), 1010);
  // It is there, but not new.
  options.timeout_secs = 0;
  EXPECT_FALSE(WaitForNewCheckpoint(fs_, "", "m-1", options)->has_value());
  EXPECT_EQ(clock_.Now(), 1010);
  options.seconds_to_sleep = 0;
  EXPECT_FALSE(WaitForNewCheckpoint(fs_, "", "m-1", options).ok());
  fs_.Put("checkpoint", "");
  options.seconds_to_sleep = 1;
  EXPECT_EQ(WaitForNewCheckpoint(fs_, "", "", options).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// 141 (U4)
TEST_F(Waiting, IteratesOverTheNewestWithAnIntervalBetween) {
  AppearAt(1001, 1);
  AppearAt(1002, 2);
  AppearAt(1003, 3);
  AppearAt(1030, 4);
  CheckpointsIterator it(fs_, "",
                         {.min_interval_secs = 5,
                          .timeout_secs = 100,
                          .clock = &clock_,
                          .sleep = sleep()});
  EXPECT_EQ(**it.Next(), "m-1");
  // m-2 came and went during the interval.
  EXPECT_EQ(**it.Next(), "m-3");
  EXPECT_EQ(clock_.Now(), 1006);
  EXPECT_EQ(**it.Next(), "m-4");
  EXPECT_EQ(clock_.Now(), 1030);
  EXPECT_FALSE(it.Next()->has_value());
  EXPECT_EQ(clock_.Now(), 1135);
  EXPECT_FALSE(it.Next()->has_value());
  EXPECT_EQ(clock_.Now(), 1135);
}

// 141 (U4)
TEST_F(Waiting, AsksWhetherToGoOnWhenTheTimeIsUp) {
  AppearAt(1025, 1);
  int asked = 0;
  CheckpointsIterator it(fs_, "",
                         {.timeout_secs = 10,
                          .timeout_fn = [&] { return ++asked == 4; },
                          .clock = &clock_,
                          .sleep = sleep()});
  EXPECT_EQ(**it.Next(), "m-1");
  EXPECT_EQ(asked, 2);
  EXPECT_FALSE(it.Next()->has_value());
  EXPECT_EQ(asked, 4);
}

}  // namespace
}  // namespace cairn::state
