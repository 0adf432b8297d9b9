// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/dtype.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <set>
#include <string>

namespace cairn {
namespace {

TEST(DataType, NumbersAndNamesAreThoseOfTf) {
  // Number, name, bytes: from tf.as_dtype of TensorFlow 2.21.
  struct Row {
    int32_t number;
    const char* name;
    const char* enum_name;
    int size;
  };
  const Row rows[] = {
      {1, "float32", "DT_FLOAT", 4},
      {2, "float64", "DT_DOUBLE", 8},
      {3, "int32", "DT_INT32", 4},
      {4, "uint8", "DT_UINT8", 1},
      {5, "int16", "DT_INT16", 2},
      {6, "int8", "DT_INT8", 1},
      {7, "string", "DT_STRING", 0},
      {8, "complex64", "DT_COMPLEX64", 8},
      {9, "int64", "DT_INT64", 8},
      {10, "bool", "DT_BOOL", 1},
      {11, "qint8", "DT_QINT8", 1},
      {12, "quint8", "DT_QUINT8", 1},
      {13, "qint32", "DT_QINT32", 4},
      {14, "bfloat16", "DT_BFLOAT16", 2},
      {15, "qint16", "DT_QINT16", 2},
      {16, "quint16", "DT_QUINT16", 2},
      {17, "uint16", "DT_UINT16", 2},
      {18, "complex128", "DT_COMPLEX128", 16},
      {19, "float16", "DT_HALF", 2},
      {20, "resource", "DT_RESOURCE", 0},
      {21, "variant", "DT_VARIANT", 0},
      {22, "uint32", "DT_UINT32", 4},
      {23, "uint64", "DT_UINT64", 8},
      {24, "float8_e5m2", "DT_FLOAT8_E5M2", 1},
      {25, "float8_e4m3fn", "DT_FLOAT8_E4M3FN", 1},
      {26, "float8_e4m3fnuz", "DT_FLOAT8_E4M3FNUZ", 1},
      {27, "float8_e4m3b11fnuz", "DT_FLOAT8_E4M3B11FNUZ", 1},
      {28, "float8_e5m2fnuz", "DT_FLOAT8_E5M2FNUZ", 1},
      {29, "int4", "DT_INT4", 1},
      {30, "uint4", "DT_UINT4", 1},
      {31, "int2", "DT_INT2", 1},
      {32, "uint2", "DT_UINT2", 1},
      {33, "float4_e2m1fn", "DT_FLOAT4_E2M1FN", 1},
  };
  ASSERT_EQ(AllDataTypes().size(), std::size(rows));
  for (const Row& row : rows) {
    const auto dtype = DataTypeFromNumber(row.number);
    ASSERT_TRUE(dtype.has_value()) << row.number;
    EXPECT_EQ(DataTypeName(*dtype), row.name);
    EXPECT_EQ(DataTypeEnumName(*dtype), row.enum_name);
    EXPECT_EQ(DataTypeSize(*dtype), row.size) << row.name;
    EXPECT_EQ(DataTypeFromName(row.name), dtype);
    EXPECT_EQ(DataTypeFromName(row.enum_name), dtype);
  }
}

TEST(DataType, RejectsNumbersThatAreNoType) {
  for (const int32_t number : {-1, 0, 34, 101, 133, 1 << 30}) {
    EXPECT_EQ(DataTypeFromNumber(number), std::nullopt) << number;
    EXPECT_EQ(DataTypeSize(static_cast<DataType>(number)), 0) << number;
  }
  EXPECT_EQ(DataTypeName(static_cast<DataType>(55)), "invalid(55)");
  EXPECT_EQ(DataTypeFromName("float31"), std::nullopt);
}

TEST(DataType, SwapUnitDividesSize) {
  for (const DataTypeInfo& info : AllDataTypes()) {
    if (info.size == 0) continue;
    EXPECT_EQ(info.size % info.swap_unit, 0) << info.name;
    const bool complex = info.kind == DataTypeKind::kComplex;
    EXPECT_EQ(info.size / info.swap_unit, complex ? 2 : 1) << info.name;
  }
}

TEST(Half, RoundTripsEveryPattern) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const Half half{static_cast<uint16_t>(bits)};
    const float value = ToFloat(half);
    const bool nan = (bits & 0x7c00) == 0x7c00 && (bits & 0x3ff) != 0;
    ASSERT_EQ(std::isnan(value), nan) << bits;
    if (!nan) {
      ASSERT_EQ(ToHalf(value).bits, bits);
    }
  }
}

TEST(Half, RoundsToNearestEven) {
  EXPECT_EQ(ToHalf(1.0f).bits, 0x3c00);
  EXPECT_EQ(ToHalf(1.0f + 0x1p-11f).bits, 0x3c00);  // tie, even below
  EXPECT_EQ(ToHalf(1.0f + 0x1p-10f + 0x1p-11f).bits,
            0x3c02);  // tie, even above
  EXPECT_EQ(ToHalf(1.0f + 0x1p-11f + 0x1p-20f).bits, 0x3c01);
  EXPECT_EQ(ToHalf(65504.0f).bits, 0x7bff);
  EXPECT_EQ(ToHalf(65519.996f).bits, 0x7bff);
  EXPECT_EQ(ToHalf(65520.0f).bits, 0x7c00);
  EXPECT_EQ(ToHalf(-65520.0f).bits, 0xfc00);
  EXPECT_EQ(ToHalf(0x1p-25f).bits, 0);  // tie between 0 and the least half
  EXPECT_EQ(ToHalf(0x1.8p-25f).bits, 1);
  EXPECT_EQ(ToHalf(0x1.ffcp-15f).bits, 0x0400);  // up into the normal ones
  EXPECT_EQ(ToHalf(-0.0f).bits, 0x8000);
  EXPECT_TRUE(
      std::isnan(ToFloat(ToHalf(std::numeric_limits<float>::quiet_NaN()))));
}

TEST(Bfloat16, RoundTripsEveryPatternAndRoundsToNearestEven) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = ToFloat(Bfloat16{static_cast<uint16_t>(bits)});
    if (std::isnan(value)) {
      ASSERT_TRUE(std::isnan(ToFloat(ToBfloat16(value))));
    } else {
      ASSERT_EQ(ToBfloat16(value).bits, bits);
    }
  }
  EXPECT_EQ(ToBfloat16(1.0f + 0x1p-8f).bits, 0x3f80);
  EXPECT_EQ(ToBfloat16(1.0f + 0x1p-7f + 0x1p-8f).bits, 0x3f82);
  EXPECT_EQ(ToBfloat16(std::numeric_limits<float>::max()).bits, 0x7f80);
}

TEST(SmallFloat, ValuesFollowTheirDefinitions) {
  const auto value = [](DataType dtype, int bits) {
    return SmallFloatToFloat(dtype, static_cast<uint8_t>(bits));
  };
  using D = DataType;
  EXPECT_EQ(value(D::kFloat8E5m2, 0x3c), 1.0f);
  EXPECT_EQ(value(D::kFloat8E5m2, 0x7b), 57344.0f);
  EXPECT_EQ(value(D::kFloat8E5m2, 0xfc),
            -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(value(D::kFloat8E5m2, 0x7d)));
  EXPECT_EQ(value(D::kFloat8E5m2, 0x01), 0x1p-16f);
  EXPECT_EQ(value(D::kFloat8E4m3fn, 0x38), 1.0f);
  EXPECT_EQ(value(D::kFloat8E4m3fn, 0x7e), 448.0f);
  EXPECT_TRUE(std::isnan(value(D::kFloat8E4m3fn, 0x7f)));
  EXPECT_EQ(value(D::kFloat8E4m3fnuz, 0x40), 1.0f);
  EXPECT_EQ(value(D::kFloat8E4m3fnuz, 0x7f), 240.0f);
  EXPECT_TRUE(std::isnan(value(D::kFloat8E4m3fnuz, 0x80)));
  EXPECT_EQ(value(D::kFloat8E4m3b11fnuz, 0x58), 1.0f);
  EXPECT_EQ(value(D::kFloat8E4m3b11fnuz, 0x7f), 30.0f);
  EXPECT_EQ(value(D::kFloat8E5m2fnuz, 0x40), 1.0f);
  EXPECT_EQ(value(D::kFloat8E5m2fnuz, 0x7f), 57344.0f);
  EXPECT_TRUE(std::isnan(value(D::kFloat8E5m2fnuz, 0x80)));
  // The stored bytes of [1, 0.5, -6].
  EXPECT_EQ(value(D::kFloat4E2m1fn, 0x02), 1.0f);
  EXPECT_EQ(value(D::kFloat4E2m1fn, 0x01), 0.5f);
  EXPECT_EQ(value(D::kFloat4E2m1fn, 0x0f), -6.0f);
}

}  // namespace
}  // namespace cairn
