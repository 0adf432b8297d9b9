// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Ops that compute nothing: constants, placeholders, values passed on, checks.
#include <cstdint>
#include <string>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/session/kernels/kernels.h"

namespace cairn::session {
namespace {

// Of a tensor that a failed Assert shows.
constexpr int64_t kElementsShown = 3;

StatusOr<Kernel> MakeConst(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const DataType dtype, node.Type("dtype"));
  CAIRN_ASSIGN_OR_RETURN(Value value, node.Constant("value"));
  if (value.dtype() != dtype) {
    return InvalidArgumentError(
        "the types of attrs 'value' and 'dtype' are not the same");
  }
  return [value = std::move(value)](KernelContext& context) {
    return context.SetOutput(0, value);
  };
}

StatusOr<Kernel> MakeIdentity(const Attributes&) {
  return [](KernelContext& context) -> Status {
    for (int i = 0; i < context.num_outputs(); ++i) {
      CAIRN_RETURN_IF_ERROR(context.ForwardInput(i, i));
    }
    return OkStatus();
  };
}

StatusOr<Kernel> MakeNoOp(const Attributes&) {
  return [](KernelContext&) { return OkStatus(); };
}

StatusOr<Kernel> MakePlaceholder(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const DataType dtype, node.Type("dtype"));
  CAIRN_ASSIGN_OR_RETURN(const graph::PartialShape shape, node.Shape("shape"));
  const std::string text =
      StrCat("You must feed a value for placeholder tensor '",
             Escape(node.node_name()), "' with dtype ", DataTypeName(dtype),
             " and shape ", shape.ToString());
  return [text](KernelContext&) { return InvalidArgumentError(text); };
}

// Few elements of a tensor, as an error shows them: "[1 2 3...]".
std::string Summarize(const TensorView& tensor, int64_t limit) {
  if (!tensor.is_valid()) return "[?]";
  std::string text = "[";
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    if (limit >= 0 && i == limit) {
      text += "...";
      break;
    }
    if (i > 0) text += ' ';
    const size_t at = static_cast<size_t>(i);
    if (tensor.holds_strings()) {
      text += Escape(tensor.strings()[at]);
    } else if (tensor.dtype() == DataType::kFloat) {
      text += PythonRepr(tensor.data<float>()[at]);
    } else if (tensor.dtype() == DataType::kDouble) {
      text += StrCat(tensor.data<double>()[at]);
    } else if (tensor.dtype() == DataType::kInt32) {
      text += StrCat(tensor.data<int32_t>()[at]);
    } else if (tensor.dtype() == DataType::kInt64) {
      text += StrCat(tensor.data<int64_t>()[at]);
    } else if (tensor.dtype() == DataType::kBool) {
      text += tensor.data<bool>()[at] ? "1" : "0";
    } else {
      const size_t size = static_cast<size_t>(DataTypeSize(tensor.dtype()));
      text += HexBytes(tensor.bytes().substr(at * size, size));
    }
  }
  return text + "]";
}

StatusOr<Kernel> MakeAssert(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const int64_t summarize,
                         node.Int("summarize", kElementsShown));
  return [summarize](KernelContext& context) -> Status {
    if (context.input(0).shape().rank() != 0) {
      return InvalidArgumentError("In[0] should be a scalar: " +
                                  context.input(0).shape().ToString());
    }
    if (context.input(0).data<bool>()[0]) return OkStatus();
    std::string text = "assertion failed:";
    for (int i = 1; i < context.num_inputs(); ++i) {
      text += ' ';
      text += Summarize(context.input(i), summarize);
    }
    return InvalidArgumentError(text);
  };
}

StatusOr<Kernel> MakeTimestamp(const Attributes&) {
  return [](KernelContext& context) {
    return context.SetOutput(0, Tensor::Scalar(context.clock().Now()));
  };
}

}  // namespace

void AddBasicKernels(KernelTable& table) {
  table.Add({.op = "Const", .signature = "-> output:dtype", .make = MakeConst});
  for (const char* op :
       {"Identity", "StopGradient", "PreventGradient", "Snapshot"}) {
    table.Add(
        {.op = op, .signature = "input:T -> output:T", .make = MakeIdentity});
  }
  table.Add({.op = "RefIdentity",
             .signature = "input:&T -> output:&T",
             .make = MakeIdentity});
  table.Add({.op = "IdentityN",
             .signature = "input:[T] -> output:[T]",
             .make = MakeIdentity});
  table.Add({.op = "NoOp", .signature = "->", .make = MakeNoOp});
  for (const char* op : {"Placeholder", "PlaceholderV2"}) {
    table.Add(
        {.op = op, .signature = "-> output:dtype", .make = MakePlaceholder});
  }
  table.Add({.op = "PlaceholderWithDefault",
             .signature = "input:dtype -> output:dtype",
             .make = MakeIdentity});
  table.Add({.op = "Assert",
             .signature = "condition:bool data:[T] ->",
             .make = MakeAssert,
             .stateful = true});
  table.Add({.op = "Print",
             .signature = "input:T data:[U] -> output:T",
             .make = MakeIdentity,
             .note = "prints nothing"});
  table.Add({.op = "PrintV2",
             .signature = "input:string ->",
             .make = MakeNoOp,
             .note = "prints nothing"});
  table.Add({.op = "Timestamp",
             .signature = "-> ts:float64",
             .make = MakeTimestamp,
             .stateful = true});
}

}  // namespace cairn::session
