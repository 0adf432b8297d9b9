// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/numbers.h"

#include <cmath>
#include <limits>

namespace cairn::inspect {
namespace {

// The low `bits` of a byte as a two's complement number.
int64_t SignExtend(uint8_t byte, int bits) {
  const int shift = 64 - bits;
  return static_cast<int64_t>(static_cast<uint64_t>(byte) << shift) >> shift;
}

bool IsFloating(DataType dtype) {
  return Info(dtype).kind == DataTypeKind::kFloating;
}

double FloatAt(const TensorView& tensor, int64_t i) {
  switch (tensor.dtype()) {
    case DataType::kFloat:
      return ElementAt<float>(tensor, i);
    case DataType::kDouble:
      return ElementAt<double>(tensor, i);
    case DataType::kHalf:
      return ToFloat(ElementAt<Half>(tensor, i));
    case DataType::kBfloat16:
      return ToFloat(ElementAt<Bfloat16>(tensor, i));
    default:
      return SmallFloatToFloat(tensor.dtype(), ElementAt<uint8_t>(tensor, i));
  }
}

}  // namespace

bool HoldsRealNumbers(DataType dtype) {
  if (!IsFixedSize(dtype)) return false;
  return Info(dtype).kind != DataTypeKind::kComplex;
}

int64_t IntegerAt(const TensorView& tensor, int64_t i) {
  switch (tensor.dtype()) {
    case DataType::kInt64:
      return ElementAt<int64_t>(tensor, i);
    case DataType::kUint64:
      return static_cast<int64_t>(ElementAt<uint64_t>(tensor, i));
    case DataType::kInt32:
    case DataType::kQint32:
      return ElementAt<int32_t>(tensor, i);
    case DataType::kUint32:
      return ElementAt<uint32_t>(tensor, i);
    case DataType::kInt16:
    case DataType::kQint16:
      return ElementAt<int16_t>(tensor, i);
    case DataType::kUint16:
    case DataType::kQuint16:
      return ElementAt<uint16_t>(tensor, i);
    case DataType::kInt8:
    case DataType::kQint8:
      return ElementAt<int8_t>(tensor, i);
    case DataType::kInt4:
      return SignExtend(ElementAt<uint8_t>(tensor, i), 4);
    case DataType::kInt2:
      return SignExtend(ElementAt<uint8_t>(tensor, i), 2);
    case DataType::kUint4:
      return ElementAt<uint8_t>(tensor, i) & 0xf;
    case DataType::kUint2:
      return ElementAt<uint8_t>(tensor, i) & 0x3;
    default:
      return ElementAt<uint8_t>(tensor, i);
  }
}

double NumberAt(const TensorView& tensor, int64_t i) {
  if (IsFloating(tensor.dtype())) return FloatAt(tensor, i);
  const int64_t value = IntegerAt(tensor, i);
  if (tensor.dtype() == DataType::kUint64) {
    return static_cast<double>(static_cast<uint64_t>(value));
  }
  return static_cast<double>(value);
}

NumberStatistics ComputeStatistics(const TensorView& tensor) {
  NumberStatistics stats;
  stats.count = tensor.num_elements();
  double least = 0, most = 0;
  // Welford's method: one pass, no cancellation.
  int64_t finite = 0;
  double mean = 0, squares = 0;
  for (int64_t i = 0; i < stats.count; ++i) {
    const double value = NumberAt(tensor, i);
    if (std::isnan(value)) {
      ++stats.nans;
      continue;
    }
    if (std::isinf(value)) {
      ++stats.infinities;
      continue;
    }
    if (value == 0) ++stats.zeros;
    if (finite == 0 || value < least) {
      least = value;
      stats.smallest = i;
    }
    if (finite == 0 || value > most) {
      most = value;
      stats.largest = i;
    }
    ++finite;
    const double delta = value - mean;
    mean += delta / static_cast<double>(finite);
    squares += delta * (value - mean);
  }
  stats.mean = mean;
  if (finite > 0) {
    stats.deviation = std::sqrt(squares / static_cast<double>(finite));
  }
  return stats;
}

std::optional<double> LargestDifference(const TensorView& a,
                                        const TensorView& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape() ||
      !HoldsRealNumbers(a.dtype())) {
    return std::nullopt;
  }
  double largest = 0;
  for (int64_t i = 0; i < a.num_elements(); ++i) {
    const double x = NumberAt(a, i), y = NumberAt(b, i);
    if (x == y || (std::isnan(x) && std::isnan(y))) continue;
    const double difference = std::abs(x - y);
    if (std::isnan(difference)) return std::numeric_limits<double>::infinity();
    largest = std::max(largest, difference);
  }
  return largest;
}

}  // namespace cairn::inspect
