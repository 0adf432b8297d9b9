// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// ArgMax, ArgMin, Cumsum, Cumprod: walks along one dimension of a cube [outer,
// size, inner].
#include <algorithm>
#include <limits>

#include "cairn/compute/checks.h"
#include "cairn/compute/reduce.h"
#include "cairn/compute/rows.h"

namespace cairn::compute {
namespace {

struct Cube {
  int64_t outer, size, inner;
};

Cube CubeAround(const Shape& shape, int axis) {
  return {Product(shape, 0, axis), shape.dim(axis),
          Product(shape, axis + 1, shape.rank())};
}

// Index 0 if nothing is larger (smaller) than the lowest (highest) number, as
// of NaNs.
template <typename T>
void FindFirst(ArgOp op, const Cube& cube, const T* x, int64_t* out) {
  for (int64_t o = 0; o < cube.outer; ++o) {
    for (int64_t i = 0; i < cube.inner; ++i) {
      const T* const line = x + o * cube.size * cube.inner + i;
      int64_t best = 0;
      if (op == ArgOp::kArgMax) {
        T value = std::numeric_limits<T>::lowest();
        for (int64_t k = 0; k < cube.size; ++k) {
          if (line[k * cube.inner] > value)
            value = line[(best = k) * cube.inner];
        }
      } else {
        T value = std::numeric_limits<T>::max();
        for (int64_t k = 0; k < cube.size; ++k) {
          if (line[k * cube.inner] < value)
            value = line[(best = k) * cube.inner];
        }
      }
      *out++ = best;
    }
  }
}

template <typename T>
void Narrow(const std::vector<int64_t>& from, Tensor& to) {
  std::ranges::transform(from, to.data<T>().begin(),
                         [](int64_t i) { return static_cast<T>(i); });
}

template <typename T>
T Join(ScanOp op, T a, T b) {
  if (op == ScanOp::kCumsum) return static_cast<T>(a + b);
  if constexpr (kIsComplex<T>) {
    return T(a.real() * b.real() - a.imag() * b.imag(),
             a.real() * b.imag() + a.imag() * b.real());
  } else {
    return static_cast<T>(static_cast<Wrapping<T>>(a) *
                          static_cast<Wrapping<T>>(b));
  }
}

template <typename T>
void ScanCube(Context& context, ScanOp op, const ScanOptions& options,
              const Cube& cube, const TensorView& in, Tensor& out) {
  const T* const x = reinterpret_cast<const T*>(in.bytes().data());
  T* const y = reinterpret_cast<T*>(out.mutable_bytes().data());
  const bool exclusive = options.first == ScanOptions::First::kExclusive;
  const bool reverse = options.direction == ScanOptions::Direction::kReverse;
  context.ParallelFor(
      cube.outer * cube.inner, cube.size, [&](int64_t begin, int64_t end) {
        for (int64_t line = begin; line < end; ++line) {
          const int64_t first =
              line / cube.inner * cube.size * cube.inner + line % cube.inner;
          T sum = op == ScanOp::kCumsum ? T(0) : T(1);
          for (int64_t k = 0; k < cube.size; ++k) {
            const int64_t at =
                first + (reverse ? cube.size - 1 - k : k) * cube.inner;
            const T next = Join(op, sum, x[at]);
            y[at] = exclusive ? sum : next;
            sum = next;
          }
        }
      });
}

// Calls f with a value of the C++ type that adds and multiplies as `dtype`
// does; false if there is none.
template <typename F>
bool VisitWrapping(DataType dtype, const F& f) {
  switch (dtype) {
    case DataType::kInt8:
    case DataType::kUint8:
      return f(uint8_t()), true;
    case DataType::kInt16:
    case DataType::kUint16:
      return f(uint16_t()), true;
    case DataType::kInt32:
    case DataType::kUint32:
      return f(uint32_t()), true;
    case DataType::kInt64:
    case DataType::kUint64:
      return f(uint64_t()), true;
    case DataType::kFloat:
      return f(float()), true;
    case DataType::kDouble:
      return f(double()), true;
    case DataType::kComplex64:
      return f(Complex64()), true;
    case DataType::kComplex128:
      return f(Complex128()), true;
    default:
      return false;
  }
}

template <typename... Ts>
bool FindFirstOf(ArgOp op, const Cube& cube, const TensorView& input,
                 int64_t* out) {
  return ((kDataTypeOf<Ts> == input.dtype()
               ? (FindFirst<Ts>(op, cube, In<Ts>(input), out), true)
               : false) ||
          ...);
}

}  // namespace

StatusOr<Tensor> ArgReduce(Context& context, ArgOp op, const TensorView& input,
                           const TensorView& dimension, DataType output_type) {
  CAIRN_ASSIGN_OR_RETURN(const int64_t wanted,
                         ReadInteger(dimension, "dimension"));
  const Shape& shape = input.shape();
  if (wanted < -shape.rank() || wanted >= shape.rank()) {
    return InvalidArgumentError(StrCat("Expected dimension in the range [",
                                       -shape.rank(), ", ", shape.rank(),
                                       "), but got ", wanted));
  }
  const int axis =
      static_cast<int>(wanted < 0 ? wanted + shape.rank() : wanted);
  if (shape.dim(axis) == 0) {
    return InvalidArgumentError(StrCat(
        "Reduction axis ", wanted, " is empty in shape ", shape.ToString()));
  }
  CAIRN_ASSIGN_OR_RETURN(Shape reduced, ReplaceDims(shape, axis, axis + 1, {}));
  if (IsSixteenBitFloat(input.dtype())) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor wide, WidenTensor(input));
    return ArgReduce(context, op, wide, dimension, output_type);
  }
  CAIRN_RETURN_IF_ERROR(context.Allocate(DataType::kInt64, reduced).status());
  std::vector<int64_t> found(static_cast<size_t>(reduced.num_elements()));
  if (!FindFirstOf<float, double, int8_t, int16_t, int32_t, int64_t, uint8_t,
                   uint16_t, uint32_t, uint64_t, bool>(
          op, CubeAround(shape, axis), input, found.data())) {
    return NoKernel("ArgMax or ArgMin", input.dtype());
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor out, context.Allocate(output_type, reduced));
  switch (output_type) {
    case DataType::kInt16:
      Narrow<int16_t>(found, out);
      return out;
    case DataType::kUint16:
      Narrow<uint16_t>(found, out);
      return out;
    case DataType::kInt32:
      Narrow<int32_t>(found, out);
      return out;
    case DataType::kInt64:
      Narrow<int64_t>(found, out);
      return out;
    default:
      return NoKernel("the output of ArgMax or ArgMin", output_type);
  }
}

StatusOr<Tensor> Scan(Context& context, ScanOp op, const TensorView& x,
                      const TensorView& axis, const ScanOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(const int64_t wanted, ReadInteger(axis, "axis"));
  const int rank = x.shape().rank();
  if (wanted < -rank || wanted >= rank) {
    return InvalidArgumentError(
        StrCat("ScanOp: Expected scan axis in the range [", -rank, ", ", rank,
               "), but got ", wanted));
  }
  if (IsSixteenBitFloat(x.dtype())) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor wide, WidenTensor(x));
    CAIRN_ASSIGN_OR_RETURN(const Tensor result,
                           Scan(context, op, wide, axis, options));
    return NarrowTensor(x.dtype(), result);
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor y, context.Allocate(x.dtype(), x.shape()));
  const Cube cube = CubeAround(
      x.shape(), static_cast<int>(wanted < 0 ? wanted + rank : wanted));
  if (x.num_elements() == 0) return y;
  if (!VisitWrapping(x.dtype(), [&]<typename T>(T) {
        ScanCube<T>(context, op, options, cube, x, y);
      })) {
    return NoKernel("Cumsum or Cumprod", x.dtype());
  }
  return y;
}

}  // namespace cairn::compute
