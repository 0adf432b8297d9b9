// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Elements of a tensor as numbers, whatever their type.
//
//   if (HoldsRealNumbers(t.dtype())) Show(NumberAt(t.view(), 0));
//
// Thread-safe.
#ifndef CAIRN_INSPECT_NUMBERS_H_
#define CAIRN_INSPECT_NUMBERS_H_

#include <cstdint>
#include <cstring>
#include <optional>

#include "cairn/tensor/dtype.h"
#include "cairn/tensor/tensor.h"

namespace cairn::inspect {

// Floats, integers, quantized integers and bool; not complex, strings,
// variants.
bool HoldsRealNumbers(DataType dtype);

// Element `i` as it is stored, a T, which must be as wide as the dtype's
// elements; the memory need not be aligned.
template <typename T>
T ElementAt(const TensorView& tensor, int64_t i) {
  T value;
  std::memcpy(&value,
              tensor.bytes().data() + static_cast<size_t>(i) * sizeof value,
              sizeof value);
  return value;
}

// Element `i`, rounded to double where it does not fit; requires
// HoldsRealNumbers and 0 <= i < num_elements().
double NumberAt(const TensorView& tensor, int64_t i);
// Element `i` of a type with integers (bool and quantized ones too), exactly:
// the value's 64 bits. Unsigned types zero-extend, signed ones sign-extend; the
// 4- and 2-bit types take the value from the low bits.
int64_t IntegerAt(const TensorView& tensor, int64_t i);

struct NumberStatistics {
  int64_t count = 0;  // elements
  int64_t nans = 0;
  int64_t infinities = 0;  // of either sign
  int64_t zeros = 0;
  // Of the finite elements; positions of the first smallest and largest, -1
  // when there is none.
  int64_t smallest = -1;
  int64_t largest = -1;
  double mean = 0;
  double deviation = 0;  // population standard deviation
};
// Requires HoldsRealNumbers.
NumberStatistics ComputeStatistics(const TensorView& tensor);

// Largest |a[i] - b[i]|; NaN against a number counts as infinity, NaN against
// NaN and equal infinities as 0. Empty unless both have the same dtype with
// real numbers and the same shape.
std::optional<double> LargestDifference(const TensorView& a,
                                        const TensorView& b);

}  // namespace cairn::inspect

#endif  // CAIRN_INSPECT_NUMBERS_H_
