// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "fuzz/random_tensor.h"

#include <algorithm>
#include <utility>

#include "fuzz/target.h"

namespace cairn::fuzz {

DataType ChooseType(Choices& choices) {
  const auto types = AllDataTypes();
  const DataType dtype =
      types[static_cast<size_t>(choices.Below(static_cast<int>(types.size())))]
          .dtype;
  return dtype == DataType::kResource ? DataType::kFloat : dtype;
}

Shape ChooseShape(Choices& choices) {
  std::vector<int64_t> dims;
  for (int rank = choices.Below(5); rank > 0; --rank) {
    dims.push_back(choices.Below(8) == 7 ? 0 : 1 + choices.Below(4));
  }
  auto shape = Shape::Create(dims);
  Require(shape.ok());
  return *std::move(shape);
}

Tensor ChooseTensor(Choices& choices, DataType dtype, const Shape& shape) {
  auto tensor = Tensor::Create(dtype, shape);
  Require(tensor.ok());
  if (tensor->view().holds_strings()) {
    for (std::string& text : tensor->strings()) text = choices.Text(12);
  } else {
    // Only the first bytes are chosen, or the choices would soon be used up.
    const std::string pattern = choices.Text(24);
    size_t i = 0;
    for (char& c : tensor->mutable_bytes()) {
      c = pattern.empty() ? 0 : pattern[i++ % pattern.size()];
      if (dtype == DataType::kBool) c &= 1;
    }
  }
  return *std::move(tensor);
}

StatusOr<TensorSlice> ChooseSlice(Choices& choices) {
  std::vector<SliceExtent> extents;
  for (int rank = choices.Below(5); rank > 0; --rank) {
    SliceExtent extent;
    if (choices.Flip()) extent = {choices.Number(), choices.Number()};
    extents.push_back(extent);
  }
  return TensorSlice::Create(std::move(extents));
}

std::vector<TensorSlice> Partition(Choices& choices, const Shape& shape) {
  const int axis = choices.Below(std::max(shape.rank(), 1));
  if (shape.num_elements() == 0 || shape.rank() == 0 || shape.dim(axis) < 2) {
    return {TensorSlice(shape.rank())};
  }
  const int64_t cut = 1 + choices.Below(static_cast<int>(shape.dim(axis) - 1));
  std::vector<TensorSlice> parts;
  for (const SliceExtent extent :
       {SliceExtent{0, cut}, SliceExtent{cut, shape.dim(axis) - cut}}) {
    std::vector<SliceExtent> extents(static_cast<size_t>(shape.rank()));
    extents[static_cast<size_t>(axis)] = extent;
    auto slice = TensorSlice::Create(std::move(extents));
    Require(slice.ok());
    parts.push_back(*std::move(slice));
  }
  if (choices.Flip()) std::swap(parts[0], parts[1]);
  return parts;
}

std::optional<TensorSlice> FirstHalf(const Shape& shape) {
  std::vector<SliceExtent> extents(static_cast<size_t>(shape.rank()));
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape.dim(i) < 2) continue;
    extents[static_cast<size_t>(i)] = {1, shape.dim(i) / 2};
    auto slice = TensorSlice::Create(std::move(extents));
    Require(slice.ok());
    return *std::move(slice);
  }
  return std::nullopt;
}

Tensor CutOut(const Tensor& whole, const TensorSlice& slice) {
  const Shape& shape = whole.shape();
  auto part_shape = slice.Apply(shape);
  Require(part_shape.ok());
  auto part = Tensor::Create(whole.dtype(), *part_shape);
  Require(part.ok());
  const TensorSlice resolved = slice.Resolve(shape);
  const auto size = static_cast<size_t>(DataTypeSize(whole.dtype()));
  for (int64_t to = 0; to < part->num_elements(); ++to) {
    // Each index of the part, shifted by the slice's start.
    int64_t rest = to, from = 0, stride = 1;
    for (int d = shape.rank() - 1; d >= 0; --d) {
      from += (rest % part_shape->dim(d) + resolved.extent(d).start) * stride;
      rest /= part_shape->dim(d);
      stride *= shape.dim(d);
    }
    if (size == 0) {
      part->strings()[static_cast<size_t>(to)] =
          whole.strings()[static_cast<size_t>(from)];
    } else {
      whole.bytes().copy(
          part->mutable_bytes().data() + static_cast<size_t>(to) * size, size,
          static_cast<size_t>(from) * size);
    }
  }
  return *std::move(part);
}

}  // namespace cairn::fuzz
