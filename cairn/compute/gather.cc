// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/compute/gather.h"

#include <algorithm>
#include <cstring>

#include "cairn/compute/binary.h"
#include "cairn/compute/checks.h"
#include "cairn/compute/indices.h"
#include "cairn/compute/strided_copy.h"

namespace cairn::compute {
namespace {

Status RequireMovable(const TensorView& x, std::string_view op) {
  return x.holds_strings() || IsFixedSize(x.dtype()) ? OkStatus()
                                                     : NoKernel(op, x.dtype());
}

// Copies `count` elements from one place to another.
void CopyElements(const TensorView& from, int64_t from_at, Tensor& to,
                  int64_t to_at, int64_t count) {
  if (from.holds_strings()) {
    std::copy_n(from.strings().data() + from_at, count,
                to.strings().data() + to_at);
    return;
  }
  const int64_t size = DataTypeSize(from.dtype());
  std::memcpy(to.mutable_bytes().data() + to_at * size,
              from.bytes().data() + from_at * size,
              static_cast<size_t>(count * size));
}

struct GatherPlan {
  int axis, batch_dims;
  Shape output;
};

StatusOr<GatherPlan> PlanGather(const Shape& params, const Shape& indices,
                                const GatherOptions& options) {
  if (options.axis < -params.rank() || options.axis >= params.rank()) {
    return InvalidArgumentError(
        params.rank() == 0
            ? std::string("params must be at least 1 dimensional")
            : StrCat("Expected axis in the range [", -params.rank(), ", ",
                     params.rank(), "), but got ", options.axis));
  }
  if (options.batch_dims < -indices.rank() ||
      options.batch_dims > indices.rank()) {
    return InvalidArgumentError(StrCat("Expected batch_dims in the range [",
                                       -indices.rank(), ", ", indices.rank(),
                                       "], but got ", options.batch_dims));
  }
  GatherPlan plan;
  plan.axis = static_cast<int>(options.axis < 0 ? options.axis + params.rank()
                                                : options.axis);
  plan.batch_dims = static_cast<int>(options.batch_dims < 0
                                         ? options.batch_dims + indices.rank()
                                         : options.batch_dims);
  if (plan.batch_dims >= params.rank()) {
    return InvalidArgumentError(StrCat("batch_dims (", plan.batch_dims,
                                       ") must be less than rank(params) (",
                                       params.rank(), ")."));
  }
  if (plan.axis < plan.batch_dims) {
    return InvalidArgumentError(StrCat("batch_dims (", plan.batch_dims,
                                       ") must be less than or equal to axis "
                                       "(",
                                       plan.axis, ")."));
  }
  for (int d = 0; d < plan.batch_dims; ++d) {
    if (params.dim(d) == indices.dim(d)) continue;
    return InvalidArgumentError(StrCat("params.shape[", d, "]: ", params.dim(d),
                                       " should be equal to indices.shape[", d,
                                       "]: ", indices.dim(d)));
  }
  const auto rest =
      indices.dims().subspan(static_cast<size_t>(plan.batch_dims));
  CAIRN_ASSIGN_OR_RETURN(plan.output,
                         ReplaceDims(params, plan.axis, plan.axis + 1, rest));
  return plan;
}

// The dimensions of `indices` but the last, and `params` from that on.
StatusOr<Shape> NdShape(const Shape& indices, const Shape& params, int depth) {
  std::vector<int64_t> dims(indices.dims().begin(), indices.dims().end() - 1);
  dims.insert(dims.end(), params.dims().begin() + depth, params.dims().end());
  return Shape::Create(dims);
}

// Where the slice that row `r` of the index matrix names begins; -1 out of
// range.
int64_t NdOffset(std::span<const int64_t> index, const Shape& shape,
                 std::span<const int64_t> strides) {
  int64_t offset = 0;
  for (size_t d = 0; d < index.size(); ++d) {
    if (index[d] < 0 || index[d] >= shape.dim(static_cast<int>(d))) return -1;
    offset += index[d] * strides[d];
  }
  return offset;
}

Status NdOutOfRange(int64_t row, std::span<const int64_t> index,
                    const Shape& shape) {
  std::string text;
  for (const int64_t i : index) text += StrCat(text.empty() ? "" : ", ", i);
  return InvalidArgumentError(StrCat("indices[", row, "] = [", text,
                                     "] does not index into param shape ",
                                     shape.ToString()));
}

template <typename T>
void AddRow(const void* from, int64_t from_at, void* to, int64_t to_at,
            int64_t count) {
  const T* const x = static_cast<const T*>(from) + from_at;
  T* const y = static_cast<T*>(to) + to_at;
  for (int64_t i = 0; i < count; ++i) y[i] = static_cast<T>(y[i] + x[i]);
}

template <typename T>
void AddSixteenBitRow(const void* from, int64_t from_at, void* to,
                      int64_t to_at, int64_t count) {
  const T* const x = static_cast<const T*>(from) + from_at;
  T* const y = static_cast<T*>(to) + to_at;
  for (int64_t i = 0; i < count; ++i) {
    const float sum = ToFloat(y[i]) + ToFloat(x[i]);
    if constexpr (std::is_same_v<T, Half>) {
      y[i] = ToHalf(sum);
    } else {
      y[i] = ToBfloat16(sum);
    }
  }
}

using Adder = void (*)(const void*, int64_t, void*, int64_t, int64_t);
Adder AdderFor(DataType dtype) {
  switch (dtype) {
    case DataType::kInt8:
    case DataType::kUint8:
      return AddRow<uint8_t>;
    case DataType::kInt16:
    case DataType::kUint16:
      return AddRow<uint16_t>;
    case DataType::kInt32:
    case DataType::kUint32:
      return AddRow<uint32_t>;
    case DataType::kInt64:
    case DataType::kUint64:
      return AddRow<uint64_t>;
    case DataType::kFloat:
      return AddRow<float>;
    case DataType::kDouble:
      return AddRow<double>;
    // A complex number adds as its two parts do.
    case DataType::kComplex64:
      return [](const void* from, int64_t from_at, void* to, int64_t to_at,
                int64_t count) {
        AddRow<float>(from, 2 * from_at, to, 2 * to_at, 2 * count);
      };
    case DataType::kComplex128:
      return [](const void* from, int64_t from_at, void* to, int64_t to_at,
                int64_t count) {
        AddRow<double>(from, 2 * from_at, to, 2 * to_at, 2 * count);
      };
    case DataType::kHalf:
      return AddSixteenBitRow<Half>;
    case DataType::kBfloat16:
      return AddSixteenBitRow<Bfloat16>;
    default:
      return nullptr;
  }
}

}  // namespace

StatusOr<Tensor> Gather(Context& context, const TensorView& params,
                        const TensorView& indices,
                        const GatherOptions& options) {
  CAIRN_RETURN_IF_ERROR(RequireMovable(params, "Gather"));
  CAIRN_ASSIGN_OR_RETURN(GatherPlan plan,
                         PlanGather(params.shape(), indices.shape(), options));
  CAIRN_ASSIGN_OR_RETURN(
      Tensor out, context.Allocate(params.dtype(), std::move(plan.output)));
  CAIRN_ASSIGN_OR_RETURN(const auto list, ReadIndexList(indices));
  const int64_t limit = params.shape().dim(plan.axis);
  CAIRN_RETURN_IF_ERROR(CheckIndices(list, limit, indices.shape()));
  if (out.num_elements() == 0) return out;
  const int64_t batch = Product(params.shape(), 0, plan.batch_dims);
  const int64_t outer = Product(params.shape(), plan.batch_dims, plan.axis);
  const int64_t inner =
      Product(params.shape(), plan.axis + 1, params.shape().rank());
  const int64_t per_batch = static_cast<int64_t>(list.size()) / batch;
  context.ParallelFor(
      batch * outer, per_batch * inner, [&](int64_t begin, int64_t end) {
        for (int64_t o = begin; o < end; ++o) {
          const int64_t* const index = list.data() + o / outer * per_batch;
          for (int64_t i = 0; i < per_batch; ++i) {
            CopyElements(params, (o * limit + index[i]) * inner, out,
                         (o * per_batch + i) * inner, inner);
          }
        }
      });
  return out;
}

StatusOr<Tensor> GatherNd(Context& context, const TensorView& params,
                          const TensorView& indices) {
  CAIRN_RETURN_IF_ERROR(RequireMovable(params, "GatherNd"));
  const Shape& shape = params.shape();
  if (indices.shape().rank() < 1) {
    return InvalidArgumentError("indices must be at least a vector");
  }
  const int64_t depth = indices.shape().dim(indices.shape().rank() - 1);
  if (depth > shape.rank()) {
    return InvalidArgumentError(StrCat(
        "index innermost dimension length must be <= params rank; saw: ", depth,
        " vs. ", shape.rank()));
  }
  CAIRN_ASSIGN_OR_RETURN(
      Shape output, NdShape(indices.shape(), shape, static_cast<int>(depth)));
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.Allocate(params.dtype(), std::move(output)));
  if (out.num_elements() == 0) return out;
  CAIRN_ASSIGN_OR_RETURN(const auto list, ReadIndexList(indices));
  const auto strides = StridesOf(shape);
  const int64_t length = Product(shape, static_cast<int>(depth), shape.rank());
  const int64_t rows = out.num_elements() / length;
  for (int64_t r = 0; r < rows; ++r) {
    const std::span<const int64_t> index(list.data() + r * depth,
                                         static_cast<size_t>(depth));
    const int64_t from = NdOffset(index, shape, strides);
    if (from < 0) return NdOutOfRange(r, index, shape);
    CopyElements(params, from, out, r * length, length);
  }
  return out;
}

StatusOr<Tensor> ScatterNd(Context& context, const TensorView& indices,
                           const TensorView& updates, const TensorView& shape) {
  CAIRN_ASSIGN_OR_RETURN(const auto dims, ReadIntegers(shape, "shape"));
  CAIRN_ASSIGN_OR_RETURN(const Shape whole, Shape::Create(dims));
  if (indices.shape().rank() < 1) {
    return InvalidArgumentError("Indices shape must have rank at least one");
  }
  const int64_t depth = indices.shape().dim(indices.shape().rank() - 1);
  if (depth > whole.rank()) {
    return InvalidArgumentError(
        StrCat("The inner dimension of indices must be <= the output's rank; "
               "saw: ",
               depth, " vs. ", whole.rank()));
  }
  CAIRN_ASSIGN_OR_RETURN(
      const Shape expected,
      NdShape(indices.shape(), whole, static_cast<int>(depth)));
  if (!(expected == updates.shape())) {
    return InvalidArgumentError(
        StrCat("Dimensions of updates must be ", expected.ToString(), ", not ",
               updates.shape().ToString(), " for indices of shape ",
               indices.shape().ToString(), " and shape ", whole.ToString()));
  }
  const bool is_bool = updates.dtype() == DataType::kBool;
  const Adder add = AdderFor(is_bool ? DataType::kUint8 : updates.dtype());
  if (add == nullptr) return NoKernel("ScatterNd", updates.dtype());
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.AllocateZeros(updates.dtype(), whole));
  if (updates.num_elements() == 0) return out;
  CAIRN_ASSIGN_OR_RETURN(const auto list, ReadIndexList(indices));
  const auto strides = StridesOf(whole);
  const int64_t length = Product(whole, static_cast<int>(depth), whole.rank());
  const int64_t rows = updates.num_elements() / length;
  for (int64_t r = 0; r < rows; ++r) {
    const std::span<const int64_t> index(list.data() + r * depth,
                                         static_cast<size_t>(depth));
    const int64_t to = NdOffset(index, whole, strides);
    if (to < 0) return NdOutOfRange(r, index, whole);
    add(updates.bytes().data(), r * length, out.mutable_bytes().data(), to,
        length);
  }
  if (is_bool) {
    for (char& byte : out.mutable_bytes()) byte = byte != 0 ? 1 : 0;
  }
  return out;
}

Status ScatterRows(ScatterOp op, Tensor& to, const TensorView& indices,
                   const TensorView& updates) {
  CAIRN_RETURN_IF_ERROR(RequireSameType(to, updates, "Scatter"));
  if (to.shape().rank() < 1) {
    return InvalidArgumentError("the variable must be at least a vector");
  }
  const bool is_scalar = updates.shape().rank() == 0;
  CAIRN_ASSIGN_OR_RETURN(const Shape expected,
                         ReplaceDims(to.shape(), 0, 1, indices.shape().dims()));
  if (!is_scalar && !(expected == updates.shape())) {
    return InvalidArgumentError(StrCat(
        "Must have updates.shape = indices.shape + params.shape[1:] or "
        "updates.shape = [], got updates.shape ",
        updates.shape().ToString(), ", indices.shape ",
        indices.shape().ToString(), ", params.shape ", to.shape().ToString()));
  }
  CAIRN_ASSIGN_OR_RETURN(const auto list, ReadIndexList(indices));
  CAIRN_RETURN_IF_ERROR(CheckIndices(list, to.shape().dim(0), indices.shape()));
  const Adder add = AdderFor(to.dtype());
  if (op != ScatterOp::kUpdate && add == nullptr) {
    return NoKernel("Scatter", to.dtype());
  }
  const int64_t length = Product(to.shape(), 1, to.shape().rank());
  if (length == 0 || list.empty()) return OkStatus();
  Tensor negated;
  TensorView values = updates;
  if (op == ScatterOp::kSub) {
    Context one_thread({.threads = 1});
    CAIRN_ASSIGN_OR_RETURN(const Tensor zero,
                           Tensor::Create(updates.dtype(), Shape()));
    CAIRN_ASSIGN_OR_RETURN(negated,
                           Binary(one_thread, BinaryOp::kSub, zero, updates));
    values = negated;
  }
  int64_t from = 0;
  for (const int64_t index : list) {
    for (int64_t i = 0; i < (is_scalar ? length : 1); ++i) {
      const int64_t at = index * length + i;
      const int64_t count = is_scalar ? 1 : length;
      if (op == ScatterOp::kUpdate) {
        CopyElements(values, from, to, at, count);
      } else {
        add(values.bytes().data(), from, to.mutable_bytes().data(), at, count);
      }
    }
    if (!is_scalar) from += length;
  }
  return OkStatus();
}

StatusOr<Tensor> OneHot(Context& context, const TensorView& indices,
                        const TensorView& depth, const TensorView& on_value,
                        const TensorView& off_value, int64_t axis) {
  CAIRN_RETURN_IF_ERROR(RequireMovable(on_value, "OneHot"));
  CAIRN_RETURN_IF_ERROR(RequireSameType(on_value, off_value, "OneHot"));
  CAIRN_ASSIGN_OR_RETURN(const int64_t classes, ReadInteger(depth, "depth"));
  const int rank = indices.shape().rank();
  if (axis < -1 || axis > rank) {
    return InvalidArgumentError(StrCat("Expected axis to be -1 or between [0, ",
                                       rank + 1, ").  But received: ", axis));
  }
  if (classes < 0) {
    return InvalidArgumentError(
        StrCat("depth must be non-negative, got: ", classes));
  }
  if (on_value.shape().rank() != 0 || off_value.shape().rank() != 0) {
    return InvalidArgumentError(StrCat(
        "on_value and off_value must be scalars, but got: ",
        on_value.shape().ToString(), " and ", off_value.shape().ToString()));
  }
  const int at = axis == -1 ? rank : static_cast<int>(axis);
  const int64_t dim[] = {classes};
  CAIRN_ASSIGN_OR_RETURN(Shape shape,
                         ReplaceDims(indices.shape(), at, at, dim));
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.Allocate(on_value.dtype(), std::move(shape)));
  if (out.num_elements() == 0) return out;
  CAIRN_ASSIGN_OR_RETURN(const auto list, ReadIndexList(indices));
  CopyStrided(context, off_value, 0, out, 0, {{out.num_elements(), 0, 1}});
  const int64_t inner = Product(indices.shape(), at, rank);
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i] < 0 || list[i] >= classes) continue;
    const auto flat = static_cast<int64_t>(i);
    CopyElements(on_value, 0, out,
                 (flat / inner * classes + list[i]) * inner + flat % inner, 1);
  }
  return out;
}

StatusOr<Tensor> UnsortedSegmentSum(Context& context, const TensorView& data,
                                    const TensorView& segment_ids,
                                    const TensorView& num_segments) {
  CAIRN_ASSIGN_OR_RETURN(const int64_t count,
                         ReadInteger(num_segments, "num_segments"));
  if (count < 0) {
    return InvalidArgumentError(
        StrCat("Input num_segments == ", count, " must not be negative."));
  }
  const int rank = segment_ids.shape().rank();
  bool is_prefix = rank <= data.shape().rank();
  for (int d = 0; is_prefix && d < rank; ++d) {
    is_prefix = data.shape().dim(d) == segment_ids.shape().dim(d);
  }
  if (!is_prefix) {
    return InvalidArgumentError(
        StrCat("data.shape = ", data.shape().ToString(),
               " does not start with segment_ids.shape = ",
               segment_ids.shape().ToString()));
  }
  const Adder add = AdderFor(data.dtype());
  if (add == nullptr) return NoKernel("UnsortedSegmentSum", data.dtype());
  const int64_t dim[] = {count};
  CAIRN_ASSIGN_OR_RETURN(Shape shape, ReplaceDims(data.shape(), 0, rank, dim));
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.AllocateZeros(data.dtype(), std::move(shape)));
  CAIRN_ASSIGN_OR_RETURN(const auto list, ReadIndexList(segment_ids));
  const int64_t length = Product(data.shape(), rank, data.shape().rank());
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i] < 0) continue;
    if (list[i] >= count) {
      return InvalidArgumentError(StrCat("segment_ids[", i, "] = ", list[i],
                                         " is out of range [0, ", count, ")"));
    }
    if (length == 0) continue;
    add(data.bytes().data(), static_cast<int64_t>(i) * length,
        out.mutable_bytes().data(), list[i] * length, length);
  }
  return out;
}

}  // namespace cairn::compute
