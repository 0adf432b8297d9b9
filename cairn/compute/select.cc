// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/compute/select.h"

#include <cstring>

#include "cairn/compute/binary.h"
#include "cairn/compute/broadcast.h"
#include "cairn/compute/checks.h"
#include "cairn/compute/rows.h"

namespace cairn::compute {
namespace {

struct SelectRun {
  const bool* condition;
  const char *t, *e;
  char* out;
  int64_t count;
  std::array<int64_t, 3> strides;  // in elements
};

// Elements of one size, whatever they mean.
template <typename T>
void SelectRow(const SelectRun& run) {
  const T* const t = reinterpret_cast<const T*>(run.t);
  const T* const e = reinterpret_cast<const T*>(run.e);
  T* const out = reinterpret_cast<T*>(run.out);
  for (int64_t i = 0; i < run.count; ++i) {
    out[i] = run.condition[i * run.strides[0]] ? t[i * run.strides[1]]
                                               : e[i * run.strides[2]];
  }
}

using Row = void (*)(const SelectRun&);
Row RowForSize(int size) {
  struct Sixteen {
    uint64_t a, b;
  };
  switch (size) {
    case 1:
      return SelectRow<uint8_t>;
    case 2:
      return SelectRow<uint16_t>;
    case 4:
      return SelectRow<uint32_t>;
    case 8:
      return SelectRow<uint64_t>;
    default:
      return SelectRow<Sixteen>;
  }
}

Status SelectInto(Context& context, const TensorView& condition,
                  const TensorView& t, const TensorView& e, Tensor& out) {
  if (out.num_elements() == 0) return OkStatus();
  const Shape* const operands[] = {&condition.shape(), &t.shape(), &e.shape()};
  const BroadcastWalk walk(out.shape(), operands);
  const bool* const questions = In<bool>(condition);
  if (t.holds_strings()) {
    walk.ForEachRow(context, 64, [&](int64_t at, const auto& from, int64_t n) {
      for (int64_t i = 0; i < n; ++i) {
        const bool first = questions[from[0] + i * walk.row_stride(0)];
        const size_t o = first ? 1 : 2;
        out.strings()[static_cast<size_t>(at + i)] =
            (first ? t : e)
                .strings()[static_cast<size_t>(from[o] +
                                               i * walk.row_stride(o))];
      }
    });
    return OkStatus();
  }
  const int64_t size = DataTypeSize(t.dtype());
  const Row row = RowForSize(static_cast<int>(size));
  const char* const from_t = t.bytes().data();
  const char* const from_e = e.bytes().data();
  char* const to = out.mutable_bytes().data();
  walk.ForEachRow(context, 2, [&](int64_t at, const auto& from, int64_t n) {
    row({questions + from[0],
         from_t + from[1] * size,
         from_e + from[2] * size,
         to + at * size,
         n,
         {walk.row_stride(0), walk.row_stride(1), walk.row_stride(2)}});
  });
  return OkStatus();
}

Status CheckTypes(const TensorView& condition, const TensorView& t,
                  const TensorView& e, std::string_view op) {
  CAIRN_RETURN_IF_ERROR(RequireType(condition, DataType::kBool, "condition"));
  CAIRN_RETURN_IF_ERROR(RequireSameType(t, e, op));
  return t.holds_strings() || IsFixedSize(t.dtype()) ? OkStatus()
                                                     : NoKernel(op, t.dtype());
}

}  // namespace

StatusOr<Tensor> SelectV2(Context& context, const TensorView& condition,
                          const TensorView& t, const TensorView& e) {
  CAIRN_RETURN_IF_ERROR(CheckTypes(condition, t, e, "SelectV2"));
  CAIRN_ASSIGN_OR_RETURN(const Shape both,
                         BroadcastShapes(t.shape(), e.shape()));
  CAIRN_ASSIGN_OR_RETURN(Shape shape, BroadcastShapes(condition.shape(), both));
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.Allocate(t.dtype(), std::move(shape)));
  CAIRN_RETURN_IF_ERROR(SelectInto(context, condition, t, e, out));
  return out;
}

StatusOr<Tensor> Select(Context& context, const TensorView& condition,
                        const TensorView& t, const TensorView& e) {
  CAIRN_RETURN_IF_ERROR(CheckTypes(condition, t, e, "Select"));
  if (!(t.shape() == e.shape())) {
    return InvalidArgumentError(
        StrCat("'then' and 'else' must have the same size.  but received: ",
               t.shape().ToString(), " vs. ", e.shape().ToString()));
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor out, context.Allocate(t.dtype(), t.shape()));
  const Shape& asked = condition.shape();
  if (asked.rank() == 0 || asked == t.shape()) {
    CAIRN_RETURN_IF_ERROR(SelectInto(context, condition, t, e, out));
    return out;
  }
  if (asked.rank() != 1 || t.shape().rank() < 1) {
    return InvalidArgumentError(
        StrCat("'cond' must be a vector or of the shape of 'then', but saw "
               "shape: ",
               asked.ToString()));
  }
  if (asked.dim(0) != t.shape().dim(0)) {
    return InvalidArgumentError(StrCat(
        "Number of batches of 'then' must match size of 'cond', but saw: ",
        t.shape().dim(0), " vs. ", asked.dim(0)));
  }
  std::vector<int64_t> dims(static_cast<size_t>(t.shape().rank()), 1);
  dims[0] = asked.dim(0);
  CAIRN_ASSIGN_OR_RETURN(Shape column, Shape::Create(dims));
  const TensorView rows =
      TensorView::Of<bool>(std::move(column), In<bool>(condition));
  CAIRN_RETURN_IF_ERROR(SelectInto(context, rows, t, e, out));
  return out;
}

StatusOr<Tensor> ClipByValue(Context& context, const TensorView& t,
                             const TensorView& min, const TensorView& max) {
  for (const TensorView* bound : {&min, &max}) {
    CAIRN_RETURN_IF_ERROR(RequireSameType(t, *bound, "ClipByValue"));
    if (bound->shape().rank() != 0 && !(bound->shape() == t.shape())) {
      return InvalidArgumentError(
          StrCat("clip_value_min and clip_value_max must be either of the same "
                 "shape as input, or a scalar. input shape: ",
                 t.shape().ToString(),
                 " clip_value_min shape: ", min.shape().ToString(),
                 " clip_value_max shape: ", max.shape().ToString()));
    }
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor low,
                         Binary(context, BinaryOp::kMinimum, t, max));
  return Binary(context, BinaryOp::kMaximum, low, min);
}

StatusOr<Tensor> Where(Context& context, const TensorView& input) {
  Tensor nonzero;
  TensorView questions = input;
  if (input.dtype() != DataType::kBool) {
    if (!IsFixedSize(input.dtype())) return NoKernel("Where", input.dtype());
    CAIRN_ASSIGN_OR_RETURN(const Tensor zero,
                           Tensor::Create(input.dtype(), Shape()));
    CAIRN_ASSIGN_OR_RETURN(nonzero,
                           Binary(context, BinaryOp::kNotEqual, input, zero));
    questions = nonzero;
  }
  const std::span<const bool> values = questions.data<bool>();
  int64_t count = 0;
  for (const bool value : values) count += value ? 1 : 0;
  const int64_t rank = input.shape().rank();
  CAIRN_ASSIGN_OR_RETURN(
      Tensor out, context.Allocate(DataType::kInt64, Shape({count, rank})));
  int64_t* to = Out<int64_t>(out);
  std::vector<int64_t> index(static_cast<size_t>(rank), 0);
  for (const bool value : values) {
    if (value) {
      for (const int64_t i : index) *to++ = i;
    }
    for (size_t d = index.size(); d-- > 0;) {
      if (++index[d] < input.shape().dim(static_cast<int>(d))) break;
      index[d] = 0;
    }
  }
  return out;
}

StatusOr<Tensor> AddN(Context& context, std::span<const TensorView> inputs) {
  if (inputs.empty()) return InvalidArgumentError("AddN: no inputs");
  for (const TensorView& input : inputs) {
    CAIRN_RETURN_IF_ERROR(RequireSameType(inputs[0], input, "AddN"));
    if (!(inputs[0].shape() == input.shape())) {
      return InvalidArgumentError(StrCat(
          "Inputs to operation AddN must have the same size and shape.  Input "
          "0: ",
          inputs[0].shape().ToString(),
          " != input: ", input.shape().ToString()));
    }
  }
  if (inputs[0].holds_strings()) return NoKernel("AddN", inputs[0].dtype());
  if (inputs.size() == 1) {
    CAIRN_RETURN_IF_ERROR(
        context.Allocate(inputs[0].dtype(), inputs[0].shape()).status());
    return Tensor::CopyOf(inputs[0]);
  }
  // TensorFlow rounds 16-bit floats after each addition, too.
  CAIRN_ASSIGN_OR_RETURN(
      Tensor sum, Binary(context, BinaryOp::kAddV2, inputs[0], inputs[1]));
  for (const TensorView& input : inputs.subspan(2)) {
    CAIRN_ASSIGN_OR_RETURN(sum, Binary(context, BinaryOp::kAddV2, sum, input));
  }
  return sum;
}

}  // namespace cairn::compute
