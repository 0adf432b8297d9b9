// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// R3: overwriting a checkpoint by another number of data files, with every
// option of saving that has a say in the files. There is never a journal, so
// that what is read here is what TensorFlow reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/fault_file_system.h"
#include "cairn/bundle/reader.h"
#include "cairn/object/checkpoint.h"
#include "cairn/object/checkpoint_manager.h"
#include "cairn/object/test_support.h"

namespace cairn::object {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPrefix[] = "d/p";

// A way of saving over kPrefix.
struct Way {
  const char* name;
  SaveOptions options;
  bool in_background = false;
};

std::vector<Way> Ways() {
  SaveOptions plain;
  plain.overwrite = bundle::Overwrite::kByFileCount;
  SaveOptions by_size = plain;
  by_size.sharding = MaxShardSize(16);
  SaveOptions by_task = plain;
  by_task.sharding =
      ShardByTask([](std::string_view key) { return key[0] == 'b' ? 1 : 0; });
  by_task.threads = 3;
  SaveOptions incremental = plain;
  incremental.incremental.emplace();
  incremental.incremental->from = kPrefix;
  incremental.incremental->how.min_live_bytes = 1;
  SaveOptions both = incremental;
  both.sharding = by_task.sharding;
  return {{"Plain", plain},
          {"MaxShardSize", by_size},
          {"ShardByTask", by_task},
          {"Incremental", incremental},
          {"IncrementalByTask", both},
          {"Background", plain, true},
          {"BackgroundIncremental", incremental, true}};
}

// `a` and `b` hold the number, `c` never changes.
struct Program {
  explicit Program(FileSystem& fs)
      : checkpoint(fs, {{"a", &a}, {"b", &b}, {"c", &c}}) {}

  void Set(float value) {
    for (Variable* v : {&a, &b}) std::ranges::fill(v->data<float>(), value);
  }
  Status Save(const Way& way, float value) {
    Set(value);
    if (!way.in_background) {
      return checkpoint.Write(kPrefix, way.options).status();
    }
    CAIRN_ASSIGN_OR_RETURN(const AsyncSave save,
                           checkpoint.WriteAsync(kPrefix, {}, way.options));
    Set(-1);
    return save.committed.get();
  }

  Variable a{"a", *Tensor::Create(DataType::kFloat, {4})};
  Variable b{"b", *Tensor::Create(DataType::kFloat, {4})};
  Variable c{"c", Floats({3}, {7, 8, 9})};
  Checkpoint checkpoint;
};

// The number in the checkpoint; every checksum is verified.
StatusOr<float> Read(FileSystem& fs) {
  Program program(fs);
  program.Set(-5);
  program.c.data<float>()[1] = 0;
  CAIRN_ASSIGN_OR_RETURN(const LoadStatus status,
                         program.checkpoint.Read(kPrefix));
  CAIRN_RETURN_IF_ERROR(status.AssertConsumed());
  std::set<float> numbers;
  for (const Variable* v : {&program.a, &program.b}) {
    numbers.insert(v->data<float>().begin(), v->data<float>().end());
  }
  if (numbers.size() != 1 || FloatsOf(program.c)[1] != 8) {
    return DataLossError("a mix");
  }
  return *numbers.begin();
}

int32_t FileCount(FileSystem& fs) {
  return (*bundle::BundleReader::Open(fs, kPrefix))->header().num_shards;
}

class OverwriteByFileCount : public ::testing::TestWithParam<Way> {};
INSTANTIATE_TEST_SUITE_P(Every, OverwriteByFileCount,
                         ::testing::ValuesIn(Ways()), [](const auto& way) {
                           return std::string(way.param.name);
                         });

TEST_P(OverwriteByFileCount, TakesAnotherNumberOfFilesEachTime) {
  MemoryFileSystem fs;
  Program program(fs);
  int32_t before = 0;
  for (float value = 1; value <= 6; ++value) {
    const Status status = program.Save(GetParam(), value);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(*Read(fs), value);
    const int32_t files = FileCount(fs);
    EXPECT_NE(files, before);
    EXPECT_EQ(fs.Files().size(), static_cast<size_t>(files) + 1);
    before = files;
  }
}

TEST_P(OverwriteByFileCount, IsOldOrNewToEveryProgramAfterEveryCut) {
  MemoryFileSystem fs;
  Program program(fs);
  ASSERT_TRUE(program.Save(GetParam(), 1).ok());
  ASSERT_TRUE(program.Save(GetParam(), 2).ok());
  fs.ClearLog();
  ASSERT_TRUE(program.Save(GetParam(), 3).ok());
  std::set<float> seen;
  const size_t operations = fs.log().size();
  for (size_t n = 0; n <= operations; ++n) {
    fs.CrashImages(n, 2, [&](MemoryFileSystem& image) {
      ASSERT_FALSE(HasJournal(image, kPrefix));
      const StatusOr<float> found = Read(image);
      ASSERT_TRUE(found.ok()) << n << " " << found.status();
      seen.insert(*found);
      if (n == operations) {
        ASSERT_EQ(*found, 3);
      }
    });
  }
  EXPECT_THAT(seen, ElementsAre(2, 3));
}

// R5, and that whatever a failed save left does not stop the next.
TEST_P(OverwriteByFileCount, LeavesOldOrNewWhenAnyCallFails) {
  int faults = 0;
  for (int n = 0;; ++n) {
    SCOPED_TRACE(n);
    MemoryFileSystem memory;
    FaultFileSystem fs(memory);
    Program program(fs);
    ASSERT_TRUE(program.Save(GetParam(), 1).ok());
    fs.Clear();
    fs.FailCall(n, ResourceExhaustedError("no space left"));
    const Status status = program.Save(GetParam(), 2);
    const bool fired = fs.fired();
    fs.Clear();
    const StatusOr<float> found = Read(memory);
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_FALSE(HasJournal(memory, kPrefix));
    EXPECT_TRUE(*found == 2 || (!status.ok() && *found == 1)) << *found;
    const Status next = program.Save(GetParam(), 3);
    ASSERT_TRUE(next.ok()) << next;
    EXPECT_EQ(*Read(memory), 3);
    EXPECT_EQ(memory.Files().size(),
              static_cast<size_t>(FileCount(memory)) + 1);
    if (!fired) break;
    ++faults;
  }
  EXPECT_GT(faults, 20);
}

// What is shared is a file of the old checkpoint under a second name.
TEST(OverwriteIncrementally, SharesFilesWithTheCheckpointThatGoes) {
  MemoryFileSystem fs;
  Program program(fs);
  SaveOptions options = Ways()[4].options;  // IncrementalByTask
  SaveReport report;
  options.report = [&](const SaveReport& made) { report = made; };
  for (float value = 1; value <= 5; ++value) {
    program.a.data<float>()[0] = value;
    ASSERT_TRUE(program.checkpoint.Write(kPrefix, options).ok());
  }
  EXPECT_EQ(report.from, kPrefix);
  EXPECT_GT(report.shared_files, 0);
  EXPECT_EQ(report.files, FileCount(fs));
  Program other(fs);
  ASSERT_TRUE(other.checkpoint.Read(kPrefix).ok());
  EXPECT_EQ(FloatsOf(other.a)[0], 5);
}

// A manager's number that is tracked already.
TEST(OverwriteByManager, TakesTheOptionOfTheSave) {
  MemoryFileSystem fs;
  Program program(fs);
  const auto manager =
      *CheckpointManager::Create(&program.checkpoint, "d", {.max_to_keep = 2});
  ManagedSave save;
  save.number = 5;
  save.options.overwrite = bundle::Overwrite::kByFileCount;
  for (const char* data :
       {"d/ckpt-5.data-00000-of-00001", "d/ckpt-5.data-00001-of-00002",
        "d/ckpt-5.data-00000-of-00001"}) {
    EXPECT_EQ(*manager->Save(save), "d/ckpt-5");
    EXPECT_TRUE(fs.Exists(data));
    EXPECT_THAT(manager->checkpoints(), ElementsAre("d/ckpt-5"));
  }
  EXPECT_FALSE(fs.Exists("d/ckpt-5.data-00001-of-00002"));
  // What it evicts goes whole, whatever its number of files.
  ASSERT_TRUE(manager->Save(save).ok());
  for (const int64_t number : {6, 7}) ASSERT_TRUE(manager->Save(number).ok());
  for (const auto& [path, contents] : fs.Files()) {
    EXPECT_THAT(path, Not(HasSubstr("ckpt-5")));
  }
}

}  // namespace
}  // namespace cairn::object
