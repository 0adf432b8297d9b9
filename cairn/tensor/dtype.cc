// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/dtype.h"

#include <array>
#include <cassert>
#include <cmath>
#include <limits>

#include "cairn/base/strings.h"

namespace cairn {
namespace {

using D = DataType;
using K = DataTypeKind;

// Index i holds type number i + 1. Types narrower than a byte take one byte per
// element in memory and in files, the value in the low bits.
constexpr std::array<DataTypeInfo, 33> kTypes = {{
    {D::kFloat, "float32", "DT_FLOAT", K::kFloating, 4, 4, 32, "<f4"},
    {D::kDouble, "float64", "DT_DOUBLE", K::kFloating, 8, 8, 64, "<f8"},
    {D::kInt32, "int32", "DT_INT32", K::kSigned, 4, 4, 32, "<i4"},
    {D::kUint8, "uint8", "DT_UINT8", K::kUnsigned, 1, 1, 8, "|u1"},
    {D::kInt16, "int16", "DT_INT16", K::kSigned, 2, 2, 16, "<i2"},
    {D::kInt8, "int8", "DT_INT8", K::kSigned, 1, 1, 8, "|i1"},
    {D::kString, "string", "DT_STRING", K::kString, 0, 0, 0, ""},
    {D::kComplex64, "complex64", "DT_COMPLEX64", K::kComplex, 8, 4, 64, "<c8"},
    {D::kInt64, "int64", "DT_INT64", K::kSigned, 8, 8, 64, "<i8"},
    {D::kBool, "bool", "DT_BOOL", K::kBool, 1, 1, 8, "|b1"},
    {D::kQint8, "qint8", "DT_QINT8", K::kQuantized, 1, 1, 8, "|i1"},
    {D::kQuint8, "quint8", "DT_QUINT8", K::kQuantized, 1, 1, 8, "|u1"},
    {D::kQint32, "qint32", "DT_QINT32", K::kQuantized, 4, 4, 32, "<i4"},
    {D::kBfloat16, "bfloat16", "DT_BFLOAT16", K::kFloating, 2, 2, 16, ""},
    {D::kQint16, "qint16", "DT_QINT16", K::kQuantized, 2, 2, 16, "<i2"},
    {D::kQuint16, "quint16", "DT_QUINT16", K::kQuantized, 2, 2, 16, "<u2"},
    {D::kUint16, "uint16", "DT_UINT16", K::kUnsigned, 2, 2, 16, "<u2"},
    {D::kComplex128, "complex128", "DT_COMPLEX128", K::kComplex, 16, 8, 128,
     "<c16"},
    {D::kHalf, "float16", "DT_HALF", K::kFloating, 2, 2, 16, "<f2"},
    {D::kResource, "resource", "DT_RESOURCE", K::kResource, 0, 0, 0, ""},
    {D::kVariant, "variant", "DT_VARIANT", K::kVariant, 0, 0, 0, ""},
    {D::kUint32, "uint32", "DT_UINT32", K::kUnsigned, 4, 4, 32, "<u4"},
    {D::kUint64, "uint64", "DT_UINT64", K::kUnsigned, 8, 8, 64, "<u8"},
    {D::kFloat8E5m2, "float8_e5m2", "DT_FLOAT8_E5M2", K::kFloating, 1, 1, 8,
     ""},
    {D::kFloat8E4m3fn, "float8_e4m3fn", "DT_FLOAT8_E4M3FN", K::kFloating, 1, 1,
     8, ""},
    {D::kFloat8E4m3fnuz, "float8_e4m3fnuz", "DT_FLOAT8_E4M3FNUZ", K::kFloating,
     1, 1, 8, ""},
    {D::kFloat8E4m3b11fnuz, "float8_e4m3b11fnuz", "DT_FLOAT8_E4M3B11FNUZ",
     K::kFloating, 1, 1, 8, ""},
    {D::kFloat8E5m2fnuz, "float8_e5m2fnuz", "DT_FLOAT8_E5M2FNUZ", K::kFloating,
     1, 1, 8, ""},
    {D::kInt4, "int4", "DT_INT4", K::kSigned, 1, 1, 4, ""},
    {D::kUint4, "uint4", "DT_UINT4", K::kUnsigned, 1, 1, 4, ""},
    {D::kInt2, "int2", "DT_INT2", K::kSigned, 1, 1, 2, ""},
    {D::kUint2, "uint2", "DT_UINT2", K::kUnsigned, 1, 1, 2, ""},
    {D::kFloat4E2m1fn, "float4_e2m1fn", "DT_FLOAT4_E2M1FN", K::kFloating, 1, 1,
     4, ""},
}};

constexpr bool NumbersMatchIndexes() {
  for (size_t i = 0; i < kTypes.size(); ++i) {
    if (static_cast<size_t>(kTypes[i].dtype) != i + 1) return false;
  }
  return true;
}
static_assert(NumbersMatchIndexes());

constexpr DataTypeInfo kUnknown = {
    D::kInvalid, "invalid", "DT_INVALID", K::kResource, 0, 0, 0, ""};

// How an 8- or 4-bit float divides its bits.
struct SmallFloat {
  int exponent_bits;
  int mantissa_bits;
  int bias;
  // kIeee: exponent all ones is infinity or NaN. kFn: only all ones throughout
  // is NaN. kFnuz: only the bits of minus zero are NaN. kFinite: every pattern
  // is a number.
  enum class Special { kIeee, kFn, kFnuz, kFinite } special;
};

SmallFloat SmallFloatOf(DataType dtype) {
  using S = SmallFloat::Special;
  switch (dtype) {
    case D::kFloat8E5m2:
      return {5, 2, 15, S::kIeee};
    case D::kFloat8E4m3fn:
      return {4, 3, 7, S::kFn};
    case D::kFloat8E4m3fnuz:
      return {4, 3, 8, S::kFnuz};
    case D::kFloat8E4m3b11fnuz:
      return {4, 3, 11, S::kFnuz};
    case D::kFloat8E5m2fnuz:
      return {5, 2, 16, S::kFnuz};
    default:
      assert(dtype == D::kFloat4E2m1fn);
      return {2, 1, 1, S::kFinite};
  }
}

}  // namespace

std::span<const DataTypeInfo> AllDataTypes() { return kTypes; }

const DataTypeInfo* FindDataType(int32_t number) {
  if (number < 1 || number > static_cast<int32_t>(kTypes.size())) {
    return nullptr;
  }
  return &kTypes[static_cast<size_t>(number - 1)];
}

std::optional<DataType> DataTypeFromNumber(int32_t number) {
  const DataTypeInfo* info = FindDataType(number);
  if (info == nullptr) return std::nullopt;
  return info->dtype;
}

std::optional<DataType> DataTypeFromName(std::string_view name) {
  for (const DataTypeInfo& info : kTypes) {
    if (name == info.name || name == info.enum_name) return info.dtype;
  }
  return std::nullopt;
}

const DataTypeInfo& Info(DataType dtype) {
  const DataTypeInfo* info = FindDataType(static_cast<int32_t>(dtype));
  assert(info != nullptr);
  return info == nullptr ? kUnknown : *info;
}

std::string DataTypeName(DataType dtype) {
  const auto number = static_cast<int32_t>(dtype);
  if (const DataTypeInfo* info = FindDataType(number)) {
    return std::string(info->name);
  }
  return StrCat("invalid(", number, ")");
}

std::string DataTypeEnumName(DataType dtype) {
  const auto number = static_cast<int32_t>(dtype);
  if (const DataTypeInfo* info = FindDataType(number)) {
    return std::string(info->enum_name);
  }
  return StrCat("DT_INVALID(", number, ")");
}

int DataTypeSize(DataType dtype) {
  const DataTypeInfo* info = FindDataType(static_cast<int32_t>(dtype));
  return info == nullptr ? 0 : info->size;
}

float ToFloat(Bfloat16 value) {
  return std::bit_cast<float>(static_cast<uint32_t>(value.bits) << 16);
}

Bfloat16 ToBfloat16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  if (std::isnan(value)) {
    // Rounding could carry a NaN into infinity; set the quiet bit instead.
    return {static_cast<uint16_t>((bits >> 16) | 0x40)};
  }
  return {static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16)};
}

float ToFloat(Half value) {
  const uint32_t sign = static_cast<uint32_t>(value.bits & 0x8000) << 16;
  const uint32_t exponent = (value.bits >> 10) & 0x1f;
  const uint32_t mantissa = value.bits & 0x3ff;
  if (exponent == 0x1f) {
    return std::bit_cast<float>(sign | 0x7f800000 | (mantissa << 13));
  }
  if (exponent == 0) {
    const float magnitude = std::ldexp(static_cast<float>(mantissa), -24);
    return sign != 0 ? -magnitude : magnitude;
  }
  return std::bit_cast<float>(sign | ((exponent + 112) << 23) |
                              (mantissa << 13));
}

Half ToHalf(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>((bits >> 16) & 0x8000);
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) {
    return {static_cast<uint16_t>(sign | 0x7e00 | ((magnitude >> 13) & 0x3ff))};
  }
  // 65520 lies half way between the largest half and the next power of two.
  if (magnitude >= std::bit_cast<uint32_t>(65520.0f)) {
    return {static_cast<uint16_t>(sign | 0x7c00)};
  }
  if (magnitude < std::bit_cast<uint32_t>(6.103515625e-05f)) {
    // Subnormal: adding 0.5 makes the addition round at the last half bit.
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return {static_cast<uint16_t>(sign |
                                  (std::bit_cast<uint32_t>(shifted) & 0x7ff))};
  }
  const uint32_t rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
  return {static_cast<uint16_t>(sign | ((rounded >> 13) - (112u << 10)))};
}

float SmallFloatToFloat(DataType dtype, uint8_t bits) {
  const SmallFloat f = SmallFloatOf(dtype);
  const int sign_bit = f.exponent_bits + f.mantissa_bits;
  const int exponent_max = (1 << f.exponent_bits) - 1;
  const int mantissa_max = (1 << f.mantissa_bits) - 1;
  const bool negative = ((bits >> sign_bit) & 1) != 0;
  const int exponent = (bits >> f.mantissa_bits) & exponent_max;
  const int mantissa = bits & mantissa_max;
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  using S = SmallFloat::Special;
  if (f.special == S::kIeee && exponent == exponent_max) {
    if (mantissa != 0) return kNan;
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    return negative ? -kInfinity : kInfinity;
  }
  if (f.special == S::kFn && exponent == exponent_max &&
      mantissa == mantissa_max) {
    return kNan;
  }
  if (f.special == S::kFnuz && negative && exponent == 0 && mantissa == 0) {
    return kNan;
  }
  const float magnitude =
      exponent == 0
          ? std::ldexp(static_cast<float>(mantissa),
                       1 - f.bias - f.mantissa_bits)
          : std::ldexp(static_cast<float>(mantissa + mantissa_max + 1),
                       exponent - f.bias - f.mantissa_bits);
  return negative ? -magnitude : magnitude;
}

}  // namespace cairn
