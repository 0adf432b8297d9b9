// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// DataType: TensorFlow's element types, with the numbers that stand in files.
//
// Never change or reuse a number. A reference type is its base's number + 100
// and is legal in graphs only, never in a checkpoint.
#ifndef CAIRN_TENSOR_DTYPE_H_
#define CAIRN_TENSOR_DTYPE_H_

#include <bit>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cairn {

enum class DataType : int32_t {
  kInvalid = 0,
  kFloat = 1,
  kDouble = 2,
  kInt32 = 3,
  kUint8 = 4,
  kInt16 = 5,
  kInt8 = 6,
  kString = 7,
  kComplex64 = 8,
  kInt64 = 9,
  kBool = 10,
  kQint8 = 11,
  kQuint8 = 12,
  kQint32 = 13,
  kBfloat16 = 14,
  kQint16 = 15,
  kQuint16 = 16,
  kUint16 = 17,
  kComplex128 = 18,
  kHalf = 19,
  kResource = 20,
  kVariant = 21,
  kUint32 = 22,
  kUint64 = 23,
  kFloat8E5m2 = 24,
  kFloat8E4m3fn = 25,
  kFloat8E4m3fnuz = 26,
  kFloat8E4m3b11fnuz = 27,
  kFloat8E5m2fnuz = 28,
  kInt4 = 29,
  kUint4 = 30,
  kInt2 = 31,
  kUint2 = 32,
  kFloat4E2m1fn = 33,
};
inline constexpr int32_t kRefTypeOffset = 100;

enum class DataTypeKind {
  kFloating,
  kSigned,
  kUnsigned,
  kBool,
  kComplex,
  kQuantized,
  kString,
  kVariant,
  kResource,
};

struct DataTypeInfo {
  DataType dtype;
  std::string_view name;       // what tf.as_dtype prints: "float32"
  std::string_view enum_name;  // "DT_FLOAT"
  DataTypeKind kind;
  int size;       // bytes an element takes in memory and in files; 0: varies
  int swap_unit;  // bytes reversed together between endiannesses
  int bits;       // bits that carry the value: 4 for int4 (stored in a byte)
  std::string_view npy_descr;  // NumPy's descriptor ("<f4"), "" if it has none
};

// All types, in order of number.
std::span<const DataTypeInfo> AllDataTypes();
// Null for a number that is no (non-reference) type.
const DataTypeInfo* FindDataType(int32_t number);
std::optional<DataType> DataTypeFromNumber(int32_t number);
// By name or enum name.
std::optional<DataType> DataTypeFromName(std::string_view name);

// `dtype` must be one of the enumerators except kInvalid for Info; the others
// accept any value.
const DataTypeInfo& Info(DataType dtype);
std::string DataTypeName(DataType dtype);      // "float32"; "invalid(55)"
std::string DataTypeEnumName(DataType dtype);  // "DT_FLOAT"
// Bytes an element takes; 0 for string, variant, resource and unknown types.
int DataTypeSize(DataType dtype);
inline bool IsFixedSize(DataType dtype) { return DataTypeSize(dtype) > 0; }

// 16-bit floats by their bits; conversion rounds to nearest even.
struct Half {
  uint16_t bits = 0;
  friend bool operator==(Half, Half) = default;
};
struct Bfloat16 {
  uint16_t bits = 0;
  friend bool operator==(Bfloat16, Bfloat16) = default;
};
float ToFloat(Half value);
float ToFloat(Bfloat16 value);
Half ToHalf(float value);
Bfloat16 ToBfloat16(float value);
// The number an 8- or 4-bit float's bits stand for.
float SmallFloatToFloat(DataType dtype, uint8_t bits);

// C++ type -> DataType for the types that have a C++ counterpart.
template <typename T>
inline constexpr DataType kDataTypeOf = DataType::kInvalid;
template <>
inline constexpr DataType kDataTypeOf<float> = DataType::kFloat;
template <>
inline constexpr DataType kDataTypeOf<double> = DataType::kDouble;
template <>
inline constexpr DataType kDataTypeOf<int32_t> = DataType::kInt32;
template <>
inline constexpr DataType kDataTypeOf<uint8_t> = DataType::kUint8;
template <>
inline constexpr DataType kDataTypeOf<int16_t> = DataType::kInt16;
template <>
inline constexpr DataType kDataTypeOf<int8_t> = DataType::kInt8;
template <>
inline constexpr DataType kDataTypeOf<int64_t> = DataType::kInt64;
template <>
inline constexpr DataType kDataTypeOf<bool> = DataType::kBool;
template <>
inline constexpr DataType kDataTypeOf<uint16_t> = DataType::kUint16;
template <>
inline constexpr DataType kDataTypeOf<uint32_t> = DataType::kUint32;
template <>
inline constexpr DataType kDataTypeOf<uint64_t> = DataType::kUint64;
template <>
inline constexpr DataType kDataTypeOf<Half> = DataType::kHalf;
template <>
inline constexpr DataType kDataTypeOf<Bfloat16> = DataType::kBfloat16;
template <>
inline constexpr DataType kDataTypeOf<std::complex<float>> =
    DataType::kComplex64;
template <>
inline constexpr DataType kDataTypeOf<std::complex<double>> =
    DataType::kComplex128;
template <>
inline constexpr DataType kDataTypeOf<std::string> = DataType::kString;

}  // namespace cairn

#endif  // CAIRN_TENSOR_DTYPE_H_
