// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/session/value.h"

#include <string>

#include "cairn/base/strings.h"

namespace cairn::session {
namespace {

// What a tensor takes; strings by their text.
int64_t BytesOf(const Tensor& tensor) {
  if (IsFixedSize(tensor.dtype())) {
    return static_cast<int64_t>(tensor.bytes().size());
  }
  size_t bytes = tensor.strings().size() * sizeof(std::string);
  for (const std::string& text : tensor.strings()) bytes += text.size();
  return static_cast<int64_t>(bytes);
}

// `view` with another shape of as many elements.
TensorView Reshape(const TensorView& view, Shape shape) {
  StatusOr<TensorView> out =
      view.holds_strings()
          ? TensorView::OfStrings(std::move(shape), view.strings(),
                                  view.dtype())
          : TensorView::Create(view.dtype(), std::move(shape), view.bytes());
  return out.ok() ? *std::move(out) : TensorView();
}

// A file or a caller may have other bytes than 0 and 1 for bools, which no code
// may look at as bools.
void MakeBoolsValid(Tensor* tensor) {
  for (char& byte : tensor->mutable_bytes()) byte = byte != 0 ? 1 : 0;
}

}  // namespace

Status MemoryBudget::Check(int64_t bytes) const {
  const int64_t live = live_;
  if (bytes <= limit_ - live) return OkStatus();
  return ResourceExhaustedError(
      StrCat("a tensor of ", bytes, " bytes, besides the ", live,
             " in use, would pass the session's limit of ", limit_, " bytes"));
}

struct Value::Buffer {
  Buffer(Tensor t, std::shared_ptr<MemoryBudget> b)
      : tensor(std::move(t)), budget(std::move(b)) {
    if (budget == nullptr) return;
    bytes = BytesOf(tensor);
    budget->Add(bytes);
  }
  ~Buffer() {
    if (budget != nullptr) budget->Add(-bytes);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  Tensor tensor;
  std::shared_ptr<MemoryBudget> budget;
  int64_t bytes = 0;
};

Value Value::Of(Tensor tensor, std::shared_ptr<MemoryBudget> budget) {
  Value value;
  if (!tensor.is_valid()) return value;
  if (tensor.dtype() == DataType::kBool) MakeBoolsValid(&tensor);
  value.dtype_ = tensor.dtype();
  value.buffer_ =
      std::make_shared<Buffer>(std::move(tensor), std::move(budget));
  value.view_ = value.buffer_->tensor.view();
  return value;
}

Value Value::OfObject(DataType dtype, std::shared_ptr<Object> object) {
  Value value;
  value.dtype_ = dtype;
  value.object_ = std::move(object);
  return value;
}

Value Value::OfRef(DataType base_dtype, std::shared_ptr<Object> object) {
  Value value = OfObject(base_dtype, std::move(object));
  value.is_ref_ = true;
  return value;
}

Value Value::WithShape(Shape shape) const {
  Value value = *this;
  value.view_ = Reshape(view_, std::move(shape));
  return value;
}

std::optional<Tensor> Value::TakeIfUnique() {
  if (buffer_ == nullptr || buffer_.use_count() != 1) return std::nullopt;
  StatusOr<Tensor> tensor = std::move(buffer_->tensor).Reshaped(view_.shape());
  if (!tensor.ok()) return std::nullopt;
  buffer_.reset();
  return *std::move(tensor);
}

StatusOr<Tensor> Value::TakeOrCopy() {
  std::optional<Tensor> tensor = TakeIfUnique();
  if (tensor.has_value()) return *std::move(tensor);
  return Tensor::CopyOf(view_);
}

StatusOr<Tensor*> Value::Mutable(const std::shared_ptr<MemoryBudget>& budget) {
  if (!is_tensor()) {
    return InvalidArgumentError(StrCat(ToString(), " is no tensor"));
  }
  if (buffer_.use_count() != 1 || !(buffer_->tensor.shape() == view_.shape())) {
    CAIRN_ASSIGN_OR_RETURN(Tensor own, TakeOrCopy());
    *this = Of(std::move(own), budget);
  }
  return &buffer_->tensor;
}

std::string Value::ToString() const {
  if (is_dead()) return "dead";
  std::string text = DataTypeName(dtype_);
  if (is_ref_) text += "_ref";
  if (is_tensor()) text += view_.shape().ToString();
  return text;
}

}  // namespace cairn::session
