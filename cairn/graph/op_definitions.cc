// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/op_definitions.h"

#include <charconv>
#include <cstdint>
#include <span>

#include "cairn/base/strings.h"
#include "cairn/graph/op_table.h"
#include "cairn/proto/op_def.pb.h"
#include "cairn/tensor/dtype.h"

namespace cairn::graph {
namespace {

// FullTypeDef's numbers.
constexpr int32_t kFullTypeVar = 1;
constexpr int32_t kFullTypeShapeTensor = 1005;

// The part of `text` before `separator`, which is removed too; all of it, if
// there is none.
std::string_view TakeUntil(std::string_view& text, std::string_view separator) {
  const size_t at = text.find(separator);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size()
                                                  : at + separator.size());
  return part;
}

proto::DataType TypeNumber(std::string_view name) {
  return static_cast<proto::DataType>(*DataTypeFromName(name));
}

template <typename T>
T Number(std::string_view text) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void SetValue(std::string_view kind, std::string_view text,
              proto::AttrValue* out) {
  if (kind == "type") out->set_type(TypeNumber(text));
  if (kind == "bool") out->set_b(text == "true");
  if (kind == "float") out->set_f(Number<float>(text));
  if (kind == "int") out->set_i(Number<int64_t>(text));
  if (kind == "string") out->set_s(std::string(text));
  if (kind == "shape") out->mutable_shape()->set_unknown_rank(true);
  if (!kind.starts_with("list(")) return;
  auto* list = out->mutable_list();
  if (text == "[]") return;
  for (std::string_view item : Split(text, ',')) {
    list->add_i(Number<int64_t>(item));
  }
}

void SetAllowed(std::string_view kind, std::string_view values,
                proto::AttrValue* out) {
  for (std::string_view value : Split(values, ' ')) {
    if (kind == "type") {
      out->mutable_list()->add_type(TypeNumber(value));
    } else {
      out->mutable_list()->add_s(std::string(value));
    }
  }
}

void AddAttr(std::string_view row, proto::OpDef* op) {
  auto* attr = op->add_attr();
  std::string_view allowed = row, minimum;
  row = TakeUntil(allowed, " in ");
  minimum = row;
  row = TakeUntil(minimum, " >=");
  attr->set_name(std::string(TakeUntil(row, ":")));
  const bool has_default = row.find('=') != std::string_view::npos;
  const std::string_view kind = TakeUntil(row, "=");
  attr->set_type(std::string(kind));
  if (has_default) SetValue(kind, row, attr->mutable_default_value());
  if (!allowed.empty()) {
    SetAllowed(kind, allowed, attr->mutable_allowed_values());
  }
  if (!minimum.empty()) {
    attr->set_has_minimum(true);
    attr->set_minimum(Number<int64_t>(minimum));
  }
}

void SetArg(std::string_view text, const proto::OpDef& op,
            proto::OpDef::ArgDef* arg) {
  arg->set_name(std::string(TakeUntil(text, ":")));
  if (text.find('*') != std::string_view::npos) {
    arg->set_number_attr(std::string(TakeUntil(text, "*")));
  }
  for (const auto& attr : op.attr()) {
    if (attr.name() != text) continue;
    if (attr.type() == "list(type)") {
      arg->set_type_list_attr(attr.name());
    } else {
      arg->set_type_attr(attr.name());
    }
    return;
  }
  arg->set_type(TypeNumber(text));
}

void FillOp(const OpRow& row, proto::OpDef* op) {
  op->set_name(std::string(row.name));
  for (std::string_view attr : row.attrs) {
    if (!attr.empty()) AddAttr(attr, op);
  }
  if (!row.inputs.empty()) {
    for (std::string_view arg : Split(row.inputs, ' ')) {
      SetArg(arg, *op, op->add_input_arg());
    }
  }
  if (!row.outputs.empty()) {
    for (std::string_view arg : Split(row.outputs, ' ')) {
      SetArg(arg, *op, op->add_output_arg());
    }
  }
  if ((row.flags & kShapeTensor) != 0) {
    for (auto& output : *op->mutable_output_arg()) {
      auto* type = output.mutable_experimental_full_type();
      type->set_type_id(kFullTypeShapeTensor);
      type->add_args()->set_type_id(kFullTypeVar);
      type->mutable_args(0)->set_s(output.type_attr());
    }
  }
  op->set_is_stateful((row.flags & kStateful) != 0);
  op->set_is_commutative((row.flags & kCommutative) != 0);
  op->set_is_aggregate((row.flags & kAggregate) != 0);
}

}  // namespace

Status DefineOp(std::string_view name, proto::OpDef* op) {
  for (const OpRow& row : OpTable()) {
    if (row.name != name) continue;
    FillOp(row, op);
    return OkStatus();
  }
  return NotFoundError(
      StrCat("op '", Escape(name), "' has no definition in this build"));
}

std::vector<std::string> KnownOps() {
  std::vector<std::string> names;
  for (const OpRow& row : OpTable()) names.emplace_back(row.name);
  return names;
}

}  // namespace cairn::graph
