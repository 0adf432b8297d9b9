// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Operations that move elements without computing: any type, strings too.
#ifndef CAIRN_COMPUTE_ARRAY_H_
#define CAIRN_COMPUTE_ARRAY_H_

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/compute/context.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

// What becomes of a shape; the elements stay where they are.
// `shape` may have one -1, which is what the rest leaves over.
StatusOr<Shape> Reshape(const Shape& input, const TensorView& shape);
// Without the dimensions named, which must be 1; without all 1s if none is.
StatusOr<Shape> Squeeze(const Shape& input, std::span<const int64_t> dims);
StatusOr<Shape> ExpandDims(const Shape& input, const TensorView& dim);

StatusOr<Tensor> ShapeOf(const TensorView& input, DataType out_type);
StatusOr<Tensor> Size(const TensorView& input, DataType out_type);

StatusOr<Tensor> Fill(Context& context, const TensorView& dims,
                      const TensorView& value);
StatusOr<Tensor> ZerosLike(Context& context, const TensorView& x);
StatusOr<Tensor> OnesLike(Context& context, const TensorView& x);
StatusOr<Tensor> Range(Context& context, const TensorView& start,
                       const TensorView& limit, const TensorView& delta);
StatusOr<Tensor> LinSpace(Context& context, const TensorView& start,
                          const TensorView& stop, const TensorView& num);

enum class Conjugation { kNone, kConjugate };
StatusOr<Tensor> Transpose(Context& context, const TensorView& x,
                           const TensorView& perm,
                           Conjugation conjugation = Conjugation::kNone);
StatusOr<Tensor> InvertPermutation(Context& context, const TensorView& x);
// `axis`: axes to reverse, or a bool for each dimension (Reverse).
StatusOr<Tensor> ReverseV2(Context& context, const TensorView& tensor,
                           const TensorView& axis);
StatusOr<Tensor> Reverse(Context& context, const TensorView& tensor,
                         const TensorView& dims);
StatusOr<Tensor> BroadcastTo(Context& context, const TensorView& input,
                             const TensorView& shape);
StatusOr<Tensor> Tile(Context& context, const TensorView& input,
                      const TensorView& multiples);

// Pad pads with zeros (empty strings) if `constant` is null.
StatusOr<Tensor> Pad(Context& context, const TensorView& input,
                     const TensorView& paddings, const TensorView* constant);
enum class MirrorMode { kReflect, kSymmetric };
StatusOr<Tensor> MirrorPad(Context& context, const TensorView& input,
                           const TensorView& paddings, MirrorMode mode);
StatusOr<Tensor> MirrorPadGrad(Context& context, const TensorView& input,
                               const TensorView& paddings, MirrorMode mode);

StatusOr<Tensor> Concat(Context& context, std::span<const TensorView> values,
                        const TensorView& axis);
// For each shape (a vector) where its part begins.
StatusOr<std::vector<Tensor>> ConcatOffset(const TensorView& concat_dim,
                                           std::span<const TensorView> shapes);
StatusOr<Tensor> Pack(Context& context, std::span<const TensorView> values,
                      int64_t axis);
StatusOr<std::vector<Tensor>> Unpack(Context& context, const TensorView& value,
                                     int64_t num, int64_t axis);
StatusOr<std::vector<Tensor>> Split(Context& context, const TensorView& value,
                                    const TensorView& split_dim, int64_t num);
// One of the sizes may be -1.
StatusOr<std::vector<Tensor>> SplitV(Context& context, const TensorView& value,
                                     const TensorView& size_splits,
                                     const TensorView& split_dim, int64_t num);

StatusOr<Tensor> Diag(Context& context, const TensorView& diagonal);
StatusOr<Tensor> DiagPart(Context& context, const TensorView& input);
StatusOr<Tensor> MatrixDiag(Context& context, const TensorView& diagonal);
StatusOr<Tensor> MatrixDiagPart(Context& context, const TensorView& input);

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_ARRAY_H_
