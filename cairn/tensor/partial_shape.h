// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// PartialShape: which shapes a variable may take, TensorFlow's
// PartialTensorShape.
//
//   PartialShape({2, 3})                          exactly that one
//   PartialShape({PartialShape::kUnknown, 3})     any number of rows
//   PartialShape::AnyRank()                       every shape
#ifndef CAIRN_TENSOR_PARTIAL_SHAPE_H_
#define CAIRN_TENSOR_PARTIAL_SHAPE_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "cairn/tensor/shape.h"

namespace cairn {

class PartialShape {
 public:
  static constexpr int64_t kUnknown = -1;

  PartialShape() : dims_(std::vector<int64_t>()) {}  // scalars
  PartialShape(std::initializer_list<int64_t> dims)
      : dims_(std::vector<int64_t>(dims)) {}
  explicit PartialShape(std::vector<int64_t> dims) : dims_(std::move(dims)) {}
  PartialShape(const Shape& shape);  // NOLINT: that shape only
  static PartialShape AnyRank();

  bool Accepts(const Shape& shape) const;
  bool is_fully_known() const;
  // The only shape it accepts; none if there are several, or a size is wrong.
  std::optional<Shape> AsShape() const;
  // "[2,3]", "[?,3]", "<unknown>".
  std::string ToString() const;

 private:
  std::optional<std::vector<int64_t>> dims_;  // none: any rank
};

}  // namespace cairn

#endif  // CAIRN_TENSOR_PARTIAL_SHAPE_H_
