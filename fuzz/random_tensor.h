// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Tensors, shapes and slices out of a fuzzer's choices.
#ifndef CAIRN_FUZZ_RANDOM_TENSOR_H_
#define CAIRN_FUZZ_RANDOM_TENSOR_H_

#include <optional>
#include <vector>

#include "cairn/tensor/shape.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/tensor.h"
#include "fuzz/choices.h"

namespace cairn::fuzz {

// Any type that a file can hold.
DataType ChooseType(Choices& choices);
// Rank 0 to 4, at most 4^4 elements, some empty.
Shape ChooseShape(Choices& choices);
// Chosen elements: of a bool 0 and 1 only.
Tensor ChooseTensor(Choices& choices, DataType dtype, const Shape& shape);
// Any extents, also ones that fit nothing; nothing for impossible ones.
StatusOr<TensorSlice> ChooseSlice(Choices& choices);
// Slices that cover the shape, cut along a dimension.
std::vector<TensorSlice> Partition(Choices& choices, const Shape& shape);

// A half of the first dimension that can be split, if any can, and all of the
// others.
std::optional<TensorSlice> FirstHalf(const Shape& shape);

// The part of `whole` that the slice says, element by element.
Tensor CutOut(const Tensor& whole, const TensorSlice& slice);

}  // namespace cairn::fuzz

#endif  // CAIRN_FUZZ_RANDOM_TENSOR_H_
