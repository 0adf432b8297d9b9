// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What the functions of this room ask of their arguments. Internal.
#ifndef CAIRN_COMPUTE_CHECKS_H_
#define CAIRN_COMPUTE_CHECKS_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/base/strings.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

// The elements of an int32 or int64 tensor of at most one dimension; `what`
// names it in the error.
StatusOr<std::vector<int64_t>> ReadIntegers(const TensorView& tensor,
                                            std::string_view what);
// The one element of an int32 or int64 scalar (or of a vector of one).
StatusOr<int64_t> ReadInteger(const TensorView& tensor, std::string_view what);
// A vector or scalar of `dtype` (int32 or int64; InvalidArgument if a value
// does not fit).
StatusOr<Tensor> MakeIntegers(DataType dtype, std::span<const int64_t> values);
// InvalidArgument unless `dtype` is int32 or int64.
Status RequireIndexType(DataType dtype, std::string_view what);

// `axis`, counted from the end if negative, as one of [0, rank).
StatusOr<int> ResolveAxis(int64_t axis, int rank, std::string_view what);
Status RequireType(const TensorView& tensor, DataType dtype,
                   std::string_view what);
Status RequireSameType(const TensorView& a, const TensorView& b,
                       std::string_view op);
Status RequireSameShape(const TensorView& a, const TensorView& b,
                        std::string_view op);
// "<op>: type <dtype> is not supported"
Status NoKernel(std::string_view op, DataType dtype);

// dims with [first, last) replaced, as a Shape.
StatusOr<Shape> ReplaceDims(const Shape& shape, int first, int last,
                            std::span<const int64_t> by);
// The product of dims [first, last) of a valid shape, in which it may overflow
// only if another dimension is 0: then 0 is returned.
int64_t Product(const Shape& shape, int first, int last);

// The elements' memory, to read and to write; null for an empty tensor.
template <typename T>
const T* In(const TensorView& tensor) {
  return tensor.data<T>().data();
}
template <typename T>
T* Out(Tensor& tensor) {
  return tensor.data<T>().data();
}

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_CHECKS_H_
