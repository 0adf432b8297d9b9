// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/base/strings.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

#include "cairn/base/status.h"

namespace cairn {
namespace {

using namespace std::string_literals;

TEST(StrCat, JoinsTextAndNumbersOfEveryKind) {
  const std::string s = "s";
  EXPECT_EQ(StrCat(s, "lit", std::string_view("view"), 'c', true, false),
            "slitviewctruefalse");
  EXPECT_EQ(StrCat(-1, " ", uint8_t{200}, " ", int8_t{-5}, " ", size_t{7}),
            "-1 200 -5 7");
  EXPECT_EQ(StrCat(std::numeric_limits<uint64_t>::max(), " ",
                   std::numeric_limits<int64_t>::min()),
            "18446744073709551615 -9223372036854775808");
  EXPECT_EQ(StrCat(0.1, " ", 0.1f, " ", 1e300), "0.1 0.1 1e+300");
  EXPECT_EQ(StrCat(), "");
}

TEST(StrCat, KeepsNulBytes) { EXPECT_EQ(StrCat("a\0b"s, "c").size(), 4u); }

TEST(Hex, PadsToWidthAndNeverCuts) {
  EXPECT_EQ(Hex(0), "0");
  EXPECT_EQ(Hex(0xabc), "abc");
  EXPECT_EQ(Hex(0xabc, 8), "00000abc");
  EXPECT_EQ(Hex(0x12345, 2), "12345");
  EXPECT_EQ(Hex(~uint64_t{0}, 3), "ffffffffffffffff");
  EXPECT_EQ(Hex(1, 20), "00000000000000000001");
}

TEST(HexBytes, WritesEveryByteInTwoDigits) {
  EXPECT_EQ(HexBytes(""), "");
  EXPECT_EQ(HexBytes("\x00\x7f\x80\xff"s), "007f80ff");
}

TEST(Escape, KeepsUtf8AndEscapesTheRest) {
  EXPECT_EQ(Escape("layer/kernel"), "layer/kernel");
  EXPECT_EQ(Escape("é\xf0\x9f\x98\x80"), "é\xf0\x9f\x98\x80");
  EXPECT_EQ(Escape("a\nb\tc\x7f"), "a\\x0ab\\x09c\\x7f");
  EXPECT_EQ(Escape("\0"s), "\\x00");
  EXPECT_EQ(Escape("a\\b"), "a\\\\b");
  EXPECT_EQ(Escape("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(Escape("\xc2\x85"), "\\xc2\\x85") << "a control character, too";
}

TEST(Escape, CutsAtTheLimitButNeverInsideACharacter) {
  EXPECT_EQ(Escape("abcdef", 6), "abcdef");
  EXPECT_EQ(Escape("abcdef", 5), "abcde...");
  EXPECT_EQ(Escape("abcdé", 5), "abcd...");
  EXPECT_EQ(Escape("abcdé", 6), "abcdé");
  EXPECT_EQ(Escape("", 0), "");
  EXPECT_EQ(Escape("a", 0), "...");
  EXPECT_EQ(Escape(std::string(300, 'x')).size(), 203u);
}

TEST(IsUtf8, AcceptsTheFirstAndLastOfEachLength) {
  for (const std::string& text :
       {""s, "\0"s, "\x7f"s, "\xc2\x80"s, "\xdf\xbf"s, "\xe0\xa0\x80"s,
        "\xed\x9f\xbf"s, "\xee\x80\x80"s, "\xef\xbf\xbf"s, "\xf0\x90\x80\x80"s,
        "\xf4\x8f\xbf\xbf"s, "a\xc3\xa9z"s}) {
    EXPECT_TRUE(IsUtf8(text)) << HexBytes(text);
  }
}

TEST(IsUtf8, RejectsEveryIllFormedKind) {
  for (const std::string& text : {"\x80"s,
                                  "\xbf"s,
                                  "\xc0\x80"s,
                                  "\xc1\xbf"s,
                                  "\xe0\x80\x80"s,
                                  "\xe0\x9f\xbf"s,
                                  "\xed\xa0\x80"s,
                                  "\xed\xbf\xbf"s,
                                  "\xf0\x80\x80\x80"s,
                                  "\xf0\x8f\xbf\xbf"s,
                                  "\xf4\x90\x80\x80"s,
                                  "\xf5\x80\x80\x80"s,
                                  "\xff"s,
                                  "\xc3"s,
                                  "\xe2\x82"s,
                                  "\xf0\x9f\x98"s,
                                  "\xc3("s,
                                  "\xe2(\xa1"s,
                                  "\xe2\x82("s,
                                  "\xf0\x9f\x98("s,
                                  "abc\xfe"s}) {
    EXPECT_FALSE(IsUtf8(text)) << HexBytes(text);
  }
}

TEST(Base64, MatchesRfc4648Vectors) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foo"), "Zm9v");
  EXPECT_EQ(Base64("foob"), "Zm9vYg==");
  EXPECT_EQ(Base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(Base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64("\xfb\xff\xbf"), "+/+/");
  EXPECT_EQ(Base64("\0\0\0\0"s), "AAAAAA==");
}

TEST(Join, PutsTheSeparatorOnlyBetween) {
  EXPECT_EQ(Join({}, ", "), "");
  EXPECT_EQ(Join(std::vector<std::string>{"a"}, ", "), "a");
  EXPECT_EQ(Join(std::vector<std::string>{"a", "", "b"}, ", "), "a, , b");
}

TEST(Split, KeepsEmptyPieces) {
  using Pieces = std::vector<std::string_view>;
  EXPECT_EQ(Split("", ','), Pieces{""});
  EXPECT_EQ(Split("a", ','), Pieces{"a"});
  EXPECT_EQ(Split(",a,,b,", ','), (Pieces{"", "a", "", "b", ""}));
}

struct ReprCase {
  double value;
  const char* repr;
};

// From repr() of CPython 3.11 and from state files that TensorFlow wrote.
TEST(PythonRepr, MatchesCPython) {
  const ReprCase cases[] = {
      {1576640070.138009, "1576640070.138009"},
      {1576640036.6357675, "1576640036.6357675"},
      {1576640102.5460615, "1576640102.5460615"},
      {12345678901234.5, "12345678901234.5"},
      {100.0, "100.0"},
      {1e20, "1e+20"},
      {1e-7, "1e-07"},
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1.0, "1.0"},
      {-1.5, "-1.5"},
      {10.0, "10.0"},
      {123456.0, "123456.0"},
      {1e15, "1000000000000000.0"},
      {9999999999999998.0, "9999999999999998.0"},
      {1234567890123456.0, "1234567890123456.0"},
      {123456789012345.6, "123456789012345.6"},
      {1e16, "1e+16"},
      {12345678901234567.0, "1.2345678901234568e+16"},
      {1.2345678901234568e+17, "1.2345678901234568e+17"},
      {1e22, "1e+22"},
      {1e100, "1e+100"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {0.1, "0.1"},
      {0.001, "0.001"},
      {0.0001, "0.0001"},
      {0.00012345, "0.00012345"},
      {0.00001, "1e-05"},
      {0.000012345, "1.2345e-05"},
      {-1.5e-7, "-1.5e-07"},
      {5e-324, "5e-324"},
      {2.2250738585072014e-308, "2.2250738585072014e-308"},
      {1.0 / 3, "0.3333333333333333"},
      {2.0 / 3, "0.6666666666666666"},
      {std::numeric_limits<double>::infinity(), "inf"},
      {-std::numeric_limits<double>::infinity(), "-inf"},
      {std::numeric_limits<double>::quiet_NaN(), "nan"},
      {-std::numeric_limits<double>::quiet_NaN(), "nan"},
  };
  for (const ReprCase& c : cases) EXPECT_EQ(PythonRepr(c.value), c.repr);
}

TEST(PythonRepr, RoundTripsRandomBitPatterns) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    const std::string text = PythonRepr(value);
    ASSERT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
    ASSERT_NE(text.find_first_of(".e"), std::string::npos) << text;
  }
}

TEST(WithThousands, GroupsByThree) {
  EXPECT_EQ(WithThousands(0), "0");
  EXPECT_EQ(WithThousands(999), "999");
  EXPECT_EQ(WithThousands(1000), "1,000");
  EXPECT_EQ(WithThousands(1234567), "1,234,567");
  EXPECT_EQ(WithThousands(~uint64_t{0}), "18,446,744,073,709,551,615");
}

TEST(Status, AnnotatePutsContextInFrontAndKeepsTheCode) {
  const Status status = Annotate(DataLossError("bad magic"), "model.index");
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_EQ(Message(status), "model.index: bad magic");
  EXPECT_TRUE(Annotate(OkStatus(), "model.index").ok());
}

TEST(Status, EachMakerGivesItsCode) {
  EXPECT_TRUE(absl::IsNotFound(NotFoundError("x")));
  EXPECT_TRUE(absl::IsInvalidArgument(InvalidArgumentError("x")));
  EXPECT_TRUE(absl::IsOutOfRange(OutOfRangeError("x")));
  EXPECT_TRUE(absl::IsAlreadyExists(AlreadyExistsError("x")));
  EXPECT_TRUE(absl::IsFailedPrecondition(FailedPreconditionError("x")));
  EXPECT_TRUE(absl::IsResourceExhausted(ResourceExhaustedError("x")));
  EXPECT_TRUE(absl::IsUnavailable(UnavailableError("x")));
  EXPECT_TRUE(absl::IsUnimplemented(UnimplementedError("x")));
  EXPECT_TRUE(absl::IsInternal(InternalError("x")));
}

StatusOr<int> HalfOf(int value) {
  if (value % 2 != 0) return InvalidArgumentError("odd");
  return value / 2;
}

StatusOr<int> QuarterOf(int value) {
  CAIRN_ASSIGN_OR_RETURN(const int half, HalfOf(value));
  CAIRN_RETURN_IF_ERROR(HalfOf(half).status());
  return half / 2;
}

TEST(Status, MacrosPassTheFirstFailureOn) {
  EXPECT_EQ(*QuarterOf(8), 2);
  EXPECT_TRUE(absl::IsInvalidArgument(QuarterOf(7).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(QuarterOf(6).status()));
}

}  // namespace
}  // namespace cairn
