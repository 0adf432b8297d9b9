// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/shape.h"

#include <cassert>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn {
namespace {

std::string DimsToString(std::span<const int64_t> dims) {
  std::string text = "[";
  for (size_t i = 0; i < dims.size(); ++i) {
    if (i > 0) text += ',';
    text += StrCat(dims[i]);
  }
  return text + "]";
}

}  // namespace

Shape::Shape(const Shape& other) = default;
Shape& Shape::operator=(const Shape& other) = default;
Shape::~Shape() = default;

Shape::Shape(Shape&& other) noexcept
    : dims_(std::move(other.dims_)),
      num_elements_(std::exchange(other.num_elements_, 1)) {
  other.dims_.clear();
}

Shape& Shape::operator=(Shape&& other) noexcept {
  if (this == &other) return *this;
  dims_ = std::move(other.dims_);
  num_elements_ = std::exchange(other.num_elements_, 1);
  other.dims_.clear();
  return *this;
}

Shape::Shape(std::initializer_list<int64_t> dims) {
  StatusOr<Shape> shape =
      Create(std::span<const int64_t>(dims.begin(), dims.size()));
  assert(shape.ok());
  if (shape.ok()) *this = *std::move(shape);
}

StatusOr<Shape> Shape::Create(std::span<const int64_t> dims) {
  if (dims.size() > static_cast<size_t>(kMaxRank)) {
    return InvalidArgumentError(StrCat("shape has ", dims.size(),
                                       " dimensions, at most ", kMaxRank,
                                       " are supported"));
  }
  Shape shape;
  for (const int64_t dim : dims) {
    if (dim < 0) {
      return InvalidArgumentError(
          StrCat("shape ", DimsToString(dims), " has a negative dimension"));
    }
    if (__builtin_mul_overflow(shape.num_elements_, dim,
                               &shape.num_elements_)) {
      return InvalidArgumentError(StrCat("shape ", DimsToString(dims),
                                         " has more than 2^63-1 elements"));
    }
  }
  shape.dims_.assign(dims.begin(), dims.end());
  return shape;
}

std::string Shape::ToString() const { return DimsToString(dims()); }

StatusOr<int64_t> ByteSize(const Shape& shape, int element_size) {
  int64_t bytes;
  if (__builtin_mul_overflow(shape.num_elements(), element_size, &bytes)) {
    return InvalidArgumentError(StrCat("shape ", shape.ToString(), " of ",
                                       element_size,
                                       "-byte elements exceeds 2^63-1 bytes"));
  }
  return bytes;
}

}  // namespace cairn
