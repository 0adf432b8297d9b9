// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// TopK, InTopK and Unique.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "cairn/compute/binary.h"
#include "cairn/compute/checks.h"
#include "cairn/compute/gather.h"
#include "cairn/compute/indices.h"
#include "cairn/compute/rows.h"

namespace cairn::compute {
namespace {

template <typename T>
void TopKRow(const T* x, int64_t n, int64_t k, T* values, int32_t* indices) {
  std::vector<int32_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  // NaN is not larger than anything; positions decide, so that the order is
  // strict and weak.
  const auto before = [x](int32_t a, int32_t b) {
    const T va = x[a], vb = x[b];
    if (va > vb) return true;
    if (vb > va) return false;
    if (va != va || vb != vb) {
      if ((va != va) != (vb != vb)) return vb != vb;
    }
    return a < b;
  };
  std::partial_sort(order.begin(), order.begin() + k, order.end(), before);
  for (int64_t i = 0; i < k; ++i) {
    indices[i] = order[static_cast<size_t>(i)];
    values[i] = x[indices[i]];
  }
}

template <typename T>
void TopKRows(Context& context, const TensorView& input, int64_t k,
              TopKResult& result) {
  const int64_t n = input.shape().dim(input.shape().rank() - 1);
  const int64_t rows = n == 0 ? 0 : input.num_elements() / n;
  const T* const x = In<T>(input);
  T* const values = Out<T>(result.values);
  int32_t* const indices = Out<int32_t>(result.indices);
  context.ParallelFor(rows, 8 * n, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      TopKRow(x + r * n, n, k, values + r * k, indices + r * k);
    }
  });
}

}  // namespace

StatusOr<TopKResult> TopK(Context& context, const TensorView& input,
                          int64_t k) {
  const int rank = input.shape().rank();
  if (k < 0) {
    return InvalidArgumentError(StrCat("Need k >= 0, got ", k));
  }
  if (rank < 1) {
    return InvalidArgumentError(
        StrCat("input must be >= 1-D, got shape ", input.shape().ToString()));
  }
  const int64_t n = input.shape().dim(rank - 1);
  if (n < k) {
    return InvalidArgumentError("input must have at least k columns");
  }
  if (n > std::numeric_limits<int32_t>::max()) {
    return InvalidArgumentError(StrCat("rows of ", n, " are too long"));
  }
  if (IsSixteenBitFloat(input.dtype())) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor wide, WidenTensor(input));
    CAIRN_ASSIGN_OR_RETURN(TopKResult result, TopK(context, wide, k));
    CAIRN_ASSIGN_OR_RETURN(result.values,
                           NarrowTensor(input.dtype(), result.values));
    return result;
  }
  const int64_t dim[] = {k};
  CAIRN_ASSIGN_OR_RETURN(const Shape shape,
                         ReplaceDims(input.shape(), rank - 1, rank, dim));
  TopKResult result;
  CAIRN_ASSIGN_OR_RETURN(result.values, context.Allocate(input.dtype(), shape));
  CAIRN_ASSIGN_OR_RETURN(result.indices,
                         context.Allocate(DataType::kInt32, shape));
  if (result.values.num_elements() == 0) return result;
  const auto run = [&]<typename... Ts>(std::type_identity<Ts>...) {
    return ((kDataTypeOf<Ts> == input.dtype()
                 ? (TopKRows<Ts>(context, input, k, result), true)
                 : false) ||
            ...);
  };
  if (!run(std::type_identity<float>(), std::type_identity<double>(),
           std::type_identity<int32_t>(), std::type_identity<int64_t>(),
           std::type_identity<int8_t>(), std::type_identity<uint8_t>(),
           std::type_identity<int16_t>(), std::type_identity<uint16_t>(),
           std::type_identity<uint32_t>(), std::type_identity<uint64_t>())) {
    return NoKernel("TopK", input.dtype());
  }
  return result;
}

StatusOr<Tensor> InTopK(Context& context, const TensorView& predictions,
                        const TensorView& targets, int64_t k) {
  CAIRN_RETURN_IF_ERROR(
      RequireType(predictions, DataType::kFloat, "predictions"));
  if (predictions.shape().rank() != 2) {
    return InvalidArgumentError("predictions must be 2-dimensional");
  }
  if (targets.shape().rank() != 1) {
    return InvalidArgumentError("targets must be 1-dimensional");
  }
  const int64_t rows = predictions.shape().dim(0);
  const int64_t classes = predictions.shape().dim(1);
  if (targets.shape().dim(0) != rows) {
    return InvalidArgumentError(StrCat("First dimension of predictions ", rows,
                                       " must match length of targets ",
                                       targets.shape().dim(0)));
  }
  CAIRN_ASSIGN_OR_RETURN(const auto list, ReadIndexList(targets));
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.Allocate(DataType::kBool, Shape({rows})));
  const float* const x = In<float>(predictions);
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t target = list[static_cast<size_t>(r)];
    const std::span<const float> row(x + r * classes,
                                     static_cast<size_t>(classes));
    bool good = target >= 0 && target < classes &&
                std::isfinite(row[static_cast<size_t>(target)]);
    int64_t larger = 0;
    for (const float value : row) {
      if (!good) break;
      good = std::isfinite(value);
      larger += value > row[static_cast<size_t>(target)] ? 1 : 0;
    }
    out.data<bool>()[static_cast<size_t>(r)] = good && larger < k;
  }
  return out;
}

namespace {

// Numbers the bytes of elements in order of their first appearance.
struct Numbering {
  std::vector<int64_t> index;  // of each element
  std::vector<int64_t> first;  // element of each number
  std::vector<int64_t> count;
};

template <typename At>
Numbering NumberElements(int64_t n, const At& at) {
  Numbering out;
  std::unordered_map<std::string_view, int64_t> seen;
  for (int64_t i = 0; i < n; ++i) {
    const auto [found, is_new] =
        seen.try_emplace(at(i), static_cast<int64_t>(out.first.size()));
    if (is_new) {
      out.first.push_back(i);
      out.count.push_back(0);
    }
    out.index.push_back(found->second);
    ++out.count[static_cast<size_t>(found->second)];
  }
  return out;
}

// Elements to compare by their bytes: of numbers, so that +0 and -0 are one
// value, after adding 0.
class Keys {
 public:
  static StatusOr<Keys> Of(Context& context, std::string_view op,
                           const TensorView& x) {
    if (x.shape().rank() != 1) {
      return InvalidArgumentError(StrCat(op, " expects a 1D vector."));
    }
    if (Info(x.dtype()).kind == DataTypeKind::kComplex ||
        (!x.holds_strings() && !IsFixedSize(x.dtype()))) {
      return NoKernel(op, x.dtype());
    }
    Keys keys;
    keys.view_ = x;
    if (Info(x.dtype()).kind == DataTypeKind::kFloating) {
      CAIRN_ASSIGN_OR_RETURN(const Tensor zero,
                             Tensor::Create(x.dtype(), Shape()));
      CAIRN_ASSIGN_OR_RETURN(keys.sums_,
                             Binary(context, BinaryOp::kAddV2, x, zero));
      keys.view_ = keys.sums_;
    }
    return keys;
  }
  std::string_view operator()(int64_t i) const {
    const auto at = static_cast<size_t>(i);
    if (view_.holds_strings()) return view_.strings()[at];
    const auto size = static_cast<size_t>(DataTypeSize(view_.dtype()));
    return view_.bytes().substr(at * size, size);
  }

 private:
  Tensor sums_;
  TensorView view_;
};

}  // namespace

StatusOr<UniqueResult> Unique(Context& context, const TensorView& x,
                              DataType out_idx) {
  CAIRN_RETURN_IF_ERROR(RequireIndexType(out_idx, "out_idx"));
  CAIRN_ASSIGN_OR_RETURN(const Keys keys, Keys::Of(context, "unique", x));
  const Numbering numbers = NumberElements(x.num_elements(), keys);
  UniqueResult result;
  CAIRN_ASSIGN_OR_RETURN(const Tensor first,
                         MakeIntegers(DataType::kInt64, numbers.first));
  CAIRN_ASSIGN_OR_RETURN(result.y, Gather(context, x, first));
  CAIRN_ASSIGN_OR_RETURN(result.idx, MakeIntegers(out_idx, numbers.index));
  CAIRN_ASSIGN_OR_RETURN(result.count, MakeIntegers(out_idx, numbers.count));
  return result;
}

StatusOr<ListDiffResult> ListDiff(Context& context, const TensorView& x,
                                  const TensorView& y, DataType out_idx) {
  CAIRN_RETURN_IF_ERROR(RequireSameType(x, y, "ListDiff"));
  CAIRN_RETURN_IF_ERROR(RequireIndexType(out_idx, "out_idx"));
  CAIRN_ASSIGN_OR_RETURN(const Keys from, Keys::Of(context, "ListDiff", x));
  CAIRN_ASSIGN_OR_RETURN(const Keys without, Keys::Of(context, "ListDiff", y));
  std::unordered_set<std::string_view> left_out;
  for (int64_t i = 0; i < y.num_elements(); ++i) left_out.insert(without(i));
  std::vector<int64_t> kept;
  for (int64_t i = 0; i < x.num_elements(); ++i) {
    if (!left_out.contains(from(i))) kept.push_back(i);
  }
  ListDiffResult result;
  CAIRN_ASSIGN_OR_RETURN(const Tensor rows,
                         MakeIntegers(DataType::kInt64, kept));
  CAIRN_ASSIGN_OR_RETURN(result.out, Gather(context, x, rows));
  CAIRN_ASSIGN_OR_RETURN(result.idx, MakeIntegers(out_idx, kept));
  return result;
}

}  // namespace cairn::compute
