// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/v1/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/v1/shard_names.h"
#include "cairn/v1/test_files.h"
#include "cairn/v1/writer.h"

namespace cairn::v1 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::unique_ptr<V1Reader> OpenOrDie(FileSystem& fs, const std::string& path) {
  auto reader = V1Reader::Open(fs, path);
  EXPECT_TRUE(reader.ok()) << reader.status();
  return reader.ok() ? *std::move(reader) : nullptr;
}

// int32 w[6,4] = 0..23, one piece in each of three shards, and a tensor of each
// shard's own.
class ShardedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<int32_t> w(24);
    for (size_t i = 0; i < w.size(); ++i) w[i] = static_cast<int32_t>(i);
    const int32_t right[] = {2, 3, 6, 7, 10, 11};
    const int32_t left[] = {0, 1, 4, 5, 8, 9};
    Commit commit(fs_, "d/m");
    for (int32_t i = 0; i < 3; ++i) {
      auto writer = V1Writer::Create(commit, ShardedFilename("d/m", i, 3));
      ASSERT_TRUE(writer.ok());
      const auto add = [&](const char* slice, const int32_t* data) {
        const TensorSlice s = Slice(slice);
        EXPECT_TRUE((*writer)
                        ->AddSlice("w", Shape({6, 4}), s,
                                   TensorView::Of<int32_t>(
                                       *s.Apply(Shape({6, 4})), data))
                        .ok());
      };
      if (i == 0) add("0,3:2,2", right);
      if (i == 1) add("3,3:-", &w[12]);
      if (i == 2) add("0,3:0,2", left);
      const auto own = static_cast<float>(i);
      EXPECT_TRUE((*writer)
                      ->Add(StrCat("own", i), TensorView::Of<float>({}, &own))
                      .ok());
      EXPECT_TRUE((*writer)->Finish().ok());
    }
    ASSERT_TRUE(commit.Finish().ok());
  }
  std::vector<int32_t> Ints(const StatusOr<Tensor>& tensor) {
    EXPECT_TRUE(tensor.ok()) << tensor.status();
    if (!tensor.ok()) return {};
    const auto data = tensor->data<int32_t>();
    return {data.begin(), data.end()};
  }
  MemoryFileSystem fs_;
};

TEST_F(ShardedTest, IsPutTogetherFromAllShards) {
  for (const std::string& path : {std::string("d/m"), ShardedPattern("d/m", 3),
                                  std::string("d/m-00002-of-00003")}) {
    SCOPED_TRACE(path);
    const auto reader = OpenOrDie(fs_, path);
    ASSERT_NE(reader, nullptr);
    EXPECT_EQ(reader->path(), ShardedPattern("d/m", 3));
    EXPECT_EQ(reader->prefix(), "d/m");
    EXPECT_EQ(reader->num_shards(), 3);
    EXPECT_EQ(reader->num_tensors(), 4);
    const auto entry = reader->Find("w");
    ASSERT_TRUE(entry.ok()) << entry.status();
    EXPECT_FALSE(entry->is_whole());
    ASSERT_EQ(entry->pieces.size(), 3u);
    EXPECT_EQ(entry->pieces[1].file, 1);
    EXPECT_EQ(entry->pieces[1].slice, Slice("3,3:-"));
    const std::vector<int32_t> w = Ints(reader->Read("w"));
    ASSERT_EQ(w.size(), 24u);
    for (size_t i = 0; i < w.size(); ++i) {
      EXPECT_EQ(w[i], static_cast<int32_t>(i));
    }
    EXPECT_TRUE(reader->CheckAll().ok());
  }
}

TEST_F(ShardedTest, CutsAcrossPieces) {
  const auto reader = OpenOrDie(fs_, "d/m");
  ASSERT_NE(reader, nullptr);
  EXPECT_THAT(Ints(reader->ReadSlice("w", Slice("2,2:1,2"))),
              ElementsAre(9, 10, 13, 14));
  EXPECT_THAT(Ints(reader->ReadSlice("w", Slice("4,1:-"))),
              ElementsAre(16, 17, 18, 19));
  int32_t out[4];
  ASSERT_TRUE(reader
                  ->ReadSliceInto("w", Slice("0,1:-"),
                                  {reinterpret_cast<char*>(out), sizeof out})
                  .ok());
  EXPECT_THAT(out, ElementsAre(0, 1, 2, 3));
}

TEST_F(ShardedTest, ListsNamesInOrderAndEachFileInItsOwn) {
  const auto reader = OpenOrDie(fs_, "d/m");
  ASSERT_NE(reader, nullptr);
  std::vector<std::string> names;
  for (auto it = reader->NewIterator(); it->Valid(); it->Next()) {
    names.emplace_back(it->name());
    EXPECT_TRUE(it->entry().ok());
    EXPECT_TRUE(reader->Contains(it->name()));
  }
  EXPECT_THAT(names, ElementsAre("own0", "own1", "own2", "w"));
  names.clear();
  for (auto it = reader->NewFileIterator(1); it->Valid(); it->Next()) {
    const auto entry = it->entry();
    ASSERT_TRUE(entry.ok());
    EXPECT_EQ(entry->pieces.size(), 1u);
    EXPECT_EQ(entry->pieces[0].file, 1);
    names.push_back(entry->name);
  }
  EXPECT_THAT(names, ElementsAre("w", "own1"));
  EXPECT_FALSE(reader->Contains("own3"));
  EXPECT_FALSE(reader->Contains(""));
}

TEST_F(ShardedTest, NamesTheShardThatIsMissing) {
  for (int32_t i = 0; i < 3; ++i) {
    SCOPED_TRACE(i);
    const std::string file = ShardedFilename("d/m", i, 3);
    const std::string bytes = fs_.Files().at(file);
    ASSERT_TRUE(fs_.Remove(file).ok());
    const Status status = V1Reader::Open(fs_, "d/m").status();
    EXPECT_TRUE(absl::IsNotFound(status)) << status;
    EXPECT_THAT(
        Message(status),
        HasSubstr(StrCat("shard ", i, " of 3 is missing: there is no ", file)));
    fs_.Put(file, bytes);
  }
}

TEST_F(ShardedTest, OpensOneShardAloneWhenAskedTo) {
  ASSERT_TRUE(fs_.Remove("d/m-00000-of-00003").ok());
  const auto reader = V1Reader::OpenFile(fs_, "d/m-00001-of-00003");
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->num_shards(), 0);
  EXPECT_EQ((*reader)->num_files(), 1);
  const Status gap = (*reader)->Read("w").status();
  EXPECT_TRUE(absl::IsInvalidArgument(gap));
  EXPECT_THAT(Message(gap), HasSubstr("12 of 24 elements are stored"));
  EXPECT_THAT(Ints((*reader)->ReadSlice("w", Slice("3,1:-"))),
              ElementsAre(12, 13, 14, 15));
  EXPECT_TRUE((*reader)->CheckAll().ok());  // gaps are no damage
}

TEST_F(ShardedTest, ReportsTensorsDescribedDifferently) {
  // Shard 1 from a checkpoint in which w is larger.
  Commit commit(fs_, "d/n");
  auto writer = V1Writer::Create(commit, "d/n");
  const int32_t row[4] = {};
  ASSERT_TRUE((*writer)
                  ->AddSlice("w", Shape({7, 4}), Slice("3,1:-"),
                             TensorView::Of<int32_t>({1, 4}, row))
                  .ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  ASSERT_TRUE(commit.Finish().ok());
  fs_.Put("d/m-00001-of-00003", fs_.Files().at("d/n"));
  const auto reader = OpenOrDie(fs_, "d/m");
  ASSERT_NE(reader, nullptr);
  const Status status = reader->Read("w").status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(Message(status),
              HasSubstr("d/m-00001-of-00003: tensor w is "
                        "int32[7,4], but int32[6,4] elsewhere"));
  EXPECT_TRUE(reader->Read("own0").ok());
  EXPECT_TRUE(absl::IsDataLoss(reader->CheckAll()));
}

TEST_F(ShardedTest, ReportsAPieceThatTwoShardsHave) {
  fs_.Put("d/m-00001-of-00003", fs_.Files().at("d/m-00000-of-00003"));
  const auto reader = OpenOrDie(fs_, "d/m");
  ASSERT_NE(reader, nullptr);
  for (const Status& status :
       {reader->Read("w").status(), reader->Read("own0").status(),
        reader->Check("own0"), reader->CheckAll()}) {
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(Message(status), HasSubstr("Overlapping slices"));
  }
}

TEST_F(ShardedTest, AnswersFromSeveralThreads) {
  FaultFileSystem unmapped(fs_);
  for (FileSystem* fs :
       {static_cast<FileSystem*>(&fs_), static_cast<FileSystem*>(&unmapped)}) {
    const auto reader = OpenOrDie(*fs, "d/m");
    ASSERT_NE(reader, nullptr);
    std::vector<std::thread> threads;
    std::vector<int> good(4);
    for (size_t t = 0; t < good.size(); ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 50; ++i) {
          good[t] += reader->Read("w").ok() && reader->CheckAll().ok() &&
                     reader->ReadSlice("w", Slice("1,3:1,2")).ok();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_THAT(good, ElementsAre(50, 50, 50, 50));
  }
}

TEST_F(ShardedTest, ReportsProgressAndStopsWhenAsked) {
  const auto reader = OpenOrDie(fs_, "d/m");
  std::stop_source stop;
  Supervision supervision;
  supervision.stop = stop.get_token();
  Progress last;
  supervision.on_progress = [&](const Progress& p) { last = p; };
  EXPECT_TRUE(reader->CheckAll(supervision).ok());
  EXPECT_EQ(last.tensors, 6u);
  EXPECT_EQ(last.total_tensors, 6u);
  EXPECT_GT(last.bytes, 0u);
  EXPECT_LE(last.bytes, last.total_bytes);
  supervision.on_progress = [&](const Progress&) { stop.request_stop(); };
  EXPECT_TRUE(absl::IsCancelled(reader->CheckAll(supervision)));
}

// A set that is switched between the opening of its files is not mixed.
class SwitchingFileSystem : public FaultFileSystem {
 public:
  SwitchingFileSystem(MemoryFileSystem& base, std::string watched)
      : FaultFileSystem(base), base_(base), watched_(std::move(watched)) {}
  StatusOr<std::unique_ptr<RandomAccessFile>> OpenForReading(
      const std::string& path) override {
    if (path == watched_ && switches > 0) {
      --switches;
      const auto files = base_.Files();
      for (const auto& [name, bytes] : files) {
        // Another file of that name, with another id.
        EXPECT_TRUE(base_.Remove(name).ok());
        base_.Put(name, bytes);
      }
    }
    return FaultFileSystem::OpenForReading(path);
  }
  int switches = 0;

 private:
  MemoryFileSystem& base_;
  std::string watched_;
};

TEST_F(ShardedTest, IsNeverMixedOfTwoSaves) {
  SwitchingFileSystem fs(fs_, "d/m-00001-of-00003");
  fs.switches = 1;
  EXPECT_TRUE(V1Reader::Open(fs, "d/m").ok());  // the second attempt
  EXPECT_EQ(fs.switches, 0);
  fs.switches = 1000;
  const Status status = V1Reader::Open(fs, "d/m").status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(Message(status), HasSubstr("open it again"));
}

// --- one file ---

TEST(V1Reader, ReadsThroughASwitchThatWasCutOff) {
  MemoryFileSystem fs;
  const auto save = [&](float value) {
    Commit commit(fs, "m");
    for (int32_t i = 0; i < 2; ++i) {
      auto writer = V1Writer::Create(commit, ShardedFilename("m", i, 2));
      EXPECT_TRUE((*writer)
                      ->Add(StrCat("v", i), TensorView::Of<float>({}, &value))
                      .ok());
      EXPECT_TRUE((*writer)->Finish().ok());
    }
    return commit.Finish();
  };
  ASSERT_TRUE(save(1).ok());
  fs.ClearLog();
  ASSERT_TRUE(save(2).ok());
  int old_sets = 0, new_sets = 0;
  const size_t operations = fs.log().size();
  for (size_t n = 0; n <= operations; ++n) {
    fs.CrashImages(n, 4, [&](MemoryFileSystem& image) {
      const auto reader = V1Reader::Open(image, "m");
      ASSERT_TRUE(reader.ok()) << reader.status();
      const float a = (*reader)->Read("v0")->data<float>()[0];
      const float b = (*reader)->Read("v1")->data<float>()[0];
      EXPECT_EQ(a, b);
      ++(a == 1 ? old_sets : new_sets);
    });
  }
  EXPECT_GT(old_sets, 0);
  EXPECT_GT(new_sets, 0);
}

TEST(V1Reader, FindsAndReadsStringsAndScalars) {
  MemoryFileSystem fs;
  fs.Put("m", TableOf(SmallRecords()));
  const auto reader = OpenOrDie(fs, "m");
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(reader->path(), "m");
  EXPECT_EQ(reader->num_shards(), 0);
  const auto n = reader->Read("n");
  ASSERT_TRUE(n.ok()) << n.status();
  EXPECT_THAT(n->strings(), ElementsAre("a", ""));
  const auto tail = reader->ReadSlice("n", Slice("1,1"));
  ASSERT_TRUE(tail.ok()) << tail.status();
  EXPECT_THAT(tail->strings(), ElementsAre(""));
  EXPECT_EQ(reader->Read("s")->data<float>()[0], 1.5f);
  EXPECT_TRUE(reader->Find("s")->is_whole());
  EXPECT_TRUE(reader->CheckAll().ok());
}

TEST(V1Reader, RefusesWhatTheCallerAskedWrongly) {
  MemoryFileSystem fs;
  fs.Put("m", TableOf(SmallRecords()));
  const auto reader = OpenOrDie(fs, "m");
  ASSERT_NE(reader, nullptr);
  const Status missing = reader->Read("zz").status();
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_EQ(Message(missing),
            "Tensor name \"zz\" not found in checkpoint files m");
  for (const Status& status : {reader->ReadSlice("w", Slice("3,2:-")).status(),
                               reader->ReadSlice("w", Slice("-")).status()}) {
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(Message(status), HasSubstr("tensor w"));
  }
  std::string memory(31, 'x');
  const Status small = reader->ReadInto("w", memory);
  EXPECT_TRUE(absl::IsInvalidArgument(small));
  EXPECT_THAT(Message(small), HasSubstr("[4,2] of it has 31 bytes"));
  EXPECT_TRUE(absl::IsInvalidArgument(reader->ReadInto("n", memory)));
  V1Entry entry = *reader->Find("w");
  entry.pieces[0].file = 1;
  EXPECT_TRUE(absl::IsInvalidArgument(
      reader->ReadPiece(entry, entry.pieces[0]).status()));
  entry.pieces[0] = {Slice("-"), 0};
  EXPECT_TRUE(absl::IsInvalidArgument(
      reader->ReadPiece(entry, entry.pieces[0]).status()));
}

TEST(V1Reader, PassesAFailingFileSystemOn) {
  MemoryFileSystem memory;
  memory.Put("m", TableOf(SmallRecords()));
  FaultFileSystem fs(memory);
  for (int n = 0;; ++n) {
    fs.FailCall(n, UnavailableError("disk gone"));
    const auto reader = V1Reader::Open(fs, "m");
    const Status status = reader.ok() ? (*reader)->CheckAll() : reader.status();
    if (!fs.fired()) {
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_GT(n, 3);
      break;
    }
    // A Stat that fails makes the file invisible.
    EXPECT_TRUE(absl::IsUnavailable(status) || absl::IsNotFound(status) ||
                status.ok())
        << n << status;
  }
}

// A mapped file would end the process here.
TEST(V1Reader, WithoutMappingIsOnlyToldOfAFileThatIsShortened) {
  std::string dir = ::testing::TempDir() + "/cairn_v1_XXXXXX";
  ASSERT_NE(mkdtemp(dir.data()), nullptr);
  const std::string path = dir + "/m";
  {
    Commit commit(LocalFileSystem(), path);
    auto writer = V1Writer::Create(commit, path);
    ASSERT_TRUE(writer.ok()) << writer.status();
    std::vector<float> values(1 << 16);
    for (const char* name : {"a", "b"}) {
      ASSERT_TRUE(
          (*writer)
              ->Add(name, TensorView::Of<float>({1 << 16}, values.data()))
              .ok());
    }
    ASSERT_TRUE((*writer)->Finish().ok());
    ASSERT_TRUE(commit.Finish().ok());
  }
  const auto reader = V1Reader::Open(
      LocalFileSystem(), path, {.access = V1ReaderOptions::Access::kRead});
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_TRUE((*reader)->Read("a").ok());
  std::filesystem::resize_file(path, 8192);
  const Status status = (*reader)->Read("b").status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr(path));
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace cairn::v1
