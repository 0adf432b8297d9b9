// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The row functions of binary.h, in several sources to spare the compiler.
// Internal.
#ifndef CAIRN_COMPUTE_BINARY_ROWS_H_
#define CAIRN_COMPUTE_BINARY_ROWS_H_

#include <cstdint>
#include <type_traits>

#include "cairn/compute/binary.h"
#include "cairn/compute/rows.h"

namespace cairn::compute {

// Operands advance by 0 or 1 element. False if an integer was divided by zero
// or raised to a negative power.
struct BinaryRun {
  const void* x;
  int64_t x_stride;
  const void* y;
  int64_t y_stride;
  void* out;
  int64_t count;
  float parameter;
};
using BinaryRow = bool (*)(const BinaryRun&);

// Null without a kernel. For the types that compute on their own.
BinaryRow ArithmeticRow(BinaryOp op, DataType dtype);
BinaryRow DivisionRow(BinaryOp op, DataType dtype);
BinaryRow ComparisonRow(BinaryOp op, DataType dtype);  // to bool
BinaryRow GradientRow(BinaryOp op, DataType dtype);

// Op::Do(x, y, parameter) for each element. The strides are constants in the
// loops that matter, so that these are vectorised.
template <typename T, typename Op>
bool MapPairs(const BinaryRun& run) {
  const T* const x = static_cast<const T*>(run.x);
  const T* const y = static_cast<const T*>(run.y);
  using R = decltype(Op::Do(T(), T(), 0.0f));
  R* const out = static_cast<R*>(run.out);
  const int64_t n = run.count;
  const float p = run.parameter;
  constexpr bool kCommon = sizeof(T) >= 4 && !kIsComplex<T>;
  if constexpr (kCommon) {
    if (run.x_stride == 1 && run.y_stride == 1) {
      for (int64_t i = 0; i < n; ++i) out[i] = Op::Do(x[i], y[i], p);
      return true;
    }
    if (run.x_stride == 1) {
      const T c = *y;
      for (int64_t i = 0; i < n; ++i) out[i] = Op::Do(x[i], c, p);
      return true;
    }
  }
  for (int64_t i = 0; i < n; ++i) {
    out[i] = Op::Do(x[i * run.x_stride], y[i * run.y_stride], p);
  }
  return true;
}

// As MapPairs for integer operations that not all pairs have a result of.
template <typename T, typename Op>
bool TryPairs(const BinaryRun& run) {
  const T* const x = static_cast<const T*>(run.x);
  const T* const y = static_cast<const T*>(run.y);
  T* const out = static_cast<T*>(run.out);
  bool good = true;
  for (int64_t i = 0; i < run.count; ++i) {
    const T a = x[i * run.x_stride];
    const T b = y[i * run.y_stride];
    const bool possible = Op::IsPossible(a, b);
    good = good && possible;
    out[i] = possible ? Op::Do(a, b) : T(0);
  }
  return good;
}

template <typename Op, typename... Ts>
BinaryRow PickPairs(DataType dtype) {
  BinaryRow row = nullptr;
  (void)((kDataTypeOf<Ts> == dtype ? (row = MapPairs<Ts, Op>, true) : false) ||
         ...);
  return row;
}
template <typename Op>
BinaryRow RealPairs(DataType d) {
  return PickPairs<Op, float, double>(d);
}
template <typename Op>
BinaryRow NumberPairs(DataType d) {
  return PickPairs<Op, float, double, Complex64, Complex128>(d);
}
template <typename Op>
BinaryRow IntegerPairs(DataType d) {
  return PickPairs<Op, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t,
                   uint32_t, uint64_t>(d);
}
// For operations whose bits are the same for signed and unsigned.
template <typename Op>
BinaryRow WrappingPairs(DataType d) {
  switch (d) {
    case DataType::kInt8:
    case DataType::kUint8:
      return MapPairs<uint8_t, Op>;
    case DataType::kInt16:
    case DataType::kUint16:
      return MapPairs<uint16_t, Op>;
    case DataType::kInt32:
    case DataType::kUint32:
      return MapPairs<uint32_t, Op>;
    case DataType::kInt64:
    case DataType::kUint64:
      return MapPairs<uint64_t, Op>;
    default:
      return nullptr;
  }
}
template <typename Op>
BinaryRow TriedIntegerPairs(DataType dtype) {
  BinaryRow row = nullptr;
  const auto pick = [&]<typename... Ts>(std::type_identity<Ts>...) {
    (void)((kDataTypeOf<Ts> == dtype ? (row = TryPairs<Ts, Op>, true)
                                     : false) ||
           ...);
  };
  pick(std::type_identity<int8_t>(), std::type_identity<int16_t>(),
       std::type_identity<int32_t>(), std::type_identity<int64_t>(),
       std::type_identity<uint8_t>(), std::type_identity<uint16_t>(),
       std::type_identity<uint32_t>(), std::type_identity<uint64_t>());
  return row;
}
inline BinaryRow Either(BinaryRow a, BinaryRow b) {
  return a != nullptr ? a : b;
}

// (a + bi)(c + di) by the formula of school, as TensorFlow's vectors do.
template <typename T>
T Multiply(T x, T y) {
  if constexpr (kIsComplex<T>) {
    return T(x.real() * y.real() - x.imag() * y.imag(),
             x.real() * y.imag() + x.imag() * y.real());
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<Wrapping<T>>(x) *
                          static_cast<Wrapping<T>>(y));
  } else {
    return x * y;
  }
}
template <typename T>
T Conjugate(T x) {
  if constexpr (kIsComplex<T>) {
    return std::conj(x);
  } else {
    return x;
  }
}

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_BINARY_ROWS_H_
