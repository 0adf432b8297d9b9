// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/compute/broadcast.h"

#include <algorithm>

#include "cairn/compute/checks.h"

namespace cairn::compute {
namespace {

// Dimension `i` from the end, 1 beyond the first.
int64_t DimFromEnd(std::span<const int64_t> dims, size_t i) {
  return i < dims.size() ? dims[dims.size() - 1 - i] : 1;
}

bool Meet(std::span<const int64_t> a, std::span<const int64_t> b,
          std::vector<int64_t>* out) {
  const size_t rank = std::max(a.size(), b.size());
  out->assign(rank, 1);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t x = DimFromEnd(a, i);
    const int64_t y = DimFromEnd(b, i);
    if (x != y && x != 1 && y != 1) return false;
    (*out)[rank - 1 - i] = x == 1 ? y : x;
  }
  return true;
}

std::string DimsText(std::span<const int64_t> dims) {
  std::string text = "[";
  for (size_t i = 0; i < dims.size(); ++i) {
    text += StrCat(i > 0 ? "," : "", dims[i]);
  }
  return text + "]";
}

Status Incompatible(std::span<const int64_t> a, std::span<const int64_t> b) {
  return InvalidArgumentError(
      StrCat("Incompatible shapes: ", DimsText(a), " vs. ", DimsText(b)));
}

}  // namespace

StatusOr<Shape> BroadcastShapes(const Shape& a, const Shape& b) {
  if (a == b) return a;
  std::vector<int64_t> dims;
  if (!Meet(a.dims(), b.dims(), &dims)) {
    return Incompatible(a.dims(), b.dims());
  }
  return Shape::Create(dims);
}

StatusOr<Tensor> BroadcastArgs(const TensorView& s0, const TensorView& s1) {
  CAIRN_RETURN_IF_ERROR(RequireSameType(s0, s1, "BroadcastArgs"));
  CAIRN_ASSIGN_OR_RETURN(const auto a, ReadIntegers(s0, "s0"));
  CAIRN_ASSIGN_OR_RETURN(const auto b, ReadIntegers(s1, "s1"));
  std::vector<int64_t> dims;
  if (!Meet(a, b, &dims)) return Incompatible(a, b);
  return MakeIntegers(s0.dtype(), dims);
}

StatusOr<std::pair<Tensor, Tensor>> BroadcastGradientArgs(
    const TensorView& s0, const TensorView& s1) {
  CAIRN_RETURN_IF_ERROR(RequireSameType(s0, s1, "BroadcastGradientArgs"));
  CAIRN_ASSIGN_OR_RETURN(const auto a, ReadIntegers(s0, "s0"));
  CAIRN_ASSIGN_OR_RETURN(const auto b, ReadIntegers(s1, "s1"));
  std::vector<int64_t> dims;
  if (!Meet(a, b, &dims)) return Incompatible(a, b);
  std::vector<int64_t> from_a, from_b;
  // TensorFlow's BCast: equal shapes need no sums at all; else a dimension of 1
  // counts as broadcast on both sides if both have it.
  if (a != b) {
    for (size_t i = 0; i < dims.size(); ++i) {
      const size_t from_end = dims.size() - 1 - i;
      const int64_t x = DimFromEnd(a, from_end);
      const int64_t y = DimFromEnd(b, from_end);
      const auto axis = static_cast<int64_t>(i);
      if (x == 1) from_a.push_back(axis);
      if (y == 1) from_b.push_back(axis);
    }
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor r0, MakeIntegers(s0.dtype(), from_a));
  CAIRN_ASSIGN_OR_RETURN(Tensor r1, MakeIntegers(s0.dtype(), from_b));
  return std::make_pair(std::move(r0), std::move(r1));
}

BroadcastWalk::BroadcastWalk(const Shape& out,
                             std::span<const Shape* const> operands)
    : elements_(out.num_elements()), operands_(operands.size()) {
  Offsets run = {1, 1, 1};  // the operands' elements per step
  for (int from_end = 0; from_end < out.rank() && elements_ > 0; ++from_end) {
    const auto i = static_cast<size_t>(from_end);
    Dim dim = {DimFromEnd(out.dims(), i), {}};
    if (dim.size == 1) continue;
    for (size_t o = 0; o < operands_; ++o) {
      const int64_t size = DimFromEnd(operands[o]->dims(), i);
      dim.strides[o] = size == 1 ? 0 : run[o];
      run[o] *= size;
    }
    // The dimension inside this one, if any, is the last of the list.
    bool join = !dims_.empty();
    for (size_t o = 0; join && o < operands_; ++o) {
      join = dim.strides[o] == dims_.back().strides[o] * dims_.back().size;
    }
    if (join) {
      dims_.back().size *= dim.size;
    } else {
      dims_.push_back(dim);
    }
  }
  if (dims_.empty()) dims_.push_back({elements_, {}});
  std::ranges::reverse(dims_);
}

void BroadcastWalk::Rows(int64_t begin, int64_t end, const Row& row) const {
  std::vector<int64_t> index(dims_.size());
  Offsets offsets = {};
  int64_t rest = begin;
  for (size_t d = dims_.size(); d-- > 0;) {
    index[d] = rest % dims_[d].size;
    rest /= dims_[d].size;
    for (size_t o = 0; o < operands_; ++o) {
      offsets[o] += index[d] * dims_[d].strides[o];
    }
  }
  for (int64_t at = begin; at < end;) {
    const int64_t count = std::min(row_length() - index.back(), end - at);
    row(at, offsets, count);
    at += count;
    // On to the next index, as an odometer does.
    index.back() += count - 1;
    for (size_t o = 0; o < operands_; ++o) {
      offsets[o] += (count - 1) * dims_.back().strides[o];
    }
    for (size_t d = dims_.size(); d-- > 0;) {
      for (size_t o = 0; o < operands_; ++o) offsets[o] += dims_[d].strides[o];
      if (++index[d] < dims_[d].size) break;
      for (size_t o = 0; o < operands_; ++o) {
        offsets[o] -= index[d] * dims_[d].strides[o];
      }
      index[d] = 0;
    }
  }
}

void BroadcastWalk::ForEachRow(Context& context, int64_t cost,
                               const Row& row) const {
  context.ParallelFor(elements_, cost, [&](int64_t begin, int64_t end) {
    Rows(begin, end, row);
  });
}

}  // namespace cairn::compute
