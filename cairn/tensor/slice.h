// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// TensorSlice: a rectangular part of a tensor, as partitioned variables are
// stored. Spelled as TensorFlow does: `start,length` or `-` (all) per
// dimension, joined by `:`, e.g. "0,2:-".
#ifndef CAIRN_TENSOR_SLICE_H_
#define CAIRN_TENSOR_SLICE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/tensor/shape.h"

namespace cairn {

struct SliceExtent {
  static constexpr int64_t kAll = -1;
  int64_t start = 0;
  int64_t length = kAll;  // kAll: the whole dimension, then start is 0
  bool is_all() const { return length == kAll; }
  friend bool operator==(const SliceExtent&, const SliceExtent&) = default;
};

class TensorSlice {
 public:
  TensorSlice() = default;  // of a scalar: no extents
  // All of a tensor of that rank.
  explicit TensorSlice(int rank) : extents_(static_cast<size_t>(rank)) {}
  // InvalidArgument: start < 0, length < 1 (and not kAll), start + length
  // overflows, kAll with a start.
  static StatusOr<TensorSlice> Create(std::vector<SliceExtent> extents);
  // "" is the slice of a scalar.
  static StatusOr<TensorSlice> Parse(std::string_view text);

  int rank() const { return static_cast<int>(extents_.size()); }
  const SliceExtent& extent(int i) const {
    return extents_[static_cast<size_t>(i)];
  }
  const std::vector<SliceExtent>& extents() const { return extents_; }

  // Shape of the part this cuts out of `shape`. InvalidArgument when the ranks
  // differ or an extent reaches outside.
  StatusOr<Shape> Apply(const Shape& shape) const;
  // The same slice with every extent written out for `shape`; requires Apply to
  // be OK.
  TensorSlice Resolve(const Shape& shape) const;
  // Whether it covers all of `shape`.
  bool Covers(const Shape& shape) const;
  // The common part of two resolved slices; false if it is empty.
  static bool Intersect(const TensorSlice& a, const TensorSlice& b,
                        TensorSlice* common);

  std::string ToString() const;
  friend bool operator==(const TensorSlice&, const TensorSlice&) = default;

 private:
  std::vector<SliceExtent> extents_;
};

}  // namespace cairn

#endif  // CAIRN_TENSOR_SLICE_H_
