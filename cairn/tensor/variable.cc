// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/variable.h"

#include <cassert>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn {

Variable::Variable(std::string name, Tensor value, Trainable trainable)
    : name_(std::move(name)), value_(std::move(value)), trainable_(trainable) {
  assert(value_.is_valid());
}

Status Variable::Assign(Tensor value) {
  if (value.dtype() != dtype() || value.shape() != shape()) {
    return InvalidArgumentError(
        StrCat("variable ", name_, " is ", DataTypeName(dtype()),
               shape().ToString(), ", cannot take ",
               DataTypeName(value.dtype()), value.shape().ToString()));
  }
  value_ = std::move(value);
  return OkStatus();
}

StatusOr<TensorView> Variable::Value(Tensor* /*scratch*/) {
  return value_.view();
}

Status Variable::Restore(Tensor value) { return Assign(std::move(value)); }

}  // namespace cairn
