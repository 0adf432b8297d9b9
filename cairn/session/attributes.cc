// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/session/attributes.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/proto/attr_value.pb.h"
#include "cairn/proto/graph.pb.h"
#include "cairn/session/tensor_proto.h"

namespace cairn::session {
namespace {

using proto::AttrValue;

std::string_view KindName(AttrValue::ValueCase kind) {
  switch (kind) {
    case AttrValue::kList:
      return "a list";
    case AttrValue::kS:
      return "a string";
    case AttrValue::kI:
      return "an int";
    case AttrValue::kF:
      return "a float";
    case AttrValue::kB:
      return "a bool";
    case AttrValue::kType:
      return "a type";
    case AttrValue::kShape:
      return "a shape";
    case AttrValue::kTensor:
      return "a tensor";
    case AttrValue::kPlaceholder:
      return "a placeholder";
    case AttrValue::kFunc:
      return "a function";
    case AttrValue::VALUE_NOT_SET:
      break;
  }
  return "nothing";
}

Status Missing(std::string_view name) {
  return InvalidArgumentError(
      StrCat("NodeDef missing attr '", Escape(name), "'"));
}

Status WrongKind(std::string_view name, AttrValue::ValueCase expected,
                 const AttrValue& found) {
  return InvalidArgumentError(StrCat("attr '", Escape(name), "' is ",
                                     KindName(found.value_case()), ", not ",
                                     KindName(expected)));
}

// OK if `value` is of that kind.
Status CheckKind(std::string_view name, AttrValue::ValueCase kind,
                 const AttrValue* value) {
  if (value == nullptr) return Missing(name);
  if (value->value_case() != kind) return WrongKind(name, kind, *value);
  return OkStatus();
}

// The elements of list attribute `field`, which must be all the list has.
template <typename Field>
Status CheckList(std::string_view name, const AttrValue& value,
                 const Field& field) {
  CAIRN_RETURN_IF_ERROR(CheckKind(name, AttrValue::kList, &value));
  const auto& list = value.list();
  const int all = list.s_size() + list.i_size() + list.f_size() +
                  list.b_size() + list.type_size() + list.shape_size() +
                  list.tensor_size() + list.func_size();
  if (all == field.size()) return OkStatus();
  return InvalidArgumentError(
      StrCat("attr '", Escape(name), "' is a list of another kind"));
}

StatusOr<DataType> ToDataType(std::string_view name, int number) {
  const int base = number > kRefTypeOffset ? number - kRefTypeOffset : number;
  const std::optional<DataType> dtype = DataTypeFromNumber(base);
  if (dtype.has_value() && *dtype != DataType::kInvalid) return *dtype;
  return InvalidArgumentError(
      StrCat("attr '", Escape(name), "' is type ", number, ", which is none"));
}

graph::PartialShape ToShape(const proto::TensorShapeProto& message) {
  graph::PartialShape shape;
  shape.unknown_rank = message.unknown_rank();
  if (shape.unknown_rank) return shape;
  for (const auto& dim : message.dim()) shape.dims.push_back(dim.size());
  return shape;
}

}  // namespace

const std::string& Attributes::node_name() const { return node_->name(); }
const std::string& Attributes::op() const { return node_->op(); }

const AttrValue* Attributes::Find(std::string_view name) const {
  const auto& attrs = node_->attr();
  const auto at = attrs.find(std::string(name));
  return at == attrs.end() ? nullptr : &at->second;
}

StatusOr<int64_t> Attributes::Int(std::string_view name) const {
  const AttrValue* value = Find(name);
  CAIRN_RETURN_IF_ERROR(CheckKind(name, AttrValue::kI, value));
  return value->i();
}

StatusOr<int64_t> Attributes::Int(std::string_view name,
                                  int64_t otherwise) const {
  if (!Has(name)) return otherwise;
  return Int(name);
}

StatusOr<float> Attributes::Float(std::string_view name) const {
  const AttrValue* value = Find(name);
  CAIRN_RETURN_IF_ERROR(CheckKind(name, AttrValue::kF, value));
  return value->f();
}

StatusOr<float> Attributes::Float(std::string_view name,
                                  float otherwise) const {
  if (!Has(name)) return otherwise;
  return Float(name);
}

StatusOr<bool> Attributes::Bool(std::string_view name) const {
  const AttrValue* value = Find(name);
  CAIRN_RETURN_IF_ERROR(CheckKind(name, AttrValue::kB, value));
  return value->b();
}

StatusOr<bool> Attributes::Bool(std::string_view name, bool otherwise) const {
  if (!Has(name)) return otherwise;
  return Bool(name);
}

StatusOr<std::string> Attributes::String(std::string_view name) const {
  const AttrValue* value = Find(name);
  CAIRN_RETURN_IF_ERROR(CheckKind(name, AttrValue::kS, value));
  return value->s();
}

StatusOr<std::string> Attributes::String(std::string_view name,
                                         std::string_view otherwise) const {
  if (!Has(name)) return std::string(otherwise);
  return String(name);
}

StatusOr<DataType> Attributes::Type(std::string_view name) const {
  const AttrValue* value = Find(name);
  if (value == nullptr && defaults_ != nullptr) {
    const auto at = defaults_->find(name);
    if (at != defaults_->end()) return at->second;
  }
  CAIRN_RETURN_IF_ERROR(CheckKind(name, AttrValue::kType, value));
  return ToDataType(name, static_cast<int>(value->type()));
}

StatusOr<DataType> Attributes::Type(std::string_view name,
                                    DataType otherwise) const {
  const bool has_default =
      defaults_ != nullptr && defaults_->find(name) != defaults_->end();
  if (!Has(name) && !has_default) return otherwise;
  return Type(name);
}

StatusOr<graph::PartialShape> Attributes::Shape(std::string_view name) const {
  const AttrValue* value = Find(name);
  if (value == nullptr) return graph::PartialShape::Unknown();
  CAIRN_RETURN_IF_ERROR(CheckKind(name, AttrValue::kShape, value));
  return ToShape(value->shape());
}

StatusOr<Value> Attributes::Constant(std::string_view name) const {
  const AttrValue* value = Find(name);
  CAIRN_RETURN_IF_ERROR(CheckKind(name, AttrValue::kTensor, value));
  int64_t allowed = kMaxConstantBytes;
  if (budget_ != nullptr) {
    allowed = std::min(allowed, budget_->limit() - budget_->live());
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor tensor, DecodeTensor(value->tensor(), allowed));
  return Value::Of(std::move(tensor), budget_);
}

StatusOr<std::vector<int64_t>> Attributes::IntList(
    std::string_view name) const {
  return IntList(name, {});
}

StatusOr<std::vector<int64_t>> Attributes::IntList(
    std::string_view name, std::vector<int64_t> otherwise) const {
  const AttrValue* value = Find(name);
  if (value == nullptr) return otherwise;
  const auto& field = value->list().i();
  CAIRN_RETURN_IF_ERROR(CheckList(name, *value, field));
  return std::vector<int64_t>(field.begin(), field.end());
}

StatusOr<std::vector<float>> Attributes::FloatList(
    std::string_view name) const {
  const AttrValue* value = Find(name);
  if (value == nullptr) return std::vector<float>();
  const auto& field = value->list().f();
  CAIRN_RETURN_IF_ERROR(CheckList(name, *value, field));
  return std::vector<float>(field.begin(), field.end());
}

StatusOr<std::vector<std::string>> Attributes::StringList(
    std::string_view name) const {
  const AttrValue* value = Find(name);
  if (value == nullptr) return std::vector<std::string>();
  const auto& field = value->list().s();
  CAIRN_RETURN_IF_ERROR(CheckList(name, *value, field));
  return std::vector<std::string>(field.begin(), field.end());
}

StatusOr<std::vector<DataType>> Attributes::TypeList(
    std::string_view name) const {
  std::vector<DataType> types;
  const AttrValue* value = Find(name);
  if (value == nullptr) return types;
  const auto& field = value->list().type();
  CAIRN_RETURN_IF_ERROR(CheckList(name, *value, field));
  for (int number : field) {
    CAIRN_ASSIGN_OR_RETURN(const DataType dtype, ToDataType(name, number));
    types.push_back(dtype);
  }
  return types;
}

StatusOr<std::vector<graph::PartialShape>> Attributes::ShapeList(
    std::string_view name) const {
  std::vector<graph::PartialShape> shapes;
  const AttrValue* value = Find(name);
  if (value == nullptr) return shapes;
  const auto& field = value->list().shape();
  CAIRN_RETURN_IF_ERROR(CheckList(name, *value, field));
  for (const auto& message : field) shapes.push_back(ToShape(message));
  return shapes;
}

StatusOr<const proto::NameAttrList*> Attributes::Function(
    std::string_view name) const {
  const AttrValue* value = Find(name);
  if (value == nullptr) return nullptr;
  CAIRN_RETURN_IF_ERROR(CheckKind(name, AttrValue::kFunc, value));
  return &value->func();
}

StatusOr<std::vector<const proto::NameAttrList*>> Attributes::FunctionList(
    std::string_view name) const {
  std::vector<const proto::NameAttrList*> functions;
  const AttrValue* value = Find(name);
  if (value == nullptr) return functions;
  const auto& field = value->list().func();
  CAIRN_RETURN_IF_ERROR(CheckList(name, *value, field));
  for (const auto& function : field) functions.push_back(&function);
  return functions;
}

}  // namespace cairn::session
