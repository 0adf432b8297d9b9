// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/session/kernels/variants.h"

#include <memory>
#include <utility>

namespace cairn::session {
namespace {

// Of lists and optionals within each other.
constexpr int kMaxNesting = 32;

StatusOr<Value> ZerosOf(const KernelContext& context, const Value& value,
                        int depth);

StatusOr<std::vector<Value>> AllZeros(const KernelContext& context,
                                      const std::vector<Value>& values,
                                      int depth) {
  CAIRN_RETURN_IF_ERROR(context.budget()->Check(
      static_cast<int64_t>(values.size() * sizeof(Value))));
  std::vector<Value> zeros;
  zeros.reserve(values.size());
  for (const Value& value : values) {
    CAIRN_ASSIGN_OR_RETURN(Value zero, ZerosOf(context, value, depth + 1));
    zeros.push_back(std::move(zero));
  }
  return zeros;
}

StatusOr<Value> ZerosOf(const KernelContext& context, const Value& value,
                        int depth) {
  if (value.is_dead()) return value;
  if (depth > kMaxNesting) return NotSupported("variants nested so deeply");
  if (value.is_tensor()) {
    CAIRN_RETURN_IF_ERROR(
        context.CheckSize(value.dtype(), value.view().shape()));
    CAIRN_ASSIGN_OR_RETURN(Tensor zeros,
                           Tensor::Create(value.dtype(), value.view().shape()));
    return Value::Of(std::move(zeros), context.budget());
  }
  if (const auto optional = value.object_as<Optional>(); optional != nullptr) {
    auto zeros = std::make_shared<Optional>();
    zeros->has_value = optional->has_value;
    CAIRN_ASSIGN_OR_RETURN(zeros->components,
                           AllZeros(context, optional->components, depth));
    return Value::OfObject(DataType::kVariant, std::move(zeros));
  }
  if (const auto list = value.object_as<List>(); list != nullptr) {
    auto zeros = std::make_shared<List>();
    zeros->dtype = list->dtype;
    zeros->shape = list->shape;
    zeros->max_size = list->max_size;
    CAIRN_ASSIGN_OR_RETURN(zeros->values,
                           AllZeros(context, list->values, depth));
    return Value::OfObject(DataType::kVariant, std::move(zeros));
  }
  // A resource handle stands for itself.
  return value;
}

}  // namespace

Status VariantZeros(KernelContext& context) {
  CAIRN_ASSIGN_OR_RETURN(Value zeros, ZerosOf(context, context.value(0), 0));
  return context.SetOutput(0, std::move(zeros));
}

}  // namespace cairn::session
