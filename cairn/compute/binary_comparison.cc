// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "cairn/compute/binary_rows.h"

namespace cairn::compute {
namespace {

struct Equal {
  template <typename T>
  static bool Do(T x, T y, float) {
    return x == y;
  }
};
struct NotEqual {
  template <typename T>
  static bool Do(T x, T y, float) {
    return x != y;
  }
};
struct Less {
  template <typename T>
  static bool Do(T x, T y, float) {
    return x < y;
  }
};
struct LessEqual {
  template <typename T>
  static bool Do(T x, T y, float) {
    return x <= y;
  }
};
struct Greater {
  template <typename T>
  static bool Do(T x, T y, float) {
    return x > y;
  }
};
struct GreaterEqual {
  template <typename T>
  static bool Do(T x, T y, float) {
    return x >= y;
  }
};
struct ApproximateEqual {
  template <typename T>
  static bool Do(T x, T y, float tolerance) {
    return std::abs(x - y) < static_cast<T>(tolerance);
  }
};
struct And {
  static bool Do(bool x, bool y, float) { return x && y; }
};
struct Or {
  static bool Do(bool x, bool y, float) { return x || y; }
};

// Equality is the same for signed, unsigned, quantized numbers and booleans.
template <typename Op>
BinaryRow EqualityPairs(DataType d) {
  if (const BinaryRow row = NumberPairs<Op>(d)) return row;
  switch (d) {
    case DataType::kBool:
    case DataType::kQint8:
    case DataType::kQuint8:
      return MapPairs<uint8_t, Op>;
    case DataType::kQint16:
    case DataType::kQuint16:
      return MapPairs<uint16_t, Op>;
    case DataType::kQint32:
      return MapPairs<uint32_t, Op>;
    default:
      return WrappingPairs<Op>(d);
  }
}
template <typename Op>
BinaryRow OrderPairs(DataType d) {
  return Either(RealPairs<Op>(d), IntegerPairs<Op>(d));
}

}  // namespace

BinaryRow ComparisonRow(BinaryOp op, DataType d) {
  switch (op) {
    case BinaryOp::kEqual:
      return EqualityPairs<Equal>(d);
    case BinaryOp::kNotEqual:
      return EqualityPairs<NotEqual>(d);
    case BinaryOp::kLess:
      return OrderPairs<Less>(d);
    case BinaryOp::kLessEqual:
      return OrderPairs<LessEqual>(d);
    case BinaryOp::kGreater:
      return OrderPairs<Greater>(d);
    case BinaryOp::kGreaterEqual:
      return OrderPairs<GreaterEqual>(d);
    case BinaryOp::kApproximateEqual:
      return RealPairs<ApproximateEqual>(d);
    case BinaryOp::kLogicalAnd:
      return PickPairs<And, bool>(d);
    case BinaryOp::kLogicalOr:
      return PickPairs<Or, bool>(d);
    default:
      return nullptr;
  }
}

}  // namespace cairn::compute
