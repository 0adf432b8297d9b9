// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/partial_shape.h"

#include <algorithm>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn {

PartialShape::PartialShape(const Shape& shape) {
  dims_.emplace();
  for (int i = 0; i < shape.rank(); ++i) dims_->push_back(shape.dim(i));
}

PartialShape PartialShape::AnyRank() {
  PartialShape shape;
  shape.dims_.reset();
  return shape;
}

bool PartialShape::Accepts(const Shape& shape) const {
  if (!dims_) return true;
  if (static_cast<size_t>(shape.rank()) != dims_->size()) return false;
  for (int i = 0; i < shape.rank(); ++i) {
    const int64_t dim = (*dims_)[static_cast<size_t>(i)];
    if (dim != kUnknown && dim != shape.dim(i)) return false;
  }
  return true;
}

bool PartialShape::is_fully_known() const {
  return dims_ && std::ranges::find(*dims_, kUnknown) == dims_->end();
}

std::optional<Shape> PartialShape::AsShape() const {
  if (!is_fully_known()) return std::nullopt;
  StatusOr<Shape> shape = Shape::Create(*dims_);
  if (!shape.ok()) return std::nullopt;
  return *std::move(shape);
}

std::string PartialShape::ToString() const {
  if (!dims_) return "<unknown>";
  std::vector<std::string> parts;
  for (const int64_t dim : *dims_) {
    parts.push_back(dim == kUnknown ? "?" : StrCat(dim));
  }
  return StrCat("[", Join(parts, ","), "]");
}

}  // namespace cairn
