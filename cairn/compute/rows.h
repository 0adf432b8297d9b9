// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What elementwise kernels are made of. Internal.
//
// A row function works on a run of elements of one type. 16-bit floats have no
// row functions: their runs are widened to float32 and the results rounded.
#ifndef CAIRN_COMPUTE_ROWS_H_
#define CAIRN_COMPUTE_ROWS_H_

#include <complex>
#include <cstdint>
#include <type_traits>

#include "cairn/tensor/tensor.h"

namespace cairn::compute {

using Complex64 = std::complex<float>;
using Complex128 = std::complex<double>;

template <typename T>
inline constexpr bool kIsComplex =
    std::is_same_v<T, Complex64> || std::is_same_v<T, Complex128>;

inline bool IsSixteenBitFloat(DataType dtype) {
  return dtype == DataType::kHalf || dtype == DataType::kBfloat16;
}
// float32 for a 16-bit float, else the type itself.
inline DataType Widened(DataType dtype) {
  return IsSixteenBitFloat(dtype) ? DataType::kFloat : dtype;
}

// Between a run of 16-bit floats and float32.
void Widen(DataType from, const void* in, float* out, int64_t count);
void Narrow(DataType to, const float* in, void* out, int64_t count);
StatusOr<Tensor> WidenTensor(const TensorView& tensor);
StatusOr<Tensor> NarrowTensor(DataType to, const TensorView& tensor);

// `value` as a number of that type: rounded for a 16-bit float.
float Rounded(DataType dtype, float value);

// Elements widened at a time.
inline constexpr int64_t kWideRun = 512;

// The unsigned type in which integers wrap around instead of overflowing, and
// which is not promoted to int.
template <typename T>
struct WrappingType {
  using type = T;
};
template <typename T>
requires std::is_integral_v<T>
struct WrappingType<T> {
  using type = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
};
template <typename T>
using Wrapping = typename WrappingType<T>::type;

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_ROWS_H_
