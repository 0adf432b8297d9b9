// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/convert/copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "cairn/base/commit.h"
#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/test_many_names.h"
#include "cairn/bundle/writer.h"
#include "cairn/inspect/verify.h"
#include "cairn/v1/reader.h"

namespace cairn::convert {
namespace {

using inspect::CheckpointSource;
using inspect::Format;
using inspect::Target;
using inspect::TargetKind;
using ::testing::HasSubstr;

const std::string kCases = CAIRN_GOLDEN_DIR "/cases/";

// All files of a directory of the disk, below `to`.
void Load(const std::string& from, const std::string& to,
          MemoryFileSystem& fs) {
  FileSystem& disk = LocalFileSystem();
  const auto names = disk.List(from);
  ASSERT_TRUE(names.ok()) << names.status();
  for (const std::string& name : *names) {
    const std::string path = JoinPath(from, name);
    if (disk.IsDirectory(path)) continue;
    fs.Put(JoinPath(to, name), *disk.ReadFile(path, uint64_t{1} << 30));
  }
}

std::string Bytes(FileSystem& fs, const std::string& path) {
  const auto bytes = fs.ReadFile(path, uint64_t{1} << 30);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.ok() ? *bytes : "";
}

// Every tensor of one is in the other, with the same bits.
void ExpectSameTensors(FileSystem& fs, const Target& a, const Target& b) {
  const auto left = CheckpointSource::Open(fs, a);
  const auto right = CheckpointSource::Open(fs, b);
  ASSERT_TRUE(left.ok()) << left.status();
  ASSERT_TRUE(right.ok()) << right.status();
  uint64_t count = 0, other = 0;
  for (auto it = (*left)->NewIterator(); it->Valid(); it->Next()) {
    const auto entry = it->entry();
    ASSERT_TRUE(entry.ok()) << entry.status();
    const auto found = (*right)->Find(it->key());
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(entry->dtype, found->dtype);
    EXPECT_EQ(entry->shape, found->shape);
    EXPECT_EQ(*TensorSha256(**left, *entry), *TensorSha256(**right, *found))
        << it->key();
    ++count;
  }
  for (auto it = (*right)->NewIterator(); it->Valid(); it->Next()) ++other;
  EXPECT_EQ(count, other);
  EXPECT_GT(count, 0u);
}

Target Bundle(const std::string& prefix) {
  return {TargetKind::kBundle, prefix, ""};
}
Target V1(const std::string& path) { return {TargetKind::kV1, path, ""}; }

TEST(CopyCheckpoint, GivesTheBytesOfWhatTensorFlowWrote) {
  int count = 0;
  for (const std::string group : {"dtypes", "index", "names", "object",
                                  "sharded", "sliced", "seed", "tf221"}) {
    for (const auto& file :
         std::filesystem::recursive_directory_iterator(kCases + group)) {
      std::string prefix = file.path().string();
      if (!prefix.ends_with(".index")) continue;
      prefix.resize(prefix.size() - 6);
      // Made by other producers: compressed, or without tensors.
      if (prefix.find("snappy") != std::string::npos) continue;
      MemoryFileSystem fs;
      Load(std::string(DirName(prefix)), "in", fs);
      const std::string name(BaseName(prefix));
      const auto report =
          CopyCheckpoint(fs, Bundle("in/" + name), "out/" + name);
      ASSERT_TRUE(report.ok()) << prefix << ": " << report.status();
      const auto written = fs.List("out");
      ASSERT_TRUE(written.ok());
      for (const std::string& copy : *written) {
        EXPECT_EQ(Bytes(fs, "out/" + copy), Bytes(fs, "in/" + copy)) << prefix;
      }
      EXPECT_EQ(Bytes(fs, "out/" + name + ".index").size(),
                std::filesystem::file_size(file));
      ++count;
    }
  }
  EXPECT_GT(count, 60);
}

// Pieces of one tensor in several files: their order in the list is neither
// that of the files nor that of the slices.
TEST(CopyCheckpoint, KeepsTheOrderInWhichATensorListsItsPieces) {
  MemoryFileSystem fs;
  Commit commit(fs, "in/m");
  const auto writer = bundle::BundleWriter::Create(commit, "in/m");
  ASSERT_TRUE(writer.ok()) << writer.status();
  const struct {
    const char* spec;
    int32_t shard;
  } pieces[] = {{"2,1", 1}, {"0,1", 2}, {"3,1", 0}, {"1,1", 1}, {"4,2", 0}};
  for (const auto& piece : pieces) {
    const TensorSlice slice = *TensorSlice::Parse(piece.spec);
    ASSERT_TRUE(
        (*writer)
            ->AddSlice("w", {6}, slice,
                       *Tensor::Create(DataType::kHalf, *slice.Apply({6})),
                       piece.shard)
            .ok());
  }
  ASSERT_TRUE((*writer)->Add("a", Tensor::Scalar<float>(1), 2).ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  ASSERT_TRUE(commit.Finish().ok());
  const auto report = CopyCheckpoint(fs, Bundle("in/m"), "out/m");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->num_shards, 3);
  const auto names = fs.List("in");
  ASSERT_TRUE(names.ok()) << names.status();
  EXPECT_EQ(names->size(), 4u);
  for (const std::string& name : *names) {
    EXPECT_EQ(Bytes(fs, "out/" + name), Bytes(fs, "in/" + name)) << name;
  }
}

// A byte[count] in as many pieces, `shards` data files taking turns from the
// last one down, so that no file can be written to its end before the others.
void WriteInPieces(FileSystem& fs, const std::string& prefix, int64_t count,
                   int32_t shards) {
  Commit commit(fs, prefix);
  auto writer =
      bundle::BundleWriter::Create(commit, prefix, {.min_shards = shards});
  ASSERT_TRUE(writer.ok()) << writer.status();
  for (int64_t i = 0; i < count; ++i) {
    const char value = static_cast<char>(i);
    const auto piece = TensorView::Create(DataType::kUint8, {1}, {&value, 1});
    ASSERT_TRUE((*writer)
                    ->AddSlice("w", {count}, *TensorSlice::Create({{i, 1}}),
                               *piece,
                               shards - 1 - static_cast<int32_t>(i % shards))
                    .ok());
  }
  ASSERT_TRUE((*writer)->Finish().ok());
  ASSERT_TRUE(commit.Finish().ok());
}

// Each piece's cost must not grow with how many there are: with a look at all
// of them for each, this takes minutes.
TEST(CopyCheckpoint, CopiesATensorOfManyPieces) {
  MemoryFileSystem fs;
  WriteInPieces(fs, "in/w", 20000, 1);
  ASSERT_TRUE(CopyCheckpoint(fs, Bundle("in/w"), "out/w").ok());
  EXPECT_EQ(Bytes(fs, "out/w.index"), Bytes(fs, "in/w.index"));
  ASSERT_TRUE(
      CopyCheckpoint(fs, Bundle("in/w"), "v1/w", {.format = Format::kV1}).ok());
  ASSERT_TRUE(CopyCheckpoint(fs, V1("v1/w"), "v1/again").ok());
  EXPECT_EQ(Bytes(fs, "v1/again"), Bytes(fs, "v1/w"));
  ASSERT_TRUE(
      CopyCheckpoint(fs, V1("v1/w"), "back/w", {.format = Format::kBundle})
          .ok());
  EXPECT_EQ(Bytes(fs, "back/w.data-00000-of-00001"),
            Bytes(fs, "in/w.data-00000-of-00001"));
}

TEST(CopyCheckpoint, CopiesPiecesThatTakeTurnsAmongManyFiles) {
  MemoryFileSystem fs;
  WriteInPieces(fs, "in/w", 3000, 1000);
  ASSERT_TRUE(CopyCheckpoint(fs, Bundle("in/w"), "out/w").ok());
  EXPECT_EQ(Bytes(fs, "out/w.index"), Bytes(fs, "in/w.index"));
  EXPECT_EQ(Bytes(fs, "out/w.data-00999-of-01000"),
            Bytes(fs, "in/w.data-00999-of-01000"));
}

class CopyOfLeNet : public ::testing::Test {
 protected:
  CopyOfLeNet() { Load(kCases + "seed/v1/epoch1", "in", fs_); }
  CopyReport Copy(const CopyOptions& options) {
    const auto report = CopyCheckpoint(fs_, source_, "out/m", options);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : CopyReport();
  }
  MemoryFileSystem fs_;
  const Target source_ = Bundle("in/model");
};

TEST(CopyCheckpoint, RefusesEntriesThatClaimTheSameBytesTooOften) {
  MemoryFileSystem fs;
  ASSERT_TRUE(bundle::WriteManyNames(fs, "in/few", 10).ok());
  EXPECT_TRUE(CopyCheckpoint(fs, Bundle("in/few"), "out/few").ok());
  ASSERT_TRUE(bundle::WriteManyNames(fs, "in/many", 400).ok());
  const Status status =
      CopyCheckpoint(fs, Bundle("in/many"), "out/many").status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(Message(status), HasSubstr("in/many.index: its entries claim"));
  EXPECT_FALSE(fs.Exists("out/many.index"));
}

// The index alone would ask for three files.
TEST(CopyCheckpoint, MakesNoDataFilesThatItsSourceHasNot) {
  MemoryFileSystem fs;
  Commit commit(fs, "in/m");
  auto writer =
      *bundle::BundleWriter::Create(commit, "in/m", {.min_shards = 3});
  const float value = 1;
  ASSERT_TRUE(writer->Add("w", TensorView::Of<float>({}, &value)).ok());
  ASSERT_TRUE(writer->Finish().ok());
  ASSERT_TRUE(commit.Finish().ok());
  ASSERT_TRUE(CopyCheckpoint(fs, Bundle("in/m"), "out/m").ok());
  ASSERT_TRUE(fs.Remove("in/m.data-00001-of-00003").ok());
  for (const int32_t shards : {0, 1}) {
    const Status status =
        CopyCheckpoint(fs, Bundle("in/m"), "new/m", {.num_shards = shards})
            .status();
    EXPECT_TRUE(absl::IsNotFound(status)) << status;
    EXPECT_THAT(Message(status), HasSubstr("in/m.data-00001-of-00003"));
  }
  EXPECT_FALSE(fs.List("new").ok());
}

TEST_F(CopyOfLeNet, HasAsManyShardsAsAskedFor) {
  const CopyReport report = Copy({.num_shards = 3});
  EXPECT_EQ(report.num_shards, 3);
  EXPECT_EQ(report.tensors, 16u);
  EXPECT_EQ(report.bytes, 220904u);
  const auto reader = bundle::BundleReader::Open(fs_, "out/m");
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->header().num_shards, 3);
  EXPECT_TRUE(fs_.Exists("out/m.data-00002-of-00003"));
  ExpectSameTensors(fs_, source_, Bundle("out/m"));
}

TEST_F(CopyOfLeNet, KeepsShardsBelowTheirLargestSize) {
  const CopyReport report = Copy({.max_shard_size = 10000});
  EXPECT_GT(report.num_shards, 2);
  int alone = 0;
  for (int32_t shard = 0; shard < report.num_shards; ++shard) {
    const auto info =
        fs_.Stat(bundle::DataPath("out/m", shard, report.num_shards));
    ASSERT_TRUE(info.ok()) << info.status();
    if (info->size > 10000) ++alone;
  }
  EXPECT_EQ(alone, 1);  // the dense layer's kernel
  ExpectSameTensors(fs_, source_, Bundle("out/m"));
}

TEST_F(CopyOfLeNet, GoesToTheOtherFormatAndBack) {
  EXPECT_EQ(Copy({.format = Format::kV1}).path, "out/m");
  ExpectSameTensors(fs_, source_, V1("out/m"));
  ASSERT_TRUE(CopyCheckpoint(fs_, V1("out/m"), "back/model",
                             {.format = Format::kBundle})
                  .ok());
  ExpectSameTensors(fs_, source_, Bundle("back/model"));
}

TEST_F(CopyOfLeNet, GoesToShardsOfTheOtherFormat) {
  const CopyReport report = Copy({.format = Format::kV1, .num_shards = 2});
  EXPECT_EQ(report.path,
            "out/m-????"
            "?-of-00002");
  ExpectSameTensors(fs_, source_, V1(report.path));
  ASSERT_TRUE(CopyCheckpoint(fs_, V1(report.path), "back/model", {}).ok());
  EXPECT_EQ(Bytes(fs_, "back/model-00001-of-00002"),
            Bytes(fs_, "out/m-00001-of-00002"));
}

TEST_F(CopyOfLeNet, OfOneShardInTheOtherFormatStaysSharded) {
  const CopyReport report = Copy({.format = Format::kV1, .num_shards = 1});
  EXPECT_THAT(report.path, ::testing::EndsWith("-of-00001"));
  const auto again = CopyCheckpoint(fs_, V1(report.path), "back/m");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(Bytes(fs_, "back/m-00000-of-00001"),
            Bytes(fs_, "out/m-00000-of-00001"));
  EXPECT_FALSE(fs_.Exists("back/m"));
}

TEST_F(CopyOfLeNet, GoesToTheOtherByteOrderAndBack) {
  Copy({.endianness = bundle::Endianness::kBig});
  EXPECT_NE(Bytes(fs_, "out/m.data-00000-of-00001"),
            Bytes(fs_, "in/model.data-00000-of-00001"));
  ExpectSameTensors(fs_, source_, Bundle("out/m"));
  ASSERT_TRUE(CopyCheckpoint(fs_, Bundle("out/m"), "back/model",
                             {.endianness = bundle::Endianness::kLittle})
                  .ok());
  EXPECT_EQ(Bytes(fs_, "back/model.index"), Bytes(fs_, "in/model.index"));
  EXPECT_EQ(Bytes(fs_, "back/model.data-00000-of-00001"),
            Bytes(fs_, "in/model.data-00000-of-00001"));
}

TEST_F(CopyOfLeNet, TakesTheMetaGraphAlongUnlessTold) {
  fs_.Put("in/model.meta", "graph");
  EXPECT_TRUE(Copy({}).meta_graph);
  EXPECT_EQ(Bytes(fs_, "out/m.meta"), "graph");
  ASSERT_TRUE(
      CopyCheckpoint(fs_, source_, "out/n", {.with_meta_graph = false}).ok());
  EXPECT_FALSE(fs_.Exists("out/n.meta"));
}

TEST_F(CopyOfLeNet, RefusesToReplaceUnlessTold) {
  Copy({});
  EXPECT_TRUE(
      absl::IsAlreadyExists(CopyCheckpoint(fs_, source_, "out/m").status()));
  EXPECT_TRUE(CopyCheckpoint(fs_, source_, "out/m",
                             {.num_shards = 2, .existing = Existing::kReplace})
                  .ok());
  ExpectSameTensors(fs_, source_, Bundle("out/m"));
  EXPECT_FALSE(fs_.Exists("out/m.data-00000-of-00001"));
}

TEST_F(CopyOfLeNet, RefusesToReplaceItsSource) {
  for (const std::string out : {"in/model", "in/./model"}) {
    const Status status =
        CopyCheckpoint(fs_, source_, out, {.existing = Existing::kReplace})
            .status();
    EXPECT_FALSE(status.ok()) << out;
  }
}

TEST_F(CopyOfLeNet, RefusesToReplaceAFileOfItsSourceUnderAnotherName) {
  for (const std::string out :
       {"in/model.index", "in/model.data-00000-of-00001"}) {
    const std::string before = Bytes(fs_, out);
    const Status status =
        CopyCheckpoint(fs_, source_, out,
                       {.format = Format::kV1, .existing = Existing::kReplace})
            .status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << out << ": " << status;
    EXPECT_THAT(Message(status), HasSubstr("a file of its source"));
    EXPECT_EQ(Bytes(fs_, out), before);
  }
  // A V1 file called like a data file of the bundle that is to be written.
  const std::string v1 = "out/m.data-00000-of-00001";
  ASSERT_TRUE(CopyCheckpoint(fs_, source_, v1, {.format = Format::kV1}).ok());
  const Status status = CopyCheckpoint(fs_, V1(v1), "out/m",
                                       {.format = Format::kBundle,
                                        .existing = Existing::kReplace})
                            .status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_FALSE(fs_.Exists("out/m.index"));
}

TEST_F(CopyOfLeNet, LeavesAnotherMetaGraphUnlessTold) {
  fs_.Put("in/model.meta", "ours");
  fs_.Put("out/m.meta", "somebody's");
  const Status status = CopyCheckpoint(fs_, source_, "out/m").status();
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  EXPECT_THAT(Message(status), HasSubstr("out/m.meta: another meta graph"));
  EXPECT_EQ(*fs_.List("out"), std::vector<std::string>({"m.meta"}));
  Copy({.with_meta_graph = false});
  EXPECT_EQ(Bytes(fs_, "out/m.meta"), "somebody's");
  Copy({.existing = Existing::kReplace});
  EXPECT_EQ(Bytes(fs_, "out/m.meta"), Bytes(fs_, "in/model.meta"));
  // What a copy that was cut off left is no obstacle.
  fs_.Put("out/again.meta", Bytes(fs_, "in/model.meta"));
  EXPECT_TRUE(CopyCheckpoint(fs_, source_, "out/again").ok());
}

TEST_F(CopyOfLeNet, RefusesOptionsThatExcludeEachOther) {
  for (const CopyOptions& options :
       {CopyOptions{.num_shards = 2, .max_shard_size = 5},
        CopyOptions{.num_shards = -1}, CopyOptions{.max_shard_size = -1},
        CopyOptions{.data_alignment = 0},
        CopyOptions{.format = Format::kV1,
        .endianness = bundle::Endianness::kBig},
        CopyOptions{.format = Format::kV1, .data_alignment = 8},
        CopyOptions{.format = Format::kV1, .data_alignment = 0}}) {
    EXPECT_TRUE(absl::IsInvalidArgument(
        CopyCheckpoint(fs_, source_, "out/m", options).status()));
  }
  EXPECT_FALSE(CopyCheckpoint(fs_, source_, "out/").ok());
  EXPECT_FALSE(fs_.Exists("out/m.index"));
}

TEST_F(CopyOfLeNet, NamesTheTensorWhoseBytesAreDamaged) {
  std::string data = Bytes(fs_, "in/model.data-00000-of-00001");
  data[300] = static_cast<char>(data[300] ^ 4);
  fs_.Put("in/model.data-00000-of-00001", data);
  const Status status = CopyCheckpoint(fs_, source_, "out/m").status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(Message(status), HasSubstr("batch_normalization"));
  EXPECT_FALSE(fs_.Exists("out/m.index"));
}

TEST_F(CopyOfLeNet, LeavesNothingWhenCancelled) {
  std::stop_source stop;
  CopyOptions options;
  options.supervision.stop = stop.get_token();
  options.supervision.on_progress = [&](const Progress& progress) {
    EXPECT_EQ(progress.total_bytes, 220904u);
    if (progress.tensors == 5) stop.request_stop();
  };
  EXPECT_TRUE(absl::IsCancelled(
      CopyCheckpoint(fs_, source_, "out/m", options).status()));
  options.format = Format::kV1;
  EXPECT_TRUE(absl::IsCancelled(
      CopyCheckpoint(fs_, source_, "out/m", options).status()));
  const auto left = fs_.List("out");
  EXPECT_TRUE(!left.ok() || left->empty());
}

TEST_F(CopyOfLeNet, LeavesTheOldCheckpointWhenAnyCallFails) {
  const CopyOptions options = {.num_shards = 2, .existing = Existing::kReplace};
  Copy({});
  const std::string old = Bytes(fs_, "out/m.index");
  int failures = 0;
  for (int n = 0;; ++n) {
    MemoryFileSystem memory;
    Load(kCases + "seed/v1/epoch1", "in", memory);
    ASSERT_TRUE(CopyCheckpoint(memory, source_, "out/m").ok());
    FaultFileSystem faulty(memory);
    faulty.FailCall(n, UnavailableError("injected"));
    const auto report = CopyCheckpoint(faulty, source_, "out/m", options);
    if (!faulty.fired()) break;
    if (!report.ok()) ++failures;
    const auto reader = bundle::BundleReader::Open(memory, "out/m");
    ASSERT_TRUE(reader.ok()) << "call " << n << ": " << reader.status();
    const auto verified = inspect::VerifyCheckpoint(memory, Bundle("out/m"));
    ASSERT_TRUE(verified.ok()) << "call " << n << ": " << verified.status();
    EXPECT_TRUE(verified->intact()) << "call " << n;
    ASSERT_LT(n, 10000);
  }
  EXPECT_GT(failures, 20);
}

}  // namespace
}  // namespace cairn::convert
