// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/compute/softmax.h"

#include <algorithm>
#include <cmath>

#include "cairn/compute/array.h"
#include "cairn/compute/broadcast.h"
#include "cairn/compute/checks.h"
#include "cairn/compute/indices.h"
#include "cairn/compute/rows.h"

namespace cairn::compute {
namespace {

struct Rows {
  int64_t count, length;
};
Rows RowsOf(const Shape& shape) {
  const int64_t length = shape.dim(shape.rank() - 1);
  return {length == 0 ? 0 : shape.num_elements() / length, length};
}

// A library function and a few other operations for each element.
constexpr int64_t kCost = 24;

// Writes x - max(x) to y and returns the sum of its exponentials.
template <typename T>
T Shift(const T* x, int64_t n, T* y) {
  const T highest = *std::max_element(x, x + n);
  T sum = 0;
  for (int64_t i = 0; i < n; ++i) {
    y[i] = x[i] - highest;
    sum += std::exp(y[i]);
  }
  return sum;
}

template <typename T>
void SoftmaxRows(Context& context, SoftmaxOp op, const TensorView& logits,
                 Tensor& out) {
  const Rows rows = RowsOf(logits.shape());
  const T* const in = In<T>(logits);
  T* const to = Out<T>(out);
  context.ParallelFor(
      rows.count, kCost * rows.length, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
          T* const y = to + r * rows.length;
          const T sum = Shift(in + r * rows.length, rows.length, y);
          if (op == SoftmaxOp::kLogSoftmax) {
            const T log_sum = std::log(sum);
            for (int64_t i = 0; i < rows.length; ++i) y[i] -= log_sum;
            continue;
          }
          const T inverse = T(1) / sum;
          for (int64_t i = 0; i < rows.length; ++i) {
            y[i] = std::exp(y[i]) * inverse;
          }
        }
      });
}

// For each row r: the features shifted by their largest go to the backprop's
// row g, row(r, g, n, sum of g's exponentials) turns them into the gradient and
// returns the loss.
template <typename T, typename Row>
void CrossEntropyRows(Context& context, const TensorView& features,
                      CrossEntropyResult& result, const Row& row) {
  const Rows rows = RowsOf(features.shape());
  const T* const in = In<T>(features);
  T* const loss = Out<T>(result.loss);
  T* const backprop = Out<T>(result.backprop);
  context.ParallelFor(
      rows.count, kCost * rows.length, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
          T* const g = backprop + r * rows.length;
          const T sum = Shift(in + r * rows.length, rows.length, g);
          loss[r] = row(r, g, rows.length, sum);
        }
      });
}

template <typename T>
void SparseRows(Context& context, const TensorView& features,
                std::span<const int64_t> labels, CrossEntropyResult& result) {
  const auto row = [&](int64_t r, T* g, int64_t n, T sum) {
    const int64_t label = labels[static_cast<size_t>(r)];
    const T loss = std::log(sum) - g[label];
    for (int64_t i = 0; i < n; ++i) {
      g[i] = std::exp(g[i]) / sum - (i == label ? T(1) : T(0));
    }
    return loss;
  };
  CrossEntropyRows<T>(context, features, result, row);
}

template <typename T>
void DenseRows(Context& context, const TensorView& features,
               const TensorView& labels, CrossEntropyResult& result) {
  const T* const probabilities = In<T>(labels);
  const auto row = [&](int64_t r, T* g, int64_t n, T sum) {
    const T* const p = probabilities + r * n;
    const T log_sum = std::log(sum);
    T loss = 0;
    for (int64_t i = 0; i < n; ++i) {
      // A class of probability 0 costs nothing, however unlikely.
      if (p[i] != 0) loss += p[i] * (log_sum - g[i]);
      g[i] = std::exp(g[i]) / sum - p[i];
    }
    return loss;
  };
  CrossEntropyRows<T>(context, features, result, row);
}

Status RequireReal(const TensorView& x, std::string_view op) {
  return x.dtype() == DataType::kFloat || x.dtype() == DataType::kDouble ||
                 IsSixteenBitFloat(x.dtype())
             ? OkStatus()
             : NoKernel(op, x.dtype());
}

// Calls rows(a value of the features' C++ type, result) unless there are none.
template <typename RowsOfType>
StatusOr<CrossEntropyResult> ComputeRows(Context& context,
                                         const TensorView& features,
                                         const RowsOfType& rows) {
  CrossEntropyResult result;
  CAIRN_ASSIGN_OR_RETURN(
      result.loss, context.AllocateZeros(features.dtype(),
                                         Shape({features.shape().dim(0)})));
  CAIRN_ASSIGN_OR_RETURN(result.backprop,
                         context.Allocate(features.dtype(), features.shape()));
  if (features.num_elements() == 0) return result;
  if (features.dtype() == DataType::kFloat) {
    rows(float(), result);
  } else {
    rows(double(), result);
  }
  return result;
}

StatusOr<CrossEntropyResult> NarrowResult(DataType dtype,
                                          StatusOr<CrossEntropyResult> wide) {
  CAIRN_RETURN_IF_ERROR(wide.status());
  CrossEntropyResult result;
  CAIRN_ASSIGN_OR_RETURN(result.loss, NarrowTensor(dtype, wide->loss));
  CAIRN_ASSIGN_OR_RETURN(result.backprop, NarrowTensor(dtype, wide->backprop));
  return result;
}

}  // namespace

StatusOr<Tensor> Softmax(Context& context, SoftmaxOp op,
                         const TensorView& logits) {
  CAIRN_RETURN_IF_ERROR(RequireReal(logits, "Softmax"));
  if (logits.shape().rank() < 1) {
    return InvalidArgumentError(StrCat("logits must have >= 1 dimension, got ",
                                       logits.shape().ToString()));
  }
  if (IsSixteenBitFloat(logits.dtype())) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor wide, WidenTensor(logits));
    CAIRN_ASSIGN_OR_RETURN(const Tensor result, Softmax(context, op, wide));
    return NarrowTensor(logits.dtype(), result);
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.Allocate(logits.dtype(), logits.shape()));
  if (out.num_elements() == 0) return out;
  if (logits.dtype() == DataType::kFloat) {
    SoftmaxRows<float>(context, op, logits, out);
  } else {
    SoftmaxRows<double>(context, op, logits, out);
  }
  return out;
}

StatusOr<CrossEntropyResult> SparseSoftmaxCrossEntropyWithLogits(
    Context& context, const TensorView& features, const TensorView& labels) {
  CAIRN_RETURN_IF_ERROR(RequireReal(features, "features"));
  CAIRN_RETURN_IF_ERROR(RequireIndexType(labels.dtype(), "labels"));
  if (features.shape().rank() != 2) {
    return InvalidArgumentError(StrCat("logits must be 2-D, but got shape ",
                                       features.shape().ToString()));
  }
  if (labels.shape().rank() != 1) {
    return InvalidArgumentError(StrCat("labels must be 1-D, but got shape ",
                                       labels.shape().ToString()));
  }
  if (features.shape().dim(0) != labels.shape().dim(0)) {
    return InvalidArgumentError(
        StrCat("logits and labels must have the same first dimension, got "
               "logits shape ",
               features.shape().ToString(), " and labels shape ",
               labels.shape().ToString()));
  }
  const int64_t classes = features.shape().dim(1);
  if (features.num_elements() > 0 || features.shape().dim(0) > 0) {
    if (classes == 0) {
      return InvalidArgumentError(
          "Must have at least one class, but got "
          "logits shape " +
          features.shape().ToString());
    }
  }
  CAIRN_ASSIGN_OR_RETURN(const auto list, ReadIndexList(labels));
  for (const int64_t label : list) {
    if (label >= 0 && label < classes) continue;
    return InvalidArgumentError(
        StrCat("Received a label value of ", label,
               " which is outside the valid range of [0, ", classes, ")."));
  }
  if (IsSixteenBitFloat(features.dtype())) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor wide, WidenTensor(features));
    return NarrowResult(features.dtype(), SparseSoftmaxCrossEntropyWithLogits(
                                              context, wide, labels));
  }
  return ComputeRows(context, features,
                     [&]<typename T>(T, CrossEntropyResult& result) {
                       SparseRows<T>(context, features, list, result);
                     });
}

StatusOr<CrossEntropyResult> SoftmaxCrossEntropyWithLogits(
    Context& context, const TensorView& features, const TensorView& labels) {
  CAIRN_RETURN_IF_ERROR(RequireReal(features, "features"));
  CAIRN_RETURN_IF_ERROR(RequireSameType(features, labels, "cross entropy"));
  const StatusOr<Shape> shape =
      BroadcastShapes(features.shape(), labels.shape());
  if (!shape.ok()) {
    return InvalidArgumentError(
        StrCat("logits and labels must be broadcastable: logits_size=",
               features.shape().ToString(),
               " labels_size=", labels.shape().ToString()));
  }
  if (shape->rank() != 2) {
    return InvalidArgumentError(
        StrCat("logits and labels must be either 2-dimensional, or broadcasted "
               "to be 2-dimensional, not ",
               shape->ToString()));
  }
  if (!(features.shape() == *shape) || !(labels.shape() == *shape)) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor target,
                           MakeIntegers(DataType::kInt64, shape->dims()));
    CAIRN_ASSIGN_OR_RETURN(const Tensor f,
                           BroadcastTo(context, features, target));
    CAIRN_ASSIGN_OR_RETURN(const Tensor l,
                           BroadcastTo(context, labels, target));
    return SoftmaxCrossEntropyWithLogits(context, f, l);
  }
  if (IsSixteenBitFloat(features.dtype())) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor f, WidenTensor(features));
    CAIRN_ASSIGN_OR_RETURN(const Tensor l, WidenTensor(labels));
    return NarrowResult(features.dtype(),
                        SoftmaxCrossEntropyWithLogits(context, f, l));
  }
  return ComputeRows(context, features,
                     [&]<typename T>(T, CrossEntropyResult& result) {
                       DenseRows<T>(context, features, labels, result);
                     });
}

}  // namespace cairn::compute
