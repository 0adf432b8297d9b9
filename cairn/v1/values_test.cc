// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/v1/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/v1/test_files.h"

namespace cairn::v1 {
namespace {

using namespace std::string_literals;  // NOLINT: bytes with zeros
using ::testing::HasSubstr;

Status Parse(std::string_view record, DataType dtype, int64_t elements,
             std::string_view slice = "-") {
  return StoredValues::Parse(record, "t", Slice(slice), dtype, elements)
      .status();
}

void ExpectDataLoss(const Status& status, std::string_view text) {
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(Message(status), HasSubstr(std::string(text)));
}

// --- writing ---

template <typename T>
std::string Encoded(std::vector<T> values) {
  const auto record = EncodeRecord(
      "t", Slice("-"),
      TensorView::Of<T>(Shape({static_cast<int64_t>(values.size())}),
                        values.data()));
  EXPECT_TRUE(record.ok()) << record.status();
  // Between the name and slice in front and nothing behind: the TensorProto.
  const std::string front = Field(1, "t") + Field(2, "\x0a\x00"s);
  const size_t at = record->find(front);
  return HexBytes(std::string_view(*record).substr(at + front.size()));
}

TEST(EncodeRecord, WritesTheExampleOfTheSpecification) {
  const float b[] = {1.5f, -2.0f};
  const auto record =
      EncodeRecord("b", Slice("-"), TensorView::Of<float>({2}, b));
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(HexBytes(*record), "12130a016212020a001a0a2a080000c03f000000c0");
  const int64_t a = 7;
  EXPECT_EQ(HexBytes(*EncodeRecord("a", TensorSlice(),
                                   TensorView::Of<int64_t>({}, &a))),
            "120a0a016112001a03520107");
}

TEST(EncodeRecord, WritesNegativeNumbersInTenBytes) {
  const std::string minus_one = "ffffffffffffffffff01";
  EXPECT_EQ(Encoded<int8_t>({-1}), "1a0c3a0a" + minus_one);
  EXPECT_EQ(Encoded<int16_t>({-1}), "1a0c3a0a" + minus_one);
  EXPECT_EQ(Encoded<int32_t>({-1}), "1a0c3a0a" + minus_one);
  EXPECT_EQ(Encoded<int64_t>({-1}), "1a0c520a" + minus_one);
  EXPECT_EQ(Encoded<uint8_t>({255}), "1a043a02ff01");
  EXPECT_EQ(Encoded<uint16_t>({65535}), "1a053a03ffff03");
  EXPECT_EQ(Encoded<Half>({Half{0xffff}}), "1a056a03ffff03");
}

TEST(EncodeRecord, WritesAnEmptyTensorProtoForNoElements) {
  EXPECT_EQ(Encoded<float>({}), "1a00");
  EXPECT_EQ(HexBytes(*EncodeRecord("t", Slice("-"),
                                   *TensorView::OfStrings(Shape({0}), {}))),
            "12090a017412020a001a00");
}

TEST(EncodeRecord, WritesAnyByteOfABoolButZeroAsTrue) {
  const char bytes[] = {0, 1, 2, '\xff'};
  const auto view = TensorView::Create(DataType::kBool, Shape({4}), {bytes, 4});
  const auto record = EncodeRecord("t", Slice("-"), *view);
  ASSERT_TRUE(record.ok());
  EXPECT_TRUE(record->ends_with("\x5a\x04\x00\x01\x01\x01"s));
}

TEST(EncodeRecord, RefusesWhatTfCannotStore) {
  std::vector<std::string> refused;
  for (const DataTypeInfo& info : AllDataTypes()) {
    if (IsStorable(info.dtype)) continue;
    refused.emplace_back(info.name);
    if (info.size == 0) continue;
    const auto tensor = Tensor::Create(info.dtype, Shape());
    const Status status = EncodeRecord("t", TensorSlice(), *tensor).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << info.name;
    EXPECT_THAT(Message(status), HasSubstr("not supported by the V1"));
  }
  EXPECT_EQ(Join(refused, " "),
            "bfloat16 qint16 quint16 resource variant uint32 uint64 "
            "float8_e5m2 float8_e4m3fn float8_e4m3fnuz float8_e4m3b11fnuz "
            "float8_e5m2fnuz int4 uint4 int2 uint2 float4_e2m1fn");
}

// The last size that is allowed and the first that is not; without memory.
TEST(CheckRecordSize, RefusesWhereTfRefuses) {
  const struct {
    DataType dtype;
    int64_t each;
  } kinds[] = {
      {DataType::kFloat, 4},       {DataType::kDouble, 8},
      {DataType::kInt32, 10},      {DataType::kInt16, 10},
      {DataType::kInt8, 10},       {DataType::kInt64, 10},
      {DataType::kUint8, 2},       {DataType::kUint16, 3},
      {DataType::kQint8, 10},      {DataType::kQuint8, 2},
      {DataType::kQint32, 10},     {DataType::kBool, 1},
      {DataType::kHalf, 3},        {DataType::kComplex64, 8},
      {DataType::kComplex128, 16}, {DataType::kString, 10},
  };
  for (const auto& kind : kinds) {
    SCOPED_TRACE(DataTypeName(kind.dtype));
    // Name and slice take 3 and 4 bytes, and 1024 are kept.
    const int64_t most = ((int64_t{1} << 31) - 1024 - 7) / kind.each;
    EXPECT_TRUE(CheckRecordSize("t", Slice("-"), kind.dtype, most, 0).ok());
    EXPECT_TRUE(absl::IsInvalidArgument(
        CheckRecordSize("t", Slice("-"), kind.dtype, most + 1, 0)));
    EXPECT_TRUE(absl::IsInvalidArgument(CheckRecordSize(
        "t", Slice("-"), kind.dtype, std::numeric_limits<int64_t>::max(), 0)));
  }
  EXPECT_TRUE(absl::IsInvalidArgument(CheckRecordSize(
      "t", TensorSlice(), DataType::kString, 1, uint64_t{1} << 31)));
  EXPECT_TRUE(absl::IsInvalidArgument(
      CheckRecordSize("t", TensorSlice(), DataType::kString, 1, ~uint64_t{0})));
}

// --- reading ---

TEST(StoredValues, GivesBackWhatWasEncoded) {
  for (const DataTypeInfo& info : AllDataTypes()) {
    if (!IsStorable(info.dtype) || info.size == 0) continue;
    SCOPED_TRACE(info.name);
    // All byte values, at every place of an element.
    Tensor tensor = *Tensor::Create(info.dtype, Shape({256}));
    int i = 0;
    for (char& c : tensor.mutable_bytes()) {
      c = static_cast<char>(info.dtype == DataType::kBool ? i++ % 2 : i++ * 7);
    }
    const auto record = EncodeRecord("t", Slice("-"), tensor);
    ASSERT_TRUE(record.ok()) << record.status();
    EXPECT_TRUE(MayHold(*record, info.dtype, 256));
    const auto values =
        StoredValues::Parse(*record, "t", Slice("-"), info.dtype, 256);
    ASSERT_TRUE(values.ok()) << values.status();
    std::string copy(tensor.bytes().size(), 'x');
    values->CopyTo(copy.data());
    EXPECT_TRUE(copy == tensor.bytes());
  }
}

TEST(StoredValues, TakesNumbersOneByOneAsWellAsPacked) {
  const std::string ints = DataRecord(
      "t", "-",
      Number(7, 1) + Field(7, "\x02\x03") + Number(7, 4) + Field(7, ""));
  const auto values =
      StoredValues::Parse(ints, "t", Slice("-"), DataType::kInt32, 4);
  ASSERT_TRUE(values.ok()) << values.status();
  int32_t numbers[4];
  values->CopyTo(reinterpret_cast<char*>(numbers));
  EXPECT_THAT(numbers, ::testing::ElementsAre(1, 2, 3, 4));

  std::string single;
  PutTag(single, 5, kWireFixed32);
  single += "\0\0\x80\x3f"s;
  const std::string record = DataRecord("t", "-", single);
  const auto floats =
      StoredValues::Parse(record, "t", Slice("-"), DataType::kFloat, 1);
  ASSERT_TRUE(floats.ok()) << floats.status();
  float one;
  floats->CopyTo(reinterpret_cast<char*>(&one));
  EXPECT_EQ(one, 1.0f);
}

TEST(StoredValues, MergesMessagesInPartsAndSkipsUnknownFields) {
  const std::string record =
      Field(2, Field(1, "other") + Field(3, Field(7, "\x01")) + Number(9, 5)) +
      Number(15, 1) +
      Field(2, Field(1, "t") + Field(2, "\x0a\x00"s) +
                   Field(3, Number(1, 3) + Field(7, "\x02")));
  const auto values =
      StoredValues::Parse(record, "t", Slice("-"), DataType::kUint8, 2);
  ASSERT_TRUE(values.ok()) << values.status();
  char bytes[2];
  values->CopyTo(bytes);
  EXPECT_EQ(std::string(bytes, 2), "\x01\x02");
  // "1,1:-", an extent in each part of its slice.
  const std::string split =
      Field(2, Field(1, "t") + Field(2, Field(1, Number(1, 1) + Number(2, 1))) +
                   Field(2, Field(1, "")) + Field(3, Field(7, "\x03")));
  EXPECT_TRUE(Parse(split, DataType::kUint8, 1, "1,1:-").ok());
  ExpectDataLoss(Parse(split, DataType::kUint8, 1, "1,1"), "1,1:-");
}

TEST(StoredValues, RejectsAnotherNumberOfValues) {
  for (const int64_t elements : {0, 1, 3, 4, 1 << 30}) {
    ExpectDataLoss(Parse(DataRecord("t", "-", Field(7, "\x01\x02")),
                         DataType::kInt32, elements),
                   StrCat("holds 2 values, expected ", elements));
  }
  // A value that is repeated is no value: TensorProtos elsewhere do this.
  ExpectDataLoss(
      Parse(DataRecord("t", "-", Field(5, "\0\0\0\0"s)), DataType::kFloat, 2),
      "holds 1 values, expected 2");
  ExpectDataLoss(Parse(DataRecord("t", "-", Field(9, "\0\0\0\0"s)),
                       DataType::kComplex64, 1),
                 "holds 1 values, expected 2");
  ExpectDataLoss(Parse(DataRecord("t", "-", Field(8, "a") + Field(8, "")),
                       DataType::kString, 1),
                 "holds 2 values, expected 1");
  ExpectDataLoss(Parse(DataRecord("t", "-", Field(7, "\x01")), DataType::kInt64,
                       std::numeric_limits<int64_t>::max()),
                 "holds 0 values");
}

TEST(StoredValues, RejectsValuesOfAnotherType) {
  ExpectDataLoss(
      Parse(DataRecord("t", "-", Field(5, "\0\0\0\0"s)), DataType::kInt32, 1),
      "holds 0 values, expected 1");
  ExpectDataLoss(Parse(DataRecord("t", "-", Number(5, 1)), DataType::kFloat, 1),
                 "malformed");
  ExpectDataLoss(
      Parse(DataRecord("t", "-", Number(8, 1)), DataType::kString, 1),
      "malformed");
  std::string fixed;
  PutTag(fixed, 7, kWireFixed32);
  fixed += "\0\0\0\0"s;
  ExpectDataLoss(Parse(DataRecord("t", "-", fixed), DataType::kInt32, 1),
                 "malformed");
}

TEST(StoredValues, RejectsTornNumbers) {
  ExpectDataLoss(
      Parse(DataRecord("t", "-", Field(5, "\0\0\0"s)), DataType::kFloat, 0),
      "malformed");
  ExpectDataLoss(
      Parse(DataRecord("t", "-", Field(6, "\0\0\0\0"s)), DataType::kDouble, 0),
      "malformed");
  ExpectDataLoss(
      Parse(DataRecord("t", "-", Field(7, "\x80")), DataType::kInt32, 1),
      "malformed");
  ExpectDataLoss(Parse(DataRecord("t", "-", Field(10, std::string(11, '\xff'))),
                       DataType::kInt64, 1),
                 "malformed");
}

TEST(StoredValues, RejectsNumbersBeyondTheirType) {
  const struct {
    DataType dtype;
    uint32_t field;
    int64_t low, high;
  } kinds[] = {
      {DataType::kInt32, 7, -(int64_t{1} << 31), (int64_t{1} << 31) - 1},
      {DataType::kQint32, 7, -(int64_t{1} << 31), (int64_t{1} << 31) - 1},
      {DataType::kInt16, 7, -32768, 32767},
      {DataType::kInt8, 7, -128, 127},
      {DataType::kQint8, 7, -128, 127},
      {DataType::kUint8, 7, 0, 255},
      {DataType::kQuint8, 7, 0, 255},
      {DataType::kUint16, 7, 0, 65535},
      {DataType::kHalf, 13, 0, 65535},
      {DataType::kBool, 11, 0, 1},
  };
  for (const auto& kind : kinds) {
    SCOPED_TRACE(DataTypeName(kind.dtype));
    for (const int64_t inside : {kind.low, kind.high}) {
      EXPECT_TRUE(
          Parse(DataRecord("t", "-", Number(kind.field, inside)), kind.dtype, 1)
              .ok());
    }
    for (const int64_t outside : {kind.low - 1, kind.high + 1}) {
      ExpectDataLoss(Parse(DataRecord("t", "-", Number(kind.field, outside)),
                           kind.dtype, 1),
                     StrCat("the value ", outside, " does not fit"));
    }
  }
}

TEST(StoredValues, RejectsTheRecordOfAnother) {
  const std::string proto = Field(7, "\x01");
  ExpectDataLoss(Parse(DataRecord("u", "-", proto), DataType::kInt32, 1),
                 "of the tensor u");
  ExpectDataLoss(Parse(DataRecord("t", "0,1", proto), DataType::kInt32, 1),
                 "of the piece 0,1");
  ExpectDataLoss(Parse(DataRecord("t", "", proto), DataType::kInt32, 1),
                 "of the piece");
  // The same part, spelled differently, has another key.
  ExpectDataLoss(Parse(DataRecord("t", "-", proto), DataType::kInt32, 1, "0,1"),
                 "of the piece -");
}

TEST(StoredValues, RejectsMalformedMessages) {
  const std::string slice = Field(2, "\x0a\x00"s);
  for (const std::string& record :
       {Field(1, ""), Number(2, 1), "\x12"s, "\x12\x05\x0a"s,
        Field(2, Number(1, 1)), Field(2, Field(1, "t") + Number(2, 1)),
        Field(2, Field(1, "t") + slice + Number(3, 1)),
        Field(2, Field(1, "t") + slice + "\x1a\x09"),
        Field(2, Field(1, "t") + slice + Field(3, "\x3a\x05\x01")),
        Field(2, Field(1, "t") + slice + Field(3, "\x3b\x3c"))}) {
    ExpectDataLoss(Parse(record, DataType::kInt32, 1), "malformed");
  }
  ExpectDataLoss(Parse(Field(2, Field(1, "t") + Field(2, "\x0a\x05")),
                       DataType::kInt32, 1),
                 "malformed TensorSliceProto");
}

TEST(MayHold, AsksForTheFewestBytesOfSoManyValues) {
  const std::string record(100, 'x');
  EXPECT_TRUE(MayHold(record, DataType::kFloat, 25));
  EXPECT_FALSE(MayHold(record, DataType::kFloat, 26));
  EXPECT_TRUE(MayHold(record, DataType::kComplex128, 6));
  EXPECT_FALSE(MayHold(record, DataType::kComplex128, 7));
  EXPECT_TRUE(MayHold(record, DataType::kInt64, 100));
  EXPECT_FALSE(MayHold(record, DataType::kInt64, 101));
  EXPECT_TRUE(MayHold(record, DataType::kString, 50));
  EXPECT_FALSE(MayHold(record, DataType::kString, 51));
  EXPECT_FALSE(MayHold(record, DataType::kUint32, 1));
}

}  // namespace
}  // namespace cairn::v1
