// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/compute/checks.h"

#include <limits>

namespace cairn::compute {

Status RequireIndexType(DataType dtype, std::string_view what) {
  if (dtype == DataType::kInt32 || dtype == DataType::kInt64) return OkStatus();
  return InvalidArgumentError(
      StrCat(what, " must be int32 or int64, not ", DataTypeName(dtype)));
}

StatusOr<std::vector<int64_t>> ReadIntegers(const TensorView& tensor,
                                            std::string_view what) {
  CAIRN_RETURN_IF_ERROR(RequireIndexType(tensor.dtype(), what));
  if (tensor.shape().rank() > 1) {
    return InvalidArgumentError(StrCat(what, " must be a vector, not shape ",
                                       tensor.shape().ToString()));
  }
  if (tensor.dtype() == DataType::kInt32) {
    const auto values = tensor.data<int32_t>();
    return std::vector<int64_t>(values.begin(), values.end());
  }
  const auto values = tensor.data<int64_t>();
  return std::vector<int64_t>(values.begin(), values.end());
}

StatusOr<int64_t> ReadInteger(const TensorView& tensor, std::string_view what) {
  CAIRN_RETURN_IF_ERROR(RequireIndexType(tensor.dtype(), what));
  if (tensor.num_elements() != 1) {
    return InvalidArgumentError(StrCat(what, " must be a scalar, not shape ",
                                       tensor.shape().ToString()));
  }
  if (tensor.dtype() == DataType::kInt32) return tensor.data<int32_t>()[0];
  return tensor.data<int64_t>()[0];
}

StatusOr<Tensor> MakeIntegers(DataType dtype, std::span<const int64_t> values) {
  CAIRN_RETURN_IF_ERROR(RequireIndexType(dtype, "the output"));
  CAIRN_ASSIGN_OR_RETURN(
      Tensor out,
      Tensor::Create(dtype, Shape({static_cast<int64_t>(values.size())})));
  for (size_t i = 0; i < values.size(); ++i) {
    if (dtype == DataType::kInt64) {
      out.data<int64_t>()[i] = values[i];
      continue;
    }
    if (values[i] != static_cast<int32_t>(values[i])) {
      return InvalidArgumentError(StrCat(values[i], " does not fit in int32"));
    }
    out.data<int32_t>()[i] = static_cast<int32_t>(values[i]);
  }
  return out;
}

StatusOr<int> ResolveAxis(int64_t axis, int rank, std::string_view what) {
  if (axis < -rank || axis >= rank) {
    return InvalidArgumentError(StrCat(what, ": dimension ", axis,
                                       " must be in the range [", -rank, ", ",
                                       rank, ")"));
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

Status RequireType(const TensorView& tensor, DataType dtype,
                   std::string_view what) {
  if (tensor.dtype() == dtype) return OkStatus();
  return InvalidArgumentError(StrCat(what, " must be ", DataTypeName(dtype),
                                     ", not ", DataTypeName(tensor.dtype())));
}

Status RequireSameType(const TensorView& a, const TensorView& b,
                       std::string_view op) {
  if (a.dtype() == b.dtype()) return OkStatus();
  return InvalidArgumentError(
      StrCat(op, ": types differ: ", DataTypeName(a.dtype()), " and ",
             DataTypeName(b.dtype())));
}

Status RequireSameShape(const TensorView& a, const TensorView& b,
                        std::string_view op) {
  if (a.shape() == b.shape()) return OkStatus();
  return InvalidArgumentError(StrCat(op,
                                     ": shapes differ: ", a.shape().ToString(),
                                     " and ", b.shape().ToString()));
}

Status NoKernel(std::string_view op, DataType dtype) {
  return UnimplementedError(
      StrCat(op, ": type ", DataTypeName(dtype), " is not supported"));
}

StatusOr<Shape> ReplaceDims(const Shape& shape, int first, int last,
                            std::span<const int64_t> by) {
  std::vector<int64_t> dims(shape.dims().begin(), shape.dims().begin() + first);
  dims.insert(dims.end(), by.begin(), by.end());
  dims.insert(dims.end(), shape.dims().begin() + last, shape.dims().end());
  return Shape::Create(dims);
}

int64_t Product(const Shape& shape, int first, int last) {
  int64_t product = 1;
  for (int i = first; i < last; ++i) {
    if (__builtin_mul_overflow(product, shape.dim(i), &product)) return 0;
  }
  return product;
}

}  // namespace cairn::compute
