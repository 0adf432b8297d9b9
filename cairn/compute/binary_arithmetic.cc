// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "cairn/compute/binary_rows.h"

namespace cairn::compute {
namespace {

struct Add {
  template <typename T>
  static T Do(T x, T y, float) {
    return static_cast<T>(x + y);
  }
};
struct Sub {
  template <typename T>
  static T Do(T x, T y, float) {
    return static_cast<T>(x - y);
  }
};
struct Mul {
  template <typename T>
  static T Do(T x, T y, float) {
    return Multiply(x, y);
  }
};
struct MulNoNan {
  template <typename T>
  static T Do(T x, T y, float) {
    return y == T(0) ? T(0) : Multiply(x, y);
  }
};
struct SquaredDifference {
  template <typename T>
  static T Do(T x, T y, float) {
    const T d = Sub::Do(x, y, 0);
    return Multiply(Conjugate(d), d);
  }
};
// If one is NaN, so is the result.
struct Maximum {
  template <typename T>
  static T Do(T x, T y, float) {
    if constexpr (std::is_floating_point_v<T>) {
      return x > y ? x : (x == y || y > x ? y : x + y);
    } else {
      return x > y ? x : y;
    }
  }
};
struct Minimum {
  template <typename T>
  static T Do(T x, T y, float) {
    if constexpr (std::is_floating_point_v<T>) {
      return x < y ? x : (x == y || y < x ? y : x + y);
    } else {
      return x < y ? x : y;
    }
  }
};
struct And {
  template <typename T>
  static T Do(T x, T y, float) {
    return static_cast<T>(x & y);
  }
};
struct Or {
  template <typename T>
  static T Do(T x, T y, float) {
    return static_cast<T>(x | y);
  }
};
struct Xor {
  template <typename T>
  static T Do(T x, T y, float) {
    return static_cast<T>(x ^ y);
  }
};
// A distance out of range counts as the nearest in it.
template <typename T>
int Distance(T y) {
  constexpr T kMost = static_cast<T>(8 * sizeof(T) - 1);
  return static_cast<int>(y < T(0) ? T(0) : (y > kMost ? kMost : y));
}
struct LeftShift {
  template <typename T>
  static T Do(T x, T y, float) {
    return static_cast<T>(static_cast<Wrapping<T>>(x) << Distance(y));
  }
};
struct RightShift {
  template <typename T>
  static T Do(T x, T y, float) {
    return static_cast<T>(x >> Distance(y));
  }
};
struct Pow {
  template <typename T>
  static T Do(T x, T y, float) {
    return std::pow(x, y);
  }
};
struct IntegerPow {
  template <typename T>
  static bool IsPossible(T, T y) {
    return y >= 0;
  }
  template <typename T>
  static T Do(T x, T y) {
    T result = 1;
    for (T factor = x; y > 0; y = static_cast<T>(y >> 1)) {
      if ((y & 1) != 0) result = Multiply(result, factor);
      factor = Multiply(factor, factor);
    }
    return result;
  }
};
struct Atan2 {
  template <typename T>
  static T Do(T y, T x, float) {
    return std::atan2(y, x);
  }
};
struct Xdivy {
  template <typename T>
  static T Do(T x, T y, float) {
    return x == T(0) ? T(0) : x / y;
  }
};
struct Xlogy {
  template <typename T>
  static T Do(T x, T y, float) {
    return x == T(0) ? T(0) : Multiply(x, T(std::log(y)));
  }
};

BinaryRow SignedPow(DataType d) {
  switch (d) {
    case DataType::kInt8:
      return TryPairs<int8_t, IntegerPow>;
    case DataType::kInt16:
      return TryPairs<int16_t, IntegerPow>;
    case DataType::kInt32:
      return TryPairs<int32_t, IntegerPow>;
    case DataType::kInt64:
      return TryPairs<int64_t, IntegerPow>;
    default:
      return nullptr;
  }
}

}  // namespace

BinaryRow ArithmeticRow(BinaryOp op, DataType d) {
  switch (op) {
    case BinaryOp::kAdd:
    case BinaryOp::kAddV2:
      return Either(NumberPairs<Add>(d), WrappingPairs<Add>(d));
    case BinaryOp::kSub:
      return Either(NumberPairs<Sub>(d), WrappingPairs<Sub>(d));
    case BinaryOp::kMul:
      return Either(NumberPairs<Mul>(d), WrappingPairs<Mul>(d));
    case BinaryOp::kMulNoNan:
      return NumberPairs<MulNoNan>(d);
    case BinaryOp::kSquaredDifference:
      return Either(NumberPairs<SquaredDifference>(d),
                    d == DataType::kInt32 || d == DataType::kInt64
                        ? WrappingPairs<SquaredDifference>(d)
                        : nullptr);
    case BinaryOp::kMaximum:
      return Either(RealPairs<Maximum>(d), IntegerPairs<Maximum>(d));
    case BinaryOp::kMinimum:
      return Either(RealPairs<Minimum>(d), IntegerPairs<Minimum>(d));
    case BinaryOp::kBitwiseAnd:
      return WrappingPairs<And>(d);
    case BinaryOp::kBitwiseOr:
      return WrappingPairs<Or>(d);
    case BinaryOp::kBitwiseXor:
      return WrappingPairs<Xor>(d);
    case BinaryOp::kLeftShift:
      return IntegerPairs<LeftShift>(d);
    case BinaryOp::kRightShift:
      return IntegerPairs<RightShift>(d);
    case BinaryOp::kPow:
      return Either(NumberPairs<Pow>(d), SignedPow(d));
    case BinaryOp::kAtan2:
      return RealPairs<Atan2>(d);
    case BinaryOp::kXdivy:
      return NumberPairs<Xdivy>(d);
    case BinaryOp::kXlogy:
      return NumberPairs<Xlogy>(d);
    default:
      return nullptr;
  }
}

}  // namespace cairn::compute
