// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/session/signature.h"

#include <optional>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn::session {
namespace {

Status Malformed(std::string_view word) {
  return InvalidArgumentError(StrCat("no argument of a signature: ", word));
}

// Takes `prefix` off the front of `text`.
bool Consume(std::string_view* text, std::string_view prefix) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::string EdgeType::ToString() const {
  return is_ref ? StrCat(DataTypeName(dtype), "_ref") : DataTypeName(dtype);
}

StatusOr<Signature::Argument> Signature::ParseArgument(
    std::string_view word,
    std::map<std::string, DataType, std::less<>>* defaults) {
  const size_t colon = word.find(':');
  if (colon == std::string_view::npos || colon == 0) return Malformed(word);
  Argument argument;
  argument.name = word.substr(0, colon);
  std::string_view type = word.substr(colon + 1);
  argument.is_ref = Consume(&type, "&");
  if (const size_t star = type.find('*'); star != std::string_view::npos) {
    argument.number_attr = type.substr(0, star);
    type.remove_prefix(star + 1);
  }
  if (Consume(&type, "[")) {
    if (!type.ends_with(']')) return Malformed(word);
    type.remove_suffix(1);
    argument.is_list = true;
  }
  if (const size_t equals = type.find('='); equals != std::string_view::npos) {
    const std::optional<DataType> dtype =
        DataTypeFromName(type.substr(equals + 1));
    if (!dtype.has_value()) return Malformed(word);
    type = type.substr(0, equals);
    defaults->insert_or_assign(std::string(type), *dtype);
  }
  if (type.empty()) return Malformed(word);
  const std::optional<DataType> fixed = DataTypeFromName(type);
  if (fixed.has_value() && !argument.is_list) {
    argument.dtype = *fixed;
  } else {
    argument.type_attr = type;
  }
  return argument;
}

StatusOr<Signature> Signature::Parse(std::string_view text) {
  Signature signature;
  std::vector<Argument>* side = &signature.inputs_;
  bool arrow = false;
  for (std::string_view word : Split(text, ' ')) {
    if (word.empty()) continue;
    if (word == "->") {
      if (arrow) return Malformed(text);
      arrow = true;
      side = &signature.outputs_;
      continue;
    }
    CAIRN_ASSIGN_OR_RETURN(Argument argument,
                           ParseArgument(word, &signature.type_defaults_));
    side->push_back(std::move(argument));
  }
  if (!arrow) return InvalidArgumentError(StrCat("no \"->\" in ", text));
  return signature;
}

Status Signature::ResolveArgument(const Argument& argument,
                                  const Attributes& attributes,
                                  std::vector<EdgeType>* types) {
  if (argument.is_list) {
    CAIRN_ASSIGN_OR_RETURN(const std::vector<DataType> list,
                           attributes.TypeList(argument.type_attr));
    if (static_cast<int64_t>(list.size()) > kMaxArguments) {
      return InvalidArgumentError(StrCat(list.size(), " arguments"));
    }
    for (DataType dtype : list) types->push_back({dtype, argument.is_ref});
    return OkStatus();
  }
  DataType dtype = argument.dtype;
  if (dtype == DataType::kInvalid) {
    CAIRN_ASSIGN_OR_RETURN(dtype, attributes.Type(argument.type_attr));
  }
  int64_t count = 1;
  if (!argument.number_attr.empty()) {
    CAIRN_ASSIGN_OR_RETURN(count, attributes.Int(argument.number_attr));
    if (count < 0 || count > kMaxArguments) {
      return InvalidArgumentError(StrCat("attribute ", argument.number_attr,
                                         " is ", count,
                                         ", which no number of arguments is"));
    }
  }
  types->insert(types->end(), static_cast<size_t>(count),
                {dtype, argument.is_ref});
  return OkStatus();
}

StatusOr<NodeTypes> Signature::Resolve(const Attributes& attributes) const {
  NodeTypes types;
  for (const Argument& argument : inputs_) {
    const int begin = static_cast<int>(types.inputs.size());
    CAIRN_RETURN_IF_ERROR(ResolveArgument(argument, attributes, &types.inputs));
    types.input_args.push_back(
        {argument.name, begin, static_cast<int>(types.inputs.size())});
  }
  for (const Argument& argument : outputs_) {
    const int begin = static_cast<int>(types.outputs.size());
    CAIRN_RETURN_IF_ERROR(
        ResolveArgument(argument, attributes, &types.outputs));
    types.output_args.push_back(
        {argument.name, begin, static_cast<int>(types.outputs.size())});
  }
  return types;
}

}  // namespace cairn::session
