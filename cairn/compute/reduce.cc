// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Any reduction becomes one of a cube [outer, reduced, inner] over its middle:
// dimensions side by side are joined, and where reduced and kept ones alternate
// more often the tensor is transposed first.
#include "cairn/compute/reduce.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "cairn/compute/binary.h"
#include "cairn/compute/checks.h"
#include "cairn/compute/rows.h"
#include "cairn/compute/strided_copy.h"
#include "cairn/compute/unary.h"

namespace cairn::compute {
namespace {

struct Cube {
  int64_t outer = 1, reduced = 1, inner = 1;
};

struct Sum {
  template <typename T>
  static T Start() {
    return T(0);
  }
  template <typename T>
  static T Join(T a, T b) {
    return static_cast<T>(a + b);
  }
};
struct Prod {
  template <typename T>
  static T Start() {
    return T(1);
  }
  template <typename T>
  static T Join(T a, T b) {
    if constexpr (kIsComplex<T>) {
      return T(a.real() * b.real() - a.imag() * b.imag(),
               a.real() * b.imag() + a.imag() * b.real());
    } else {
      return static_cast<T>(static_cast<Wrapping<T>>(a) *
                            static_cast<Wrapping<T>>(b));
    }
  }
};
struct Max {
  template <typename T>
  static T Start() {
    if constexpr (std::is_floating_point_v<T>) {
      return -std::numeric_limits<T>::infinity();
    }
    return std::numeric_limits<T>::lowest();
  }
  template <typename T>
  static T Join(T a, T b) {
    return a > b || a != a ? a : b;
  }
};
struct Min {
  template <typename T>
  static T Start() {
    if constexpr (std::is_floating_point_v<T>) {
      return std::numeric_limits<T>::infinity();
    }
    return std::numeric_limits<T>::max();
  }
  template <typename T>
  static T Join(T a, T b) {
    return a < b || a != a ? a : b;
  }
};

// Elements joined one after another before blocks are.
constexpr int64_t kBlock = 128;
constexpr int kLanes = 16;

template <typename T, typename Op>
T ReduceRow(const T* x, int64_t n) {
  if (n <= kBlock) {
    T lanes[kLanes];
    std::fill_n(lanes, kLanes, Op::template Start<T>());
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
      for (int l = 0; l < kLanes; ++l) lanes[l] = Op::Join(lanes[l], x[i + l]);
    }
    T result = Op::template Start<T>();
    for (const T& lane : lanes) result = Op::Join(result, lane);
    for (; i < n; ++i) result = Op::Join(result, x[i]);
    return result;
  }
  const int64_t half = n / 2 / kLanes * kLanes;
  return Op::Join(ReduceRow<T, Op>(x, half),
                  ReduceRow<T, Op>(x + half, n - half));
}

// Rows of `width` elements, `stride` apart, joined into `out`.
template <typename T, typename Op>
void ReduceColumns(const T* x, int64_t rows, int64_t width, int64_t stride,
                   T* out) {
  std::fill_n(out, width, Op::template Start<T>());
  std::vector<T> block(static_cast<size_t>(width));
  for (int64_t r = 0; r < rows; r += kBlock) {
    const int64_t end = std::min(rows, r + kBlock);
    T* const into = rows <= kBlock ? out : block.data();
    std::fill_n(into, width, Op::template Start<T>());
    for (int64_t k = r; k < end; ++k) {
      const T* const row = x + k * stride;
      for (int64_t i = 0; i < width; ++i) into[i] = Op::Join(into[i], row[i]);
    }
    if (into == out) break;
    for (int64_t i = 0; i < width; ++i) out[i] = Op::Join(out[i], into[i]);
  }
}

using Kernel = void (*)(Context&, const Cube&, const void*, void*);

template <typename T, typename Op>
void ReduceCube(Context& context, const Cube& cube, const void* in, void* out) {
  const T* const x = static_cast<const T*>(in);
  T* const y = static_cast<T*>(out);
  if (cube.inner == 1 && cube.outer == 1) {
    // One long row: blocks on several threads, joined in order.
    constexpr int64_t kLong = 1 << 16;
    const int64_t blocks = (cube.reduced + kLong - 1) / kLong;
    std::vector<T> sums(static_cast<size_t>(blocks));
    context.ParallelFor(blocks, kLong, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        sums[static_cast<size_t>(b)] = ReduceRow<T, Op>(
            x + b * kLong, std::min(kLong, cube.reduced - b * kLong));
      }
    });
    y[0] = ReduceRow<T, Op>(sums.data(), blocks);
    return;
  }
  if (cube.inner == 1) {
    context.ParallelFor(
        cube.outer, cube.reduced, [&](int64_t begin, int64_t end) {
          for (int64_t o = begin; o < end; ++o) {
            y[o] = ReduceRow<T, Op>(x + o * cube.reduced, cube.reduced);
          }
        });
    return;
  }
  // Columns that share cache lines stay together.
  constexpr int64_t kWidth = 1024;
  const int64_t strips = (cube.inner + kWidth - 1) / kWidth;
  context.ParallelFor(
      cube.outer * strips, cube.reduced * std::min(kWidth, cube.inner),
      [&](int64_t begin, int64_t end) {
        for (int64_t s = begin; s < end; ++s) {
          const int64_t o = s / strips;
          const int64_t first = s % strips * kWidth;
          ReduceColumns<T, Op>(x + o * cube.reduced * cube.inner + first,
                               cube.reduced,
                               std::min(kWidth, cube.inner - first), cube.inner,
                               y + o * cube.inner + first);
        }
      });
}

template <typename Op, typename... Ts>
Kernel Pick(DataType dtype) {
  Kernel kernel = nullptr;
  (void)((kDataTypeOf<Ts> == dtype ? (kernel = ReduceCube<Ts, Op>, true)
                                   : false) ||
         ...);
  return kernel;
}

template <typename Op>
Kernel Numbers(DataType dtype) {
  switch (dtype) {
    case DataType::kInt8:
    case DataType::kUint8:
      return ReduceCube<uint8_t, Op>;
    case DataType::kInt16:
    case DataType::kUint16:
      return ReduceCube<uint16_t, Op>;
    case DataType::kInt32:
    case DataType::kUint32:
      return ReduceCube<uint32_t, Op>;
    case DataType::kInt64:
    case DataType::kUint64:
      return ReduceCube<uint64_t, Op>;
    default:
      return Pick<Op, float, double, Complex64, Complex128>(dtype);
  }
}
template <typename Op>
Kernel Ordered(DataType dtype) {
  return Pick<Op, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t,
              uint16_t, uint32_t, uint64_t>(dtype);
}

// All are true if the smallest is, any if the largest.
Kernel FindKernel(ReduceOp op, DataType dtype) {
  const bool is_bool = dtype == DataType::kBool;
  switch (op) {
    case ReduceOp::kAll:
      return is_bool ? ReduceCube<uint8_t, Min> : nullptr;
    case ReduceOp::kAny:
      return is_bool ? ReduceCube<uint8_t, Max> : nullptr;
    case ReduceOp::kMax:
      return Ordered<Max>(dtype);
    case ReduceOp::kMin:
      return Ordered<Min>(dtype);
    case ReduceOp::kProd:
      return Numbers<Prod>(dtype);
    default:
      return Numbers<Sum>(dtype);
  }
}

constexpr std::string_view kNames[] = {"All",  "Any", "EuclideanNorm", "Max",
                                       "Mean", "Min", "Prod",          "Sum"};

struct Plan {
  Shape output;
  std::vector<bool> is_reduced;  // of each dimension
  int64_t count = 1;             // elements reduced to one
};

StatusOr<Plan> MakePlan(const Shape& input, const TensorView& axes, Dims dims) {
  CAIRN_ASSIGN_OR_RETURN(const auto list,
                         ReadIntegers(axes, "reduction_indices"));
  Plan plan;
  plan.is_reduced.resize(static_cast<size_t>(input.rank()));
  for (const int64_t axis : list) {
    if (axis < -input.rank() || axis >= input.rank()) {
      return InvalidArgumentError(StrCat("Invalid reduction dimension (", axis,
                                         " for input with ", input.rank(),
                                         " dimension(s)"));
    }
    const auto d = static_cast<size_t>(axis < 0 ? axis + input.rank() : axis);
    if (plan.is_reduced[d]) {
      return InvalidArgumentError(
          StrCat("Invalid reduction arguments: Axes contains duplicate "
                 "dimension: ",
                 d));
    }
    plan.is_reduced[d] = true;
  }
  std::vector<int64_t> kept;
  for (int d = 0; d < input.rank(); ++d) {
    if (!plan.is_reduced[static_cast<size_t>(d)]) {
      kept.push_back(input.dim(d));
      continue;
    }
    if (dims == Dims::kKeep) kept.push_back(1);
    if (__builtin_mul_overflow(plan.count, input.dim(d), &plan.count)) {
      plan.count = 0;  // beside a dimension of 0
    }
  }
  CAIRN_ASSIGN_OR_RETURN(plan.output, Shape::Create(kept));
  return plan;
}

// The cube, and the input transposed if need be (in `storage`).
StatusOr<Cube> MakeCube(Context& context, const Plan& plan, TensorView* input,
                        Tensor* storage) {
  struct Group {
    bool is_reduced;
    int64_t size;
  };
  std::vector<Group> groups;
  const Shape shape = input->shape();
  for (int d = 0; d < shape.rank(); ++d) {
    const bool is_reduced = plan.is_reduced[static_cast<size_t>(d)];
    if (shape.dim(d) == 1) continue;
    if (!groups.empty() && groups.back().is_reduced == is_reduced) {
      groups.back().size *= shape.dim(d);
    } else {
      groups.push_back({is_reduced, shape.dim(d)});
    }
  }
  Cube cube;
  size_t g = 0;
  if (g < groups.size() && !groups[g].is_reduced) cube.outer = groups[g++].size;
  if (g < groups.size()) cube.reduced = groups[g++].size;
  if (g < groups.size()) cube.inner = groups[g++].size;
  if (g == groups.size()) return cube;
  std::vector<CopyDim> copy;
  const std::vector<int64_t> strides = StridesOf(shape);
  int64_t to = 1;
  for (const bool reduced : {true, false}) {
    for (int d = shape.rank() - 1; d >= 0; --d) {
      const auto i = static_cast<size_t>(d);
      if (plan.is_reduced[i] != reduced) continue;
      copy.push_back({shape.dim(d), strides[i], to});
      to *= shape.dim(d);
    }
  }
  CAIRN_ASSIGN_OR_RETURN(*storage, context.Allocate(input->dtype(), shape));
  CopyStrided(context, *input, 0, *storage, 0, std::move(copy));
  *input = *storage;
  return Cube{shape.num_elements() / plan.count, plan.count, 1};
}

template <typename T>
void DivideBy(int64_t count, Tensor& sums) {
  // Of integers nothing is divided by nothing.
  if constexpr (std::is_integral_v<T>) {
    if (static_cast<T>(count) == 0) return;
    for (T& sum : sums.data<T>()) {
      sum = static_cast<T>(sum / static_cast<T>(count));
    }
  } else {
    for (T& sum : sums.data<T>()) sum /= T(static_cast<float>(count));
  }
}

void Divide(int64_t count, Tensor& sums) {
  const auto divide = [&]<typename... Ts>(std::type_identity<Ts>...) {
    (void)((kDataTypeOf<Ts> == sums.dtype() ? (DivideBy<Ts>(count, sums), true)
                                            : false) ||
           ...);
  };
  divide(std::type_identity<float>(), std::type_identity<double>(),
         std::type_identity<Complex64>(), std::type_identity<Complex128>(),
         std::type_identity<int8_t>(), std::type_identity<int16_t>(),
         std::type_identity<int32_t>(), std::type_identity<int64_t>(),
         std::type_identity<uint8_t>(), std::type_identity<uint16_t>(),
         std::type_identity<uint32_t>(), std::type_identity<uint64_t>());
}

StatusOr<Tensor> ReduceWith(Context& context, Kernel kernel, const Plan& plan,
                            TensorView input) {
  CAIRN_ASSIGN_OR_RETURN(Tensor output,
                         context.Allocate(input.dtype(), plan.output));
  if (output.num_elements() == 0) return output;
  Tensor storage;
  Cube cube = {output.num_elements(), 0, 1};
  if (input.num_elements() > 0) {
    CAIRN_ASSIGN_OR_RETURN(cube, MakeCube(context, plan, &input, &storage));
  }
  kernel(context, cube, input.bytes().data(), output.mutable_bytes().data());
  return output;
}

}  // namespace

std::span<const std::string_view> ReduceOpNames() { return kNames; }

StatusOr<Tensor> Reduce(Context& context, ReduceOp op, const TensorView& input,
                        const TensorView& axes, const ReduceOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(const Plan plan,
                         MakePlan(input.shape(), axes, options.dims));
  if (IsSixteenBitFloat(input.dtype())) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor wide, WidenTensor(input));
    CAIRN_ASSIGN_OR_RETURN(const Tensor result,
                           Reduce(context, op, wide, axes, options));
    return NarrowTensor(input.dtype(), result);
  }
  const Kernel kernel = FindKernel(op, input.dtype());
  if (kernel == nullptr) {
    return NoKernel(kNames[static_cast<size_t>(op)], input.dtype());
  }
  if (op == ReduceOp::kEuclideanNorm) {
    if (DataTypeInfo info = Info(input.dtype());
        info.kind == DataTypeKind::kComplex ||
        info.kind != DataTypeKind::kFloating) {
      return NoKernel("EuclideanNorm", input.dtype());
    }
    CAIRN_ASSIGN_OR_RETURN(const Tensor squares,
                           Unary(context, UnaryOp::kSquare, input));
    CAIRN_ASSIGN_OR_RETURN(const Tensor sum,
                           ReduceWith(context, kernel, plan, squares));
    return Unary(context, UnaryOp::kSqrt, sum);
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor output,
                         ReduceWith(context, kernel, plan, input));
  if (op == ReduceOp::kMean) Divide(plan.count, output);
  return output;
}

StatusOr<Tensor> L2Loss(Context& context, const TensorView& t) {
  if (Info(t.dtype()).kind != DataTypeKind::kFloating ||
      DataTypeSize(t.dtype()) < 2) {
    return NoKernel("L2Loss", t.dtype());
  }
  if (IsSixteenBitFloat(t.dtype())) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor wide, WidenTensor(t));
    CAIRN_ASSIGN_OR_RETURN(const Tensor result, L2Loss(context, wide));
    return NarrowTensor(t.dtype(), result);
  }
  CAIRN_ASSIGN_OR_RETURN(const Tensor squares,
                         Unary(context, UnaryOp::kSquare, t));
  Plan plan;
  plan.is_reduced.assign(static_cast<size_t>(t.shape().rank()), true);
  plan.count = t.num_elements();
  CAIRN_ASSIGN_OR_RETURN(
      Tensor sum, ReduceWith(context, FindKernel(ReduceOp::kSum, t.dtype()),
                             plan, squares));
  if (t.dtype() == DataType::kFloat) {
    sum.data<float>()[0] *= 0.5f;
  } else {
    sum.data<double>()[0] *= 0.5;
  }
  return sum;
}

}  // namespace cairn::compute
