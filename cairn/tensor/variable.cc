// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/variable.h"

#include <cassert>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn {

Variable::Variable(std::string name, Tensor value, Trainable trainable)
    : spec_{std::move(name), value.dtype(), PartialShape(value.shape()),
            nullptr, trainable},
      value_(std::move(value)),
      declared_(value_.shape()) {
  assert(value_.is_valid());
}

Variable::Variable(VariableSpec spec)
    : spec_(std::move(spec)), one_shape_(false) {
  if (std::optional<Shape> shape = spec_.shape.AsShape()) {
    declared_ = *std::move(shape);
    one_shape_ = true;
  }
}

const Shape& Variable::shape() const {
  return value_.is_valid() ? value_.shape() : declared_;
}

const Shape* Variable::expected_shape() const {
  return one_shape_ ? &declared_ : nullptr;
}

bool Variable::AcceptsShape(const Shape& shape) const {
  return spec_.shape.Accepts(shape);
}

Status Variable::Initialize() {
  if (value_.is_valid()) return OkStatus();
  if (spec_.initializer == nullptr) {
    return FailedPreconditionError(StrCat("variable ", Escape(name()),
                                          " has no value and no initializer"));
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor value, spec_.initializer());
  return Assign(std::move(value));
}

Status Variable::Assign(Tensor value) {
  if (value.dtype() != dtype() || !AcceptsShape(value.shape())) {
    return InvalidArgumentError(
        StrCat("variable ", Escape(name()), " is ", DataTypeName(dtype()),
               spec_.shape.ToString(), ", cannot take ",
               DataTypeName(value.dtype()), value.shape().ToString()));
  }
  value_ = std::move(value);
  return OkStatus();
}

StatusOr<TensorView> Variable::Value(Tensor* /*scratch*/) {
  if (!value_.is_valid()) return TensorView();
  return value_.view();
}

Status Variable::Restore(Tensor value) { return Assign(std::move(value)); }

}  // namespace cairn
