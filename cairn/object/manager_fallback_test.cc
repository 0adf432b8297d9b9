// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// R10: a manager whose newest checkpoint is unreadable takes the next older one
// and names it; a state file that is empty, torn or missing is rebuilt. Also
// among a thousand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cairn/base/fault_file_system.h"
#include "cairn/object/checkpoint_manager.h"
#include "cairn/object/test_manager.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::object {
namespace {

using ::testing::HasSubstr;
using Call = FaultFileSystem::Call;

constexpr int kMany = 1000;
constexpr double kNow = 5000;

std::string Path(int number) { return StrCat("d/ckpt-", number); }

// Checkpoints 1 to kMany, listed; each holds its number.
void PutMany(MemoryFileSystem& fs) {
  MemoryFileSystem one;
  Subject subject(one);
  std::vector<std::string> paths;
  std::vector<double> times;
  for (int number = 1; number <= kMany; ++number) {
    subject.Set(static_cast<float>(number));
    ASSERT_TRUE(subject.checkpoint.Write("p").ok());
    for (const auto& [path, contents] : one.Files()) {
      fs.Put(StrCat(Path(number), path.substr(1)), contents);
    }
    one.ClearLog();
    paths.push_back(Path(number));
    times.push_back(1000 + number);
  }
  const auto state = state::MakeCheckpointState(
      "d", paths.back(), paths, times, 999, state::PathStyle::kRelative);
  ASSERT_TRUE(state.ok()) << state.status();
  ASSERT_TRUE(state::WriteCheckpointState(fs, "d", *state).ok());
}

void Damage(MemoryFileSystem& fs, int number) {
  const std::string data = Path(number) + ".data-00000-of-00001";
  std::string bytes = fs.Files().at(data);
  bytes[1] = static_cast<char>(bytes[1] ^ 1);
  fs.Put(data, bytes);
}

// R10: the others are not looked at.
TEST(ManagerFallback, TakesTheNextOlderOfAThousandAndNamesIt) {
  FakeClock clock(kNow);
  MemoryFileSystem memory(&clock);
  PutMany(memory);
  FaultFileSystem fs(memory);
  Subject intact(fs);
  EXPECT_EQ(**intact.Manage("d", {.clock = &clock})->RestoreOrInitialize(),
            Path(kMany));
  const int opened = fs.calls(Call::kOpenForReading);
  Damage(memory, kMany);
  fs.Clear();
  Subject subject(fs);
  const auto manager = subject.Manage("d", {.clock = &clock});
  EXPECT_EQ(manager->checkpoints().size(), static_cast<size_t>(kMany));
  const auto restored = manager->RestoreOrInitialize();
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(**restored, Path(kMany - 1));
  EXPECT_EQ(subject.v.data<float>()[0], kMany - 1);
  EXPECT_THAT(manager->note(), HasSubstr("restored d/ckpt-999; not readable: "
                                         "d/ckpt-1000 (tensor"));
  EXPECT_LE(fs.calls(Call::kOpenForReading), 2 * opened);
}

// R10: however many are damaged, each is tried once.
TEST(ManagerFallback, ReachesTheOldestOfAThousand) {
  FakeClock clock(kNow);
  MemoryFileSystem fs(&clock);
  PutMany(fs);
  for (int number = 2; number <= kMany; ++number) {
    if (number % 2 == 0) {
      fs.Put(Path(number) + ".index", "");
    } else {
      ASSERT_TRUE(fs.Remove(Path(number) + ".index").ok());
    }
  }
  Subject subject(fs);
  const auto manager = subject.Manage("d", {.clock = &clock});
  EXPECT_EQ(**manager->RestoreOrInitialize(), Path(1));
  EXPECT_EQ(subject.v.data<float>()[0], 1);
  // And not one that is gone.
  fs.Put(Path(1) + ".index", "");
  Subject other(fs);
  other.Set(-3);
  EXPECT_FALSE(
      other.Manage("d", {.clock = &clock})->RestoreOrInitialize().ok());
  EXPECT_EQ(other.v.data<float>()[0], -3);
}

// R10
TEST(ManagerFallback, RebuildsTheListOfAThousand) {
  FakeClock clock(kNow);
  MemoryFileSystem fs(&clock);
  PutMany(fs);
  const std::string whole = fs.Files().at("d/checkpoint");
  for (const std::string& state :
       {std::string(), std::string(whole.size(), '\0'),
        whole.substr(0, whole.find("ckpt-500") + 3), std::string("gone")}) {
    fs.Put("d/checkpoint", state);
    if (state == "gone") {
      ASSERT_TRUE(fs.Remove("d/checkpoint").ok());
    }
    Subject subject(fs);
    const auto manager = subject.Manage("d", {.clock = &clock});
    EXPECT_EQ(manager->checkpoints().size(), static_cast<size_t>(kMany));
    EXPECT_THAT(manager->note(), HasSubstr("took over 1000 checkpoints"));
    EXPECT_EQ(**manager->RestoreOrInitialize(), Path(kMany));
    EXPECT_EQ(subject.v.data<float>()[0], kMany);
  }
}

// R10: a state file torn anywhere leads to the newest checkpoint, by what is
// left of it or by the directory, and saving goes on.
TEST(ManagerFallback, FindsTheNewestWhereverTheStateFileIsTorn) {
  FakeClock clock(1000);
  MemoryFileSystem fs(&clock);
  {
    Subject subject(fs);
    const auto manager = subject.Manage("d", {.clock = &clock});
    for (float value = 1; value <= 4; ++value) {
      clock.Advance(10);
      subject.Set(value);
      ASSERT_TRUE(manager->Save().ok());
    }
  }
  const std::string whole = fs.Files().at("d/checkpoint");
  clock.Advance(10);
  for (size_t size = 0; size <= whole.size(); ++size) {
    for (const char filler : {'\0', '\n'}) {
      SCOPED_TRACE(size);
      // A file system may show the length and not the bytes.
      const size_t rest = filler == '\0' ? whole.size() - size : 0;
      fs.Put("d/checkpoint", whole.substr(0, size) + std::string(rest, filler));
      Subject subject(fs);
      const auto manager = subject.Manage("d", {.clock = &clock});
      const auto restored = manager->RestoreOrInitialize();
      ASSERT_TRUE(restored.ok()) << restored.status();
      ASSERT_EQ(**restored, Path(4));
      ASSERT_EQ(subject.v.data<float>()[0], 4);
      if (size % 16 != 0) continue;
      subject.Set(9);
      const auto saved = manager->Save();
      ASSERT_TRUE(saved.ok()) << saved.status();
      ASSERT_EQ(*saved, Path(5));
      ASSERT_EQ(*state::LatestCheckpoint(fs, "d"), Path(5));
      for (const auto& [path, contents] : fs.Files()) {
        if (path.starts_with(Path(5))) {
          ASSERT_TRUE(fs.Remove(path).ok());
        }
      }
    }
  }
}

}  // namespace
}  // namespace cairn::object
