// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Shape: the fully known dimensions of a tensor; outermost first.
//
// A Shape that exists is valid: at most kMaxRank dimensions, none negative, and
// the product, formed from left to right, never leaves int64 (so [0, 2^40,
// 2^40] is a shape and [2^40, 2^40, 0] is not, as in TensorFlow).
#ifndef CAIRN_TENSOR_SHAPE_H_
#define CAIRN_TENSOR_SHAPE_H_

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "cairn/base/status.h"

namespace cairn {

inline constexpr int kMaxRank = 254;

class Shape {
 public:
  // A scalar.
  Shape() = default;
  // Out of line: gcc 12 takes the inlined vector's moves for uses of
  // uninitialised memory. A shape that was moved from is a scalar's.
  Shape(const Shape& other);
  Shape(Shape&& other) noexcept;
  Shape& operator=(const Shape& other);
  Shape& operator=(Shape&& other) noexcept;
  ~Shape();
  // For literals in code; an invalid list gives a scalar in release builds and
  // an assertion in debug builds. Sizes that come from outside go through
  // Create.
  Shape(std::initializer_list<int64_t> dims);

  // InvalidArgument for more than kMaxRank dimensions, a negative one, or a
  // product that overflows.
  static StatusOr<Shape> Create(std::span<const int64_t> dims);

  int rank() const { return static_cast<int>(dims_.size()); }
  int64_t dim(int i) const { return dims_[static_cast<size_t>(i)]; }
  std::span<const int64_t> dims() const { return {dims_.data(), dims_.size()}; }
  int64_t num_elements() const { return num_elements_; }

  // "[2,3]"; "[]" for a scalar.
  std::string ToString() const;

  friend bool operator==(const Shape& a, const Shape& b) {
    return a.dims_ == b.dims_;
  }

 private:
  absl::InlinedVector<int64_t, 5> dims_;
  int64_t num_elements_ = 1;
};

// elements * bytes per element, or InvalidArgument on overflow.
StatusOr<int64_t> ByteSize(const Shape& shape, int element_size);

}  // namespace cairn

#endif  // CAIRN_TENSOR_SHAPE_H_
