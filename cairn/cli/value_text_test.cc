// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/value_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <sstream>
#include <vector>

namespace cairn::cli {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

template <typename T>
std::string Json(Shape shape, const std::vector<T>& values) {
  std::ostringstream out;
  WriteJsonValue(TensorView::Of<T>(std::move(shape), values.data()), out);
  return out.str();
}

std::string Json(DataType dtype, Shape shape, std::string_view bytes) {
  std::ostringstream out;
  WriteJsonValue(*TensorView::Create(dtype, std::move(shape), bytes), out);
  return out.str();
}

template <typename T>
std::string Text(Shape shape, const std::vector<T>& values,
                 const ArrayTextOptions& options = {}) {
  return ArrayText(TensorView::Of<T>(std::move(shape), values.data()), options);
}

TEST(WriteJsonValue, NestsListsAsTheShapeSays) {
  EXPECT_EQ(Json<int32_t>({}, {7}), "7");
  EXPECT_EQ(Json<int32_t>({3}, {1, -2, 3}), "[1,-2,3]");
  EXPECT_EQ(Json<int32_t>({2, 1, 2}, {1, 2, 3, 4}), "[[[1,2]],[[3,4]]]");
  EXPECT_EQ(Json<int32_t>({0}, {}), "[]");
  EXPECT_EQ(Json<int32_t>({2, 0}, {}), "[[],[]]");
  EXPECT_EQ(Json<int32_t>({0, 2}, {}), "[]");
}

TEST(WriteJsonValue, SpellsFloatsSoThatTheyReadBack) {
  EXPECT_EQ(Json<float>({4}, {1, 0.1f, -0.0f, 1e20f}), "[1.0,0.1,-0.0,1e+20]");
  EXPECT_EQ(Json<double>({1}, {0.1}), "[0.1]");
  EXPECT_EQ(Json(DataType::kBfloat16, {1}, std::string("\x49\x40", 2)),
            "[3.140625]");
  EXPECT_EQ(Json(DataType::kFloat8E5m2, {1}, "\x3d"), "[1.25]");
}

TEST(WriteJsonValue, SpellsWhatJsonHasNoNumberFor) {
  EXPECT_EQ(Json<float>({3}, {NAN, kInfinity, -kInfinity}),
            "[\"NaN\",\"Infinity\",\"-Infinity\"]");
}

TEST(WriteJsonValue, KeepsAll64Bits) {
  EXPECT_EQ(Json<uint64_t>({}, {18446744073709551615u}),
            "18446744073709551615");
  EXPECT_EQ(Json<int64_t>({}, {std::numeric_limits<int64_t>::min()}),
            "-9223372036854775808");
}

TEST(WriteJsonValue, SpellsBoolComplexAndSmallIntegers) {
  EXPECT_EQ(Json(DataType::kBool, {2}, std::string("\0\1", 2)), "[false,true]");
  EXPECT_EQ(Json<std::complex<float>>({1}, {{1, -2}}), "[[1.0,-2.0]]");
  EXPECT_EQ(Json(DataType::kInt4, {3}, "\x0f\x08\x07"), "[-1,-8,7]");
  EXPECT_EQ(Json(DataType::kQint8, {1}, "\xff"), "[-1]");
}

TEST(WriteJsonValue, PutsBytesThatAreNoTextIntoBase64) {
  const std::vector<std::string> values = {"a\"b\n", std::string("\0\xff", 2)};
  std::ostringstream out;
  WriteJsonValue(*TensorView::OfStrings({2}, values), out);
  EXPECT_EQ(out.str(), "[\"a\\\"b\\n\",{\"base64\":\"AP8=\"}]");
}

TEST(WriteJsonValue, SurvivesTheDeepestShape) {
  const std::vector<int64_t> ones(kMaxRank, 1);
  EXPECT_EQ(Json<float>(*Shape::Create(ones), {1}),
            std::string(kMaxRank, '[') + "1.0" + std::string(kMaxRank, ']'));
}

// Expected texts are NumPy's for the same arrays.
TEST(ArrayText, LooksLikeNumPys) {
  EXPECT_EQ(Text<float>({3}, {1, 2, 3}), "[1. 2. 3.]");
  EXPECT_EQ(Text<float>({2}, {-0.5f, 10.25f}), "[-0.5  10.25]");
  EXPECT_EQ(Text<int32_t>({2, 2}, {1, 20, 300, 4}), "[[  1  20]\n [300   4]]");
  EXPECT_EQ(Text<int32_t>({2, 1, 2}, {1, 2, 3, 4}), "[[[1 2]]\n\n [[3 4]]]");
}

TEST(ArrayText, UsesExponentsForWideRanges) {
  EXPECT_EQ(Text<float>({2}, {1e-5f, 1}), "[1.e-05 1.e+00]");
  EXPECT_EQ(Text<float>({2}, {1.5e10f, 1e9f}), "[1.5e+10 1.0e+09]");
}

TEST(ArrayText, ShowsScalarsAndEmptyTensors) {
  EXPECT_EQ(Text<float>({}, {0.001f}), "0.001");
  EXPECT_EQ(Text<float>({2, 0}, {}), "[] of shape [2,0]");
}

TEST(ArrayText, ShortensLongArrays) {
  std::vector<int32_t> values(2000);
  for (int i = 0; i < 2000; ++i) values[static_cast<size_t>(i)] = i;
  EXPECT_EQ(Text<int32_t>({2000}, values),
            "[   0    1    2 ... 1997 1998 1999]");
  const std::string all =
      Text<int32_t>({2000}, values, {.threshold = 10000, .width = 79});
  EXPECT_NE(all.find("1000"), std::string::npos);
}

TEST(ArrayText, WrapsLines) {
  const std::vector<int32_t> values(100, 123456);
  const std::string text = Text<int32_t>({100}, values);
  size_t start = 0;
  while (start < text.size()) {
    size_t end = text.find('\n', start);
    if (end == std::string::npos) end = text.size();
    EXPECT_LE(end - start, 79u);
    start = end + 1;
  }
}

TEST(ArrayText, ShowsSpecialFloats) {
  EXPECT_EQ(Text<float>({3}, {NAN, -kInfinity, 1}), "[ nan -inf   1.]");
}

TEST(ElementText, CutsLongStrings) {
  const std::vector<std::string> values = {"short\n", std::string(5000, 'x')};
  const TensorView view = *TensorView::OfStrings({2}, values);
  EXPECT_EQ(ElementText(view, 0), "\"short\\x0a\"");
  EXPECT_NE(ElementText(view, 1).find("(5,000 bytes)"), std::string::npos);
  EXPECT_LT(ElementText(view, 1).size(), 200u);
}

TEST(ElementText, NamesAVariantsType) {
  const std::vector<std::string> values = {
      "\x0a\x03"
      "abc\x12\x00",
      "\xff"};
  const TensorView view =
      *TensorView::OfStrings({2}, values, DataType::kVariant);
  EXPECT_EQ(ElementText(view, 0), "<abc, 6 bytes>");
  EXPECT_EQ(ElementText(view, 1), "<unknown type, 1 byte>");
}

}  // namespace
}  // namespace cairn::cli
