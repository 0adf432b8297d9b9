// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/base/wire.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace cairn {
namespace {

using std::string_literals::operator""s;

TEST(WireReader, GivesEachFieldWithItsTypeAndValue) {
  const std::string bytes = "\x08\xac\x02\x12\x02hi\x1d\x01\x00\x00\x80"s +
                            "\x21\x02\x00\x00\x00\x00\x00\x00\x00"s;
  WireReader in(bytes);
  ASSERT_TRUE(in.Next());
  EXPECT_EQ(in.field(), 1u);
  EXPECT_TRUE(in.is(kWireVarint));
  EXPECT_EQ(in.number(), 300u);
  ASSERT_TRUE(in.Next());
  EXPECT_EQ(in.field(), 2u);
  EXPECT_EQ(in.bytes(), "hi");
  ASSERT_TRUE(in.Next());
  EXPECT_TRUE(in.is(kWireFixed32));
  EXPECT_EQ(in.number(), 0x80000001u);
  ASSERT_TRUE(in.Next());
  EXPECT_TRUE(in.is(kWireFixed64));
  EXPECT_EQ(in.number(), 2u);
  EXPECT_FALSE(in.Next());
  EXPECT_TRUE(in.ok());
}

TEST(WireReader, RefusesMalformedFieldsAndStays) {
  for (const std::string& bytes :
       {"\x08"s,        // no value
        "\x08\xff"s,    // half a varint
        "\x12\x03hi"s,  // length beyond the end
        "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s,  // length 2^64-1
        "\x0d\x01\x02"s,                                  // half a fixed32
        "\x09\x01\x02\x03"s,                              // half a fixed64
        "\x00\x01"s,                                      // field number 0
        "\x0b"s, "\x0c"s,                                 // group marks
        "\x0e\x00"s, "\x0f\x00"s,         // wire types that do not exist
        "\xff\xff\xff\xff\xff\x01\x00"s,  // tag beyond 32 bits
        "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"s}) {  // beyond 64 bits
    WireReader in(bytes);
    EXPECT_FALSE(in.Next());
    EXPECT_FALSE(in.ok());
    EXPECT_FALSE(in.Next());
  }
}

TEST(WireReader, RefusesToNarrowANumberSilently) {
  const auto first = [](std::string_view bytes) {
    WireReader in(bytes);
    EXPECT_TRUE(in.Next());
    return in;
  };
  int32_t narrow;
  int64_t wide;
  const std::string minus_one = "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s;
  EXPECT_TRUE(first(minus_one).ToInt32(&narrow));
  EXPECT_EQ(narrow, -1);
  EXPECT_TRUE(first(minus_one).ToInt64(&wide));
  EXPECT_EQ(wide, -1);
  const std::string too_wide = "\x08\x80\x80\x80\x80\x08"s;  // 2^31
  EXPECT_FALSE(first(too_wide).ToInt32(&narrow));
  EXPECT_TRUE(first(too_wide).ToInt64(&wide));
  EXPECT_FALSE(first("\x0d\x01\x02\x03\x04"s).ToInt64(&wide));
}

TEST(WireWriter, LeavesOutZeroNumbersButNotEmptyMessages) {
  std::string out;
  PutNumber(out, 1, 0);
  PutNumber(out, 2, 300);
  PutNumber(out, 3, -1);
  PutMessage(out, 4, "");
  PutTag(out, 16, kWireFixed32);
  EXPECT_EQ(out,
            "\x10\xac\x02\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
            "\x22\x00\x85\x01"s);
}

}  // namespace
}  // namespace cairn
