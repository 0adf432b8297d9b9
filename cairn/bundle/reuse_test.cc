// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/bundle/reuse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "cairn/base/endian.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/writer.h"

namespace cairn::bundle {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Compare = BundleReader::Compare;
using By = ShareOptions::By;
using How = Commit::Shared::How;

constexpr char kA[] = "d/a";
constexpr char kB[] = "d/b";

// Every type that a bundle can hold, of values that all differ in their bytes.
std::vector<Tensor> OfEachType() {
  std::vector<Tensor> tensors;
  for (int number = 1; number < 32; ++number) {
    const auto dtype = static_cast<DataType>(number);
    if (!IsFixedSize(dtype)) continue;
    Tensor tensor = *Tensor::Create(dtype, Shape({3, 4}));
    char next = 1;
    for (char& byte : tensor.mutable_bytes()) byte = next++ & 1;
    tensors.push_back(std::move(tensor));
  }
  tensors.push_back(*Tensor::Create(DataType::kString, Shape({3, 4})));
  tensors.back().strings()[5] = "five";
  return tensors;
}

std::string KeyOf(size_t i) { return StrCat("t", i / 10, i % 10); }

std::vector<TensorView> Views(const std::vector<Tensor>& tensors) {
  return {tensors.begin(), tensors.end()};
}

Status Write(FileSystem& fs, const std::string& prefix,
             const std::vector<TensorView>& tensors,
             BundleWriterOptions options = {}) {
  Commit commit(fs, prefix);
  CAIRN_ASSIGN_OR_RETURN(const auto writer,
                         BundleWriter::Create(commit, prefix, options));
  for (size_t i = 0; i < tensors.size(); ++i) {
    CAIRN_RETURN_IF_ERROR(writer->Add(KeyOf(i), tensors[i]));
  }
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

TEST(Holds, ComparesEveryTypeBitForBit) {
  MemoryFileSystem fs;
  std::vector<Tensor> tensors = OfEachType();
  ASSERT_GT(tensors.size(), 20u);
  ASSERT_TRUE(Write(fs, kA, Views(tensors)).ok());
  const auto reader = *BundleReader::Open(fs, kA);
  for (size_t i = 0; i < tensors.size(); ++i) {
    Tensor& tensor = tensors[i];
    SCOPED_TRACE(DataTypeName(tensor.dtype()));
    const BundleEntry entry = *reader->Lookup(KeyOf(i));
    for (const Compare compare : {Compare::kBytes, Compare::kChecksum}) {
      const auto holds = [&](const TensorView& value) {
        return *reader->Holds(entry, value, TensorSlice(2), compare);
      };
      EXPECT_TRUE(holds(tensor));
      Tensor other = *Tensor::CopyOf(tensor.view());
      if (other.dtype() == DataType::kString) {
        other.strings()[5] = "4our";
        EXPECT_FALSE(holds(other));
        other.strings()[5] = "longer";
        EXPECT_FALSE(holds(other));
        continue;
      }
      // The last bit counts, whatever it means.
      char& last = other.mutable_bytes().back();
      last = static_cast<char>(last ^ 1);
      EXPECT_FALSE(holds(other));
      const Tensor turned = *Tensor::Create(tensor.dtype(), Shape({4, 3}));
      EXPECT_FALSE(holds(turned));
    }
  }
}

TEST(Holds, ComparesAPartOfATensor) {
  MemoryFileSystem fs;
  Tensor whole = *Tensor::Create(DataType::kInt32, Shape({6, 5}));
  int32_t next = 0;
  for (int32_t& element : whole.data<int32_t>()) element = next++;
  const TensorSlice box = *TensorSlice::Parse("2,3:1,2");
  Tensor part = *Tensor::Create(DataType::kInt32, Shape({3, 2}));
  for (int r = 0; r < 3; ++r) {
    for (int c = 0; c < 2; ++c) {
      part.data<int32_t>()[static_cast<size_t>(r * 2 + c)] =
          (r + 2) * 5 + c + 1;
    }
  }
  ASSERT_TRUE(Write(fs, kA, {part}).ok());
  const auto reader = *BundleReader::Open(fs, kA);
  const BundleEntry entry = *reader->Lookup("t00");
  for (const Compare compare : {Compare::kBytes, Compare::kChecksum}) {
    EXPECT_TRUE(*reader->Holds(entry, whole, box, compare));
    EXPECT_FALSE(
        *reader->Holds(entry, whole, *TensorSlice::Parse("1,3:1,2"), compare));
    EXPECT_FALSE(*reader->Holds(entry, whole, TensorSlice(2), compare));
    // Not of the tensor at all.
    EXPECT_FALSE(
        *reader->Holds(entry, whole, *TensorSlice::Parse("9,3:1,2"), compare));
    EXPECT_FALSE(*reader->Holds(entry, whole, TensorSlice(1), compare));
  }
}

TEST(Holds, IsFalseForTheOtherByteOrder) {
  MemoryFileSystem fs;
  const Tensor tensor = *Tensor::Create(DataType::kUint8, Shape({2}));
  const Endianness other =
      kLittleEndianHost ? Endianness::kBig : Endianness::kLittle;
  ASSERT_TRUE(Write(fs, kA, {tensor}, {.endianness = other}).ok());
  const auto reader = *BundleReader::Open(fs, kA);
  EXPECT_FALSE(*reader->Holds(*reader->Lookup("t00"), tensor, TensorSlice(1)));
}

TEST(Holds, FindsDamageOfBytesThatAreTheSame) {
  MemoryFileSystem fs;
  Tensor tensor = *Tensor::Create(DataType::kUint8, Shape({1000}));
  ASSERT_TRUE(Write(fs, kA, {tensor}).ok());
  const std::string data = "d/a.data-00000-of-00001";
  fs.Put(data, std::string(999, '\0') + "x");
  const auto reader = *BundleReader::Open(fs, kA);
  const BundleEntry entry = *reader->Lookup("t00");
  EXPECT_FALSE(*reader->Holds(entry, tensor, TensorSlice(1)));
  tensor.mutable_bytes()[999] = 'x';
  const auto same = reader->Holds(entry, tensor, TensorSlice(1));
  EXPECT_TRUE(absl::IsDataLoss(same.status()));
  EXPECT_THAT(Message(same.status()), HasSubstr("Checksum does not match"));
  fs.Put(data, "short");
  EXPECT_TRUE(absl::IsDataLoss((*BundleReader::Open(fs, kA))
                                   ->Holds(entry, tensor, TensorSlice(1))
                                   .status()));
}

// What an index claims beyond its file is not taken over unread.
TEST(PlanReuse, LeavesWhatLiesBeyondTheFileByChecksumToo) {
  MemoryFileSystem fs;
  const Tensor tensor = *Tensor::Create(DataType::kUint8, Shape({1000}));
  ASSERT_TRUE(Write(fs, kA, {tensor, tensor}).ok());
  fs.Put("d/a.data-00000-of-00001", std::string(1500, '\0'));
  const auto reader = *BundleReader::Open(fs, kA);
  std::vector<ReuseCandidate> candidates;
  const std::vector<std::string> keys = {"t00", "t01", "t02"};
  for (const std::string& key : keys) {
    candidates.push_back({key, tensor, TensorSlice(1), std::nullopt});
  }
  ReuseOptions options;
  options.compare = Compare::kChecksum;
  options.min_live_bytes = 0;
  const auto reuse = PlanReuse(*reader, candidates, options);
  ASSERT_TRUE(reuse.ok());
  EXPECT_THAT(reuse->fates,
              ElementsAre(Reuse::Fate::kShared, Reuse::Fate::kWritten,
                          Reuse::Fate::kWritten));
  EXPECT_EQ(reuse->unchanged, 1u);
}

TEST(PlanReuse, EndsWhenItsCheckSaysSo) {
  MemoryFileSystem fs;
  const Tensor tensor = *Tensor::Create(DataType::kUint8, Shape({1}));
  ASSERT_TRUE(Write(fs, kA, {tensor}).ok());
  const auto reader = *BundleReader::Open(fs, kA);
  const std::vector<ReuseCandidate> candidates = {
      {"t00", tensor, TensorSlice(1), std::nullopt}};
  EXPECT_TRUE(absl::IsCancelled(PlanReuse(*reader, candidates, {}, [] {
                                  return CancelledError("enough");
                                }).status()));
}

class SharedShards : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Write(fs_, kA, Views(tensors_)).ok());
    reader_ = *BundleReader::Open(fs_, kA);
    file_ = *reader_->ShardFileOf(0);
    commit_ = std::make_unique<Commit>(fs_, kB);
    writer_ = *BundleWriter::Create(*commit_, kB, {.min_shards = 2});
  }

  MemoryFileSystem fs_;
  std::vector<Tensor> tensors_ = OfEachType();
  std::unique_ptr<BundleReader> reader_;
  ShardFile file_;
  std::unique_ptr<Commit> commit_;
  std::unique_ptr<BundleWriter> writer_;
};

TEST_F(SharedShards, HoldTensorsOfEveryType) {
  ASSERT_EQ(*writer_->ShareShard(1, file_, By::kLinkOrClone), How::kLinked);
  for (size_t i = 0; i < tensors_.size(); ++i) {
    ASSERT_TRUE(
        writer_
            ->AddShared(StrCat("new ", KeyOf(i)), *reader_->Lookup(KeyOf(i)), 1)
            .ok());
  }
  ASSERT_TRUE(writer_->Add("fresh", tensors_[0]).ok());
  EXPECT_EQ(writer_->num_shards(), 2);
  EXPECT_EQ(writer_->data_size(), 48);
  ASSERT_TRUE(writer_->Finish().ok());
  ASSERT_TRUE(commit_->Finish().ok());
  const auto read = *BundleReader::Open(fs_, kB);
  for (size_t i = 0; i < tensors_.size(); ++i) {
    const BundleEntry entry = *read->Lookup(StrCat("new ", KeyOf(i)));
    EXPECT_TRUE(*read->Holds(entry, tensors_[i], TensorSlice(2)));
  }
}

TEST_F(SharedShards, RefuseWhatIsNotThere) {
  for (const int32_t shard : {-1, 0, 2, 1 << 30}) {
    EXPECT_TRUE(absl::IsInvalidArgument(
        writer_->ShareShard(shard, file_, By::kLinkOrClone).status()));
  }
  ShardFile big = file_;
  big.endianness = kLittleEndianHost ? Endianness::kBig : Endianness::kLittle;
  EXPECT_TRUE(absl::IsInvalidArgument(
      writer_->ShareShard(1, big, By::kLinkOrClone).status()));
  ShardFile replaced = file_;
  replaced.id += 1;
  EXPECT_TRUE(absl::IsUnavailable(
      writer_->ShareShard(1, replaced, By::kLinkOrClone).status()));
  ShardFile gone = file_;
  gone.path = "d/gone";
  EXPECT_TRUE(absl::IsNotFound(
      writer_->ShareShard(1, gone, By::kLinkOrClone).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(reader_->ShardFileOf(1).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(reader_->ShardFileOf(-1).status()));
  // None of them ended the writer.
  ASSERT_TRUE(writer_->ShareShard(1, file_, By::kLinkOrClone).ok());
  ASSERT_TRUE(writer_->Finish().ok());
  ASSERT_TRUE(commit_->Finish().ok());
  EXPECT_EQ(fs_.Files().size(), 5u);
}

TEST_F(SharedShards, TakeNoOtherBytes) {
  ASSERT_TRUE(writer_->ShareShard(1, file_, By::kLinkOrClone).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(writer_->Add("w", tensors_[0], 1)));
}

TEST_F(SharedShards, TakeNoEntryBeyondTheirEnd) {
  ASSERT_TRUE(writer_->ShareShard(1, file_, By::kLinkOrClone).ok());
  BundleEntry entry = *reader_->Lookup("t00");
  entry.offset = static_cast<int64_t>(file_.size) - entry.size + 1;
  EXPECT_TRUE(absl::IsInvalidArgument(writer_->AddShared("w", entry, 1)));
}

TEST_F(SharedShards, TakeNoEntryUnderAKeyThatIsTaken) {
  ASSERT_TRUE(writer_->ShareShard(1, file_, By::kLinkOrClone).ok());
  const BundleEntry entry = *reader_->Lookup("t00");
  ASSERT_TRUE(writer_->AddShared("w", entry, 1).ok());
  EXPECT_THAT(Message(writer_->AddShared("w", entry, 1)),
              HasSubstr("Adding duplicate key: w"));
}

TEST_F(SharedShards, NeedTheFinalNumberOfFiles) {
  ASSERT_TRUE(writer_->ShareShard(1, file_, By::kLinkOrClone).ok());
  ASSERT_TRUE(writer_->Add("w", tensors_[0], 2).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(writer_->Finish()));
}

}  // namespace
}  // namespace cairn::bundle
