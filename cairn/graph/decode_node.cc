// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/decode_node.h"

#include <algorithm>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/graph/tensor_proto.h"
#include "cairn/proto/graph.pb.h"

namespace cairn::graph {
namespace {

// Items of a list, and bytes of a string, that are shown.
constexpr int kMaxItemsShown = 8;
constexpr size_t kMaxBytesShown = 80;

std::string ShapeText(const proto::TensorShapeProto& shape) {
  return DecodeShape(shape).ToString();
}

template <typename Items, typename Show>
std::string ListText(const Items& items, Show show) {
  std::string text = "[";
  for (int i = 0; i < items.size(); ++i) {
    if (i > 0) text += ',';
    if (i == kMaxItemsShown) {
      text += StrCat("... ", items.size() - i, " more");
      break;
    }
    text += show(items[i]);
  }
  return text + "]";
}

std::string StringText(const std::string& value) {
  return StrCat("\"", Escape(value, kMaxBytesShown), "\"");
}

std::string NumberText(auto value) { return StrCat(value); }

// The value of a tensor that has one value, else "".
std::string SingleValueText(const proto::TensorProto& t) {
  if (t.float_val_size() == 1) return NumberText(t.float_val(0));
  if (t.double_val_size() == 1) return NumberText(t.double_val(0));
  if (t.int_val_size() == 1) return NumberText(t.int_val(0));
  if (t.int64_val_size() == 1) return NumberText(t.int64_val(0));
  if (t.uint32_val_size() == 1) return NumberText(t.uint32_val(0));
  if (t.uint64_val_size() == 1) return NumberText(t.uint64_val(0));
  if (t.bool_val_size() == 1) return NumberText(t.bool_val(0));
  if (t.string_val_size() == 1) return StringText(t.string_val(0));
  return "";
}

std::string TensorText(const proto::TensorProto& tensor) {
  std::string text =
      StrCat(TypeName(tensor.dtype()), ShapeText(tensor.tensor_shape()));
  const std::string value = SingleValueText(tensor);
  if (!value.empty()) text += " " + value;
  return text;
}

NodeAttr ListAttr(std::string name, const proto::AttrValue::ListValue& list) {
  const auto make = [&](std::string_view kind, std::string value) {
    return NodeAttr{std::move(name), StrCat("list(", kind, ")"),
                    std::move(value)};
  };
  if (list.s_size() > 0) return make("string", ListText(list.s(), StringText));
  if (list.i_size() > 0) {
    return make("int", ListText(list.i(), NumberText<int64_t>));
  }
  if (list.f_size() > 0) {
    return make("float", ListText(list.f(), NumberText<float>));
  }
  if (list.b_size() > 0) {
    return make("bool", ListText(list.b(), NumberText<bool>));
  }
  if (list.type_size() > 0)
    return make("type", ListText(list.type(), TypeName));
  if (list.shape_size() > 0) {
    return make("shape", ListText(list.shape(), ShapeText));
  }
  if (list.tensor_size() > 0) {
    return make("tensor", ListText(list.tensor(), TensorText));
  }
  if (list.func_size() > 0) {
    return make("func", ListText(list.func(), [](const auto& function) {
                  return Escape(function.name(), kMaxBytesShown);
                }));
  }
  return NodeAttr{std::move(name), "list", "[]"};
}

}  // namespace

std::string TypeName(int number) {
  if (number > kRefTypeOffset) {
    return DataTypeName(static_cast<DataType>(number - kRefTypeOffset)) +
           "_ref";
  }
  return DataTypeName(static_cast<DataType>(number));
}

NodeAttr DecodeAttr(std::string name, const proto::AttrValue& value) {
  switch (value.value_case()) {
    case proto::AttrValue::kList:
      return ListAttr(std::move(name), value.list());
    case proto::AttrValue::kS:
      return {std::move(name), "string", StringText(value.s())};
    case proto::AttrValue::kI:
      return {std::move(name), "int", StrCat(value.i())};
    case proto::AttrValue::kF:
      return {std::move(name), "float", StrCat(value.f())};
    case proto::AttrValue::kB:
      return {std::move(name), "bool", StrCat(value.b())};
    case proto::AttrValue::kType:
      return {std::move(name), "type", TypeName(value.type())};
    case proto::AttrValue::kShape:
      return {std::move(name), "shape", ShapeText(value.shape())};
    case proto::AttrValue::kTensor:
      return {std::move(name), "tensor", TensorText(value.tensor())};
    case proto::AttrValue::kPlaceholder:
      return {std::move(name), "placeholder",
              Escape(value.placeholder(), kMaxBytesShown)};
    case proto::AttrValue::kFunc:
      return {std::move(name), "func",
              Escape(value.func().name(), kMaxBytesShown)};
    case proto::AttrValue::VALUE_NOT_SET:
      break;
  }
  return {std::move(name), "", ""};
}

NodeInfo DecodeNode(const proto::NodeDef& node) {
  NodeInfo info;
  info.name = node.name();
  info.op = node.op();
  info.device = node.device();
  info.inputs.assign(node.input().begin(), node.input().end());
  for (const auto& [name, value] : node.attr()) {
    info.attrs.push_back(DecodeAttr(name, value));
  }
  std::sort(
      info.attrs.begin(), info.attrs.end(),
      [](const NodeAttr& a, const NodeAttr& b) { return a.name < b.name; });
  return info;
}

}  // namespace cairn::graph
