// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// float32 by oneDNN, 16-bit floats through float32; the other types by loops
// over blocks that fit in the cache.
#include "cairn/compute/matmul.h"

#include <algorithm>
#include <vector>

#include "cairn/compute/broadcast.h"
#include "cairn/compute/cast.h"
#include "cairn/compute/checks.h"
#include "cairn/compute/onednn_cache.h"
#include "cairn/compute/rows.h"
#include "cairn/compute/strided_copy.h"

namespace cairn::compute {
namespace {

// One product: out [m, n] of a [m, k] and b [k, n], row by row without gaps;
// or, of the operands, column by column.
struct Problem {
  int64_t m, k, n;
  bool a_transposed, b_transposed;
};

// out, which is zero, += a * b, both row by row.
template <typename T>
void MultiplyRows(const Problem& p, int64_t first, int64_t last, const T* a,
                  const T* b, T* out) {
  constexpr int64_t kDepth = 64, kWidth = 512;
  for (int64_t j = 0; j < p.n; j += kWidth) {
    const int64_t width = std::min(kWidth, p.n - j);
    for (int64_t l = 0; l < p.k; l += kDepth) {
      const int64_t end = std::min(p.k, l + kDepth);
      for (int64_t i = first; i < last; ++i) {
        T* const to = out + i * p.n + j;
        for (int64_t d = l; d < end; ++d) {
          const T factor = a[i * p.k + d];
          const T* const row = b + d * p.n + j;
          for (int64_t c = 0; c < width; ++c) {
            if constexpr (kIsComplex<T>) {
              to[c] += T(
                  factor.real() * row[c].real() - factor.imag() * row[c].imag(),
                  factor.real() * row[c].imag() +
                      factor.imag() * row[c].real());
            } else {
              to[c] = static_cast<T>(to[c] + factor * row[c]);
            }
          }
        }
      }
    }
  }
}

template <typename T>
void MultiplyLoops(Context& context, const Problem& p, const void* a,
                   const void* b, void* out) {
  context.ParallelFor(p.m, p.k * p.n, [&](int64_t begin, int64_t end) {
    MultiplyRows<T>(p, begin, end, static_cast<const T*>(a),
                    static_cast<const T*>(b), static_cast<T*>(out));
  });
}

using Loops = void (*)(Context&, const Problem&, const void*, const void*,
                       void*);
Loops LoopsFor(DataType dtype) {
  switch (dtype) {
    case DataType::kDouble:
      return MultiplyLoops<double>;
    case DataType::kInt16:
      return MultiplyLoops<uint16_t>;
    case DataType::kInt32:
      return MultiplyLoops<uint32_t>;
    case DataType::kInt64:
      return MultiplyLoops<uint64_t>;
    case DataType::kComplex64:
      return MultiplyLoops<Complex64>;
    case DataType::kComplex128:
      return MultiplyLoops<Complex128>;
    default:
      return nullptr;
  }
}

// `batch` products of float32 matrices that lie one after another.
Status MultiplyFloats(Context& context, const Problem& p, int64_t batch,
                      const float* a, const float* b, float* out) {
  const int64_t numbers[] = {p.m,           p.k, p.n, batch, p.a_transposed,
                             p.b_transposed};
  using dnnl::memory;
  const auto make = [&](dnnl::engine& engine) {
    const auto type = memory::data_type::f32;
    const memory::dims by_rows_a = {p.m * p.k, p.k, 1};
    const memory::dims by_columns_a = {p.m * p.k, 1, p.m};
    const memory::dims by_rows_b = {p.k * p.n, p.n, 1};
    const memory::dims by_columns_b = {p.k * p.n, 1, p.k};
    const memory::desc left({batch, p.m, p.k}, type,
                            p.a_transposed ? by_columns_a : by_rows_a);
    const memory::desc right({batch, p.k, p.n}, type,
                             p.b_transposed ? by_columns_b : by_rows_b);
    const memory::desc result({batch, p.m, p.n}, type, memory::format_tag::abc);
    const dnnl::matmul::primitive_desc made({left, right, result}, engine);
    return OneDnnCache::Entry{dnnl::matmul(made),
                              {{DNNL_ARG_SRC, left, left},
                               {DNNL_ARG_WEIGHTS, right, right},
                               {DNNL_ARG_DST, result, result, true}}};
  };
  return RunOneDnn(
      context, "MatMul", OneDnnKey("matmul", {numbers}), make,
      {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, out}});
}

// The operand with its last two dimensions swapped, and conjugated if asked.
StatusOr<Tensor> Oriented(Context& context, const TensorView& x,
                          Orientation orientation) {
  const int rank = x.shape().rank();
  const int64_t rows = x.shape().dim(rank - 2);
  const int64_t columns = x.shape().dim(rank - 1);
  const int64_t dims[] = {columns, rows};
  CAIRN_ASSIGN_OR_RETURN(Shape shape,
                         ReplaceDims(x.shape(), rank - 2, rank, dims));
  CAIRN_ASSIGN_OR_RETURN(Tensor y,
                         context.Allocate(x.dtype(), std::move(shape)));
  if (y.num_elements() > 0) {
    CopyStrided(
        context, x, 0, y, 0,
        {{y.num_elements() / rows / columns, rows * columns, rows * columns},
         {columns, 1, rows},
         {rows, columns, 1}});
  }
  if (orientation == Orientation::kAdjoint &&
      Info(x.dtype()).kind == DataTypeKind::kComplex) {
    return Conj(context, y);
  }
  return y;
}

// Which matrix of each operand meets for each matrix of the result.
struct Batches {
  Shape shape;
  std::vector<std::pair<int64_t, int64_t>> pairs;
  bool is_plain = true;  // matrix i meets matrix i
};

StatusOr<Batches> MatchBatches(const Shape& a, const Shape& b) {
  CAIRN_ASSIGN_OR_RETURN(
      const Shape left,
      Shape::Create(a.dims().first(static_cast<size_t>(a.rank() - 2))));
  CAIRN_ASSIGN_OR_RETURN(
      const Shape right,
      Shape::Create(b.dims().first(static_cast<size_t>(b.rank() - 2))));
  Batches batches;
  const StatusOr<Shape> shape = BroadcastShapes(left, right);
  if (!shape.ok()) {
    return InvalidArgumentError(StrCat(
        "In[0] and In[1] must have compatible batch dimensions: ", a.ToString(),
        " vs. ", b.ToString()));
  }
  batches.shape = *shape;
  batches.is_plain = left == right;
  if (batches.is_plain) return batches;
  const Shape* const operands[] = {&left, &right};
  const BroadcastWalk walk(batches.shape, operands);
  Context one_thread({.threads = 1});
  walk.ForEachRow(one_thread, 1, [&](int64_t, const auto& from, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      batches.pairs.emplace_back(from[0] + i * walk.row_stride(0),
                                 from[1] + i * walk.row_stride(1));
    }
  });
  return batches;
}

}  // namespace

StatusOr<Tensor> BatchMatMul(Context& context, const TensorView& a,
                             const TensorView& b,
                             const MatMulOptions& options) {
  CAIRN_RETURN_IF_ERROR(RequireSameType(a, b, "MatMul"));
  if (a.shape().rank() < 2 || b.shape().rank() < 2) {
    return InvalidArgumentError(
        StrCat("In[0] and In[1] must have at least 2 dimensions: ",
               a.shape().ToString(), " vs. ", b.shape().ToString()));
  }
  if (IsSixteenBitFloat(a.dtype())) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor wide_a, WidenTensor(a));
    CAIRN_ASSIGN_OR_RETURN(const Tensor wide_b, WidenTensor(b));
    CAIRN_ASSIGN_OR_RETURN(const Tensor product,
                           BatchMatMul(context, wide_a, wide_b, options));
    return NarrowTensor(a.dtype(), product);
  }
  const bool is_float = a.dtype() == DataType::kFloat;
  const Loops loops = LoopsFor(a.dtype());
  if (!is_float && loops == nullptr) return NoKernel("MatMul", a.dtype());
  const bool ta = options.a != Orientation::kNormal;
  const bool tb = options.b != Orientation::kNormal;
  const int64_t* const da = a.shape().dims().data() + a.shape().rank() - 2;
  const int64_t* const db = b.shape().dims().data() + b.shape().rank() - 2;
  const Problem p = {da[ta ? 1 : 0], da[ta ? 0 : 1], db[tb ? 0 : 1], ta, tb};
  if (db[tb ? 1 : 0] != p.k) {
    return InvalidArgumentError(
        StrCat("Matrix size-incompatible: In[0]: ", a.shape().ToString(),
               ", In[1]: ", b.shape().ToString()));
  }
  CAIRN_ASSIGN_OR_RETURN(const Batches batches,
                         MatchBatches(a.shape(), b.shape()));
  const int64_t dims[] = {p.m, p.n};
  const int rank = batches.shape.rank();
  CAIRN_ASSIGN_OR_RETURN(Shape shape,
                         ReplaceDims(batches.shape, rank, rank, dims));
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.AllocateZeros(a.dtype(), std::move(shape)));
  if (out.num_elements() == 0 || p.k == 0) return out;
  if (is_float && batches.is_plain) {
    CAIRN_RETURN_IF_ERROR(
        MultiplyFloats(context, p, batches.shape.num_elements(), In<float>(a),
                       In<float>(b), Out<float>(out)));
    return out;
  }
  // The loops want rows.
  Tensor turned_a, turned_b;
  TensorView left = a, right = b;
  if (ta && !is_float) {
    CAIRN_ASSIGN_OR_RETURN(turned_a, Oriented(context, a, options.a));
    left = turned_a;
  }
  if (tb && !is_float) {
    CAIRN_ASSIGN_OR_RETURN(turned_b, Oriented(context, b, options.b));
    right = turned_b;
  }
  const int64_t size = DataTypeSize(a.dtype());
  for (int64_t i = 0; i < batches.shape.num_elements(); ++i) {
    const auto [x, y] = batches.is_plain
                            ? std::pair(i, i)
                            : batches.pairs[static_cast<size_t>(i)];
    const char* const from_a = left.bytes().data() + x * p.m * p.k * size;
    const char* const from_b = right.bytes().data() + y * p.k * p.n * size;
    char* const to = out.mutable_bytes().data() + i * p.m * p.n * size;
    if (is_float) {
      CAIRN_RETURN_IF_ERROR(
          MultiplyFloats(context, p, 1, reinterpret_cast<const float*>(from_a),
                         reinterpret_cast<const float*>(from_b),
                         reinterpret_cast<float*>(to)));
    } else {
      loops(context, p, from_a, from_b, to);
    }
  }
  return out;
}

StatusOr<Tensor> MatMul(Context& context, const TensorView& a,
                        const TensorView& b, const MatMulOptions& options) {
  if (a.shape().rank() != 2) {
    return InvalidArgumentError(StrCat(
        "In[0] is not a matrix. Instead it has shape ", a.shape().ToString()));
  }
  if (b.shape().rank() != 2) {
    return InvalidArgumentError(StrCat(
        "In[1] is not a matrix. Instead it has shape ", b.shape().ToString()));
  }
  return BatchMatMul(context, a, b, options);
}

}  // namespace cairn::compute
