// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Overwriting a bundle by another number of data files (R3). A program that
// knows of no journal is one that reads a copy of the directory without it.
#include "cairn/bundle/overwrite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"
#include "cairn/table/table_builder.h"

namespace cairn::bundle {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kPrefix[] = "d/m";

// `shards` tensors, one in each data file, that all hold `value`.
Status Write(FileSystem& fs, int value, int32_t shards = 1,
             Overwrite overwrite = Overwrite::kByFileCount) {
  CAIRN_RETURN_IF_ERROR(RemoveStaleTemporaries(fs, kPrefix));
  Commit commit(fs, kPrefix);
  BundleWriterOptions options;
  options.overwrite = overwrite;
  CAIRN_ASSIGN_OR_RETURN(const auto writer,
                         BundleWriter::Create(commit, kPrefix, options));
  for (int32_t i = 0; i < shards; ++i) {
    CAIRN_RETURN_IF_ERROR(
        writer->Add(StrCat("t", i), Tensor::Scalar(value).view(), i));
  }
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

// What all tensors hold.
StatusOr<int> Read(FileSystem& fs) {
  CAIRN_ASSIGN_OR_RETURN(const auto reader, BundleReader::Open(fs, kPrefix));
  std::set<int> values;
  for (auto it = reader->NewTensorIterator(); it->Valid(); it->Next()) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor tensor, reader->Read(it->key()));
    values.insert(tensor.data<int32_t>()[0]);
  }
  if (values.size() != 1) return DataLossError("a mix");
  return *values.begin();
}

StatusOr<int> ReadWithoutJournal(MemoryFileSystem& fs) {
  MemoryFileSystem copy;
  for (const auto& [path, contents] : fs.Files()) {
    if (path != JournalPath(kPrefix)) copy.Put(path, contents);
  }
  return Read(copy);
}

std::vector<std::string> Names(const MemoryFileSystem& fs) {
  std::vector<std::string> names;
  for (const auto& [path, contents] : fs.Files()) {
    names.push_back(path.substr(path.find('.') + 1));
  }
  return names;
}

TEST(OverwriteByFileCount, TakesOneMoreFileAndGoesBack) {
  MemoryFileSystem fs;
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(Write(fs, 2 * round).ok());
    EXPECT_THAT(Names(fs), ElementsAre("data-00000-of-00001", "index"));
    EXPECT_EQ(*Read(fs), 2 * round);
    ASSERT_TRUE(Write(fs, 2 * round + 1).ok());
    EXPECT_THAT(Names(fs), ElementsAre("data-00000-of-00002",
                                       "data-00001-of-00002", "index"));
    EXPECT_EQ(fs.Files().at("d/m.data-00001-of-00002"), "");
    EXPECT_EQ(*Read(fs), 2 * round + 1);
  }
}

TEST(OverwriteByFileCount, KeepsANumberThatIsAnotherAlready) {
  MemoryFileSystem fs;
  ASSERT_TRUE(Write(fs, 1, 3).ok());
  ASSERT_TRUE(Write(fs, 2, 2).ok());
  EXPECT_EQ((*BundleReader::Open(fs, kPrefix))->header().num_shards, 2);
  ASSERT_TRUE(Write(fs, 3, 2).ok());
  EXPECT_EQ((*BundleReader::Open(fs, kPrefix))->header().num_shards, 3);
  ASSERT_TRUE(Write(fs, 4, 3).ok());
  EXPECT_EQ((*BundleReader::Open(fs, kPrefix))->header().num_shards, 4);
  EXPECT_EQ(*Read(fs), 4);
}

// A fresh prefix has TensorFlow's bytes.
TEST(OverwriteByFileCount, WritesAFreshPrefixAsAlways) {
  MemoryFileSystem fs, other;
  ASSERT_TRUE(Write(fs, 7, 2).ok());
  ASSERT_TRUE(Write(other, 7, 2, Overwrite::kByJournal).ok());
  EXPECT_EQ(fs.Files(), other.Files());
}

// R3: every state of a power cut, to every program.
TEST(OverwriteByFileCount, IsOldOrNewToEveryProgramAfterEveryCut) {
  for (const auto& [before, after] :
       {std::pair(1, 1), {2, 2}, {1, 3}, {3, 1}, {2, 3}}) {
    SCOPED_TRACE(StrCat(before, " to ", after));
    MemoryFileSystem fs;
    ASSERT_TRUE(Write(fs, 1, before).ok());
    fs.ClearLog();
    ASSERT_TRUE(Write(fs, 2, after).ok());
    std::set<int> seen;
    uint64_t states = 0;
    for (size_t n = 0; n <= fs.log().size(); ++n) {
      states += fs.CrashImages(n, 5, [&](MemoryFileSystem& image) {
        ASSERT_FALSE(HasJournal(image, kPrefix));
        const StatusOr<int> found = Read(image);
        ASSERT_TRUE(found.ok()) << n << " " << found.status();
        seen.insert(*found);
        if (n == fs.log().size()) {
          ASSERT_EQ(*found, 2);
        }
      });
    }
    EXPECT_THAT(seen, ElementsAre(1, 2));
    EXPECT_GT(states, 30u);
  }
}

// R3: what a kill left, old files or new ones too many, is no part of what the
// next save makes; and a cut of that save leaves old or new again.
TEST(OverwriteByFileCount, GoesOnSafelyAfterAKillAtAnyCall) {
  int killed_ones = 0;
  for (int n = 0;; ++n) {
    SCOPED_TRACE(n);
    MemoryFileSystem fs;
    ASSERT_TRUE(Write(fs, 1).ok());
    FaultFileSystem killed(fs);
    killed.FailCall(n, UnavailableError("killed"),
                    FaultFileSystem::Persistence::kSticky);
    Write(killed, 2).IgnoreError();
    if (!killed.fired()) break;
    ++killed_ones;
    const StatusOr<int> now = ReadWithoutJournal(fs);
    ASSERT_TRUE(now.ok()) << now.status();
    const size_t start = fs.log().size();
    ASSERT_TRUE(Write(fs, 3).ok());
    for (size_t cut = start; cut <= fs.log().size(); ++cut) {
      fs.CrashImages(cut, 3, [&](MemoryFileSystem& image) {
        ASSERT_FALSE(HasJournal(image, kPrefix));
        const StatusOr<int> found = Read(image);
        ASSERT_TRUE(found.ok()) << cut << " " << found.status();
        // 1 was reported; 2 was not, and may be gone after a power cut.
        ASSERT_TRUE(*found == 3 || cut < fs.log().size()) << *found;
      });
    }
    // Nothing of the three is left but the last.
    const int32_t files =
        (*BundleReader::Open(fs, kPrefix))->header().num_shards;
    EXPECT_EQ(fs.Files().size(), static_cast<size_t>(files) + 1);
  }
  EXPECT_GT(killed_ones, 20);
}

// R5
TEST(OverwriteByFileCount, LeavesTheOldOneWhenAnyCallFails) {
  int faults = 0, switched = 0;
  for (int n = 0;; ++n) {
    SCOPED_TRACE(n);
    MemoryFileSystem memory;
    ASSERT_TRUE(Write(memory, 1).ok());
    const auto before = memory.Files();
    FaultFileSystem fs(memory);
    fs.FailCall(n, ResourceExhaustedError("no space left"));
    const Status status = Write(fs, 2);
    if (!fs.fired()) break;
    ++faults;
    const StatusOr<int> found = ReadWithoutJournal(memory);
    ASSERT_TRUE(found.ok()) << found.status();
    if (status.ok()) {
      EXPECT_EQ(*found, 2);
    } else if (*found == 2) {
      ++switched;
    } else {
      EXPECT_EQ(memory.Files(), before);
    }
  }
  EXPECT_EQ(switched, 1) << "the sync after the rename of the index";
  EXPECT_GT(faults, 20);
}

// A first save that was cut off left data without an index: it would take a
// journal, and nobody reads it.
TEST(OverwriteByFileCount, ClearsDataThatNoIndexNames) {
  MemoryFileSystem fs;
  fs.Put("d/m.data-00000-of-00001", "of a save that was cut off");
  fs.Put("d/m.data-00000-of-00002", "of another number");
  ASSERT_TRUE(Write(fs, 1).ok());
  EXPECT_EQ(*Read(fs), 1);
  for (const auto& operation : fs.log()) {
    EXPECT_EQ(operation.path2.find("journal"), std::string::npos);
  }
}

// The number of files is that of the committed index, when a switch by the
// journal was cut off.
TEST(OverwriteByFileCount, FollowsAJournal) {
  MemoryFileSystem fs;
  ASSERT_TRUE(Write(fs, 1).ok());
  fs.ClearLog();
  ASSERT_TRUE(Write(fs, 2, 1, Overwrite::kByJournal).ok());
  int with_journal = 0;
  for (size_t n = 0; n <= fs.log().size(); ++n) {
    fs.CrashImages(n, 4, [&](MemoryFileSystem& image) {
      if (!HasJournal(image, kPrefix)) return;
      ++with_journal;
      ASSERT_EQ(*FilesInUse(image, kPrefix), 1);
      ASSERT_TRUE(Write(image, 3).ok());
      ASSERT_EQ(*Read(image), 3);
      ASSERT_EQ(*FilesInUse(image, kPrefix), 2);
    });
  }
  EXPECT_GT(with_journal, 0);
}

TEST(OverwriteByFileCount, TakesTheJournalOverADamagedIndex) {
  MemoryFileSystem fs;
  ASSERT_TRUE(Write(fs, 1).ok());
  fs.Put("d/m.index", "");
  EXPECT_TRUE(absl::IsDataLoss(FilesInUse(fs, kPrefix).status()));
  ASSERT_TRUE(Write(fs, 2).ok());
  EXPECT_THAT(Names(fs), ElementsAre("data-00000-of-00001", "index"));
  EXPECT_EQ(*Read(fs), 2);
}

TEST(OverwriteByFileCount, ReportsAnIndexThatCannotBeRead) {
  MemoryFileSystem memory;
  ASSERT_TRUE(Write(memory, 1).ok());
  FaultFileSystem fs(memory);
  fs.FailCallOfKind(FaultFileSystem::Call::kOpenForReading, 1,
                    UnavailableError("d/m.index: I/O error"));
  const Status status = Write(fs, 2);
  ASSERT_TRUE(fs.fired());
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(*Read(memory), 1);
}

// The most files there can be have no next number.
TEST(OverwriteByFileCount, RefusesOneMoreThanTheMost) {
  MemoryFileSystem fs;
  {
    ASSERT_TRUE(fs.CreateDirectory("d").ok());
    const auto file = *fs.CreateNew("d/m.index");
    table::TableBuilder builder(file.get());
    BundleHeader header;
    header.num_shards = kMaxShards;
    ASSERT_TRUE(builder.Add("", EncodeHeader(header)).ok());
    ASSERT_TRUE(builder.Finish().ok());
    ASSERT_TRUE(file->Close().ok());
  }
  Commit commit(fs, kPrefix);
  BundleWriterOptions options;
  options.overwrite = Overwrite::kByFileCount;
  const auto writer = *BundleWriter::Create(commit, kPrefix, options);
  ASSERT_TRUE(writer->Add("t", Tensor::Scalar(1).view(), kMaxShards - 1).ok());
  const Status status = writer->Finish();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(Message(status), HasSubstr("has 1048576 data files"));
}

// R16: one sync for each file, and of the directory one for the data's names
// and one for the index's.
TEST(OverwriteByFileCount, SyncsEachFileOnceAndTheDirectoryTwice) {
  using Call = FaultFileSystem::Call;
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  ASSERT_TRUE(Write(fs, 1).ok());
  EXPECT_EQ(fs.calls(Call::kSync), 2);
  EXPECT_EQ(fs.calls(Call::kSyncDirectory), 2);  // "d" is new, too
  for (const int files : {3, 2, 3}) {            // the index is one
    fs.Clear();
    ASSERT_TRUE(Write(fs, 1).ok());
    EXPECT_EQ(fs.calls(Call::kSync), files);
    EXPECT_EQ(fs.calls(Call::kSyncDirectory), 2);
  }
}

}  // namespace
}  // namespace cairn::bundle
