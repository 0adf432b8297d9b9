// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Variable: a named tensor that training changes and checkpoints keep.
//
//   Variable step("step", Tensor::Scalar(int64_t{0}));
//   // No value yet; restoring gives it one, or else Initialize does.
//   Variable kernel({.name = "kernel", .shape = {3, 4}, .initializer = draw});
//   // Takes tables of any length.
//   Variable table({.name = "table", .shape = {PartialShape::kUnknown, 8}});
#ifndef CAIRN_TENSOR_VARIABLE_H_
#define CAIRN_TENSOR_VARIABLE_H_

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/tensor/partial_shape.h"
#include "cairn/tensor/tensor.h"
#include "cairn/tensor/trackable.h"

namespace cairn {

enum class VariableTrainable { kNo, kYes };

struct VariableSpec {
  std::string name;  // the name-based key
  DataType dtype = DataType::kFloat;
  PartialShape shape = {};  // what values may have
  // Makes the initial value, which must fit. Null: there is none.
  std::function<StatusOr<Tensor>()> initializer = nullptr;
  VariableTrainable trainable = VariableTrainable::kYes;
};

class Variable : public Trackable, private Saveable {
 public:
  using Trainable = VariableTrainable;

  // `name` is the name-based key ("conv2d/kernel"); dtype and shape stay those
  // of `value`, which must be valid.
  Variable(std::string name, Tensor value,
           Trainable trainable = Trainable::kYes);
  // Has no value until it is restored, assigned or initialised.
  explicit Variable(VariableSpec spec);

  const std::string& name() const { return spec_.name; }
  DataType dtype() const { return spec_.dtype; }
  // Of the value; without one, as declared, or of rank 0 where that leaves it
  // open.
  const Shape& shape() const;
  const PartialShape& declared_shape() const { return spec_.shape; }
  bool trainable() const { return spec_.trainable == Trainable::kYes; }

  bool is_initialized() const { return value_.is_valid(); }
  // Runs the initializer unless there is a value. FailedPrecondition without
  // either, InvalidArgument when the initial value does not fit.
  Status Initialize() override;

  // Invalid without a value.
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
  std::string full_name() const override { return spec_.name; }
  DataType expected_dtype() const override { return spec_.dtype; }
  const Shape* expected_shape() const override;
  bool AcceptsShape(const Shape& shape) const override;
  StatusOr<TensorView> Value(Tensor* scratch) override;
  Status Restore(Tensor value) override;

  VariableSpec spec_;
  Tensor value_;
  Shape declared_;  // if one shape only is
  bool one_shape_ = true;
};

}  // namespace cairn

#endif  // CAIRN_TENSOR_VARIABLE_H_
