// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Joining tensors and taking them apart along one dimension.
#include <algorithm>

#include "cairn/compute/array.h"
#include "cairn/compute/checks.h"
#include "cairn/compute/strided_copy.h"

namespace cairn::compute {
namespace {

// Copies between a part and where it stands in the whole: rows of `part_row`
// and `whole_row` elements.
void CopyRows(Context& context, const TensorView& from, int64_t from_row,
              int64_t from_at, Tensor& to, int64_t to_row, int64_t to_at,
              int64_t rows, int64_t length) {
  CopyStrided(context, from, from_at, to, to_at,
              {{rows, from_row, to_row}, {length, 1, 1}});
}

Status CheckConcat(std::span<const TensorView> values, int axis,
                   int64_t* total) {
  *total = 0;
  const Shape& first = values[0].shape();
  for (size_t i = 0; i < values.size(); ++i) {
    const Shape& shape = values[i].shape();
    CAIRN_RETURN_IF_ERROR(RequireSameType(values[0], values[i], "ConcatOp"));
    if (shape.rank() != first.rank()) {
      return InvalidArgumentError(
          StrCat("ConcatOp : Ranks of all input tensors should match: shape[0]"
                 " = ",
                 first.ToString(), " vs. shape[", i, "] = ", shape.ToString()));
    }
    for (int d = 0; d < first.rank(); ++d) {
      if (d == axis || shape.dim(d) == first.dim(d)) continue;
      return InvalidArgumentError(
          StrCat("ConcatOp : Dimension ", d,
                 " in both shapes must be equal: shape[0]"
                 " = ",
                 first.ToString(), " vs. shape[", i, "] = ", shape.ToString()));
    }
    if (__builtin_add_overflow(*total, shape.dim(axis), total)) {
      return InvalidArgumentError("ConcatOp : the joined dimension overflows");
    }
  }
  return OkStatus();
}

Status RequireMovable(const TensorView& x, std::string_view op) {
  return x.holds_strings() || IsFixedSize(x.dtype()) ? OkStatus()
                                                     : NoKernel(op, x.dtype());
}

// `value` cut along `axis` into pieces of these sizes, which add up.
StatusOr<std::vector<Tensor>> Cut(Context& context, const TensorView& value,
                                  int axis, std::span<const int64_t> sizes) {
  CAIRN_RETURN_IF_ERROR(RequireMovable(value, "Split"));
  const Shape& shape = value.shape();
  const int64_t outer = Product(shape, 0, axis);
  const int64_t inner = Product(shape, axis + 1, shape.rank());
  std::vector<Tensor> pieces;
  int64_t at = 0;
  for (const int64_t size : sizes) {
    const int64_t dim[] = {size};
    CAIRN_ASSIGN_OR_RETURN(Shape part, ReplaceDims(shape, axis, axis + 1, dim));
    CAIRN_ASSIGN_OR_RETURN(Tensor piece,
                           context.Allocate(value.dtype(), std::move(part)));
    if (piece.num_elements() > 0) {
      CopyRows(context, value, shape.dim(axis) * inner, at * inner, piece,
               size * inner, 0, outer, size * inner);
    }
    at += size;
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

}  // namespace

StatusOr<Tensor> Concat(Context& context, std::span<const TensorView> values,
                        const TensorView& axis) {
  if (values.empty()) return InvalidArgumentError("ConcatOp : no inputs");
  CAIRN_ASSIGN_OR_RETURN(const int64_t wanted, ReadInteger(axis, "axis"));
  const Shape& first = values[0].shape();
  if (wanted < -first.rank() || wanted >= first.rank()) {
    return InvalidArgumentError(
        StrCat("ConcatOp : Expected concatenating dimensions in the range [",
               -first.rank(), ", ", first.rank(), "), but got ", wanted));
  }
  const int d = static_cast<int>(wanted < 0 ? wanted + first.rank() : wanted);
  int64_t total;
  CAIRN_RETURN_IF_ERROR(CheckConcat(values, d, &total));
  CAIRN_RETURN_IF_ERROR(RequireMovable(values[0], "Concat"));
  const int64_t dim[] = {total};
  CAIRN_ASSIGN_OR_RETURN(Shape shape, ReplaceDims(first, d, d + 1, dim));
  const int64_t outer = Product(shape, 0, d);
  const int64_t inner = Product(shape, d + 1, shape.rank());
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.Allocate(values[0].dtype(), std::move(shape)));
  if (out.num_elements() == 0) return out;
  int64_t at = 0;
  for (const TensorView& value : values) {
    const int64_t length = value.shape().dim(d) * inner;
    CopyRows(context, value, length, 0, out, total * inner, at, outer, length);
    at += length;
  }
  return out;
}

StatusOr<std::vector<Tensor>> ConcatOffset(const TensorView& concat_dim,
                                           std::span<const TensorView> shapes) {
  CAIRN_ASSIGN_OR_RETURN(const int64_t wanted,
                         ReadInteger(concat_dim, "concat_dim"));
  if (shapes.empty()) return InvalidArgumentError("ConcatOffset: no shapes");
  CAIRN_ASSIGN_OR_RETURN(const auto first, ReadIntegers(shapes[0], "shape"));
  const auto rank = static_cast<int64_t>(first.size());
  if (wanted < -rank || wanted >= rank) {
    return InvalidArgumentError(
        StrCat("Concat dim is out of range: ", wanted, " vs. ", rank));
  }
  const auto axis = static_cast<size_t>(wanted < 0 ? wanted + rank : wanted);
  std::vector<Tensor> offsets;
  int64_t at = 0;
  for (size_t i = 0; i < shapes.size(); ++i) {
    CAIRN_ASSIGN_OR_RETURN(const auto dims, ReadIntegers(shapes[i], "shape"));
    if (dims.size() != first.size()) {
      return InvalidArgumentError(StrCat("input ", i, " should contain ", rank,
                                         " elements, but got ", dims.size()));
    }
    for (size_t d = 0; d < dims.size(); ++d) {
      if (d == axis || dims[d] == first[d]) continue;
      return InvalidArgumentError(StrCat("All dimensions except ", axis,
                                         " must match. Input ", i, " has size ",
                                         dims[d], " in dimension ", d,
                                         " and does not match ", first[d]));
    }
    std::vector<int64_t> offset(dims.size(), 0);
    offset[axis] = at;
    CAIRN_ASSIGN_OR_RETURN(Tensor made,
                           MakeIntegers(shapes[0].dtype(), offset));
    offsets.push_back(std::move(made));
    if (__builtin_add_overflow(at, dims[axis], &at)) {
      return InvalidArgumentError("the offset overflows");
    }
  }
  return offsets;
}

StatusOr<Tensor> Pack(Context& context, std::span<const TensorView> values,
                      int64_t axis) {
  if (values.empty()) return InvalidArgumentError("Pack: no inputs");
  const Shape& first = values[0].shape();
  const int64_t rank = first.rank() + 1;
  if (axis < -rank || axis >= rank) {
    return InvalidArgumentError(
        StrCat("axis = ", axis, " not in [", -rank, ", ", rank, ")"));
  }
  const int d = static_cast<int>(axis < 0 ? axis + rank : axis);
  for (size_t i = 0; i < values.size(); ++i) {
    CAIRN_RETURN_IF_ERROR(RequireSameType(values[0], values[i], "Pack"));
    if (!(values[i].shape() == first)) {
      return InvalidArgumentError(
          StrCat("Shapes of all inputs must match: values[0].shape = ",
                 first.ToString(), " != values[", i,
                 "].shape = ", values[i].shape().ToString()));
    }
  }
  CAIRN_RETURN_IF_ERROR(RequireMovable(values[0], "Pack"));
  const auto count = static_cast<int64_t>(values.size());
  const int64_t dim[] = {count};
  CAIRN_ASSIGN_OR_RETURN(Shape shape, ReplaceDims(first, d, d, dim));
  const int64_t outer = Product(first, 0, d);
  const int64_t inner = Product(first, d, first.rank());
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.Allocate(values[0].dtype(), std::move(shape)));
  if (out.num_elements() == 0) return out;
  for (int64_t i = 0; i < count; ++i) {
    CopyRows(context, values[static_cast<size_t>(i)], inner, 0, out,
             count * inner, i * inner, outer, inner);
  }
  return out;
}

StatusOr<std::vector<Tensor>> Unpack(Context& context, const TensorView& value,
                                     int64_t num, int64_t axis) {
  const Shape& shape = value.shape();
  if (axis < -shape.rank() || axis >= shape.rank()) {
    return InvalidArgumentError(StrCat("axis = ", axis, " not in [",
                                       -shape.rank(), ", ", shape.rank(), ")"));
  }
  const int d = static_cast<int>(axis < 0 ? axis + shape.rank() : axis);
  if (shape.dim(d) != num) {
    return InvalidArgumentError(StrCat("Input shape axis ", d, " must equal ",
                                       num, ", got shape ", shape.ToString()));
  }
  CAIRN_RETURN_IF_ERROR(RequireMovable(value, "Unpack"));
  CAIRN_ASSIGN_OR_RETURN(const Shape part, ReplaceDims(shape, d, d + 1, {}));
  const int64_t outer = Product(shape, 0, d);
  const int64_t inner = Product(shape, d + 1, shape.rank());
  std::vector<Tensor> pieces;
  for (int64_t i = 0; i < num; ++i) {
    CAIRN_ASSIGN_OR_RETURN(Tensor piece, context.Allocate(value.dtype(), part));
    if (piece.num_elements() > 0) {
      CopyRows(context, value, num * inner, i * inner, piece, inner, 0, outer,
               inner);
    }
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

StatusOr<std::vector<Tensor>> Split(Context& context, const TensorView& value,
                                    const TensorView& split_dim, int64_t num) {
  CAIRN_ASSIGN_OR_RETURN(const int64_t wanted,
                         ReadInteger(split_dim, "split_dim"));
  const Shape& shape = value.shape();
  if (wanted < -shape.rank() || wanted >= shape.rank()) {
    return InvalidArgumentError(StrCat("-input rank(-", shape.rank(),
                                       ") <= split_dim < input rank (",
                                       shape.rank(), "), but got ", wanted));
  }
  const int axis =
      static_cast<int>(wanted < 0 ? wanted + shape.rank() : wanted);
  if (num <= 0) {
    return InvalidArgumentError(
        StrCat("Number of ways to split should be > 0, but got ", num));
  }
  if (shape.dim(axis) % num != 0) {
    return InvalidArgumentError(
        StrCat("Number of ways to split should evenly divide the split "
               "dimension, but got split_dim ",
               axis, " (size = ", shape.dim(axis), ") and num_split ", num));
  }
  const std::vector<int64_t> sizes(static_cast<size_t>(num),
                                   shape.dim(axis) / num);
  return Cut(context, value, axis, sizes);
}

StatusOr<std::vector<Tensor>> SplitV(Context& context, const TensorView& value,
                                     const TensorView& size_splits,
                                     const TensorView& split_dim, int64_t num) {
  CAIRN_ASSIGN_OR_RETURN(const int64_t wanted,
                         ReadInteger(split_dim, "split_dim"));
  CAIRN_ASSIGN_OR_RETURN(auto sizes, ReadIntegers(size_splits, "size_splits"));
  const Shape& shape = value.shape();
  if (wanted < -shape.rank() || wanted >= shape.rank()) {
    return InvalidArgumentError(StrCat("-input rank(-", shape.rank(),
                                       ") <= split_dim < input rank (",
                                       shape.rank(), "), but got ", wanted));
  }
  if (static_cast<int64_t>(sizes.size()) != num) {
    return InvalidArgumentError(StrCat("size of the split tensor (",
                                       sizes.size(), ") must be num_split (",
                                       num, ")"));
  }
  const int axis =
      static_cast<int>(wanted < 0 ? wanted + shape.rank() : wanted);
  int64_t known = 0;
  int64_t* unknown = nullptr;
  for (int64_t& size : sizes) {
    if (size == -1 && unknown == nullptr) {
      unknown = &size;
    } else if (size < 0 || __builtin_add_overflow(known, size, &known)) {
      return InvalidArgumentError(
          StrCat("Split size must be >= 0 (one may be -1). Got: ", size));
    }
  }
  if (unknown == nullptr ? known != shape.dim(axis) : known > shape.dim(axis)) {
    return InvalidArgumentError(StrCat(
        "Determined shape must ", unknown == nullptr ? "match" : "be at most",
        " input shape along split_dim exactly if fully specified. Got: ", known,
        " for ", shape.dim(axis)));
  }
  if (unknown != nullptr) *unknown = shape.dim(axis) - known;
  return Cut(context, value, axis, sizes);
}

}  // namespace cairn::compute
