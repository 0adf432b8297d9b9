// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Stacks and lists of tensors: where loops keep what their gradients need, of
// TensorFlow 1 (a stack, a resource of one run) and of its functions (a list, a
// variant: a value, not changed by what is made of it).
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/session/kernels/kernels.h"
#include "cairn/session/kernels/variants.h"

namespace cairn::session {
namespace {

// Of a list or stack, so that numbers from a graph bound no memory.
constexpr int64_t kMaxElements = int64_t{1} << 24;
constexpr int64_t kPlaceBytes = static_cast<int64_t>(sizeof(Value));

struct Stack : Object {
  std::string_view what() const override { return "a stack"; }
  std::string name;
  DataType dtype = DataType::kInvalid;
  int64_t max_size = -1;  // none
  std::vector<Value> values;
};

StatusOr<std::shared_ptr<Stack>> StackInput(const KernelContext& context) {
  std::shared_ptr<Stack> stack = context.value(0).object_as<Stack>();
  if (stack != nullptr) return stack;
  return InvalidArgumentError("input 0 is no stack");
}

StatusOr<Kernel> MakeStack(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const DataType dtype, node.Type("elem_type"));
  return [dtype, name = node.node_name()](KernelContext& context) -> Status {
    auto stack = std::make_shared<Stack>();
    stack->dtype = dtype;
    stack->name = name;
    CAIRN_ASSIGN_OR_RETURN(stack->max_size, context.IntScalar(0));
    return context.SetOutput(
        0, Value::OfObject(DataType::kResource, std::move(stack)));
  };
}

StatusOr<Kernel> MakePush(const Attributes&) {
  return [](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(const auto stack, StackInput(context));
    const int64_t size = static_cast<int64_t>(stack->values.size());
    if (context.value(1).dtype() != stack->dtype) {
      return InvalidArgumentError(StrCat("Must have a tensor of ",
                                         DataTypeName(stack->dtype),
                                         " to push on ", Escape(stack->name)));
    }
    if (size >= kMaxElements ||
        (stack->max_size >= 0 && size >= stack->max_size)) {
      return InvalidArgumentError(StrCat("Stack[", Escape(stack->name),
                                         "] overflowed its max_size (", size,
                                         ")"));
    }
    stack->values.push_back(context.value(1));
    return context.ForwardInput(1, 0);
  };
}

StatusOr<Kernel> MakePop(const Attributes&) {
  return [](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(const auto stack, StackInput(context));
    if (stack->values.empty()) {
      return InvalidArgumentError(StrCat("Stack[", Escape(stack->name),
                                         "] is empty when calling Pop()."));
    }
    if (stack->dtype != context.types().outputs[0].dtype) {
      return InvalidArgumentError(StrCat("Stack[", Escape(stack->name),
                                         "] holds ",
                                         DataTypeName(stack->dtype)));
    }
    Value value = std::move(stack->values.back());
    stack->values.pop_back();
    return context.SetOutput(0, std::move(value));
  };
}

StatusOr<Kernel> MakeClose(const Attributes&) {
  return [](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(const auto stack, StackInput(context));
    stack->values.clear();
    return OkStatus();
  };
}

StatusOr<std::shared_ptr<List>> ListInput(const KernelContext& context) {
  std::shared_ptr<List> list = context.value(0).object_as<List>();
  if (list != nullptr) return list;
  return InvalidArgumentError("Input handle is not a list.");
}

// The list to change: itself if nobody else has it, else a copy.
StatusOr<std::shared_ptr<List>> OwnList(const KernelContext& context) {
  CAIRN_ASSIGN_OR_RETURN(std::shared_ptr<List> list, ListInput(context));
  // Here and in the input.
  if (list.use_count() == 2) return list;
  CAIRN_RETURN_IF_ERROR(context.budget()->Check(
      static_cast<int64_t>(list->values.size()) * kPlaceBytes));
  return std::make_shared<List>(*list);
}

Status SetList(KernelContext& context, int output, std::shared_ptr<List> list) {
  return context.SetOutput(
      output, Value::OfObject(DataType::kVariant, std::move(list)));
}

// A shape of which some may not be known: -1 as a scalar for "any".
StatusOr<graph::PartialShape> PartialInput(const KernelContext& context,
                                           int i) {
  CAIRN_ASSIGN_OR_RETURN(std::vector<int64_t> dims, context.IntVector(i));
  if (context.input(i).shape().rank() == 0) {
    if (dims[0] == -1) return graph::PartialShape::Unknown();
    return InvalidArgumentError("a shape must be a vector, or the scalar -1");
  }
  if (dims.size() > kMaxRank) {
    return InvalidArgumentError("a shape of too many dimensions");
  }
  return graph::PartialShape{std::move(dims), false};
}

StatusOr<Kernel> MakeReserve(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const DataType dtype, node.Type("element_dtype"));
  const bool empty = node.op() == "EmptyTensorList";
  return [dtype, empty](KernelContext& context) -> Status {
    auto list = std::make_shared<List>();
    list->dtype = dtype;
    CAIRN_ASSIGN_OR_RETURN(list->shape, PartialInput(context, 0));
    CAIRN_ASSIGN_OR_RETURN(const int64_t number, context.IntScalar(1));
    if (empty) {
      list->max_size = number;
    } else if (number < 0 || number > kMaxElements) {
      return InvalidArgumentError(
          StrCat("The num_elements to reserve must be a non negative number, "
                 "but got ",
                 number));
    } else {
      CAIRN_RETURN_IF_ERROR(context.budget()->Check(number * kPlaceBytes));
      list->values.resize(static_cast<size_t>(number));
    }
    return SetList(context, 0, std::move(list));
  };
}

// Whether `value` may be an element of the list.
Status CheckElement(const List& list, const Value& value) {
  if (value.dtype() != list.dtype) {
    return InvalidArgumentError(
        StrCat("Invalid data types; op elements ", DataTypeName(value.dtype()),
               " but list elements ", DataTypeName(list.dtype)));
  }
  if (!value.is_tensor() || Allows(list.shape, value.view().shape())) {
    return OkStatus();
  }
  return InvalidArgumentError(StrCat(
      "Tried to append a tensor with incompatible shape to a list. Op "
      "element shape: ",
      value.view().shape().ToString(), " list shape: ", list.shape.ToString()));
}

StatusOr<Kernel> MakePushBack(const Attributes&) {
  return [](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(auto list, OwnList(context));
    CAIRN_RETURN_IF_ERROR(CheckElement(*list, context.value(1)));
    const int64_t size = static_cast<int64_t>(list->values.size());
    if (size >= kMaxElements ||
        (list->max_size >= 0 && size >= list->max_size)) {
      return InvalidArgumentError(
          StrCat("Tried to push item into a full list list size: ", size));
    }
    list->values.push_back(context.value(1));
    return SetList(context, 0, std::move(list));
  };
}

// Element i, zeros if it was never set.
StatusOr<Value> Element(const KernelContext& context, const List& list,
                        size_t i, const graph::PartialShape& wanted) {
  const Value& value = list.values[i];
  if (!value.is_dead()) return value;
  const graph::PartialShape& known =
      list.shape.unknown_rank ? wanted : list.shape;
  graph::PartialShape shape = known;
  for (size_t d = 0; d < shape.dims.size() && d < wanted.dims.size(); ++d) {
    if (shape.dims[d] < 0) shape.dims[d] = wanted.dims[d];
  }
  const StatusOr<Shape> full = Shape::Create(shape.dims);
  if (shape.unknown_rank || !full.ok()) {
    return InvalidArgumentError(
        StrCat("Trying to read an uninitialized tensor but element_shape is "
               "not fully defined: ",
               shape.ToString()));
  }
  CAIRN_RETURN_IF_ERROR(context.CheckSize(list.dtype, *full));
  CAIRN_ASSIGN_OR_RETURN(Tensor zeros, Tensor::Create(list.dtype, *full));
  return Value::Of(std::move(zeros), context.budget());
}

Status CheckDtype(const KernelContext& context, const List& list, int output) {
  const DataType expected =
      context.types().outputs[static_cast<size_t>(output)].dtype;
  if (expected == list.dtype) return OkStatus();
  return InvalidArgumentError(
      StrCat("Invalid data types; op elements ", DataTypeName(expected),
             " but list elements ", DataTypeName(list.dtype)));
}

StatusOr<Kernel> MakePopBack(const Attributes&) {
  return [](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(auto list, OwnList(context));
    CAIRN_RETURN_IF_ERROR(CheckDtype(context, *list, 1));
    CAIRN_ASSIGN_OR_RETURN(const graph::PartialShape wanted,
                           PartialInput(context, 1));
    if (list->values.empty()) {
      return InvalidArgumentError("Trying to pop from an empty list.");
    }
    CAIRN_ASSIGN_OR_RETURN(
        Value last, Element(context, *list, list->values.size() - 1, wanted));
    list->values.pop_back();
    CAIRN_RETURN_IF_ERROR(context.SetOutput(1, std::move(last)));
    return SetList(context, 0, std::move(list));
  };
}

StatusOr<size_t> Index(const KernelContext& context, const List& list, int i) {
  CAIRN_ASSIGN_OR_RETURN(const int64_t index, context.IntScalar(i));
  if (index >= 0 && index < static_cast<int64_t>(list.values.size())) {
    return static_cast<size_t>(index);
  }
  return InvalidArgumentError(StrCat("Trying to access element ", index,
                                     " in a list with ", list.values.size(),
                                     " elements."));
}

StatusOr<Kernel> MakeGetItem(const Attributes&) {
  return [](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(const auto list, ListInput(context));
    CAIRN_RETURN_IF_ERROR(CheckDtype(context, *list, 0));
    CAIRN_ASSIGN_OR_RETURN(const size_t index, Index(context, *list, 1));
    CAIRN_ASSIGN_OR_RETURN(const graph::PartialShape wanted,
                           PartialInput(context, 2));
    CAIRN_ASSIGN_OR_RETURN(Value value, Element(context, *list, index, wanted));
    return context.SetOutput(0, std::move(value));
  };
}

StatusOr<Kernel> MakeSetItem(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const bool grows,
                         node.Bool("resize_if_index_out_of_bounds", false));
  if (grows) return NotSupported("resize_if_index_out_of_bounds");
  return [](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(auto list, OwnList(context));
    CAIRN_RETURN_IF_ERROR(CheckElement(*list, context.value(2)));
    CAIRN_ASSIGN_OR_RETURN(const size_t index, Index(context, *list, 1));
    list->values[index] = context.value(2);
    return SetList(context, 0, std::move(list));
  };
}

StatusOr<Kernel> MakeLength(const Attributes&) {
  return [](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(const auto list, ListInput(context));
    return context.SetOutput(
        0, Tensor::Scalar(static_cast<int32_t>(list->values.size())));
  };
}

StatusOr<Kernel> MakeElementShape(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const DataType dtype, node.Type("shape_type"));
  if (dtype != DataType::kInt32 && dtype != DataType::kInt64) {
    return NoKernelFor(dtype);
  }
  return [dtype](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(const auto list, ListInput(context));
    const bool unknown = list->shape.unknown_rank;
    const std::vector<int64_t> dims =
        unknown ? std::vector<int64_t>{-1} : list->shape.dims;
    const Shape shape =
        unknown ? Shape() : Shape{static_cast<int64_t>(dims.size())};
    CAIRN_ASSIGN_OR_RETURN(Tensor out, Tensor::Create(dtype, shape));
    for (size_t i = 0; i < dims.size(); ++i) {
      if (dtype == DataType::kInt64) {
        out.data<int64_t>()[i] = dims[i];
      } else {
        out.data<int32_t>()[i] = static_cast<int32_t>(dims[i]);
      }
    }
    return context.SetOutput(0, std::move(out));
  };
}

// All elements, of one shape, as one tensor.
Status StackList(KernelContext& context, const List& list,
                 const graph::PartialShape& wanted) {
  std::vector<Value> elements;
  graph::PartialShape shape = wanted;
  // What was set says the shape of what was not.
  for (const Value& value : list.values) {
    if (!value.is_tensor()) continue;
    shape = graph::PartialShape::Of(value.view().shape());
    break;
  }
  for (size_t i = 0; i < list.values.size(); ++i) {
    CAIRN_ASSIGN_OR_RETURN(Value value, Element(context, list, i, shape));
    elements.push_back(std::move(value));
  }
  std::vector<int64_t> dims = {static_cast<int64_t>(elements.size())};
  if (elements.empty()) {
    const graph::PartialShape& known = shape.unknown_rank ? list.shape : shape;
    dims.insert(dims.end(), known.dims.begin(), known.dims.end());
  } else {
    const auto inner = elements[0].view().shape().dims();
    dims.insert(dims.end(), inner.begin(), inner.end());
  }
  CAIRN_ASSIGN_OR_RETURN(Shape full, Shape::Create(dims));
  if (!IsFixedSize(list.dtype)) return NoKernelFor(list.dtype);
  CAIRN_ASSIGN_OR_RETURN(Tensor out, context.Allocate(list.dtype, full));
  char* to = out.mutable_bytes().data();
  for (const Value& element : elements) {
    if (!(element.view().shape() == elements[0].view().shape())) {
      return InvalidArgumentError(
          "Tried to stack elements of different shapes");
    }
    const std::string_view bytes = element.view().bytes();
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    to += bytes.size();
  }
  return context.SetOutput(0, std::move(out));
}

StatusOr<Kernel> MakeStackList(const Attributes&) {
  return [](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(const auto list, ListInput(context));
    CAIRN_RETURN_IF_ERROR(CheckDtype(context, *list, 0));
    CAIRN_ASSIGN_OR_RETURN(const graph::PartialShape wanted,
                           PartialInput(context, 1));
    return StackList(context, *list, wanted);
  };
}

StatusOr<Kernel> MakeFromTensor(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const DataType dtype, node.Type("element_dtype"));
  if (!IsFixedSize(dtype)) return NoKernelFor(dtype);
  return [dtype](KernelContext& context) -> Status {
    const TensorView& tensor = context.input(0);
    if (tensor.shape().rank() == 0) {
      return InvalidArgumentError("Tensor must be at least a vector");
    }
    auto list = std::make_shared<List>();
    list->dtype = dtype;
    CAIRN_ASSIGN_OR_RETURN(list->shape, PartialInput(context, 1));
    const int64_t count = tensor.shape().dim(0);
    CAIRN_ASSIGN_OR_RETURN(const Shape inner,
                           Shape::Create(tensor.shape().dims().subspan(1)));
    // Many elements of no bytes take places all the same.
    if (count > kMaxElements) {
      return InvalidArgumentError(StrCat(count, " elements of a list"));
    }
    CAIRN_RETURN_IF_ERROR(context.budget()->Check(count * kPlaceBytes));
    const size_t size = static_cast<size_t>(inner.num_elements()) *
                        static_cast<size_t>(DataTypeSize(dtype));
    for (int64_t i = 0; i < count; ++i) {
      CAIRN_ASSIGN_OR_RETURN(Tensor element, context.Allocate(dtype, inner));
      if (size > 0) {
        std::memcpy(element.mutable_bytes().data(),
                    tensor.bytes().data() + static_cast<size_t>(i) * size,
                    size);
      }
      list->values.push_back(Value::Of(std::move(element), context.budget()));
    }
    return SetList(context, 0, std::move(list));
  };
}

void AddStacks(KernelTable& table) {
  table.Add({.op = "StackV2",
             .signature = "max_size:int32 -> handle:resource",
             .make = MakeStack,
             .stateful = true});
  table.Add({.op = "StackPushV2",
             .signature = "handle:resource elem:T -> output:T",
             .make = MakePush,
             .stateful = true});
  table.Add({.op = "StackPopV2",
             .signature = "handle:resource -> elem:elem_type",
             .make = MakePop,
             .stateful = true});
  table.Add({.op = "StackCloseV2",
             .signature = "handle:resource ->",
             .make = MakeClose,
             .stateful = true});
}

}  // namespace

void AddListKernels(KernelTable& table) {
  AddStacks(table);
  table.Add({.op = "EmptyTensorList",
             .signature = "element_shape:shape_type max_num_elements:int32 -> "
                          "handle:variant",
             .make = MakeReserve});
  table.Add({.op = "TensorListReserve",
             .signature = "element_shape:shape_type num_elements:int32 -> "
                          "handle:variant",
             .make = MakeReserve});
  table.Add({.op = "TensorListPushBack",
             .signature = "input_handle:variant tensor:element_dtype -> "
                          "output_handle:variant",
             .make = MakePushBack});
  table.Add({.op = "TensorListPopBack",
             .signature = "input_handle:variant element_shape:int32 -> "
                          "output_handle:variant tensor:element_dtype",
             .make = MakePopBack});
  table.Add({.op = "TensorListGetItem",
             .signature = "input_handle:variant index:int32 "
                          "element_shape:int32 -> item:element_dtype",
             .make = MakeGetItem});
  table.Add({.op = "TensorListSetItem",
             .signature = "input_handle:variant index:int32 item:element_dtype "
                          "-> output_handle:variant",
             .make = MakeSetItem});
  table.Add({.op = "TensorListLength",
             .signature = "input_handle:variant -> length:int32",
             .make = MakeLength});
  table.Add({.op = "TensorListElementShape",
             .signature = "input_handle:variant -> element_shape:shape_type",
             .make = MakeElementShape});
  table.Add({.op = "TensorListStack",
             .signature = "input_handle:variant element_shape:int32 -> "
                          "tensor:element_dtype",
             .make = MakeStackList});
  table.Add({.op = "TensorListFromTensor",
             .signature = "tensor:element_dtype element_shape:shape_type -> "
                          "output_handle:variant",
             .make = MakeFromTensor});
}

}  // namespace cairn::session
