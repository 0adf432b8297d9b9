// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/data/idx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/memory_file_system.h"

namespace cairn::data {
namespace {

using testing::ElementsAre;

std::string Bytes(std::initializer_list<int> bytes) {
  std::string text;
  for (int byte : bytes) text += static_cast<char>(byte);
  return text;
}

// int16 [2,2]: 1, -2, 300, 0.
const std::string kSample = Bytes(
    {0, 0, 0x0b, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 1, 0xff, 0xfe, 1, 0x2c, 0, 0});

std::string ErrorOf(const std::string& bytes) {
  const auto tensor = ParseIdx(bytes, "f");
  EXPECT_EQ(tensor.status().code(), absl::StatusCode::kDataLoss);
  return Message(tensor.status());
}

TEST(Idx, ReadsBigEndianElements) {
  const auto tensor = ParseIdx(kSample, "f");
  ASSERT_TRUE(tensor.ok()) << Message(tensor.status());
  EXPECT_EQ(tensor->shape(), (Shape{2, 2}));
  EXPECT_THAT(tensor->data<int16_t>(), ElementsAre(1, -2, 300, 0));
}

TEST(Idx, ReadsEveryElementType) {
  const auto scalar = [](int code, std::initializer_list<int> element) {
    return *ParseIdx(Bytes({0, 0, code, 0}) + Bytes(element), "f");
  };
  EXPECT_EQ(scalar(0x08, {200}).data<uint8_t>()[0], 200);
  EXPECT_EQ(scalar(0x09, {200}).data<int8_t>()[0], -56);
  EXPECT_EQ(scalar(0x0b, {1, 2}).data<int16_t>()[0], 0x102);
  EXPECT_EQ(scalar(0x0c, {1, 2, 3, 4}).data<int32_t>()[0], 0x1020304);
  EXPECT_EQ(scalar(0x0d, {0x3f, 0x80, 0, 0}).data<float>()[0], 1.0f);
  EXPECT_EQ(scalar(0x0e, {0xbf, 0xf0, 0, 0, 0, 0, 0, 0}).data<double>()[0],
            -1.0);
}

TEST(Idx, RejectsWhatIsNoIdxFile) {
  EXPECT_EQ(ErrorOf(""),
            "f: not an IDX file: 0 bytes, a header has at least 4");
  EXPECT_EQ(ErrorOf("\x1f\x8b\x08\x08rest"),
            "f: not an IDX file: expected 00 00, a type (08, 09, 0b to 0e) "
            "and a rank, got 1f8b0808");
  EXPECT_EQ(ErrorOf(Bytes({0, 0, 0x0a, 1, 0, 0, 0, 0})),
            "f: not an IDX file: expected 00 00, a type (08, 09, 0b to 0e) "
            "and a rank, got 00000a01");
}

TEST(Idx, RejectsEveryTruncation) {
  for (size_t size = 0; size < kSample.size(); ++size) {
    EXPECT_EQ(ParseIdx(kSample.substr(0, size), "f").status().code(),
              absl::StatusCode::kDataLoss)
        << size;
  }
}

TEST(Idx, RejectsBytesAfterTheElements) {
  EXPECT_EQ(ErrorOf(kSample + "x"),
            "f: int16 [2,2] takes 8 bytes after the header, got 9");
}

TEST(Idx, RejectsDimensionsBeyondTheFileWithoutAllocating) {
  EXPECT_EQ(ErrorOf(Bytes({0, 0, 0x0e, 1, 0xff, 0xff, 0xff, 0xff})),
            "f: float64 [4294967295] takes 34359738360 bytes after the "
            "header, got 0");
  std::string overflow = Bytes({0, 0, 8, 3});
  overflow.append(12, '\xff');
  EXPECT_EQ(ErrorOf(overflow).substr(0, 3), "f: ");
  EXPECT_EQ(ErrorOf(Bytes({0, 0, 8, 255, 0, 0})),
            "f: header of 1024 bytes is cut off after 6");
}

TEST(Idx, ReadIdxNamesTheMissingFile) {
  MemoryFileSystem fs;
  const auto tensor = ReadIdx(fs, "absent");
  EXPECT_EQ(tensor.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(tensor.status()), testing::HasSubstr("absent"));
  fs.Put("there", kSample);
  EXPECT_TRUE(ReadIdx(fs, "there").ok());
}

}  // namespace
}  // namespace cairn::data
