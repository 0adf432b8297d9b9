// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Transposes, reversals, repetitions, paddings, diagonals and blocks.
#include <algorithm>

#include "cairn/compute/array.h"
#include "cairn/compute/binary.h"
#include "cairn/compute/broadcast.h"
#include "cairn/compute/cast.h"
#include "cairn/compute/checks.h"
#include "cairn/compute/strided_copy.h"

namespace cairn::compute {
namespace {

// A tensor that can be moved around.
Status RequireMovable(const TensorView& x, std::string_view op) {
  return x.holds_strings() || IsFixedSize(x.dtype()) ? OkStatus()
                                                     : NoKernel(op, x.dtype());
}

// Copies all of `from` to where the strides of `to` say.
void Place(Context& context, const TensorView& from, Tensor& to,
           int64_t to_offset) {
  const auto a = StridesOf(from.shape());
  const auto b = StridesOf(to.shape());
  std::vector<CopyDim> dims;
  for (size_t d = 0; d < a.size(); ++d) {
    dims.push_back({from.shape().dim(static_cast<int>(d)), a[d], b[d]});
  }
  CopyStrided(context, from, 0, to, to_offset, std::move(dims));
}

struct Padding {
  int64_t before, after;
};

// A matrix [rank, 2] of int32 or int64, none negative.
StatusOr<std::vector<Padding>> ReadPaddings(const TensorView& paddings,
                                            int rank) {
  const Shape& shape = paddings.shape();
  if (shape.rank() != 2 || shape.dim(1) != 2) {
    return InvalidArgumentError(
        StrCat("paddings must be a matrix with 2 columns: ", shape.ToString()));
  }
  if (shape.dim(0) != rank) {
    return InvalidArgumentError(
        StrCat("The first dimension of paddings must be the rank of inputs ",
               shape.ToString(), " ", rank));
  }
  CAIRN_RETURN_IF_ERROR(RequireIndexType(paddings.dtype(), "paddings"));
  std::vector<Padding> out;
  for (size_t d = 0; d < static_cast<size_t>(rank); ++d) {
    const auto at = [&](size_t i) -> int64_t {
      return paddings.dtype() == DataType::kInt32 ? paddings.data<int32_t>()[i]
                                                  : paddings.data<int64_t>()[i];
    };
    out.push_back({at(2 * d), at(2 * d + 1)});
    if (out.back().before < 0 || out.back().after < 0) {
      return InvalidArgumentError(
          StrCat("Paddings must be non-negative: ", out.back().before, " ",
                 out.back().after));
    }
  }
  return out;
}

StatusOr<Shape> PaddedShape(const Shape& shape,
                            std::span<const Padding> paddings) {
  std::vector<int64_t> dims;
  for (int d = 0; d < shape.rank(); ++d) {
    const Padding& p = paddings[static_cast<size_t>(d)];
    int64_t size;
    if (__builtin_add_overflow(shape.dim(d), p.before, &size) ||
        __builtin_add_overflow(size, p.after, &size)) {
      return InvalidArgumentError("the padded size overflows");
    }
    dims.push_back(size);
  }
  return Shape::Create(dims);
}

int64_t OffsetOf(std::span<const Padding> paddings,
                 std::span<const int64_t> strides) {
  int64_t offset = 0;
  for (size_t d = 0; d < paddings.size(); ++d) {
    offset += paddings[d].before * strides[d];
  }
  return offset;
}

StatusOr<Tensor> ReverseAlong(Context& context, const TensorView& x,
                              const std::vector<bool>& reversed) {
  CAIRN_RETURN_IF_ERROR(RequireMovable(x, "Reverse"));
  CAIRN_ASSIGN_OR_RETURN(Tensor y, context.Allocate(x.dtype(), x.shape()));
  if (x.num_elements() == 0) return y;
  const auto strides = StridesOf(x.shape());
  std::vector<CopyDim> dims;
  int64_t first = 0;
  for (size_t d = 0; d < strides.size(); ++d) {
    const int64_t size = x.shape().dim(static_cast<int>(d));
    dims.push_back({size, reversed[d] ? -strides[d] : strides[d], strides[d]});
    if (reversed[d]) first += (size - 1) * strides[d];
  }
  CopyStrided(context, x, first, y, 0, std::move(dims));
  return y;
}

// How much of the mirror's plane is left out.
int64_t MirrorOffset(MirrorMode mode) {
  return mode == MirrorMode::kReflect ? 1 : 0;
}

}  // namespace

StatusOr<Tensor> Transpose(Context& context, const TensorView& x,
                           const TensorView& perm, Conjugation conjugation) {
  CAIRN_RETURN_IF_ERROR(RequireMovable(x, "Transpose"));
  CAIRN_ASSIGN_OR_RETURN(const auto order, ReadIntegers(perm, "perm"));
  const int rank = x.shape().rank();
  if (order.size() != static_cast<size_t>(rank)) {
    return InvalidArgumentError(StrCat("transpose expects a vector of size ",
                                       rank,
                                       ". But input(1) is a vector of "
                                       "size ",
                                       order.size()));
  }
  std::vector<bool> seen(order.size());
  const auto strides = StridesOf(x.shape());
  std::vector<CopyDim> copy;
  std::vector<int64_t> dims;
  for (int64_t d : order) {
    const int64_t given = d;
    if (d < 0) d += rank;
    if (d < 0 || d >= rank) {
      return InvalidArgumentError(
          StrCat(given, " is out of range [0 .. ", rank, ")"));
    }
    if (seen[static_cast<size_t>(d)]) {
      return InvalidArgumentError(StrCat(d, " is duplicated in permutation."));
    }
    seen[static_cast<size_t>(d)] = true;
    dims.push_back(x.shape().dim(static_cast<int>(d)));
    copy.push_back({dims.back(), strides[static_cast<size_t>(d)], 0});
  }
  CAIRN_ASSIGN_OR_RETURN(Shape shape, Shape::Create(dims));
  const auto to = StridesOf(shape);
  for (size_t d = 0; d < copy.size(); ++d) copy[d].to = to[d];
  CAIRN_ASSIGN_OR_RETURN(Tensor y,
                         context.Allocate(x.dtype(), std::move(shape)));
  CopyStrided(context, x, 0, y, 0, std::move(copy));
  if (conjugation == Conjugation::kConjugate &&
      Info(x.dtype()).kind == DataTypeKind::kComplex) {
    return Conj(context, y);
  }
  return y;
}

StatusOr<Tensor> InvertPermutation(Context&, const TensorView& x) {
  if (x.shape().rank() != 1) {
    return InvalidArgumentError(
        StrCat("invert_permutation expects a 1D vector, not shape ",
               x.shape().ToString()));
  }
  CAIRN_ASSIGN_OR_RETURN(const auto order, ReadIntegers(x, "x"));
  const auto n = static_cast<int64_t>(order.size());
  std::vector<int64_t> inverse(order.size(), -1);
  for (int64_t i = 0; i < n; ++i) {
    const int64_t d = order[static_cast<size_t>(i)];
    if (d < 0 || d >= n) {
      return InvalidArgumentError(StrCat(d, " is not between 0 and ", n));
    }
    if (inverse[static_cast<size_t>(d)] != -1) {
      return InvalidArgumentError(StrCat(d, " is duplicated in the input."));
    }
    inverse[static_cast<size_t>(d)] = i;
  }
  return MakeIntegers(x.dtype(), inverse);
}

StatusOr<Tensor> ReverseV2(Context& context, const TensorView& tensor,
                           const TensorView& axis) {
  CAIRN_ASSIGN_OR_RETURN(const auto axes, ReadIntegers(axis, "axis"));
  const int rank = tensor.shape().rank();
  std::vector<bool> reversed(static_cast<size_t>(rank));
  for (const int64_t a : axes) {
    if (a < -rank || a >= rank) {
      return InvalidArgumentError(StrCat("axis ", a, " is out of valid range [",
                                         -rank, ", ", rank - 1, "]"));
    }
    const auto d = static_cast<size_t>(a < 0 ? a + rank : a);
    if (reversed[d]) {
      return InvalidArgumentError(
          StrCat("axis ", d, " specified more than once."));
    }
    reversed[d] = true;
  }
  return ReverseAlong(context, tensor, reversed);
}

StatusOr<Tensor> Reverse(Context& context, const TensorView& tensor,
                         const TensorView& dims) {
  CAIRN_RETURN_IF_ERROR(RequireType(dims, DataType::kBool, "dims"));
  if (dims.shape().rank() != 1 ||
      dims.num_elements() != tensor.shape().rank()) {
    return InvalidArgumentError(StrCat("'dims' must have ",
                                       tensor.shape().rank(), " values, not ",
                                       dims.shape().ToString()));
  }
  const auto values = dims.data<bool>();
  return ReverseAlong(context, tensor, {values.begin(), values.end()});
}

StatusOr<Tensor> BroadcastTo(Context& context, const TensorView& input,
                             const TensorView& shape) {
  CAIRN_RETURN_IF_ERROR(RequireMovable(input, "BroadcastTo"));
  CAIRN_ASSIGN_OR_RETURN(const auto dims, ReadIntegers(shape, "shape"));
  CAIRN_ASSIGN_OR_RETURN(Shape target, Shape::Create(dims));
  const StatusOr<Shape> both = BroadcastShapes(input.shape(), target);
  if (!both.ok() || !(*both == target)) {
    return InvalidArgumentError(
        StrCat("Incompatible shapes: ", input.shape().ToString(), " vs. ",
               target.ToString()));
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.Allocate(input.dtype(), std::move(target)));
  const auto from = StridesOf(input.shape());
  const auto to = StridesOf(out.shape());
  std::vector<CopyDim> copy;
  for (size_t d = 0; d < to.size(); ++d) {
    const size_t missing = to.size() - from.size();
    const bool repeats =
        d < missing || input.shape().dim(static_cast<int>(d - missing)) == 1;
    copy.push_back({out.shape().dim(static_cast<int>(d)),
                    repeats ? 0 : from[d - missing], to[d]});
  }
  CopyStrided(context, input, 0, out, 0, std::move(copy));
  return out;
}

StatusOr<Tensor> Tile(Context& context, const TensorView& input,
                      const TensorView& multiples) {
  CAIRN_RETURN_IF_ERROR(RequireMovable(input, "Tile"));
  CAIRN_ASSIGN_OR_RETURN(const auto times,
                         ReadIntegers(multiples, "multiples"));
  const int rank = input.shape().rank();
  if (times.size() != static_cast<size_t>(rank)) {
    return InvalidArgumentError(
        StrCat("Expected multiples argument to be a vector of length ", rank,
               " but got length ", times.size()));
  }
  std::vector<int64_t> dims;
  for (int d = 0; d < rank; ++d) {
    const int64_t n = times[static_cast<size_t>(d)];
    if (n < 0) {
      return InvalidArgumentError(
          StrCat("Expected multiples[", d, "] >= 0, but got ", n));
    }
    int64_t size;
    if (__builtin_mul_overflow(input.shape().dim(d), n, &size)) {
      return InvalidArgumentError(StrCat("multiples[", d, "] overflows: ", n));
    }
    dims.push_back(size);
  }
  CAIRN_ASSIGN_OR_RETURN(Shape shape, Shape::Create(dims));
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.Allocate(input.dtype(), std::move(shape)));
  if (out.num_elements() == 0) return out;
  const auto from = StridesOf(input.shape());
  const auto to = StridesOf(out.shape());
  std::vector<CopyDim> copy;
  for (int d = 0; d < rank; ++d) {
    const auto i = static_cast<size_t>(d);
    copy.push_back({times[i], 0, to[i] * input.shape().dim(d)});
    copy.push_back({input.shape().dim(d), from[i], to[i]});
  }
  CopyStrided(context, input, 0, out, 0, std::move(copy));
  return out;
}

StatusOr<Tensor> Pad(Context& context, const TensorView& input,
                     const TensorView& paddings, const TensorView* constant) {
  CAIRN_RETURN_IF_ERROR(RequireMovable(input, "Pad"));
  CAIRN_ASSIGN_OR_RETURN(const auto pads,
                         ReadPaddings(paddings, input.shape().rank()));
  CAIRN_ASSIGN_OR_RETURN(Shape shape, PaddedShape(input.shape(), pads));
  Tensor out;
  if (constant != nullptr) {
    CAIRN_RETURN_IF_ERROR(RequireSameType(input, *constant, "PadV2"));
    if (constant->shape().rank() != 0) {
      return InvalidArgumentError(
          StrCat("constant_values must be a scalar. Found: ",
                 constant->shape().ToString()));
    }
    CAIRN_ASSIGN_OR_RETURN(out,
                           context.Allocate(input.dtype(), std::move(shape)));
    CopyStrided(context, *constant, 0, out, 0, {{out.num_elements(), 0, 1}});
  } else {
    CAIRN_ASSIGN_OR_RETURN(
        out, context.AllocateZeros(input.dtype(), std::move(shape)));
  }
  if (input.num_elements() == 0) return out;
  Place(context, input, out, OffsetOf(pads, StridesOf(out.shape())));
  return out;
}

StatusOr<Tensor> MirrorPad(Context& context, const TensorView& input,
                           const TensorView& paddings, MirrorMode mode) {
  CAIRN_RETURN_IF_ERROR(RequireMovable(input, "MirrorPad"));
  CAIRN_ASSIGN_OR_RETURN(const auto pads,
                         ReadPaddings(paddings, input.shape().rank()));
  const int64_t offset = MirrorOffset(mode);
  for (int d = 0; d < input.shape().rank(); ++d) {
    const Padding& p = pads[static_cast<size_t>(d)];
    const int64_t most = input.shape().dim(d) - offset;
    if (p.before > most || p.after > most) {
      return InvalidArgumentError(
          StrCat("paddings must be ",
                 mode == MirrorMode::kReflect ? "less than" : "no greater than",
                 " the dimension size: ", p.before, ", ", p.after, " greater ",
                 "than ", input.shape().dim(d)));
    }
  }
  CAIRN_ASSIGN_OR_RETURN(Shape shape, PaddedShape(input.shape(), pads));
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.Allocate(input.dtype(), std::move(shape)));
  if (out.num_elements() == 0) return out;
  const auto strides = StridesOf(out.shape());
  Place(context, input, out, OffsetOf(pads, strides));
  // Dimension by dimension the border is copied from what is there already;
  // those before `d` have no border yet, the others have theirs.
  for (size_t d = strides.size(); d-- > 0;) {
    std::vector<CopyDim> dims;
    int64_t base = 0;
    for (size_t k = 0; k < strides.size(); ++k) {
      if (k == d) continue;
      const int64_t size = k < d ? input.shape().dim(static_cast<int>(k))
                                 : out.shape().dim(static_cast<int>(k));
      if (k < d) base += pads[k].before * strides[k];
      dims.push_back({size, strides[k], strides[k]});
    }
    const int64_t size = input.shape().dim(static_cast<int>(d));
    const int64_t before = pads[d].before;
    auto left = dims;
    left.push_back({before, -strides[d], strides[d]});
    CopyStrided(context, out, base + (2 * before - 1 + offset) * strides[d],
                out, base, std::move(left));
    dims.push_back({pads[d].after, -strides[d], strides[d]});
    const int64_t last = before + size - 1;
    CopyStrided(context, out, base + (last - offset) * strides[d], out,
                base + (last + 1) * strides[d], std::move(dims));
  }
  return out;
}

StatusOr<Tensor> MirrorPadGrad(Context& context, const TensorView& input,
                               const TensorView& paddings, MirrorMode mode) {
  CAIRN_ASSIGN_OR_RETURN(const auto pads,
                         ReadPaddings(paddings, input.shape().rank()));
  const int64_t offset = MirrorOffset(mode);
  CAIRN_RETURN_IF_ERROR(
      context.Allocate(input.dtype(), input.shape()).status());
  CAIRN_ASSIGN_OR_RETURN(Tensor sum, Tensor::CopyOf(input));
  // Dimension by dimension: the middle, plus each border folded back.
  for (int d = 0; d < input.shape().rank(); ++d) {
    const Padding p = pads[static_cast<size_t>(d)];
    const int64_t size = sum.shape().dim(d) - p.before - p.after;
    if (size < 0 || p.before > size - offset || p.after > size - offset) {
      return InvalidArgumentError(StrCat("paddings ", p.before, ", ", p.after,
                                         " do not fit dimension ", d, " of ",
                                         input.shape().ToString()));
    }
    const int64_t dims[] = {size};
    CAIRN_ASSIGN_OR_RETURN(const Shape shape,
                           ReplaceDims(sum.shape(), d, d + 1, dims));
    const auto from = StridesOf(sum.shape());
    const auto to = StridesOf(shape);
    const auto take = [&](int64_t first, int64_t step, int64_t count,
                          int64_t at) -> StatusOr<Tensor> {
      CAIRN_ASSIGN_OR_RETURN(Tensor part,
                             context.AllocateZeros(input.dtype(), shape));
      std::vector<CopyDim> copy;
      for (int k = 0; k < shape.rank(); ++k) {
        const auto i = static_cast<size_t>(k);
        copy.push_back(k == d ? CopyDim{count, step * from[i], to[i]}
                              : CopyDim{shape.dim(k), from[i], to[i]});
      }
      CopyStrided(context, sum, first * from[static_cast<size_t>(d)], part,
                  at * to[static_cast<size_t>(d)], std::move(copy));
      return part;
    };
    CAIRN_ASSIGN_OR_RETURN(Tensor middle, take(p.before, 1, size, 0));
    CAIRN_ASSIGN_OR_RETURN(const Tensor left,
                           take(p.before - 1, -1, p.before, offset));
    CAIRN_ASSIGN_OR_RETURN(const Tensor right,
                           take(p.before + size + p.after - 1, -1, p.after,
                                size - offset - p.after));
    CAIRN_ASSIGN_OR_RETURN(middle,
                           Binary(context, BinaryOp::kAddV2, middle, left));
    CAIRN_ASSIGN_OR_RETURN(sum,
                           Binary(context, BinaryOp::kAddV2, middle, right));
  }
  return sum;
}

StatusOr<Tensor> Diag(Context& context, const TensorView& diagonal) {
  CAIRN_RETURN_IF_ERROR(RequireMovable(diagonal, "Diag"));
  const Shape& shape = diagonal.shape();
  if (shape.rank() == 0) {
    return InvalidArgumentError("Input must be at least rank 1, got 0");
  }
  std::vector<int64_t> dims(shape.dims().begin(), shape.dims().end());
  dims.insert(dims.end(), shape.dims().begin(), shape.dims().end());
  CAIRN_ASSIGN_OR_RETURN(Shape square, Shape::Create(dims));
  CAIRN_ASSIGN_OR_RETURN(
      Tensor out, context.AllocateZeros(diagonal.dtype(), std::move(square)));
  const int64_t n = diagonal.num_elements();
  CopyStrided(context, diagonal, 0, out, 0, {{n, 1, n + 1}});
  return out;
}

StatusOr<Tensor> DiagPart(Context& context, const TensorView& input) {
  CAIRN_RETURN_IF_ERROR(RequireMovable(input, "DiagPart"));
  const Shape& shape = input.shape();
  const int half = shape.rank() / 2;
  if (shape.rank() == 0 || shape.rank() % 2 != 0) {
    return InvalidArgumentError(
        StrCat("The rank of the tensor should be even and positive, got shape ",
               shape.ToString()));
  }
  for (int d = 0; d < half; ++d) {
    if (shape.dim(d) != shape.dim(d + half)) {
      return InvalidArgumentError(StrCat("Invalid shape ", shape.ToString(),
                                         ": dimensions ", d, " and ", d + half,
                                         " do not match."));
    }
  }
  CAIRN_ASSIGN_OR_RETURN(
      Shape out_shape,
      Shape::Create(shape.dims().first(static_cast<size_t>(half))));
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.Allocate(input.dtype(), std::move(out_shape)));
  const int64_t n = out.num_elements();
  CopyStrided(context, input, 0, out, 0, {{n, n + 1, 1}});
  return out;
}

StatusOr<Tensor> MatrixDiag(Context& context, const TensorView& diagonal) {
  CAIRN_RETURN_IF_ERROR(RequireMovable(diagonal, "MatrixDiag"));
  const Shape& shape = diagonal.shape();
  if (shape.rank() == 0) {
    return InvalidArgumentError(
        "input must be at least 1-dim, received shape: "
        "[]");
  }
  const int64_t n = shape.dim(shape.rank() - 1);
  const int64_t more[] = {n};
  CAIRN_ASSIGN_OR_RETURN(Shape square,
                         ReplaceDims(shape, shape.rank(), shape.rank(), more));
  CAIRN_ASSIGN_OR_RETURN(
      Tensor out, context.AllocateZeros(diagonal.dtype(), std::move(square)));
  if (out.num_elements() == 0) return out;
  CopyStrided(context, diagonal, 0, out, 0,
              {{diagonal.num_elements() / n, n, n * n}, {n, 1, n + 1}});
  return out;
}

StatusOr<Tensor> MatrixDiagPart(Context& context, const TensorView& input) {
  CAIRN_RETURN_IF_ERROR(RequireMovable(input, "MatrixDiagPart"));
  const Shape& shape = input.shape();
  const int rank = shape.rank();
  if (rank < 2) {
    return InvalidArgumentError(StrCat(
        "input must be at least 2-dim, received shape: ", shape.ToString()));
  }
  const int64_t rows = shape.dim(rank - 2), columns = shape.dim(rank - 1);
  const int64_t n[] = {std::min(rows, columns)};
  CAIRN_ASSIGN_OR_RETURN(Shape out_shape,
                         ReplaceDims(shape, rank - 2, rank, n));
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.Allocate(input.dtype(), std::move(out_shape)));
  if (out.num_elements() == 0) return out;
  CopyStrided(context, input, 0, out, 0,
              {{out.num_elements() / n[0], rows * columns, n[0]},
               {n[0], columns + 1, 1}});
  return out;
}

}  // namespace cairn::compute
