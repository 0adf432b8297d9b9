// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/base/cursor.h"

#include <gtest/gtest.h>

#include <limits>

#include "cairn/base/endian.h"
#include "cairn/base/strings.h"

namespace cairn {
namespace {

using namespace std::string_literals;

struct VarintCase {
  uint64_t value;
  const char* hex;
};

constexpr VarintCase kVarints[] = {
    {0, "00"},
    {1, "01"},
    {127, "7f"},
    {128, "8001"},
    {300, "ac02"},
    {16384, "808001"},
    {(uint64_t{1} << 32) - 1, "ffffffff0f"},
    {uint64_t{1} << 32, "8080808010"},
    {uint64_t{1} << 63, "80808080808080808001"},
    {std::numeric_limits<uint64_t>::max(), "ffffffffffffffffff01"},
};

std::string Varint(uint64_t value) {
  std::string out;
  PutVarint(out, value);
  return out;
}

TEST(Varint, MatchesTheFormatsTable) {
  for (const VarintCase& c : kVarints) {
    const std::string bytes = Varint(c.value);
    EXPECT_EQ(HexBytes(bytes), c.hex);
    EXPECT_EQ(VarintLength(c.value), static_cast<int>(bytes.size()));
    Cursor in(bytes);
    uint64_t value = 1;
    ASSERT_TRUE(in.ReadVarint64(&value));
    EXPECT_EQ(value, c.value);
    EXPECT_TRUE(in.empty());
  }
}

TEST(Varint, RoundTripsAroundEveryPowerOfTwo) {
  for (int bit = 0; bit < 64; ++bit) {
    for (const uint64_t delta : {-1, 0, 1}) {
      const uint64_t expected = (uint64_t{1} << bit) + delta;
      const std::string bytes = Varint(expected);
      EXPECT_EQ(VarintLength(expected), static_cast<int>(bytes.size()));
      uint64_t value = ~expected;
      ASSERT_TRUE(Cursor(bytes).ReadVarint64(&value));
      EXPECT_EQ(value, expected);
      uint32_t narrow = 0;
      const bool fits = expected <= std::numeric_limits<uint32_t>::max();
      EXPECT_EQ(Cursor(bytes).ReadVarint32(&narrow), fits) << expected;
      if (fits) {
        EXPECT_EQ(narrow, expected);
      }
    }
  }
}

TEST(Cursor, RejectsEveryTruncationOfAVarint) {
  for (const VarintCase& c : kVarints) {
    const std::string bytes = Varint(c.value);
    for (size_t size = 0; size < bytes.size(); ++size) {
      Cursor in(std::string_view(bytes).substr(0, size));
      uint64_t wide = 0;
      uint32_t narrow = 0;
      EXPECT_FALSE(in.ReadVarint64(&wide));
      EXPECT_FALSE(in.ReadVarint32(&narrow));
      EXPECT_EQ(in.position(), 0u);
    }
  }
}

TEST(Cursor, RejectsVarintsThatOverflowOrDoNotEnd) {
  uint64_t wide = 0;
  uint32_t narrow = 0;
  // 2^64 and beyond; eleven bytes.
  EXPECT_FALSE(
      Cursor("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02").ReadVarint64(&wide));
  EXPECT_FALSE(Cursor("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"s)
                   .ReadVarint64(&wide));
  EXPECT_FALSE(Cursor("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"s)
                   .ReadVarint64(&wide));
  // 2^32; six bytes.
  EXPECT_FALSE(Cursor("\x80\x80\x80\x80\x10").ReadVarint32(&narrow));
  EXPECT_FALSE(Cursor("\x80\x80\x80\x80\x80\x00"s).ReadVarint32(&narrow));
}

TEST(Cursor, AcceptsPaddedVarintsWithinTheLengthLimit) {
  uint64_t wide = 1;
  ASSERT_TRUE(Cursor("\x80\x80\x00"s).ReadVarint64(&wide));
  EXPECT_EQ(wide, 0u);
}

TEST(Cursor, ReadsFixedWidthLittleEndianUnaligned) {
  std::string bytes = "x";
  PutFixed32(bytes, 0x01020304);
  PutFixed64(bytes, 0x0102030405060708);
  EXPECT_EQ(HexBytes(bytes), "78040302010807060504030201");
  Cursor in(bytes);
  uint32_t narrow = 0;
  uint64_t wide = 0;
  ASSERT_TRUE(in.Skip(1));
  ASSERT_TRUE(in.ReadFixed32(&narrow));
  ASSERT_TRUE(in.ReadFixed64(&wide));
  EXPECT_EQ(narrow, 0x01020304u);
  EXPECT_EQ(wide, 0x0102030405060708u);
  EXPECT_EQ(in.position(), bytes.size());
}

TEST(Cursor, LeavesThePositionWhenTooFewBytesAreLeft) {
  Cursor in("abc");
  uint32_t narrow = 0;
  uint64_t wide = 0;
  std::string_view bytes;
  EXPECT_FALSE(in.ReadFixed32(&narrow));
  EXPECT_FALSE(in.ReadFixed64(&wide));
  EXPECT_FALSE(in.ReadBytes(4, &bytes));
  EXPECT_FALSE(in.ReadBytes(~uint64_t{0}, &bytes));
  EXPECT_FALSE(in.Skip(4));
  EXPECT_EQ(in.rest(), "abc");
  EXPECT_TRUE(in.ReadBytes(3, &bytes));
  EXPECT_EQ(bytes, "abc");
  EXPECT_TRUE(in.ReadBytes(0, &bytes));
}

TEST(Cursor, ReadsLengthPrefixedAndRejectsALengthBeyondTheEnd) {
  const std::string input = "\x03key\x00\x04key"s;
  Cursor in(input);
  std::string_view bytes;
  ASSERT_TRUE(in.ReadLengthPrefixed(&bytes));
  EXPECT_EQ(bytes, "key");
  ASSERT_TRUE(in.ReadLengthPrefixed(&bytes));
  EXPECT_EQ(bytes, "");
  EXPECT_FALSE(in.ReadLengthPrefixed(&bytes));
  EXPECT_EQ(in.position(), 5u);
  EXPECT_FALSE(Cursor("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01key")
                   .ReadLengthPrefixed(&bytes));
}

TEST(Endian, ByteSwapReversesEveryWidth) {
  EXPECT_EQ(ByteSwap<uint8_t>(0x12), 0x12);
  EXPECT_EQ(ByteSwap<uint16_t>(0x1234), 0x3412);
  EXPECT_EQ(ByteSwap<uint32_t>(0x12345678), 0x78563412u);
  EXPECT_EQ(ByteSwap<uint64_t>(0x0123456789abcdef), 0xefcdab8967452301u);
}

}  // namespace
}  // namespace cairn
