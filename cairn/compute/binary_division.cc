// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "cairn/compute/binary_rows.h"

namespace cairn::compute {
namespace {

struct Divide {
  template <typename T>
  static T Do(T x, T y, float) {
    return x / y;
  }
};
struct DivNoNan {
  template <typename T>
  static T Do(T x, T y, float) {
    return y == T(0) ? T(0) : x / y;
  }
};
struct FloorDivide {
  template <typename T>
  static T Do(T x, T y, float) {
    return std::floor(x / y);
  }
};
struct Truncated {
  template <typename T>
  static T Do(T x, T y, float) {
    return std::trunc(x / y);
  }
};
// The remainder has the sign of the divisor.
struct FloorMod {
  template <typename T>
  static T Do(T x, T y, float) {
    const T remainder = std::fmod(x, y);
    return remainder != 0 && (remainder < 0) != (y < 0) ? remainder + y
                                                        : remainder;
  }
};
struct Mod {
  template <typename T>
  static T Do(T x, T y, float) {
    return std::fmod(x, y);
  }
};

// Of integers. The lowest one divided by -1 wraps around to itself.
template <typename T>
T Quotient(T x, T y) {
  if constexpr (std::is_signed_v<T>) {
    if (y == -1) {
      return static_cast<T>(Wrapping<T>{0} - static_cast<Wrapping<T>>(x));
    }
  }
  return static_cast<T>(x / y);
}
template <typename T>
T Remainder(T x, T y) {
  if constexpr (std::is_signed_v<T>) {
    if (y == -1) return 0;
  }
  return static_cast<T>(x % y);
}
struct NonZero {
  template <typename T>
  static bool IsPossible(T, T y) {
    return y != 0;
  }
};
struct IntegerDivide : NonZero {
  template <typename T>
  static T Do(T x, T y) {
    return Quotient(x, y);
  }
};
struct IntegerFloorDivide : NonZero {
  template <typename T>
  static T Do(T x, T y) {
    const T q = Quotient(x, y);
    const bool down = Remainder(x, y) != 0 && (x < T(0)) != (y < T(0));
    return static_cast<T>(q - (down ? 1 : 0));
  }
};
struct IntegerMod : NonZero {
  template <typename T>
  static T Do(T x, T y) {
    return Remainder(x, y);
  }
};
struct IntegerFloorMod : NonZero {
  template <typename T>
  static T Do(T x, T y) {
    const T r = Remainder(x, y);
    return r != 0 && (r < T(0)) != (y < T(0)) ? static_cast<T>(r + y) : r;
  }
};

BinaryRow LongMod(DataType d) {
  if (d == DataType::kInt32) return TryPairs<int32_t, IntegerMod>;
  if (d == DataType::kInt64) return TryPairs<int64_t, IntegerMod>;
  return nullptr;
}

}  // namespace

BinaryRow DivisionRow(BinaryOp op, DataType d) {
  switch (op) {
    case BinaryOp::kDiv:
      return Either(NumberPairs<Divide>(d),
                    TriedIntegerPairs<IntegerDivide>(d));
    case BinaryOp::kRealDiv:
      return NumberPairs<Divide>(d);
    case BinaryOp::kTruncateDiv:
      return Either(RealPairs<Truncated>(d),
                    TriedIntegerPairs<IntegerDivide>(d));
    case BinaryOp::kFloorDiv:
      return Either(RealPairs<FloorDivide>(d),
                    TriedIntegerPairs<IntegerFloorDivide>(d));
    case BinaryOp::kFloorMod:
      return Either(RealPairs<FloorMod>(d),
                    TriedIntegerPairs<IntegerFloorMod>(d));
    case BinaryOp::kMod:
    case BinaryOp::kTruncateMod:
      return Either(RealPairs<Mod>(d), LongMod(d));
    case BinaryOp::kDivNoNan:
      return NumberPairs<DivNoNan>(d);
    default:
      return nullptr;
  }
}

}  // namespace cairn::compute
