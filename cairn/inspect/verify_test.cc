// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "cairn/base/commit.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/test_many_names.h"
#include "cairn/bundle/writer.h"

namespace cairn::inspect {
namespace {

using ::testing::HasSubstr;

const std::string kCases = CAIRN_GOLDEN_DIR "/cases/";

std::string ReadGolden(const std::string& path) {
  std::ifstream in(kCases + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

VerifyReport Verify(FileSystem& fs, const std::string& prefix) {
  const auto report =
      VerifyCheckpoint(fs, {TargetKind::kBundle, prefix, ""}, {.threads = 2});
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? *report : VerifyReport();
}

std::string Texts(const VerifyReport& report) {
  std::string texts;
  for (const Finding& finding : report.findings) texts += finding.text + "\n";
  return texts;
}

class LeNetPair : public ::testing::Test {
 protected:
  LeNetPair()
      : index_(ReadGolden("seed/v1/epoch1/model.index")),
        data_(ReadGolden("seed/v1/epoch1/model.data-00000-of-00001")) {
    Put(index_, data_);
  }
  void Put(const std::string& index, const std::string& data) {
    fs_.Put("m.index", index);
    fs_.Put("m.data-00000-of-00001", data);
  }
  const std::string index_, data_;
  MemoryFileSystem fs_;
};

TEST_F(LeNetPair, IsIntactAsTensorFlowWroteIt) {
  const VerifyReport report = Verify(fs_, "m");
  EXPECT_EQ(Texts(report), "");
  EXPECT_TRUE(report.intact());
  EXPECT_EQ(report.tensors, 16u);
  EXPECT_EQ(report.bytes, data_.size());
  EXPECT_EQ(report.num_shards, 1);
}

TEST_F(LeNetPair, IsDamagedByAnyFlippedByteOfTheIndex) {
  for (size_t i = 0; i < index_.size(); ++i) {
    for (const int mask : {0x01, 0x80, 0xff}) {
      std::string flipped = index_;
      flipped[i] = static_cast<char>(flipped[i] ^ mask);
      Put(flipped, data_);
      EXPECT_FALSE(Verify(fs_, "m").intact()) << "byte " << i;
    }
  }
}

TEST_F(LeNetPair, IsDamagedByAFlippedByteOfTheData) {
  for (size_t i = 0; i < data_.size(); i += 1009) {
    std::string flipped = data_;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x10);
    Put(index_, flipped);
    const VerifyReport report = Verify(fs_, "m");
    EXPECT_EQ(report.damages, 1u) << "byte " << i;
    EXPECT_THAT(Texts(report), HasSubstr("m.data-00000-of-00001"));
  }
}

TEST_F(LeNetPair, IsDamagedByEveryTruncation) {
  for (size_t n = 0; n < index_.size(); ++n) {
    Put(index_.substr(0, n), data_);
    EXPECT_FALSE(Verify(fs_, "m").intact()) << "index of " << n << " bytes";
  }
  for (size_t n = 0; n < data_.size(); n += 1009) {
    Put(index_, data_.substr(0, n));
    EXPECT_FALSE(Verify(fs_, "m").intact()) << "data of " << n << " bytes";
  }
}

TEST_F(LeNetPair, NotesBytesThatBelongToNoTensor) {
  Put(index_, data_ + "tail");
  EXPECT_THAT(
      Texts(Verify(fs_, "m")),
      HasSubstr(StrCat("4 bytes at ", data_.size(), " belong to no tensor")));
  // As an alignment leaves them.
  Put(index_, data_ + std::string(60, '\0'));
  EXPECT_EQ(Texts(Verify(fs_, "m")), "");
}

TEST_F(LeNetPair, IsDamagedWithoutItsDataFile) {
  ASSERT_TRUE(fs_.Remove("m.data-00000-of-00001").ok());
  const VerifyReport report = Verify(fs_, "m");
  EXPECT_EQ(report.damages, 16u);
}

TEST_F(LeNetPair, NotesDataFilesOfOtherShardCounts) {
  fs_.Put("m.data-00001-of-00002", "x");
  EXPECT_THAT(Texts(Verify(fs_, "m")), HasSubstr("m.data-00001-of-00002"));
}

TEST_F(LeNetPair, IsDamagedByAStateFileThatDoesNotParse) {
  fs_.Put("checkpoint", "model_checkpoint_path: \"m\"\n");
  EXPECT_EQ(Texts(Verify(fs_, "m")), "");
  fs_.Put("checkpoint", "model_checkpoint_path: \"n\"\n");
  EXPECT_THAT(Texts(Verify(fs_, "m")), HasSubstr("latest checkpoint n is"));
  fs_.Put("checkpoint", "model_checkpoint_pith: \"m\"\n");
  EXPECT_FALSE(Verify(fs_, "m").intact());
}

TEST_F(LeNetPair, IsDamagedByAMetaGraphThatDoesNotParse) {
  fs_.Put("m.meta", "\x0a\xff");
  EXPECT_THAT(Texts(Verify(fs_, "m")), HasSubstr("m.meta"));
  EXPECT_FALSE(Verify(fs_, "m").intact());
}

TEST(Verify, FindsNothingInAnyBundleOfTensorFlow) {
  int count = 0;
  for (const std::string group :
       {"bigendian", "dtypes", "names", "object", "sharded", "shapes", "sliced",
        "seed", "tf221"}) {
    for (const auto& file :
         std::filesystem::recursive_directory_iterator(kCases + group)) {
      std::string path = file.path().string();
      if (!path.ends_with(".index")) continue;
      path.resize(path.size() - 6);
      const auto report =
          VerifyCheckpoint(LocalFileSystem(), {TargetKind::kBundle, path, ""});
      ASSERT_TRUE(report.ok()) << report.status();
      EXPECT_TRUE(report->intact()) << path << ": " << Texts(*report);
      ++count;
    }
  }
  EXPECT_GT(count, 60);
}

TEST(Verify, TellsWhatIsWrongWithPieces) {
  MemoryFileSystem fs;
  const float row[2] = {1, 2};
  Commit commit(fs, "p");
  auto writer = *bundle::BundleWriter::Create(commit, "p");
  const TensorView part = TensorView::Of<float>({1, 2}, row);
  ASSERT_TRUE(
      writer->AddSlice("w", {3, 2}, *TensorSlice::Parse("0,1:-"), part).ok());
  ASSERT_TRUE(
      writer->AddSlice("w", {3, 2}, *TensorSlice::Parse("2,1:-"), part).ok());
  ASSERT_TRUE(writer->Finish().ok());
  ASSERT_TRUE(commit.Finish().ok());
  const VerifyReport report = Verify(fs, "p");
  EXPECT_TRUE(report.intact());
  EXPECT_EQ(report.notes, 1u);
  EXPECT_THAT(Texts(report), HasSubstr("4 of 6 elements are stored"));
}

TEST(Verify, ReadsBytesOfVeryManyNamesOnce) {
  MemoryFileSystem fs;
  ASSERT_TRUE(bundle::WriteManyNames(fs, "m", 400).ok());
  VerifyReport report = Verify(fs, "m");
  EXPECT_TRUE(report.intact()) << Texts(report);
  EXPECT_EQ(report.tensors, 400u);
  EXPECT_EQ(report.bytes, static_cast<uint64_t>(bundle::kManyNamesBytes));
  EXPECT_EQ(report.notes, 399u);
  EXPECT_THAT(Texts(report), HasSubstr("tensors share bytes at 0"));

  std::string data = fs.Files()["m.data-00001-of-00002"];
  data[5] ^= 1;
  fs.Put("m.data-00001-of-00002", data);
  report = Verify(fs, "m");
  EXPECT_EQ(report.damages, 1u);
  EXPECT_THAT(Texts(report), HasSubstr("tensor w0: "));
}

TEST(Verify, ReadsEveryNameOfAFew) {
  MemoryFileSystem fs;
  ASSERT_TRUE(bundle::WriteManyNames(fs, "m", 3).ok());
  EXPECT_EQ(Verify(fs, "m").bytes, 3u * bundle::kManyNamesBytes);
}

// Each at a place of its own, so that none is known by another.
TEST(Verify, StopsWhereOverlappingTensorsClaimTooMuch) {
  MemoryFileSystem fs;
  ASSERT_TRUE(bundle::WriteManyNames(fs, "m", 400, [](int name, auto& entry) {
                entry.masked_crc32c += static_cast<uint32_t>(name);
              }).ok());
  const VerifyReport report = Verify(fs, "m");
  EXPECT_LT(report.bytes, 64u * bundle::kManyNamesBytes);
  EXPECT_GT(report.bytes, 15u * bundle::kManyNamesBytes);
  EXPECT_THAT(Texts(report), HasSubstr("m.index: its entries claim "));
  EXPECT_THAT(Texts(report), HasSubstr(" on are not read"));
}

TEST(Verify, IsNoAnswerWithoutACheckpoint) {
  MemoryFileSystem fs;
  EXPECT_TRUE(absl::IsNotFound(
      VerifyCheckpoint(fs, {TargetKind::kBundle, "m", ""}).status()));
}

TEST_F(LeNetPair, CountsUpToItsTotalsAndStopsWhenAsked) {
  std::stop_source stop;
  VerifyOptions options;
  uint64_t last = 0;
  options.supervision.on_progress = [&](const Progress& progress) {
    EXPECT_GE(progress.bytes, last);
    EXPECT_EQ(progress.total_bytes, data_.size());
    last = progress.bytes;
  };
  options.supervision.stop = stop.get_token();
  const Target target = {TargetKind::kBundle, "m", ""};
  ASSERT_TRUE(VerifyCheckpoint(fs_, target, options).ok());
  EXPECT_EQ(last, data_.size());
  stop.request_stop();
  EXPECT_TRUE(
      absl::IsCancelled(VerifyCheckpoint(fs_, target, options).status()));
}

}  // namespace
}  // namespace cairn::inspect
