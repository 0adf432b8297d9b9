// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Variables: resource variables (VarHandleOp) and those of TensorFlow 1 that
// ops refer to (VariableV2).
//
// Names, as TensorFlow has them: a resource variable is its container and
// shared_name, whatever its node is called; the other kind's shared_name is the
// node's name if there is none.
//
// A reference variable is changed in place, under those who read it: its
// snapshot `v/read` has run before the assignment that a program waits for,
// and shows the new value all the same, as in TensorFlow. So nobody else's
// memory may become a reference variable's.
#include "cairn/session/kernels/variable_kernels.h"

#include <complex>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/session/kernels/kernels.h"

namespace cairn::session {
namespace {

// TensorFlow's name for "another variable each time".
constexpr std::string_view kAnonymous = "cd2c89b7-88b7-44c8-ad83-06c2a9158347";

bool IsReferenceVariable(std::string_view op) {
  return op == "VariableV2" || op == "Variable";
}

struct Declaration {
  std::string container;
  std::string name;
  bool is_ref = false;
  DataType dtype = DataType::kInvalid;
  graph::PartialShape shape;
};

StatusOr<Declaration> Read(const Attributes& node) {
  Declaration read;
  read.is_ref = IsReferenceVariable(node.op());
  CAIRN_ASSIGN_OR_RETURN(read.container, node.String("container", ""));
  CAIRN_ASSIGN_OR_RETURN(read.name, node.String("shared_name", ""));
  CAIRN_ASSIGN_OR_RETURN(read.dtype, node.Type("dtype"));
  CAIRN_ASSIGN_OR_RETURN(read.shape, node.Shape("shape"));
  if (read.is_ref && read.name.empty()) read.name = node.node_name();
  // A scalar's shape stood for "any" in the first op of variables.
  if (node.op() == "Variable" && read.shape.dims.empty()) {
    read.shape = graph::PartialShape::Unknown();
  }
  return read;
}

void Declare(const Declaration& declared, Slot* slot) {
  if (slot->dtype != DataType::kInvalid) return;
  slot->dtype = declared.dtype;
  slot->shape = declared.shape;
  slot->is_ref = declared.is_ref;
}

StatusOr<std::shared_ptr<Slot>> Find(const Declaration& declared,
                                     ResourceManager& resources) {
  if (declared.name == kAnonymous) {
    auto slot = std::make_shared<Slot>();
    slot->container = declared.container;
    slot->name = declared.name;
    Declare(declared, slot.get());
    return slot;
  }
  std::shared_ptr<Slot> slot =
      resources.Find(declared.container, declared.name);
  Declare(declared, slot.get());
  if (slot->dtype == declared.dtype) return slot;
  return InvalidArgumentError(
      StrCat("variable ", Escape(declared.name), " is of type ",
             DataTypeName(declared.dtype), " here and of type ",
             DataTypeName(slot->dtype), " elsewhere"));
}

// VarHandleOp, VariableV2, Variable.
StatusOr<Kernel> MakeHandle(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const Declaration declared, Read(node));
  return [declared](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(std::shared_ptr<Slot> slot,
                           Find(declared, context.resources()));
    return context.SetOutput(
        0, declared.is_ref
               ? Value::OfRef(declared.dtype, std::move(slot))
               : Value::OfObject(DataType::kResource, std::move(slot)));
  };
}

StatusOr<Kernel> MakeRead(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const DataType dtype, node.Type("dtype"));
  return [dtype](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(const VariableRef variable, context.variable(0));
    CAIRN_ASSIGN_OR_RETURN(Value value, variable.Read());
    if (value.dtype() != dtype) {
      return InvalidArgumentError(
          StrCat("Trying to read variable with wrong dtype. Expected ",
                 DataTypeName(dtype), " got ", DataTypeName(value.dtype())));
    }
    return context.SetOutput(0, std::move(value));
  };
}

StatusOr<Kernel> MakeAssignVariable(const Attributes&) {
  return [](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(VariableRef variable, context.variable(0));
    return variable.Assign(context.value(1));
  };
}

// The elements of a variable that is initialised, to be changed where they are.
template <typename T>
std::span<T> InPlace(const Slot& slot) {
  const std::span<const T> elements = slot.value.view().data<T>();
  return {const_cast<T*>(elements.data()), elements.size()};
}

// As TensorFlow: the value's memory if nobody else has it, else its elements
// into the memory there is.
Status AssignReference(KernelContext& context, VariableRef& variable,
                       Value value) {
  const Value& old = variable.slot().value;
  const TensorView& now = value.view();
  if (variable.is_initialized() && IsFixedSize(now.dtype()) &&
      old.dtype() == now.dtype() && old.view().shape() == now.shape()) {
    const std::string_view from = now.bytes();
    const std::string_view to = old.view().bytes();
    if (!from.empty()) {
      std::memmove(const_cast<char*>(to.data()), from.data(), from.size());
    }
    return OkStatus();
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor copy, Tensor::CopyOf(now));
  return variable.AssignAnyShape(Value::Of(std::move(copy), context.budget()));
}

StatusOr<Kernel> MakeAssign(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const bool validate,
                         node.Bool("validate_shape", true));
  return [validate](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(VariableRef variable, context.variable(0));
    const Slot& slot = variable.slot();
    if (validate && !Allows(slot.shape, context.input(1).shape())) {
      return variable.Assign(context.value(1));  // says why not
    }
    std::optional<Tensor> own = context.TakeInput(1);
    CAIRN_RETURN_IF_ERROR(
        own.has_value() ? variable.AssignAnyShape(
                              Value::Of(*std::move(own), context.budget()))
                        : AssignReference(context, variable, context.value(1)));
    return context.ForwardInput(0, 0);
  };
}

enum class Sign { kPlus, kMinus };

template <typename T>
T AddScaled(T a, T b, Sign sign) {
  return static_cast<T>(sign == Sign::kPlus ? a + b : a - b);
}
// Signed overflow wraps around, as in TensorFlow.
template <>
int32_t AddScaled(int32_t a, int32_t b, Sign sign) {
  return static_cast<int32_t>(
      AddScaled(static_cast<uint32_t>(a), static_cast<uint32_t>(b), sign));
}
template <>
int64_t AddScaled(int64_t a, int64_t b, Sign sign) {
  return static_cast<int64_t>(
      AddScaled(static_cast<uint64_t>(a), static_cast<uint64_t>(b), sign));
}
template <>
Half AddScaled(Half a, Half b, Sign sign) {
  return ToHalf(AddScaled(ToFloat(a), ToFloat(b), sign));
}
template <>
Bfloat16 AddScaled(Bfloat16 a, Bfloat16 b, Sign sign) {
  return ToBfloat16(AddScaled(ToFloat(a), ToFloat(b), sign));
}

template <typename T>
Status Update(KernelContext& context, Sign sign) {
  CAIRN_ASSIGN_OR_RETURN(VariableRef variable, context.variable(0));
  CAIRN_RETURN_IF_ERROR(variable.Read().status());
  const Value& old = variable.slot().value;
  const TensorView& delta = context.input(1);
  if (old.dtype() != delta.dtype() || old.dtype() != kDataTypeOf<T>) {
    return InvalidArgumentError(
        StrCat("Cannot update variable of type ", DataTypeName(old.dtype()),
               " using a Tensor of type ", DataTypeName(delta.dtype())));
  }
  const Shape& shape = old.view().shape();
  if (!(shape == delta.shape())) {
    return InvalidArgumentError(
        StrCat("Cannot update variable with shape ", shape.ToString(),
               " using a Tensor with shape ", delta.shape().ToString(),
               ", shapes must be equal."));
  }
  const std::span<const T> in = delta.data<T>();
  std::span<T> out;
  if (variable.slot().is_ref) {
    out = InPlace<T>(variable.slot());
  } else {
    CAIRN_ASSIGN_OR_RETURN(Tensor * tensor, variable.Mutable());
    out = tensor->data<T>();
  }
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = AddScaled(out[i], in[i], sign);
  }
  return context.num_outputs() == 0 ? OkStatus() : context.ForwardInput(0, 0);
}

template <typename... Types>
StatusOr<Kernel> ChooseUpdate(DataType dtype, Sign sign) {
  Kernel kernel;
  const auto choose = [&]<typename T>(T*) {
    if (kDataTypeOf<T> == dtype) {
      kernel = [sign](KernelContext& context) {
        return Update<T>(context, sign);
      };
    }
  };
  (choose(static_cast<Types*>(nullptr)), ...);
  if (kernel == nullptr) return NoKernelFor(dtype);
  return kernel;
}

// AssignAddVariableOp, AssignAdd and the two that subtract.
template <Sign sign>
StatusOr<Kernel> MakeUpdate(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(
      const DataType dtype,
      node.Type(node.op().ends_with("VariableOp") ? "dtype" : "T"));
  return ChooseUpdate<float, double, int32_t, int64_t, uint8_t, int8_t, int16_t,
                      uint16_t, uint32_t, uint64_t, Half, Bfloat16,
                      std::complex<float>, std::complex<double>>(dtype, sign);
}

StatusOr<Kernel> MakeIsInitialized(const Attributes&) {
  return [](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(const VariableRef variable, context.variable(0));
    return context.SetOutput(0, Tensor::Scalar(variable.is_initialized()));
  };
}

StatusOr<Kernel> MakeVariableShape(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const DataType dtype, node.Type("out_type"));
  if (dtype != DataType::kInt32 && dtype != DataType::kInt64) {
    return NoKernelFor(dtype);
  }
  return [dtype](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(const VariableRef variable, context.variable(0));
    CAIRN_ASSIGN_OR_RETURN(const Value value, variable.Read());
    const auto dims = value.view().shape().dims();
    CAIRN_ASSIGN_OR_RETURN(
        Tensor out,
        Tensor::Create(dtype, Shape{static_cast<int64_t>(dims.size())}));
    for (size_t i = 0; i < dims.size(); ++i) {
      if (dtype == DataType::kInt64) {
        out.data<int64_t>()[i] = dims[i];
      } else if (dims[i] > INT32_MAX) {
        return InvalidArgumentError(
            StrCat("dimension ", i, " of ", dims[i], " is no int32"));
      } else {
        out.data<int32_t>()[i] = static_cast<int32_t>(dims[i]);
      }
    }
    return context.SetOutput(0, std::move(out));
  };
}

StatusOr<Kernel> MakeDestroy(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const bool ignore,
                         node.Bool("ignore_lookup_error", true));
  return [ignore](KernelContext& context) -> Status {
    const std::shared_ptr<Slot> slot = context.value(0).object_as<Slot>();
    if (slot == nullptr) {
      return InvalidArgumentError("input 0 is no handle of a resource");
    }
    if (slot->value.is_dead() && slot->resource == nullptr && !ignore) {
      return NotFoundError(StrCat("Resource ", Escape(slot->container), "/",
                                  Escape(slot->name), " does not exist."));
    }
    slot->value = Value();
    slot->resource = nullptr;
    return OkStatus();
  };
}

StatusOr<Kernel> MakeNothing(const Attributes&) {
  return [](KernelContext&) { return OkStatus(); };
}

// A variable for one run, of undefined value: zero here.
StatusOr<Kernel> MakeTemporary(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const Declaration declared, Read(node));
  if (declared.shape.unknown_rank) {
    return InvalidArgumentError("a temporary variable of unknown shape");
  }
  CAIRN_ASSIGN_OR_RETURN(const Shape shape, Shape::Create(declared.shape.dims));
  return [declared, shape,
          name = node.node_name()](KernelContext& context) -> Status {
    CAIRN_RETURN_IF_ERROR(context.CheckSize(declared.dtype, shape));
    CAIRN_ASSIGN_OR_RETURN(Tensor zeros, Tensor::Create(declared.dtype, shape));
    auto slot = std::make_shared<Slot>();
    slot->name = name;
    slot->is_ref = true;
    slot->dtype = declared.dtype;
    slot->value = Value::Of(std::move(zeros), context.budget());
    return context.SetOutput(0, Value::OfRef(declared.dtype, std::move(slot)));
  };
}

StatusOr<Kernel> MakeDestroyTemporary(const Attributes&) {
  return [](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(VariableRef variable, context.variable(0));
    CAIRN_ASSIGN_OR_RETURN(Value value, variable.Read());
    variable.Clear();
    return context.SetOutput(0, std::move(value));
  };
}

void AddResourceVariables(KernelTable& table) {
  table.Add({.op = "VarHandleOp",
             .signature = "-> resource:resource",
             .make = MakeHandle});
  table.Add({.op = "ReadVariableOp",
             .signature = "resource:resource -> value:dtype",
             .make = MakeRead});
  table.Add({.op = "AssignVariableOp",
             .signature = "resource:resource value:dtype ->",
             .make = MakeAssignVariable,
             .stateful = true});
  table.Add({.op = "AssignAddVariableOp",
             .signature = "resource:resource value:dtype ->",
             .make = MakeUpdate<Sign::kPlus>,
             .stateful = true});
  table.Add({.op = "AssignSubVariableOp",
             .signature = "resource:resource value:dtype ->",
             .make = MakeUpdate<Sign::kMinus>,
             .stateful = true});
  table.Add({.op = "VarIsInitializedOp",
             .signature = "resource:resource -> is_initialized:bool",
             .make = MakeIsInitialized});
  table.Add({.op = "VariableShape",
             .signature = "input:resource -> output:out_type=int32",
             .make = MakeVariableShape});
  table.Add({.op = "DestroyResourceOp",
             .signature = "resource:resource ->",
             .make = MakeDestroy,
             .stateful = true});
  table.Add({.op = "DisableCopyOnRead",
             .signature = "resource:resource ->",
             .make = MakeNothing});
}

void AddReferenceVariables(KernelTable& table) {
  for (const char* op : {"VariableV2", "Variable"}) {
    table.Add({.op = op, .signature = "-> ref:&dtype", .make = MakeHandle});
  }
  table.Add({.op = "Assign",
             .signature = "ref:&T value:T -> output_ref:&T",
             .make = MakeAssign,
             .stateful = true});
  table.Add({.op = "AssignAdd",
             .signature = "ref:&T value:T -> output_ref:&T",
             .make = MakeUpdate<Sign::kPlus>,
             .stateful = true});
  table.Add({.op = "AssignSub",
             .signature = "ref:&T value:T -> output_ref:&T",
             .make = MakeUpdate<Sign::kMinus>,
             .stateful = true});
  table.Add({.op = "IsVariableInitialized",
             .signature = "ref:&dtype -> is_initialized:bool",
             .make = MakeIsInitialized});
  table.Add({.op = "TemporaryVariable",
             .signature = "-> ref:&dtype",
             .make = MakeTemporary,
             .stateful = true});
  table.Add({.op = "DestroyTemporaryVariable",
             .signature = "ref:&T -> value:T",
             .make = MakeDestroyTemporary,
             .stateful = true});
}

}  // namespace

void DeclareVariable(const Attributes& node, ResourceManager* resources) {
  if (node.op() != "VarHandleOp" && !IsReferenceVariable(node.op())) return;
  const StatusOr<Declaration> declared = Read(node);
  if (!declared.ok() || declared->name == kAnonymous) return;
  Declare(*declared,
          resources->Find(declared->container, declared->name).get());
}

void AddVariableKernels(KernelTable& table) {
  AddResourceVariables(table);
  AddReferenceVariables(table);
}

}  // namespace cairn::session
