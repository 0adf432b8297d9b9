// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile library can do, and the check:
//   a function that calls itself           made once; max_depth when it runs
//   one that calls itself with other
//   attributes each time                   kMaxInstances
//   attributes within attributes           kMaxAttrDepth
//   calls of functions that are not there  Instantiate
//   results that are not there             AddResult
//   arguments of another number or type    Call
#include "cairn/session/functions.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "cairn/base/near_names.h"
#include "cairn/base/strings.h"
#include "cairn/proto/graph.pb.h"

namespace cairn::session {
namespace {

constexpr int kMaxAttrDepth = 100;

using AttrMap = google::protobuf::Map<std::string, proto::AttrValue>;

// The same text for the same function and attributes.
std::string KeyOf(const proto::NameAttrList& call) {
  std::string key;
  google::protobuf::io::StringOutputStream stream(&key);
  google::protobuf::io::CodedOutputStream out(&stream);
  out.SetSerializationDeterministic(true);
  call.SerializeToCodedStream(&out);
  out.Trim();
  return key;
}

// Puts the call's attributes where the body names them.
Status Substitute(const AttrMap& values, int depth, AttrMap* attrs) {
  if (depth > kMaxAttrDepth) {
    return InvalidArgumentError("attributes are nested too deeply");
  }
  for (auto& [name, value] : *attrs) {
    if (value.has_func()) {
      CAIRN_RETURN_IF_ERROR(
          Substitute(values, depth + 1, value.mutable_func()->mutable_attr()));
    }
    if (value.has_list()) {
      for (auto& function : *value.mutable_list()->mutable_func()) {
        CAIRN_RETURN_IF_ERROR(
            Substitute(values, depth + 1, function.mutable_attr()));
      }
    }
    if (value.value_case() != proto::AttrValue::kPlaceholder) continue;
    const auto at = values.find(value.placeholder());
    if (at == values.end()) {
      return InvalidArgumentError(StrCat("the call does not give attr '",
                                         Escape(value.placeholder()), "'"));
    }
    const proto::AttrValue given = at->second;
    value = given;
  }
  return OkStatus();
}

// The types of an argument of the function, as attribute T of the node that
// stands for it.
Status SetTypes(const proto::OpDef::ArgDef& arg, const AttrMap& values,
                proto::AttrValue* types) {
  auto* list = types->mutable_list();
  const auto given = [&](const std::string& name) -> const proto::AttrValue* {
    const auto at = values.find(name);
    return at == values.end() ? nullptr : &at->second;
  };
  const auto missing = [&](const std::string& name) {
    return InvalidArgumentError(StrCat("the call does not give attr '",
                                       Escape(name), "' of argument '",
                                       Escape(arg.name()), "'"));
  };
  if (!arg.type_list_attr().empty()) {
    const proto::AttrValue* value = given(arg.type_list_attr());
    if (value == nullptr || !value->has_list()) {
      return missing(arg.type_list_attr());
    }
    for (int type : value->list().type()) {
      list->add_type(static_cast<proto::DataType>(type));
    }
    return OkStatus();
  }
  proto::DataType type = arg.type();
  if (!arg.type_attr().empty()) {
    const proto::AttrValue* value = given(arg.type_attr());
    if (value == nullptr) return missing(arg.type_attr());
    type = value->type();
  }
  int64_t count = 1;
  if (!arg.number_attr().empty()) {
    const proto::AttrValue* value = given(arg.number_attr());
    if (value == nullptr) return missing(arg.number_attr());
    count = value->i();
    if (count < 0 || count > Signature::kMaxArguments) {
      return InvalidArgumentError(
          StrCat(count, " arguments '", Escape(arg.name()), "'"));
    }
  }
  for (int64_t i = 0; i < count; ++i) list->add_type(type);
  return OkStatus();
}

// Calls f(call) for each function an attribute names.
template <typename F>
void ForEachCall(const proto::AttrValue& value, const F& f) {
  if (value.has_func()) f(value.func());
  for (const auto& call : value.list().func()) f(call);
}

}  // namespace

struct FunctionLibrary::Instance {
  std::string name;
  std::vector<std::unique_ptr<proto::NodeDef>> nodes;
  std::unique_ptr<NodeGraph> graph;
  PlanRequest request;
  std::vector<DataType> argument_types;
  std::optional<Plan> plan;
};

FunctionLibrary::FunctionLibrary(const KernelTable& table,
                                 const proto::FunctionDefLibrary& definitions,
                                 int max_depth,
                                 std::shared_ptr<MemoryBudget> budget)
    : table_(table), max_depth_(max_depth), budget_(std::move(budget)) {
  for (const auto& function : definitions.function()) {
    definitions_.emplace(function.signature().name(), &function);
  }
}

FunctionLibrary::~FunctionLibrary() = default;

void FunctionLibrary::CollectCalls(const Plan& plan) {
  for (const PlanNode& node : plan.nodes()) {
    CollectCalls(*plan.graph().node(node.graph_node).def);
  }
}

void FunctionLibrary::CollectCalls(const proto::NodeDef& node) {
  for (const auto& [name, value] : node.attr()) {
    ForEachCall(value, [&](const proto::NameAttrList& call) {
      pending_.push_back(&call);
    });
  }
}

Status FunctionLibrary::Prepare(const Plan& plan,
                                std::vector<UnsupportedNode>* unsupported) {
  CollectCalls(plan);
  return PreparePending(unsupported);
}

Status FunctionLibrary::PrepareNode(const proto::NodeDef& node,
                                    std::vector<UnsupportedNode>* unsupported) {
  CollectCalls(node);
  return PreparePending(unsupported);
}

Status FunctionLibrary::PreparePending(
    std::vector<UnsupportedNode>* unsupported) {
  std::set<const Instance*> seen;
  while (!pending_.empty()) {
    const proto::NameAttrList* call = pending_.back();
    pending_.pop_back();
    StatusOr<Instance*> made = Instantiate(*call);
    if (!made.ok()) {
      pending_.clear();
      return Annotate(made.status(), StrCat("function ", Escape(call->name())));
    }
    Instance& instance = **made;
    if (!seen.insert(&instance).second) continue;
    if (!instance.plan.has_value()) {
      const size_t before = unsupported->size();
      StatusOr<Plan> plan =
          Plan::Make(*instance.graph, instance.request, unsupported);
      if (!plan.ok()) {
        pending_.clear();
        return Annotate(plan.status(),
                        StrCat("function ", Escape(instance.name)));
      }
      for (size_t i = before; i < unsupported->size(); ++i) {
        (*unsupported)[i].function = instance.name;
      }
      CollectCalls(*plan);
      // Kept only when it can run; else the nodes are named again next time.
      if (unsupported->size() == before) instance.plan = *std::move(plan);
    } else {
      CollectCalls(*instance.plan);
    }
  }
  return OkStatus();
}

StatusOr<FunctionLibrary::Instance*> FunctionLibrary::Instantiate(
    const proto::NameAttrList& call) {
  const auto known = by_call_.find(&call);
  if (known != by_call_.end()) return known->second;
  const auto definition = definitions_.find(call.name());
  if (definition == definitions_.end()) {
    NearNames near(call.name());
    for (const auto& [name, function] : definitions_) near.Consider(name);
    return NotFoundError(StrCat("it is not in the library", near.Hint()));
  }
  std::unique_ptr<Instance>& instance = instances_[KeyOf(call)];
  if (instance == nullptr) {
    if (instances_.size() > kMaxInstances) {
      return ResourceExhaustedError(
          StrCat(kMaxInstances, " different calls of functions"));
    }
    auto made = std::make_unique<Instance>();
    made->name = call.name();
    CAIRN_RETURN_IF_ERROR(Build(*definition->second, call, made.get()));
    instance = std::move(made);
  }
  by_call_[&call] = instance.get();
  return instance.get();
}

Status FunctionLibrary::Build(const proto::FunctionDef& function,
                              const proto::NameAttrList& call,
                              Instance* instance) {
  AttrMap values = call.attr();
  for (const auto& attr : function.signature().attr()) {
    if (attr.has_default_value() && values.find(attr.name()) == values.end()) {
      values[attr.name()] = attr.default_value();
    }
  }
  for (const auto& arg : function.signature().input_arg()) {
    auto node = std::make_unique<proto::NodeDef>();
    node->set_name(arg.name());
    node->set_op("_Arg");
    CAIRN_RETURN_IF_ERROR(SetTypes(arg, values, &(*node->mutable_attr())["T"]));
    instance->nodes.push_back(std::move(node));
  }
  for (const auto& body : function.node_def()) {
    auto node = std::make_unique<proto::NodeDef>(body);
    CAIRN_RETURN_IF_ERROR(Annotate(Substitute(values, 0, node->mutable_attr()),
                                   StrCat("node ", Escape(body.name()))));
    instance->nodes.push_back(std::move(node));
  }
  std::vector<const proto::NodeDef*> nodes;
  for (const auto& node : instance->nodes) nodes.push_back(node.get());
  CAIRN_ASSIGN_OR_RETURN(
      instance->graph, NodeGraph::Create(table_, std::move(nodes),
                                         NodeGraph::Inputs::kByName, budget_));

  PlanRequest& request = instance->request;
  for (int i = 0; i < function.signature().input_arg_size(); ++i) {
    CAIRN_ASSIGN_OR_RETURN(const NodeTypes* types, instance->graph->Types(i));
    for (size_t j = 0; j < types->outputs.size(); ++j) {
      request.feeds.push_back({i, static_cast<int>(j)});
      instance->argument_types.push_back(types->outputs[j].dtype);
    }
  }
  for (const auto& arg : function.signature().output_arg()) {
    const auto result = function.ret().find(arg.name());
    if (result == function.ret().end()) {
      return InvalidArgumentError(
          StrCat("result '", Escape(arg.name()), "' comes from nowhere"));
    }
    StatusOr<std::vector<Endpoint>> found =
        instance->graph->FindByOutputName(result->second);
    if (!found.ok()) {
      return InvalidArgumentError(StrCat("result '", Escape(arg.name()),
                                         "': ", Message(found.status()), " '",
                                         Escape(result->second), "'"));
    }
    request.fetches.insert(request.fetches.end(), found->begin(), found->end());
  }
  for (const auto& [name, target] : function.control_ret()) {
    const int node = instance->graph->Find(target);
    if (node < 0) {
      return InvalidArgumentError(
          StrCat("control output '", Escape(target), "' is no node"));
    }
    request.targets.push_back(node);
  }
  // What has effects runs, whether somebody waits for it or not.
  for (int i = 0; i < instance->graph->num_nodes(); ++i) {
    const KernelTable::Entry* entry = instance->graph->entry(i);
    if (entry != nullptr && entry->def.stateful) request.targets.push_back(i);
  }
  return OkStatus();
}

StatusOr<std::vector<Value>> FunctionLibrary::Call(
    const proto::NameAttrList& function, std::vector<Value> arguments) {
  const auto known = by_call_.find(&function);
  if (known == by_call_.end() || !known->second->plan.has_value()) {
    return InternalError(
        StrCat("function ", Escape(function.name()), " was not prepared"));
  }
  const Instance& instance = *known->second;
  const std::vector<DataType>& types = instance.argument_types;
  bool fits = types.size() == arguments.size();
  for (size_t i = 0; fits && i < types.size(); ++i) {
    fits = types[i] == arguments[i].dtype() && !arguments[i].is_ref();
  }
  if (!fits) {
    std::string given;
    for (const Value& value : arguments) {
      given += ' ';
      given += value.ToString();
    }
    return InvalidArgumentError(
        StrCat("function ", Escape(instance.name), " takes ", types.size(),
               " arguments of other types than those given:", given));
  }
  if (depth_ >= max_depth_) {
    return ResourceExhaustedError(StrCat("functions call each other more than ",
                                         max_depth_, " deep; the last is ",
                                         Escape(instance.name)));
  }
  ++depth_;
  StatusOr<std::vector<Value>> results =
      Execute(*instance.plan, *services_, std::move(arguments), limits_);
  --depth_;
  return results;
}

}  // namespace cairn::session
