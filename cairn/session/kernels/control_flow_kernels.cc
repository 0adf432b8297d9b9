// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Control flow: by dead values (Switch, Merge, loops of TensorFlow 1), which
// the executor knows about, and by calls of functions.
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/session/functions.h"
#include "cairn/session/kernels/kernels.h"

namespace cairn::session {
namespace {

// TensorFlow's conversion of a tensor to a truth value: a scalar's number is
// not 0, its text not empty; of any other shape, there are elements.
StatusOr<bool> ToBool(const TensorView& value) {
  if (!value.is_valid()) return InvalidArgumentError("the condition is none");
  if (value.shape().rank() > 0) return value.num_elements() > 0;
  if (value.holds_strings()) return !value.strings()[0].empty();
  switch (value.dtype()) {
    case DataType::kFloat:
      return value.data<float>()[0] != 0;
    case DataType::kDouble:
      return value.data<double>()[0] != 0;
    case DataType::kBool:
    case DataType::kInt32:
    case DataType::kInt64:
    case DataType::kUint8:
    case DataType::kInt8:
    case DataType::kInt16: {
      const std::string_view bytes = value.bytes();
      return std::any_of(bytes.begin(), bytes.end(),
                         [](char c) { return c != 0; });
    }
    default:
      return InvalidArgumentError(StrCat(DataTypeName(value.dtype()),
                                         " cannot be used as a condition"));
  }
}

StatusOr<Kernel> MakeSwitch(const Attributes&) {
  return [](KernelContext& context) -> Status {
    const TensorView& predicate = context.input(1);
    if (predicate.shape().rank() != 0) {
      return InvalidArgumentError(
          StrCat("The second input must be a scalar, but it has shape ",
                 predicate.shape().ToString()));
    }
    return context.ForwardInput(0, predicate.data<bool>()[0] ? 1 : 0);
  };
}

StatusOr<Kernel> MakeForward(const Attributes&) {
  return [](KernelContext& context) { return context.ForwardInput(0, 0); };
}

StatusOr<Kernel> MakeLoopCond(const Attributes&) {
  return [](KernelContext& context) -> Status {
    if (context.input(0).shape().rank() != 0) {
      return InvalidArgumentError("the condition of a loop must be a scalar");
    }
    return context.ForwardInput(0, 0);
  };
}

StatusOr<Kernel> MakeNothing(const Attributes&) {
  return [](KernelContext&) { return OkStatus(); };
}

using FunctionRef = const proto::NameAttrList*;

StatusOr<FunctionRef> RequiredFunction(const Attributes& node,
                                       std::string_view name) {
  CAIRN_ASSIGN_OR_RETURN(const FunctionRef function, node.Function(name));
  if (function != nullptr) return function;
  return InvalidArgumentError(StrCat("NodeDef missing attr '", name, "'"));
}

std::vector<Value> InputsFrom(const KernelContext& context, int first) {
  std::vector<Value> inputs;
  for (int i = first; i < context.num_inputs(); ++i) {
    inputs.push_back(context.value(i));
  }
  return inputs;
}

Status SetResults(KernelContext& context, std::vector<Value> results) {
  if (results.size() != static_cast<size_t>(context.num_outputs())) {
    return InvalidArgumentError(StrCat("the function returns ", results.size(),
                                       " values, not ", context.num_outputs()));
  }
  for (size_t i = 0; i < results.size(); ++i) {
    const DataType expected = context.types().outputs[i].dtype;
    if (results[i].is_dead()) {
      return InvalidArgumentError(StrCat("result ", i, " has no value"));
    }
    if (results[i].is_ref()) {
      CAIRN_ASSIGN_OR_RETURN(results[i], ReadReference(results[i]));
    }
    if (results[i].dtype() != expected) {
      return InvalidArgumentError(StrCat("the function returns ",
                                         results[i].ToString(), " as result ",
                                         i, ", not ", DataTypeName(expected)));
    }
    CAIRN_RETURN_IF_ERROR(
        context.SetOutput(static_cast<int>(i), std::move(results[i])));
  }
  return OkStatus();
}

Status CallWith(KernelContext& context, FunctionRef function, int first_input) {
  CAIRN_ASSIGN_OR_RETURN(
      std::vector<Value> results,
      context.functions().Call(*function, InputsFrom(context, first_input)));
  return SetResults(context, std::move(results));
}

StatusOr<Kernel> MakeCall(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const FunctionRef function,
                         RequiredFunction(node, "f"));
  return [function](KernelContext& context) {
    return CallWith(context, function, 0);
  };
}

StatusOr<Kernel> MakeIf(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const FunctionRef then_branch,
                         RequiredFunction(node, "then_branch"));
  CAIRN_ASSIGN_OR_RETURN(const FunctionRef else_branch,
                         RequiredFunction(node, "else_branch"));
  return [then_branch, else_branch](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(const bool condition, ToBool(context.input(0)));
    return CallWith(context, condition ? then_branch : else_branch, 1);
  };
}

StatusOr<Kernel> MakeCase(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const std::vector<FunctionRef> branches,
                         node.FunctionList("branches"));
  if (branches.empty()) return InvalidArgumentError("there are no branches");
  return [branches](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(const int64_t index, context.IntScalar(0));
    const int64_t count = static_cast<int64_t>(branches.size());
    const int64_t branch = index < 0 || index >= count ? count - 1 : index;
    return CallWith(context, branches[static_cast<size_t>(branch)], 1);
  };
}

StatusOr<Kernel> MakeWhile(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const FunctionRef cond,
                         RequiredFunction(node, "cond"));
  CAIRN_ASSIGN_OR_RETURN(const FunctionRef body,
                         RequiredFunction(node, "body"));
  return [cond, body](KernelContext& context) -> Status {
    std::vector<Value> state = InputsFrom(context, 0);
    while (true) {
      CAIRN_ASSIGN_OR_RETURN(const std::vector<Value> goes_on,
                             context.functions().Call(*cond, state));
      if (goes_on.size() != 1) {
        return InvalidArgumentError(
            StrCat("the condition returns ", goes_on.size(), " values, not 1"));
      }
      CAIRN_ASSIGN_OR_RETURN(const bool condition, ToBool(goes_on[0].view()));
      if (!condition) return SetResults(context, std::move(state));
      CAIRN_ASSIGN_OR_RETURN(state,
                             context.functions().Call(*body, std::move(state)));
    }
  };
}

void AddDeadness(KernelTable& table) {
  table.Add({.op = "Switch",
             .signature = "data:T pred:bool -> output_false:T output_true:T",
             .make = MakeSwitch});
  table.Add({.op = "RefSwitch",
             .signature = "data:&T pred:bool -> output_false:&T output_true:&T",
             .make = MakeSwitch});
  table.Add({.op = "Merge",
             .signature = "inputs:N*T -> output:T value_index:int32",
             .make = MakeNothing});
  table.Add({.op = "RefMerge",
             .signature = "inputs:&N*T -> output:&T value_index:int32",
             .make = MakeNothing});
  for (const char* op : {"Enter", "Exit", "NextIteration"}) {
    table.Add(
        {.op = op, .signature = "data:T -> output:T", .make = MakeForward});
    table.Add({.op = StrCat("Ref", op),
               .signature = "data:&T -> output:&T",
               .make = MakeForward});
  }
  table.Add({.op = "LoopCond",
             .signature = "input:bool -> output:bool",
             .make = MakeLoopCond});
  table.Add({.op = "ControlTrigger", .signature = "->", .make = MakeNothing});
}

void AddCalls(KernelTable& table) {
  table.Add({.op = "_Arg", .signature = "-> output:[T]", .make = MakeNothing});
  table.Add({.op = "PartitionedCall",
             .signature = "args:[Tin] -> output:[Tout]",
             .make = MakeCall});
  table.Add({.op = "StatefulPartitionedCall",
             .signature = "args:[Tin] -> output:[Tout]",
             .make = MakeCall,
             .stateful = true});
  for (const char* prefix : {"", "Stateless"}) {
    const bool stateful = *prefix == '\0';
    table.Add({.op = StrCat(prefix, "If"),
               .signature = "cond:Tcond input:[Tin] -> output:[Tout]",
               .make = MakeIf,
               .stateful = stateful});
    table.Add({.op = StrCat(prefix, "Case"),
               .signature = "branch_index:int32 input:[Tin] -> output:[Tout]",
               .make = MakeCase,
               .stateful = stateful});
    table.Add({.op = StrCat(prefix, "While"),
               .signature = "input:[T] -> output:[T]",
               .make = MakeWhile,
               .stateful = stateful});
  }
}

}  // namespace

void AddControlFlowKernels(KernelTable& table) {
  AddDeadness(table);
  AddCalls(table);
}

}  // namespace cairn::session
