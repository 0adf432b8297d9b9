// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Optionals: values that a branch hands to its gradient, packed in a variant.
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/session/kernels/kernels.h"
#include "cairn/session/kernels/variants.h"

namespace cairn::session {
namespace {

StatusOr<Kernel> MakeFromValue(const Attributes&) {
  return [](KernelContext& context) -> Status {
    auto optional = std::make_shared<Optional>();
    optional->has_value = true;
    for (int i = 0; i < context.num_inputs(); ++i) {
      optional->components.push_back(context.value(i));
    }
    return context.SetOutput(
        0, Value::OfObject(DataType::kVariant, std::move(optional)));
  };
}

StatusOr<Kernel> MakeNone(const Attributes&) {
  return [](KernelContext& context) -> Status {
    return context.SetOutput(
        0, Value::OfObject(DataType::kVariant, std::make_shared<Optional>()));
  };
}

StatusOr<std::shared_ptr<Optional>> Input(const KernelContext& context) {
  std::shared_ptr<Optional> optional = context.value(0).object_as<Optional>();
  if (optional != nullptr) return optional;
  return InvalidArgumentError("The given variant does not hold an optional.");
}

StatusOr<Kernel> MakeHasValue(const Attributes&) {
  return [](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(const auto optional, Input(context));
    return context.SetOutput(0, Tensor::Scalar(optional->has_value));
  };
}

StatusOr<Kernel> MakeGetValue(const Attributes&) {
  return [](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(const auto optional, Input(context));
    if (!optional->has_value) {
      return InvalidArgumentError("The given optional does not have a value.");
    }
    const std::vector<Value>& components = optional->components;
    if (components.size() != static_cast<size_t>(context.num_outputs())) {
      return InvalidArgumentError(
          StrCat("The given optional has ", components.size(),
                 " components, expected ", context.num_outputs()));
    }
    for (size_t i = 0; i < components.size(); ++i) {
      const DataType expected = context.types().outputs[i].dtype;
      if (components[i].dtype() != expected) {
        return InvalidArgumentError(
            StrCat("component ", i, " of the optional is ",
                   components[i].ToString(), ", not ", DataTypeName(expected)));
      }
      CAIRN_RETURN_IF_ERROR(
          context.SetOutput(static_cast<int>(i), components[i]));
    }
    return OkStatus();
  };
}

}  // namespace

void AddOptionalKernels(KernelTable& table) {
  table.Add({.op = "OptionalFromValue",
             .signature = "components:[Toutput_types] -> optional:variant",
             .make = MakeFromValue});
  table.Add({.op = "OptionalNone",
             .signature = "-> optional:variant",
             .make = MakeNone});
  table.Add({.op = "OptionalHasValue",
             .signature = "optional:variant -> has_value:bool",
             .make = MakeHasValue});
  table.Add({.op = "OptionalGetValue",
             .signature = "optional:variant -> components:[output_types]",
             .make = MakeGetValue});
}

}  // namespace cairn::session
