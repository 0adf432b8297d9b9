// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/slice.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn {
namespace {

std::string ExtentToString(const SliceExtent& extent) {
  if (extent.is_all()) return "-";
  return StrCat(extent.start, ",", extent.length);
}

bool ParseNumber(std::string_view text, int64_t* value) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, *value);
  return error == std::errc() && rest == end;
}

}  // namespace

StatusOr<TensorSlice> TensorSlice::Create(std::vector<SliceExtent> extents) {
  if (extents.size() > static_cast<size_t>(kMaxRank)) {
    return InvalidArgumentError(StrCat("slice has ", extents.size(),
                                       " dimensions, at most ", kMaxRank,
                                       " are supported"));
  }
  for (size_t d = 0; d < extents.size(); ++d) {
    const SliceExtent& extent = extents[d];
    if (extent.is_all()) {
      if (extent.start == 0) continue;
      return InvalidArgumentError(StrCat("slice takes all of dimension ", d,
                                         " but starts at ", extent.start));
    }
    if (extent.start < 0 || extent.length < 1) {
      return InvalidArgumentError(StrCat(
          "Expected non-negative start and positive length in dimension ", d,
          " but got start = ", extent.start, ", length = ", extent.length));
    }
    if (extent.start > std::numeric_limits<int64_t>::max() - extent.length) {
      return InvalidArgumentError(StrCat("slice ", ExtentToString(extent),
                                         " of dimension ", d,
                                         " ends beyond 2^63-1"));
    }
  }
  TensorSlice slice;
  slice.extents_ = std::move(extents);
  return slice;
}

StatusOr<TensorSlice> TensorSlice::Parse(std::string_view text) {
  if (text.empty()) return TensorSlice();
  std::vector<SliceExtent> extents;
  for (const std::string_view item : Split(text, ':')) {
    SliceExtent extent;
    if (item != "-") {
      const size_t comma = item.find(',');
      if (comma == std::string_view::npos ||
          !ParseNumber(item.substr(0, comma), &extent.start) ||
          !ParseNumber(item.substr(comma + 1), &extent.length)) {
        return InvalidArgumentError(
            StrCat("Expected a pair of numbers or '-' but got '", Escape(item),
                   "': string = ", Escape(text)));
      }
      if (extent.start < 0 || extent.length < 1) {
        return InvalidArgumentError(
            StrCat("Expected non-negative start and positive length but got "
                   "start = ",
                   extent.start, ", length = ", extent.length,
                   ": string = ", Escape(text)));
      }
    }
    extents.push_back(extent);
  }
  return Create(std::move(extents));
}

StatusOr<Shape> TensorSlice::Apply(const Shape& shape) const {
  if (shape.rank() != rank()) {
    return InvalidArgumentError(StrCat("slice ", ToString(), " has rank ",
                                       rank(), ", shape ", shape.ToString(),
                                       " has rank ", shape.rank()));
  }
  std::vector<int64_t> dims;
  dims.reserve(extents_.size());
  for (int d = 0; d < rank(); ++d) {
    const SliceExtent& e = extent(d);
    if (e.is_all()) {
      dims.push_back(shape.dim(d));
      continue;
    }
    if (e.start > shape.dim(d) || e.length > shape.dim(d) - e.start) {
      return InvalidArgumentError(
          StrCat("Extent in dimension ", d, " out of bounds: shape = ",
                 shape.ToString(), ", slice = ", ToString()));
    }
    dims.push_back(e.length);
  }
  return Shape::Create(dims);
}

TensorSlice TensorSlice::Resolve(const Shape& shape) const {
  TensorSlice resolved = *this;
  for (int d = 0; d < rank(); ++d) {
    SliceExtent& e = resolved.extents_[static_cast<size_t>(d)];
    if (e.is_all()) e = {0, shape.dim(d)};
  }
  return resolved;
}

bool TensorSlice::Covers(const Shape& shape) const {
  if (shape.rank() != rank()) return false;
  for (int d = 0; d < rank(); ++d) {
    const SliceExtent& e = extent(d);
    if (!e.is_all() && (e.start != 0 || e.length != shape.dim(d))) return false;
  }
  return true;
}

bool TensorSlice::Intersect(const TensorSlice& a, const TensorSlice& b,
                            TensorSlice* common) {
  if (a.rank() != b.rank()) return false;
  TensorSlice result(a.rank());
  for (int d = 0; d < a.rank(); ++d) {
    const SliceExtent& x = a.extent(d);
    const SliceExtent& y = b.extent(d);
    const int64_t start = std::max(x.start, y.start);
    const int64_t end = std::min(x.start + x.length, y.start + y.length);
    if (start >= end) return false;
    result.extents_[static_cast<size_t>(d)] = {start, end - start};
  }
  *common = std::move(result);
  return true;
}

std::string TensorSlice::ToString() const {
  std::string text;
  for (const SliceExtent& extent : extents_) {
    if (&extent != extents_.data()) text += ':';
    text += ExtentToString(extent);
  }
  return text;
}

}  // namespace cairn
