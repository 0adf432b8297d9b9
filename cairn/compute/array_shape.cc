// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <complex>
#include <limits>

#include "cairn/compute/array.h"
#include "cairn/compute/checks.h"
#include "cairn/compute/rows.h"
#include "cairn/compute/strided_copy.h"

namespace cairn::compute {

StatusOr<Shape> Reshape(const Shape& input, const TensorView& shape) {
  CAIRN_ASSIGN_OR_RETURN(auto dims, ReadIntegers(shape, "shape"));
  int64_t known = 1;
  int unknown = -1;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == -1) {
      if (unknown >= 0) {
        return InvalidArgumentError(StrCat(
            "Only one input size may be -1, not both ", unknown, " and ", i));
      }
      unknown = static_cast<int>(i);
    } else if (dims[i] < 0) {
      return InvalidArgumentError(
          StrCat("Size ", i, " must be non-negative, not ", dims[i]));
    } else if (__builtin_mul_overflow(known, dims[i], &known)) {
      return InvalidArgumentError(
          StrCat("reshape to ", dims.size(), " dimensions overflows"));
    }
  }
  if (unknown >= 0) {
    if (known == 0) {
      return InvalidArgumentError(
          "reshape cannot infer the missing input size for an empty tensor "
          "unless all specified input sizes are non-zero");
    }
    dims[static_cast<size_t>(unknown)] = input.num_elements() / known;
    if (input.num_elements() % known != 0) {
      return InvalidArgumentError(StrCat(
          "Input to reshape is a tensor with ", input.num_elements(),
          " values, but the requested shape requires a multiple of ", known));
    }
  }
  CAIRN_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
  if (output.num_elements() != input.num_elements()) {
    return InvalidArgumentError(
        StrCat("Input to reshape is a tensor with ", input.num_elements(),
               " values, but the requested shape has ", output.num_elements()));
  }
  return output;
}

StatusOr<Shape> Squeeze(const Shape& input, std::span<const int64_t> dims) {
  std::vector<bool> squeezed(static_cast<size_t>(input.rank()));
  for (const int64_t dim : dims) {
    if (dim < -input.rank() || dim >= input.rank()) {
      return InvalidArgumentError(StrCat("Tried to squeeze dim index ", dim,
                                         " for tensor with ", input.rank(),
                                         " dimensions."));
    }
    const int64_t d = dim < 0 ? dim + input.rank() : dim;
    squeezed[static_cast<size_t>(d)] = true;
  }
  std::vector<int64_t> kept;
  for (int d = 0; d < input.rank(); ++d) {
    if (squeezed[static_cast<size_t>(d)] && input.dim(d) != 1) {
      return InvalidArgumentError(StrCat("Can not squeeze dim[", d,
                                         "], expected a dimension of 1, got ",
                                         input.dim(d)));
    }
    const bool goes =
        dims.empty() ? input.dim(d) == 1 : squeezed[static_cast<size_t>(d)];
    if (!goes) kept.push_back(input.dim(d));
  }
  return Shape::Create(kept);
}

StatusOr<Shape> ExpandDims(const Shape& input, const TensorView& dim) {
  if (dim.num_elements() != 1) {
    return InvalidArgumentError("'dim' must be a tensor with a single value");
  }
  CAIRN_ASSIGN_OR_RETURN(int64_t at, ReadInteger(dim, "dim"));
  if (at < -1 - input.rank() || at > input.rank()) {
    return InvalidArgumentError(StrCat("Tried to expand dim index ", at,
                                       " for tensor with ", input.rank(),
                                       " dimensions."));
  }
  if (at < 0) at += input.rank() + 1;
  const int64_t one[] = {1};
  return ReplaceDims(input, static_cast<int>(at), static_cast<int>(at), one);
}

StatusOr<Tensor> ShapeOf(const TensorView& input, DataType out_type) {
  return MakeIntegers(out_type, input.shape().dims());
}

StatusOr<Tensor> Size(const TensorView& input, DataType out_type) {
  CAIRN_RETURN_IF_ERROR(RequireIndexType(out_type, "out_type"));
  const int64_t size = input.num_elements();
  if (out_type == DataType::kInt64) return Tensor::Scalar<int64_t>(size);
  if (size > std::numeric_limits<int32_t>::max()) {
    return InvalidArgumentError(
        StrCat("Number of elements was larger than representable by 32-bit "
               "output type: ",
               size));
  }
  return Tensor::Scalar<int32_t>(static_cast<int32_t>(size));
}

StatusOr<Tensor> Fill(Context& context, const TensorView& dims,
                      const TensorView& value) {
  if (dims.shape().rank() != 1 &&
      !(dims.shape().rank() == 0 && dims.is_valid())) {
    return InvalidArgumentError(
        StrCat("dims must represent a vector, got "
               "shape ",
               dims.shape().ToString()));
  }
  if (value.num_elements() != 1 || value.shape().rank() > 1) {
    return InvalidArgumentError(
        StrCat("value must represent a scalar, got "
               "shape ",
               value.shape().ToString()));
  }
  CAIRN_ASSIGN_OR_RETURN(const auto sizes, ReadIntegers(dims, "dims"));
  CAIRN_ASSIGN_OR_RETURN(Shape shape, Shape::Create(sizes));
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.Allocate(value.dtype(), std::move(shape)));
  CopyStrided(context, value, 0, out, 0, {{out.num_elements(), 0, 1}});
  return out;
}

StatusOr<Tensor> ZerosLike(Context& context, const TensorView& x) {
  return context.AllocateZeros(x.dtype(), x.shape());
}

namespace {

template <typename T>
Tensor One() {
  if constexpr (std::is_same_v<T, Half>) {
    return Tensor::Scalar(ToHalf(1));
  } else if constexpr (std::is_same_v<T, Bfloat16>) {
    return Tensor::Scalar(ToBfloat16(1));
  } else {
    return Tensor::Scalar(T(1));
  }
}

template <typename... Ts>
Tensor OneOf(DataType dtype) {
  Tensor one;
  (void)((kDataTypeOf<Ts> == dtype ? (one = One<Ts>(), true) : false) || ...);
  return one;
}

// How many steps of delta lead from start to limit, not including it.
StatusOr<int64_t> StepsOf(int64_t start, int64_t limit, int64_t delta) {
  if (delta == 0) return InvalidArgumentError("Requires delta != 0: 0");
  if (delta > 0 ? start > limit : start < limit) {
    return InvalidArgumentError(
        StrCat("Requires start ", delta > 0 ? "<=" : ">=", " limit when delta ",
               delta > 0 ? ">" : "<", " 0: ", start, "/", limit));
  }
  const auto distance =
      delta > 0 ? static_cast<uint64_t>(limit) - static_cast<uint64_t>(start)
                : static_cast<uint64_t>(start) - static_cast<uint64_t>(limit);
  const auto step = delta > 0 ? static_cast<uint64_t>(delta)
                              : uint64_t{0} - static_cast<uint64_t>(delta);
  const uint64_t steps = distance / step + (distance % step != 0 ? 1 : 0);
  if (steps > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return InvalidArgumentError("Requires ((limit - start) / delta) <= 2^63-1");
  }
  return static_cast<int64_t>(steps);
}

StatusOr<int64_t> StepsOf(double start, double limit, double delta) {
  if (delta == 0) return InvalidArgumentError("Requires delta != 0: 0");
  if (delta > 0 ? start > limit : start < limit) {
    return InvalidArgumentError(
        StrCat("Requires start ", delta > 0 ? "<=" : ">=", " limit when delta ",
               delta > 0 ? ">" : "<", " 0: ", start, "/", limit));
  }
  const double steps = std::ceil(std::abs((limit - start) / delta));
  if (!(steps < 0x1p62)) {
    return InvalidArgumentError(
        StrCat("Requires ((limit - start) / delta) <= 2^62: ", steps));
  }
  return static_cast<int64_t>(steps);
}

template <typename T>
StatusOr<Tensor> RangeOf(Context& context, T start, T limit, T delta) {
  using Steps = std::conditional_t<std::is_integral_v<T>, int64_t, double>;
  CAIRN_ASSIGN_OR_RETURN(
      const int64_t steps,
      StepsOf(static_cast<Steps>(start), static_cast<Steps>(limit),
              static_cast<Steps>(delta)));
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.Allocate(kDataTypeOf<T>, Shape({steps})));
  using W = Wrapping<T>;
  W value = static_cast<W>(start);
  for (T& to : out.data<T>()) {
    to = static_cast<T>(value);
    value += static_cast<W>(delta);
  }
  return out;
}

// The T of a scalar.
template <typename T>
T First(const TensorView& scalar) {
  return scalar.data<T>()[0];
}

template <typename T>
StatusOr<Tensor> LinSpaceOf(Context& context, T start, T stop, int64_t num) {
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.Allocate(kDataTypeOf<T>, Shape({num})));
  T* const to = Out<T>(out);
  to[0] = start;
  if (num == 1) return out;
  const T step = (stop - start) / static_cast<T>(num - 1);
  for (int64_t i = 1; i < num; ++i) to[i] = start + step * static_cast<T>(i);
  to[num - 1] = stop;
  return out;
}

}  // namespace

StatusOr<Tensor> OnesLike(Context& context, const TensorView& x) {
  const Tensor one =
      OneOf<float, double, Half, Bfloat16, int8_t, int16_t, int32_t, int64_t,
            uint8_t, uint16_t, uint32_t, uint64_t, Complex64, Complex128, bool>(
          x.dtype());
  if (!one.is_valid()) return NoKernel("OnesLike", x.dtype());
  CAIRN_ASSIGN_OR_RETURN(Tensor out, context.Allocate(x.dtype(), x.shape()));
  CopyStrided(context, one, 0, out, 0, {{out.num_elements(), 0, 1}});
  return out;
}

StatusOr<Tensor> Range(Context& context, const TensorView& start,
                       const TensorView& limit, const TensorView& delta) {
  for (const TensorView* end : {&start, &limit, &delta}) {
    CAIRN_RETURN_IF_ERROR(RequireSameType(start, *end, "Range"));
    if (end->num_elements() != 1 || end->shape().rank() > 1) {
      return InvalidArgumentError(StrCat(end == &start   ? "start"
                                         : end == &limit ? "limit"
                                                         : "delta",
                                         " must be a scalar, not shape ",
                                         end->shape().ToString()));
    }
  }
  switch (start.dtype()) {
    case DataType::kInt32:
      return RangeOf(context, First<int32_t>(start), First<int32_t>(limit),
                     First<int32_t>(delta));
    case DataType::kInt64:
      return RangeOf(context, First<int64_t>(start), First<int64_t>(limit),
                     First<int64_t>(delta));
    case DataType::kFloat:
      return RangeOf(context, First<float>(start), First<float>(limit),
                     First<float>(delta));
    case DataType::kDouble:
      return RangeOf(context, First<double>(start), First<double>(limit),
                     First<double>(delta));
    default:
      return NoKernel("Range", start.dtype());
  }
}

StatusOr<Tensor> LinSpace(Context& context, const TensorView& start,
                          const TensorView& stop, const TensorView& num) {
  CAIRN_RETURN_IF_ERROR(RequireSameType(start, stop, "LinSpace"));
  for (const TensorView* end : {&start, &stop}) {
    if (end->shape().rank() != 0) {
      return InvalidArgumentError(StrCat(end == &start ? "start" : "stop",
                                         " must be a scalar, not shape ",
                                         end->shape().ToString()));
    }
  }
  CAIRN_ASSIGN_OR_RETURN(const int64_t count, ReadInteger(num, "num"));
  if (count <= 0) {
    return InvalidArgumentError(StrCat("Requires num > 0: ", count));
  }
  if (start.dtype() == DataType::kFloat) {
    return LinSpaceOf(context, First<float>(start), First<float>(stop), count);
  }
  if (start.dtype() != DataType::kDouble) {
    return NoKernel("LinSpace", start.dtype());
  }
  return LinSpaceOf(context, First<double>(start), First<double>(stop), count);
}

}  // namespace cairn::compute
