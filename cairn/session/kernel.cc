// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/session/kernel.h"

#include <utility>

#include "cairn/base/strings.h"

namespace cairn::session {
namespace {

StatusOr<std::vector<int64_t>> Integers(const TensorView& tensor, int i) {
  std::vector<int64_t> out;
  if (tensor.dtype() == DataType::kInt32) {
    const auto data = tensor.data<int32_t>();
    out.assign(data.begin(), data.end());
    return out;
  }
  if (tensor.dtype() == DataType::kInt64) {
    const auto data = tensor.data<int64_t>();
    out.assign(data.begin(), data.end());
    return out;
  }
  return InvalidArgumentError(StrCat("input ", i,
                                     " must be int32 or int64, not ",
                                     DataTypeName(tensor.dtype())));
}

}  // namespace

std::vector<TensorView> KernelContext::input_list(
    std::string_view argument) const {
  std::vector<TensorView> list;
  for (const NodeTypes::Range& range : types_.input_args) {
    if (range.name != argument) continue;
    for (int i = range.begin; i < range.end; ++i) list.push_back(input(i));
  }
  return list;
}

StatusOr<int64_t> KernelContext::IntScalar(int i) const {
  // TensorFlow takes a vector of one element, too.
  if (input(i).num_elements() != 1 || input(i).shape().rank() > 1) {
    return InvalidArgumentError(StrCat("input ", i, " must be a scalar, not ",
                                       input(i).shape().ToString()));
  }
  CAIRN_ASSIGN_OR_RETURN(const std::vector<int64_t> values,
                         Integers(input(i), i));
  return values[0];
}

StatusOr<std::vector<int64_t>> KernelContext::IntVector(int i) const {
  if (input(i).shape().rank() > 1) {
    return InvalidArgumentError(StrCat("input ", i, " must be a vector, not ",
                                       input(i).shape().ToString()));
  }
  return Integers(input(i), i);
}

StatusOr<Shape> KernelContext::ShapeInput(int i) const {
  CAIRN_ASSIGN_OR_RETURN(const std::vector<int64_t> dims, IntVector(i));
  return Shape::Create(dims);
}

Status KernelContext::SetOutput(int i, Tensor tensor) {
  return SetOutput(i, Value::Of(std::move(tensor), services_.budget));
}

Status KernelContext::SetOutput(int i, Value value) {
  if (i < 0 || i >= num_outputs()) {
    return InternalError(StrCat("no output ", i, " of ", num_outputs()));
  }
  outputs_[static_cast<size_t>(i)] = std::move(value);
  return OkStatus();
}

Status KernelContext::CheckSize(DataType dtype, const Shape& shape) const {
  const int element = IsFixedSize(dtype)
                          ? DataTypeSize(dtype)
                          : static_cast<int>(sizeof(std::string));
  CAIRN_ASSIGN_OR_RETURN(const int64_t bytes, ByteSize(shape, element));
  return services_.budget == nullptr ? OkStatus()
                                     : services_.budget->Check(bytes);
}

StatusOr<Tensor> KernelContext::Allocate(DataType dtype, Shape shape) const {
  CAIRN_RETURN_IF_ERROR(CheckSize(dtype, shape));
  return Tensor::CreateUninitialized(dtype, std::move(shape));
}

StatusOr<VariableRef> KernelContext::variable(int i) const {
  std::shared_ptr<Slot> slot = value(i).object_as<Slot>();
  if (slot == nullptr || slot->resource != nullptr) {
    return InvalidArgumentError(
        StrCat("input ", i, " refers to no variable but to ",
               slot != nullptr ? slot->resource->what()
                               : std::string_view(value(i).ToString())));
  }
  return VariableRef(std::move(slot), services_.budget);
}

Status NoKernelFor(DataType dtype) {
  return UnimplementedError(StrCat("no kernel for ", DataTypeName(dtype)));
}

Status NotSupported(std::string_view what) {
  return UnimplementedError(StrCat("not supported: ", what));
}

void KernelTable::Add(KernelDef def) {
  StatusOr<Signature> signature = Signature::Parse(def.signature);
  if (!signature.ok()) {
    mistakes_.push_back(StrCat(def.op, ": ", Message(signature.status())));
    return;
  }
  const std::string op = def.op;
  const bool added =
      entries_.try_emplace(op, Entry{std::move(def), *std::move(signature)})
          .second;
  if (!added) mistakes_.push_back(StrCat(op, " is defined twice"));
}

const KernelTable::Entry* KernelTable::Find(std::string_view op) const {
  const auto at = entries_.find(op);
  return at == entries_.end() ? nullptr : &at->second;
}

std::vector<std::string> KernelTable::ops() const {
  std::vector<std::string> names;
  names.reserve(entries_.size());
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

}  // namespace cairn::session
