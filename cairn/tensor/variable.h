// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Variable: a named tensor that training changes and checkpoints keep.
#ifndef CAIRN_TENSOR_VARIABLE_H_
#define CAIRN_TENSOR_VARIABLE_H_

#include <span>
#include <string>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/tensor/tensor.h"
#include "cairn/tensor/trackable.h"

namespace cairn {

class Variable : public Trackable, private Saveable {
 public:
  enum class Trainable { kNo, kYes };

  // `name` is the name-based key ("conv2d/kernel"); dtype and shape stay those
  // of `value`, which must be valid.
  Variable(std::string name, Tensor value,
           Trainable trainable = Trainable::kYes);

  const std::string& name() const { return name_; }
  DataType dtype() const { return value_.dtype(); }
  const Shape& shape() const { return value_.shape(); }
  bool trainable() const { return trainable_ == Trainable::kYes; }

  const Tensor& value() const { return value_; }
  // Memory of the value. Assign may replace it: do not keep the pointer.
  template <typename T>
  std::span<T> data() {
    return value_.data<T>();
  }
  template <typename T>
  std::span<const T> data() const {
    return static_cast<const Tensor&>(value_).data<T>();
  }

  // InvalidArgument unless dtype and shape are the variable's.
  Status Assign(Tensor value);

  std::vector<Saveable*> Saveables() override { return {this}; }

 private:
  std::string attribute_name() const override { return "VARIABLE_VALUE"; }
  std::string full_name() const override { return name_; }
  DataType expected_dtype() const override { return value_.dtype(); }
  const Shape* expected_shape() const override { return &value_.shape(); }
  StatusOr<TensorView> Value(Tensor* scratch) override;
  Status Restore(Tensor value) override;

  std::string name_;
  Tensor value_;
  Trainable trainable_;
};

}  // namespace cairn

#endif  // CAIRN_TENSOR_VARIABLE_H_
