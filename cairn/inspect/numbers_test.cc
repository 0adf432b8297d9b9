// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace cairn::inspect {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TensorView View(DataType dtype, int64_t n, std::string_view bytes) {
  StatusOr<TensorView> view = TensorView::Create(dtype, {n}, bytes);
  EXPECT_TRUE(view.ok()) << view.status();
  return *view;
}

TEST(IntegerAt, ExtendsSignsOfEveryWidth) {
  const std::string ones(8, '\xff');
  for (const DataType dtype :
       {DataType::kInt8, DataType::kQint8, DataType::kInt4, DataType::kInt2}) {
    EXPECT_EQ(IntegerAt(View(dtype, 1, ones.substr(0, 1)), 0), -1);
  }
  EXPECT_EQ(IntegerAt(View(DataType::kInt16, 1, ones.substr(0, 2)), 0), -1);
  EXPECT_EQ(IntegerAt(View(DataType::kQint16, 1, ones.substr(0, 2)), 0), -1);
  EXPECT_EQ(IntegerAt(View(DataType::kInt32, 1, ones.substr(0, 4)), 0), -1);
  EXPECT_EQ(IntegerAt(View(DataType::kQint32, 1, ones.substr(0, 4)), 0), -1);
  EXPECT_EQ(IntegerAt(View(DataType::kInt64, 1, ones), 0), -1);
}

TEST(IntegerAt, KeepsUnsignedTypesPositive) {
  const std::string ones(8, '\xff');
  EXPECT_EQ(IntegerAt(View(DataType::kUint2, 1, ones.substr(0, 1)), 0), 3);
  EXPECT_EQ(IntegerAt(View(DataType::kUint4, 1, ones.substr(0, 1)), 0), 15);
  EXPECT_EQ(IntegerAt(View(DataType::kUint8, 1, ones.substr(0, 1)), 0), 255);
  EXPECT_EQ(IntegerAt(View(DataType::kQuint8, 1, ones.substr(0, 1)), 0), 255);
  EXPECT_EQ(IntegerAt(View(DataType::kUint16, 1, ones.substr(0, 2)), 0), 65535);
  EXPECT_EQ(IntegerAt(View(DataType::kUint32, 1, ones.substr(0, 4)), 0),
            4294967295);
  EXPECT_EQ(NumberAt(View(DataType::kUint64, 1, ones), 0),
            18446744073709551616.0);
}

TEST(IntegerAt, ReadsTheBytesTensorFlowWritesForSmallIntegers) {
  const TensorView int4 = View(DataType::kInt4, 3, "\x0f\x08\x07");
  EXPECT_EQ(IntegerAt(int4, 0), -1);
  EXPECT_EQ(IntegerAt(int4, 1), -8);
  EXPECT_EQ(IntegerAt(int4, 2), 7);
}

TEST(NumberAt, ReadsFloatsOfEveryWidth) {
  EXPECT_EQ(NumberAt(View(DataType::kHalf, 1, std::string("\x00\x3c", 2)), 0),
            1.0);
  EXPECT_EQ(
      NumberAt(View(DataType::kBfloat16, 1, std::string("\x80\xbf", 2)), 0),
      -1.0);
  EXPECT_EQ(NumberAt(View(DataType::kFloat8E4m3fn, 1, "\x38"), 0), 1.0);
  EXPECT_EQ(NumberAt(View(DataType::kFloat4E2m1fn, 3, "\x02\x01\x0f"), 2),
            -6.0);
}

TEST(HoldsRealNumbers, IsFalseForComplexStringsAndVariants) {
  EXPECT_TRUE(HoldsRealNumbers(DataType::kBool));
  EXPECT_TRUE(HoldsRealNumbers(DataType::kBfloat16));
  EXPECT_FALSE(HoldsRealNumbers(DataType::kComplex64));
  EXPECT_FALSE(HoldsRealNumbers(DataType::kString));
  EXPECT_FALSE(HoldsRealNumbers(DataType::kVariant));
}

TEST(ComputeStatistics, CountsWhatIsNotFiniteApart) {
  const float values[] = {3, kNan, -1, 0, kInfinity, -kInfinity, 3};
  const NumberStatistics stats =
      ComputeStatistics(TensorView::Of<float>({7}, values));
  EXPECT_EQ(stats.count, 7);
  EXPECT_EQ(stats.nans, 1);
  EXPECT_EQ(stats.infinities, 2);
  EXPECT_EQ(stats.zeros, 1);
  EXPECT_EQ(stats.smallest, 2);
  EXPECT_EQ(stats.largest, 0);
  EXPECT_DOUBLE_EQ(stats.mean, 1.25);
  EXPECT_DOUBLE_EQ(stats.deviation,
                   std::sqrt((3.0625 * 2 + 5.0625 + 1.5625) / 4));
}

TEST(ComputeStatistics, SurvivesTensorsWithoutFiniteElements) {
  const float values[] = {kNan};
  EXPECT_EQ(ComputeStatistics(TensorView::Of<float>({1}, values)).smallest, -1);
  EXPECT_EQ(ComputeStatistics(TensorView::Of<float>({0}, values)).count, 0);
}

TEST(LargestDifference, TreatsEqualSpecialValuesAsEqual) {
  const float a[] = {kNan, kInfinity, 1}, b[] = {kNan, kInfinity, 1.5};
  EXPECT_EQ(LargestDifference(TensorView::Of<float>({3}, a),
                              TensorView::Of<float>({3}, b)),
            0.5);
  const float c[] = {0, kInfinity, 1};
  EXPECT_EQ(LargestDifference(TensorView::Of<float>({3}, a),
                              TensorView::Of<float>({3}, c)),
            std::numeric_limits<double>::infinity());
}

TEST(LargestDifference, IsEmptyForDifferentTypesOrShapes) {
  const float a[] = {1, 2};
  const int32_t b[] = {1, 2};
  EXPECT_FALSE(LargestDifference(TensorView::Of<float>({2}, a),
                                 TensorView::Of<int32_t>({2}, b)));
  EXPECT_FALSE(LargestDifference(TensorView::Of<float>({2}, a),
                                 TensorView::Of<float>({2, 1}, a)));
}

}  // namespace
}  // namespace cairn::inspect
