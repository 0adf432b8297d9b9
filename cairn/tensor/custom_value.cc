// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/custom_value.h"

#include <utility>

namespace cairn {

class CustomObject::Adapter : public Saveable {
 public:
  explicit Adapter(CustomValue value) : value_(std::move(value)) {}

  std::string attribute_name() const override { return value_.attribute; }
  std::string key_suffix() const override { return value_.key_suffix; }
  std::string full_name() const override { return value_.full_name; }
  DataType expected_dtype() const override { return value_.dtype; }
  // The setter may refuse what has the right shape, so never "sure".
  const Shape* expected_shape() const override { return nullptr; }
  bool AcceptsShape(const Shape& shape) const override {
    return value_.shape.Accepts(shape);
  }
  StatusOr<TensorView> Value(Tensor* scratch) override {
    CAIRN_ASSIGN_OR_RETURN(*scratch, value_.get());
    if (!scratch->is_valid()) return TensorView();
    return scratch->view();
  }
  Status Restore(Tensor value) override { return value_.set(std::move(value)); }

 private:
  const CustomValue value_;
};

CustomValue StringState(std::function<std::string()> get,
                        std::function<Status(const std::string&)> set) {
  CustomValue value;
  value.attribute = "py_state";
  value.dtype = DataType::kString;
  value.shape = PartialShape();
  value.get = [get = std::move(get)]() -> StatusOr<Tensor> {
    return Tensor::OfString(get());
  };
  value.set = [set = std::move(set)](const Tensor& tensor) {
    return set(tensor.strings()[0]);
  };
  return value;
}

CustomObject::CustomObject(std::vector<CustomValue> values) {
  for (CustomValue& value : values) {
    values_.push_back(std::make_unique<Adapter>(std::move(value)));
  }
}

CustomObject::~CustomObject() = default;

std::vector<Saveable*> CustomObject::Saveables() {
  std::vector<Saveable*> values;
  for (const std::unique_ptr<Adapter>& value : values_) {
    values.push_back(value.get());
  }
  return values;
}

}  // namespace cairn
