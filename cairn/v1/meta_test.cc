// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/v1/meta.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/strings.h"
#include "cairn/v1/test_files.h"

namespace cairn::v1 {
namespace {

using namespace std::string_literals;  // NOLINT: bytes with zeros
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Walked {
  Status status;
  Versions versions;
  std::vector<std::string> names;
  std::vector<std::string> messages;
};

Walked Walk(std::string_view record) {
  Walked walked;
  walked.status =
      WalkMeta(record, &walked.versions, [&](const TensorRef& tensor) {
        walked.names.emplace_back(tensor.name);
        walked.messages.emplace_back(tensor.message);
      });
  return walked;
}

void ExpectDataLoss(const Status& status, std::string_view text) {
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(Message(status), HasSubstr(std::string(text)));
}

std::string TensorMessage(const std::string& shape, int64_t dtype,
                          const std::string& slice) {
  return Field(1, "t") + Field(2, shape) + Number(3, dtype) + Field(4, slice);
}

const std::string kShape2 = EncodeShape(Shape({2}));  // NOLINT
const std::string kAll = "\x0a\x00"s;                 // NOLINT

// --- writing ---

TEST(EncodeMeta, WritesTheExampleOfTheSpecification) {
  const TensorMeta tensors[] = {
      {"a", DataType::kInt64, Shape(), {TensorSlice()}},
      {"b", DataType::kFloat, Shape({2}), {Slice("-")}}};
  EXPECT_EQ(HexBytes(EncodeMeta(tensors)),
            "0a200a090a0161120018092200"
            "0a0f0a0162120412020802180122020a00"
            "12020801");
  EXPECT_EQ(HexBytes(EncodeMeta({})), "0a0412020801");
}

TEST(EncodeMeta, IsReadBack) {
  const TensorMeta tensors[] = {
      {"x/y", DataType::kString, Shape({4, 0, 7}), {Slice("-:-:0,3")}},
      {"", DataType::kHalf, Shape({4}), {Slice("0,2"), Slice("2,2")}}};
  const std::string record = EncodeMeta(tensors);
  const Walked walked = Walk(record);
  ASSERT_TRUE(walked.status.ok()) << walked.status;
  EXPECT_THAT(walked.names, ElementsAre("x/y", ""));
  EXPECT_EQ(walked.versions.producer, 1);
  EXPECT_TRUE(CheckVersions(walked.versions).ok());
  for (size_t i = 0; i < 2; ++i) {
    const auto meta = DecodeTensorMeta(walked.messages[i]);
    ASSERT_TRUE(meta.ok()) << meta.status();
    EXPECT_EQ(meta->name, tensors[i].name);
    EXPECT_EQ(meta->dtype, tensors[i].dtype);
    EXPECT_EQ(meta->shape, tensors[i].shape);
    EXPECT_EQ(meta->slices, tensors[i].slices);
  }
}

// --- the record ---

TEST(WalkMeta, MergesMessagesInPartsAndSkipsUnknownFields) {
  const std::string record =
      Field(1, Field(1, Field(1, "a") + Field(1, "b") + Number(9, 1)) +
                   Number(7, 7)) +
      Number(5, 5) + Field(1, Field(2, Number(1, 3)) + Field(1, ""));
  const Walked walked = Walk(record);
  ASSERT_TRUE(walked.status.ok()) << walked.status;
  EXPECT_THAT(walked.names, ElementsAre("b", ""));
  EXPECT_EQ(walked.versions.producer, 3);
}

TEST(WalkMeta, RejectsOtherRecords) {
  ExpectDataLoss(Walk("").status, "no meta message");
  ExpectDataLoss(Walk(Number(5, 5)).status, "no meta message");
  ExpectDataLoss(Walk(DataRecord("t", "-", "")).status, "holds data");
  // The header of a V2 index.
  ExpectDataLoss(Walk("\x08\x01\x1a\x02\x08\x01").status,
                 "malformed SavedTensorSlices");
}

TEST(WalkMeta, RejectsMalformedMessages) {
  ExpectDataLoss(Walk("\x0a").status, "malformed SavedTensorSlices");
  ExpectDataLoss(Walk(Field(1, "\x0a")).status,
                 "malformed SavedTensorSliceMeta");
  ExpectDataLoss(Walk(Field(1, Number(1, 1))).status,
                 "malformed SavedSliceMeta");
  ExpectDataLoss(Walk(Field(1, Field(1, Number(1, 1)))).status,
                 "malformed SavedSliceMeta");
  ExpectDataLoss(Walk(Field(1, Field(1, "\x0a\x05"))).status,
                 "malformed SavedSliceMeta");
  for (const std::string& versions :
       {Number(2, 1), Field(2, Field(1, "")), Field(2, Field(2, "")),
        Field(2, Field(3, "\x80")), Field(2, "\x08"),
        Field(2, Number(1, int64_t{1} << 32))}) {
    ExpectDataLoss(Walk(Field(1, versions)).status, "malformed VersionDef");
  }
}

TEST(CheckVersions, RefusesAFileForNewerReaders) {
  const auto check = [](const std::string& versions) {
    const Walked walked = Walk(Field(1, Field(2, versions)));
    EXPECT_TRUE(walked.status.ok()) << walked.status;
    return CheckVersions(walked.versions);
  };
  EXPECT_TRUE(check("").ok());
  EXPECT_TRUE(check(Number(1, 99)).ok());  // any producer
  EXPECT_TRUE(check(Number(2, 1)).ok());
  EXPECT_TRUE(check(Field(3, "\x00\x02"s) + Number(3, 3)).ok());
  const Status newer = check(Number(2, 2));
  EXPECT_TRUE(absl::IsFailedPrecondition(newer));
  EXPECT_THAT(Message(newer), HasSubstr("min consumer version 2 above"));
  for (const std::string& bad : {Number(3, 1), Field(3, "\x07\x01")}) {
    const Status refused = check(bad);
    EXPECT_TRUE(absl::IsFailedPrecondition(refused));
    EXPECT_THAT(Message(refused), HasSubstr("disallows consumer version 1"));
  }
}

// --- one tensor ---

TEST(DecodeTensorMeta, RejectsTypesTheFormatCannotHold) {
  for (const DataTypeInfo& info : AllDataTypes()) {
    const auto meta = DecodeTensorMeta(
        TensorMessage(kShape2, static_cast<int64_t>(info.dtype), kAll));
    EXPECT_EQ(meta.ok(), IsStorable(info.dtype)) << info.name;
    if (meta.ok()) continue;
    ExpectDataLoss(meta.status(), StrCat("dtype ", info.name));
  }
  for (const int64_t number : {0, -1, 34, 101, 1 << 20}) {
    ExpectDataLoss(
        DecodeTensorMeta(TensorMessage(kShape2, number, kAll)).status(),
        StrCat("tensor t: a tensor of dtype ", number));
  }
}

TEST(DecodeTensorMeta, RejectsShapesThatAreNone) {
  const auto dim = [](int64_t size) { return Field(2, Number(1, size)); };
  for (const std::string& shape :
       {dim(-1), dim(int64_t{1} << 40) + dim(int64_t{1} << 40), Number(3, 1)}) {
    ExpectDataLoss(DecodeTensorMeta(TensorMessage(shape, 1, kAll)).status(),
                   "Invalid tensor shape");
  }
  std::string many;
  for (int i = 0; i < 255; ++i) many += dim(1);
  ExpectDataLoss(DecodeTensorMeta(TensorMessage(many, 1, kAll)).status(),
                 "Invalid tensor shape");
  ExpectDataLoss(DecodeTensorMeta(TensorMessage("\x12", 1, kAll)).status(),
                 "malformed TensorShapeProto");
}

TEST(DecodeTensorMeta, RejectsSlicesOutsideTheShape) {
  for (const char* slice : {"0,3", "2,1", "1,2", "-:-", ""}) {
    const auto meta =
        DecodeTensorMeta(TensorMessage(kShape2, 1, EncodeSlice(Slice(slice))));
    EXPECT_TRUE(absl::IsDataLoss(meta.status())) << slice << meta.status();
  }
  const auto extent = [](int64_t start, int64_t length) {
    return Field(1, Number(1, start) + Number(2, length));
  };
  for (const std::string& slice :
       {extent(-1, 1), extent(0, -5), extent(INT64_MAX, 2),
        Field(1, Number(1, 1)), std::string("\x0a\x09")}) {
    EXPECT_TRUE(absl::IsDataLoss(
        DecodeTensorMeta(TensorMessage(kShape2, 1, slice)).status()))
        << HexBytes(slice);
  }
}

TEST(DecodeTensorMeta, RejectsATensorWithoutSlices) {
  ExpectDataLoss(
      DecodeTensorMeta(Field(1, "t") + Field(2, kShape2) + Number(3, 1))
          .status(),
      "without any slice");
}

TEST(DecodeTensorMeta, RejectsFieldsOfAnotherWireType) {
  for (const std::string& field :
       {Number(1, 1), Number(2, 1), Field(3, ""), Number(4, 1)}) {
    ExpectDataLoss(
        DecodeTensorMeta(TensorMessage(kShape2, 1, kAll) + field).status(),
        "malformed SavedSliceMeta");
  }
  ExpectDataLoss(
      DecodeTensorMeta(TensorMessage(kShape2, int64_t{1} << 32, kAll)).status(),
      "malformed SavedSliceMeta");
}

TEST(DecodeTensorMeta, StopsAtTheLimitOfExtents) {
  const std::string front =
      Field(1, "t") + Field(2, EncodeShape(Shape({1, 1}))) + Number(3, 1);
  std::string slices;
  const std::string slice = Field(4, EncodeSlice(Slice("-:-")));
  for (size_t i = 0; i < kMaxExtents / 2; ++i) slices += slice;
  EXPECT_TRUE(DecodeTensorMeta(front + slices).ok());
  EXPECT_TRUE(
      absl::IsUnimplemented(DecodeTensorMeta(front + slices + slice).status()));
}

}  // namespace
}  // namespace cairn::v1
