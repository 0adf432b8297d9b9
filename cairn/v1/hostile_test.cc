// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Files that are cut, changed, or made to deceive: whatever they hold, what is
// read is right or an error is given.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/table/format.h"
#include "cairn/v1/reader.h"
#include "cairn/v1/test_files.h"

namespace cairn::v1 {
namespace {

using namespace std::string_literals;  // NOLINT: bytes with zeros
using ::testing::HasSubstr;

std::string Golden(const std::string& name) {
  const auto bytes = LocalFileSystem().ReadFile(
      StrCat(CAIRN_GOLDEN_DIR, "/cases/v1/", name), 64 << 20);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.ok() ? *bytes : "";
}

// The first thing that opening, listing, reading and checking say.
Status ReadAll(const std::string& file) {
  MemoryFileSystem fs;
  fs.Put("m", file);
  CAIRN_ASSIGN_OR_RETURN(const auto reader, V1Reader::Open(fs, "m"));
  Status first;
  for (auto it = reader->NewIterator(); it->Valid(); it->Next()) {
    first.Update(it->entry().status());
    first.Update(reader->Read(it->name()).status());
    first.Update(reader->Check(it->name()));
  }
  const Status all = reader->CheckAll();
  // CheckAll sees whatever the others see, gaps aside.
  EXPECT_TRUE(!all.ok() || first.ok() || absl::IsInvalidArgument(first))
      << first;
  first.Update(all);
  return first;
}

// --- damage ---

TEST(DamagedV1File, IsRefusedAtEveryTruncation) {
  for (const char* name :
       {"hand_named/plain", "slices/s.ckpt", "snappy_slices/s.ckpt"}) {
    const std::string file = Golden(name);
    ASSERT_TRUE(ReadAll(file).ok());
    for (size_t size = 0; size < file.size(); ++size) {
      EXPECT_TRUE(absl::IsDataLoss(ReadAll(file.substr(0, size))))
          << name << " cut to " << size;
    }
    EXPECT_TRUE(absl::IsDataLoss(ReadAll(file + '\0'))) << name;
  }
}

// Every byte is covered: blocks by their checksums, the footer's handles and
// its padding, which must be zero, by the table room.
TEST(DamagedV1File, IsRefusedAtEveryFlippedBit) {
  for (const char* name :
       {"hand_named/plain", "slices/s.ckpt", "snappy_slices/s.ckpt"}) {
    const std::string file = Golden(name);
    for (size_t i = 0; i < file.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string flipped = file;
        flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
        EXPECT_TRUE(absl::IsDataLoss(ReadAll(flipped)))
            << name << ", bit " << bit << " of byte " << i;
      }
    }
  }
}

TEST(DamagedV1File, NamesTheFileAndTheBlock) {
  std::string file = Golden("slices/s.ckpt");
  file[100] = static_cast<char>(file[100] ^ 1);
  const Status status = ReadAll(file);
  EXPECT_THAT(Message(status), HasSubstr("m: block at 0"));
  EXPECT_THAT(Message(status), HasSubstr("checksum"));
}

// A damaged block hides no tensor of another one, and its own are errors, never
// "not found".
TEST(DamagedV1File, LosesOnlyWhatTheDamagedBlockHolds) {
  std::string file = Golden("many_keys/m.ckpt");
  MemoryFileSystem fs;
  // The last data block ends before metaindex and index.
  file[file.size() - 400] = static_cast<char>(file[file.size() - 400] ^ 1);
  fs.Put("m", file);
  const auto reader = V1Reader::Open(fs, "m");
  ASSERT_TRUE(reader.ok()) << reader.status();
  int good = 0, bad = 0;
  for (auto it = (*reader)->NewIterator(); it->Valid(); it->Next()) {
    const Status status = (*reader)->Read(it->name()).status();
    EXPECT_TRUE(status.ok() || absl::IsDataLoss(status)) << status;
    ++(status.ok() ? good : bad);
  }
  EXPECT_EQ(good + bad, 3000);
  EXPECT_GT(good, 0);
  EXPECT_GT(bad, 0);
  EXPECT_TRUE(absl::IsDataLoss((*reader)->CheckAll()));
}

// --- deceit, behind right checksums ---

void ExpectDataLoss(const Records& records, std::string_view text) {
  const Status status = ReadAll(TableOf(records));
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(Message(status), HasSubstr(std::string(text)));
}

// The meta record of one tensor.
std::string MetaOf(std::string_view name, const Shape& shape, DataType dtype,
                   std::vector<TensorSlice> slices) {
  const TensorMeta meta{std::string(name), dtype, shape, std::move(slices)};
  return EncodeMeta({&meta, 1});
}

TEST(HostileV1File, ThatIsRightIsRead) {
  EXPECT_TRUE(ReadAll(TableOf(SmallRecords())).ok());
  EXPECT_TRUE(ReadAll(TableOf({{"", EncodeMeta({})}})).ok());
  EXPECT_TRUE(ReadAll(TableOf(SmallRecords(), {.block_size = 1})).ok());
}

TEST(HostileV1File, WithoutAMetaRecordIsRefused) {
  ExpectDataLoss({}, "no meta record");
  Records records = SmallRecords();
  records.erase("");
  ExpectDataLoss(records, "no meta record");
  records[""] = "";
  ExpectDataLoss(records, "no meta message");
  records[""] = records[Key("s", "")];
  ExpectDataLoss(records, "holds data");
}

TEST(HostileV1File, ThatIsTheIndexOfABundleIsRefused) {
  const auto index = LocalFileSystem().ReadFile(
      StrCat(CAIRN_GOLDEN_DIR, "/cases/seed/v1/epoch2/model.index"), 1 << 20);
  ASSERT_TRUE(index.ok());
  const Status status = ReadAll(*index);
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(Message(status), HasSubstr("m: no V1 checkpoint: malformed"));
}

TEST(HostileV1File, ForNewerReadersIsRefused) {
  Records records = SmallRecords();
  records[""] = Field(1, Field(2, Number(1, 2) + Number(2, 2)));
  const Status status = ReadAll(TableOf(records));
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
}

TEST(HostileV1File, WithAListedPieceMissingIsRefused) {
  for (const std::string& key :
       {Key("w", "0,2:-"), Key("w", "2,2:-"), Key("s", ""), Key("n", "-")}) {
    Records records = SmallRecords();
    records.erase(key);
    ExpectDataLoss(records, "it is listed, but has no record");
  }
  Records records = SmallRecords();
  records.erase(Key("w", "2,2:-"));
  ExpectDataLoss(records, "m: tensor w, piece 2,2:-: it is listed");
}

// Reading passes over it, as nothing leads there; checking does not.
TEST(HostileV1File, WithARecordThatIsNotListedFailsTheCheck) {
  for (const auto& [name, slice] :
       {std::pair("a", "-"), std::pair("x", ""), std::pair("w", "1,1:-"),
        std::pair("w", "-:-")}) {
    Records records = SmallRecords();
    records[Key(name, slice)] = DataRecord(name, slice, "");
    ExpectDataLoss(records, StrCat("the record of tensor ", name, ", piece ",
                                   slice, " is not listed in the meta record"));
  }
  Records records = SmallRecords();
  records["plain"] = "";
  ExpectDataLoss(records, "the record 706c61696e is not listed");
}

TEST(HostileV1File, WithARecordOfAnotherPieceIsRefused) {
  Records records = SmallRecords();
  std::swap(records[Key("w", "0,2:-")], records[Key("w", "2,2:-")]);
  ExpectDataLoss(records, "the record is of the piece 2,2:-");
  records = SmallRecords();
  records[Key("s", "")] = DataRecord("t", "", Field(5, "\0\0\0\0"s));
  ExpectDataLoss(records, "the record is of the tensor t");
}

TEST(HostileV1File, WithFewerOrMoreValuesIsRefused) {
  for (const size_t count : {0, 1, 3, 5, 100}) {
    Records records = SmallRecords();
    records[Key("w", "0,2:-")] =
        DataRecord("w", "0,2:-", Field(7, std::string(count, '\1')));
    ExpectDataLoss(records,
                   StrCat("the record holds ", count, " values, expected 4"));
  }
}

TEST(HostileV1File, WithOverlappingPiecesIsRefused) {
  const std::string row = DataRecord("w", "1,2", Field(7, "\1\2"));
  Records records = {
      {"",
       MetaOf("w", Shape({3}), DataType::kInt32, {Slice("0,2"), Slice("1,2")})},
      {Key("w", "0,2"), DataRecord("w", "0,2", Field(7, "\1\2"))},
      {Key("w", "1,2"), row}};
  ExpectDataLoss(records, "Overlapping slices");
  // The same piece twice.
  records[""] =
      MetaOf("w", Shape({3}), DataType::kInt32, {Slice("1,2"), Slice("1,2")});
  ExpectDataLoss(records, "Overlapping slices");
  // The same tensor listed twice.
  records[""] = Field(
      1, Field(1, Field(1, "w") + Field(2, EncodeShape(Shape({3}))) +
                      Number(3, 3) + Field(4, EncodeSlice(Slice("1,2")))) +
             Field(1, Field(1, "w") + Field(2, EncodeShape(Shape({3}))) +
                          Number(3, 3) + Field(4, EncodeSlice(Slice("0,2")))));
  ExpectDataLoss(records, "Overlapping slices");
}

TEST(HostileV1File, WithGapsCanBeReadPieceByPiece) {
  MemoryFileSystem fs;
  fs.Put("m",
         TableOf({{"", MetaOf("w", Shape({4}), DataType::kInt32,
                              {Slice("0,1"), Slice("3,1")})},
                  {Key("w", "0,1"), DataRecord("w", "0,1", Field(7, "\1"))},
                  {Key("w", "3,1"), DataRecord("w", "3,1", Field(7, "\4"))}}));
  const auto reader = V1Reader::Open(fs, "m");
  ASSERT_TRUE(reader.ok());
  EXPECT_TRUE(absl::IsInvalidArgument((*reader)->Read("w").status()));
  EXPECT_EQ((*reader)->ReadSlice("w", Slice("3,1"))->data<int32_t>()[0], 4);
  EXPECT_TRUE((*reader)->CheckAll().ok());
}

TEST(HostileV1File, WithADescriptionThatIsNoneFailsForThatTensorOnly) {
  const auto tensor = [](const std::string& name, const std::string& rest) {
    return Field(1, Field(1, name) + rest);
  };
  const std::string shape = Field(2, EncodeShape(Shape({2})));
  const std::string all = Field(4, EncodeSlice(Slice("-")));
  const std::string bad[] = {
      shape + Number(3, 22) + all,  // uint32
      shape + Number(3, 99) + all,  // no type at all
      Field(2, Field(2, Number(1, -2))) + Number(3, 1) + all,
      shape + Number(3, 1),  // no slice
      shape + Number(3, 1) + Field(4, EncodeSlice(Slice("1,2"))),
      shape + Number(3, 1) + Field(4, EncodeSlice(Slice("-:-"))),
  };
  for (const std::string& description : bad) {
    Records records = SmallRecords();
    const std::string meta = records[""].substr(2);
    ASSERT_LT(meta.size() + description.size() + 9, 128u);
    records[""] = Field(1, tensor("bad", description) + meta);
    MemoryFileSystem fs;
    fs.Put("m", TableOf(records));
    const auto reader = V1Reader::Open(fs, "m");
    ASSERT_TRUE(reader.ok()) << reader.status();
    const Status status = (*reader)->Find("bad").status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(Message(status), HasSubstr("m: tensor bad: "));
    EXPECT_TRUE((*reader)->Read("w").ok());
    EXPECT_TRUE(absl::IsDataLoss((*reader)->CheckAll()));
  }
}

// --- claims of size ---

TEST(HostileV1File, ThatClaimsAHugeTensorIsRefusedBeforeMemoryIsTaken) {
  const Shape huge({int64_t{1} << 40, 1 << 10});
  for (const DataType dtype :
       {DataType::kFloat, DataType::kInt64, DataType::kBool, DataType::kString,
        DataType::kComplex128}) {
    ExpectDataLoss({{"", MetaOf("t", huge, dtype, {Slice("-:-")})},
                    {Key("t", "-:-"), DataRecord("t", "-:-", "")}},
                   "cannot hold");
  }
  // In pieces that together claim it.
  std::vector<TensorSlice> slices;
  Records records;
  for (int64_t i = 0; i < 4; ++i) {
    const std::string slice = StrCat(i << 38, ",", int64_t{1} << 38);
    slices.push_back(Slice(slice));
    records[Key("t", slice)] = DataRecord("t", slice, Field(7, "\1"));
  }
  records[""] = MetaOf("t", Shape({int64_t{1} << 40}), DataType::kInt8, slices);
  ExpectDataLoss(records, "cannot hold");
}

TEST(HostileV1File, WithManyPiecesAndAHugeNameIsRefusedQuickly) {
  // Each piece's key would repeat the name.
  const std::string name(1 << 20, 'n');
  std::vector<TensorSlice> slices;
  for (int64_t i = 0; i < 1000; ++i) slices.push_back(Slice(StrCat(i, ",1")));
  const Status status = ReadAll(
      TableOf({{"", MetaOf(name, Shape({1000}), DataType::kInt32, slices)}}));
  EXPECT_TRUE(absl::IsUnimplemented(status)) << status;
  EXPECT_LT(Message(status).size(), 2000u);
}

TEST(HostileV1File, WithAMillionTensorsIsOpenedInLittleMemory) {
  // 11 bytes each; nothing of them is decoded until it is asked for.
  std::string meta;
  const std::string one =
      Field(1, Field(1, "t") + Field(2, "") + Number(3, 1) + Field(4, ""));
  for (int i = 0; i < 200000; ++i) meta += one;
  MemoryFileSystem fs;
  fs.Put("m", TableOf({{"", Field(1, meta)}}));
  const auto reader = V1Reader::Open(fs, "m");
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->num_tensors(), 1);
  EXPECT_TRUE(absl::IsDataLoss((*reader)->CheckAll()));
}

}  // namespace
}  // namespace cairn::v1
