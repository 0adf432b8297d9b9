// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// R9: a restore that fails changes nothing. Each tensor of LeNet-5's
// checkpoints is damaged in turn, and all values are compared afterwards, bit
// for bit: weights, optimizer slots, steps, the save counter.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "cairn/bundle/reader.h"
#include "cairn/object/checkpoint.h"
#include "cairn/object/checkpoint_manager.h"
#include "cairn/object/test_lenet.h"
#include "cairn/object/test_support.h"

namespace cairn::object {
namespace {

using ::testing::HasSubstr;

constexpr char kSlots[] = "seed/v1_with_slots/tf_ckpt";

// Every key with the bits of its value; what has none yet has no key.
std::string AllBits(Checkpoint& checkpoint) {
  std::string bits;
  const GraphView view = *BuildGraphView(checkpoint);
  for (const GraphView::Value& value : view.values) {
    Tensor scratch;
    const TensorView v = *value.saveable->Value(&scratch);
    bits += value.key;
    if (!v.is_valid()) continue;
    if (v.holds_strings()) {
      for (const std::string& s : v.strings()) bits += s + "\n";
    } else {
      bits += v.bytes();
    }
  }
  return bits;
}

// Calls `check` with one bit of each tensor in turn damaged, then with damage
// all over the index. Returns how many tensors there are.
int ForEachDamage(MemoryFileSystem& fs, const std::string& prefix,
                  const std::function<void()>& check) {
  struct Place {
    std::string key;
    size_t at;
  };
  std::vector<Place> places;
  const std::string data = bundle::DataPath(prefix, 0, 1);
  const std::string index = bundle::IndexPath(prefix);
  {
    const auto reader = *bundle::BundleReader::Open(fs, prefix);
    for (auto it = reader->NewIterator(); it->Valid(); it->Next()) {
      const auto entry = *it->entry();
      if (entry.size == 0) continue;
      // The first byte, the last, one in between.
      const auto n = static_cast<int64_t>(places.size());
      places.push_back(
          {std::string(it->key()),
           static_cast<size_t>(entry.offset + n % 3 * (entry.size - 1) / 2)});
    }
  }
  const auto flipped = [&](const std::string& path, size_t at,
                           const std::string& what) {
    SCOPED_TRACE(what);
    const std::string whole = *fs.ReadFile(path, uint64_t{1} << 30);
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    fs.Put(path, damaged);
    check();
    fs.Put(path, whole);
  };
  for (const Place& place : places) flipped(data, place.at, place.key);
  const size_t size = fs.ReadFile(index, uint64_t{1} << 30)->size();
  for (size_t at = 0; at < size; at += 211) {
    flipped(index, at, StrCat("index at ", at));
  }
  return static_cast<int>(places.size());
}

class LeNetDamage : public ::testing::Test {
 protected:
  LeNetDamage() { PutGolden(fs_, "seed/v2/tf_ckpt_v2", "d"); }
  MemoryFileSystem fs_;
};

// R9, of a program that has trained: its slots and counters stay, too.
TEST_F(LeNetDamage, ChangesNoBitOfARunningProgram) {
  LeNet lenet;
  Checkpoint checkpoint(fs_, lenet.Edges());
  ASSERT_TRUE(checkpoint.Restore("d/ckpt-1").ok());
  const std::string before = AllBits(checkpoint);
  int failures = 0;
  const int tensors = ForEachDamage(fs_, "d/ckpt-2", [&] {
    const auto status = checkpoint.Restore("d/ckpt-2");
    ASSERT_FALSE(status.ok());
    EXPECT_TRUE(absl::IsDataLoss(status.status())) << status.status();
    ASSERT_TRUE(AllBits(checkpoint) == before);
    ++failures;
  });
  EXPECT_EQ(tensors, 48);
  EXPECT_GT(failures, tensors + 10);
  // And what is restored once all is well are all the others.
  ASSERT_TRUE(checkpoint.Restore("d/ckpt-2").ok());
  LeNet other;
  Checkpoint fresh(fs_, other.Edges());
  ASSERT_TRUE(fresh.Restore("d/ckpt-2").ok());
  EXPECT_TRUE(AllBits(checkpoint) == AllBits(fresh));
  EXPECT_FALSE(AllBits(checkpoint) == before);
}

// R9, of a program that has just begun: no slots are made.
TEST_F(LeNetDamage, MakesNothingInAFreshProgram) {
  ForEachDamage(fs_, "d/ckpt-2", [&] {
    LeNet lenet;
    Checkpoint checkpoint(fs_, lenet.Edges());
    const std::string before = AllBits(checkpoint);
    ASSERT_FALSE(checkpoint.Restore("d/ckpt-2").ok());
    ASSERT_TRUE(AllBits(checkpoint) == before);
    EXPECT_EQ(lenet.adam.slot_count(), 0u);
    EXPECT_EQ(checkpoint.Child("save_counter"), nullptr);
  });
}

// R9 R10: a manager restores the older one, wholly, or nothing.
TEST_F(LeNetDamage, LetsAManagerTakeTheOlderOneWhollyOrNothing) {
  LeNet lenet;
  Checkpoint checkpoint(fs_, lenet.Edges());
  ASSERT_TRUE(checkpoint.Restore("d/ckpt-1").ok());
  const std::string older = AllBits(checkpoint);
  int damages = 0;
  ForEachDamage(fs_, "d/ckpt-2", [&] {
    // Every third: each restores 650 KB twice.
    if (++damages % 3 != 0) return;
    LeNet restarted;
    Checkpoint fresh(fs_, restarted.Edges());
    const std::string before = AllBits(fresh);
    const auto strict = *CheckpointManager::Create(
        &fresh, "d",
        {.recovery = Recovery::kAsTensorFlow, .lock = DirectoryLock::kNone});
    ASSERT_FALSE(strict->RestoreOrInitialize().ok());
    ASSERT_TRUE(AllBits(fresh) == before);
    const auto manager =
        *CheckpointManager::Create(&fresh, "d", {.lock = DirectoryLock::kNone});
    const auto restored = manager->RestoreOrInitialize();
    ASSERT_TRUE(restored.ok()) << restored.status();
    EXPECT_EQ(*restored, "d/ckpt-1");
    EXPECT_THAT(manager->note(), HasSubstr("not readable: d/ckpt-2"));
    ASSERT_TRUE(AllBits(fresh) == older);
  });
  EXPECT_GT(damages, 30);
}

// R9, of a name-based checkpoint, with slots, into objects.
TEST(NameBasedDamage, ChangesNoBitOfTheObjects) {
  MemoryFileSystem fs;
  PutGolden(fs, kSlots, "d");
  Arena arena;
  Group net;
  {
    const auto reader = *bundle::BundleReader::Open(fs, "d/model-93");
    for (auto it = reader->NewTensorIterator(); it->Valid(); it->Next()) {
      const std::string name(it->key());
      Tensor value = *Tensor::Create(it->entry()->dtype, it->entry()->shape);
      ASSERT_TRUE(net.Track(name, arena.Add(name, std::move(value))).ok());
    }
  }
  Checkpoint checkpoint(fs, net);
  const std::string before = AllBits(checkpoint);
  const int tensors = ForEachDamage(fs, "d/model-93", [&] {
    ASSERT_FALSE(checkpoint.Restore("d/model-93").ok());
    ASSERT_TRUE(AllBits(checkpoint) == before);
  });
  EXPECT_GT(tensors, 30);
  const auto status = checkpoint.Restore("d/model-93");
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->kind(), LoadStatus::Kind::kNameBased);
  EXPECT_FALSE(AllBits(checkpoint) == before);
}

}  // namespace
}  // namespace cairn::object
