// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile file can do, and what stops it:
//   make a ring of nodes or functions   each is visited once
//   nest attributes without end         the parser's limit (meta_graph.h)
//   call a function that is not there   taken for an op
#include <utility>

#include "cairn/base/near_names.h"
#include "cairn/base/strings.h"
#include "cairn/graph/meta_graph_export.h"
#include "cairn/graph/name_map.h"
#include "cairn/graph/prune_meta_graph.h"
#include "cairn/graph/scope_names.h"
#include "cairn/proto/meta_graph.pb.h"

namespace cairn::graph {
namespace {

// Calls `visit` with the name of each function in an attribute.
template <typename Visit>
void ForEachFunction(const proto::AttrValue& value, const Visit& visit);

template <typename Visit>
void ForEachFunction(const proto::NameAttrList& function, const Visit& visit) {
  visit(function.name());
  for (const auto& [name, value] : function.attr()) {
    ForEachFunction(value, visit);
  }
}

template <typename Visit>
void ForEachFunction(const proto::AttrValue& value, const Visit& visit) {
  if (value.has_func()) ForEachFunction(value.func(), visit);
  for (const auto& function : value.list().func()) {
    ForEachFunction(function, visit);
  }
}

// The ops and functions that nodes use, and those that these functions use.
class Users {
 public:
  explicit Users(const proto::FunctionDefLibrary& library) {
    for (const auto& function : library.function()) {
      functions_.try_emplace(function.signature().name(), &function);
    }
    for (const auto& gradient : library.gradient()) {
      gradients_.try_emplace(gradient.function_name(),
                             &gradient.gradient_func());
    }
    for (const auto& gradient : library.registered_gradients()) {
      registered_[gradient.registered_op_type()].push_back(
          &gradient.gradient_func());
    }
  }

  void AddNodes(
      const google::protobuf::RepeatedPtrField<proto::NodeDef>& nodes) {
    for (const auto& node : nodes) AddNode(node);
    while (!to_visit_.empty()) {
      const proto::FunctionDef* function = to_visit_.back();
      to_visit_.pop_back();
      for (const auto& node : function->node_def()) AddNode(node);
      for (const auto& [name, value] : function->attr()) {
        AddFunctionsOf(value);
      }
    }
  }

  bool contains(std::string_view name) const { return used_.contains(name); }

 private:
  void AddNode(const proto::NodeDef& node) {
    Add(node.op());
    for (const auto& [name, value] : node.attr()) {
      AddFunctionsOf(value);
      // A gradient that the program registered under this name.
      if (name == "_gradient_op_type") AddRegistered(value.s());
    }
  }

  void AddFunctionsOf(const proto::AttrValue& value) {
    ForEachFunction(value, [this](const std::string& name) { Add(name); });
  }

  void AddRegistered(const std::string& op_type) {
    const auto it = registered_.find(op_type);
    if (it == registered_.end()) return;
    for (const std::string* name : it->second) Add(*name);
    registered_.erase(it);  // done
  }

  void Add(const std::string& name) {
    const std::string* next = &name;
    while (next != nullptr && used_.insert(*next).second) {
      if (const auto it = functions_.find(*next); it != functions_.end()) {
        to_visit_.push_back(it->second);
      }
      const auto gradient = gradients_.find(*next);
      next = gradient == gradients_.end() ? nullptr : gradient->second;
    }
  }

  NameMap<const proto::FunctionDef*> functions_;
  NameMap<const std::string*> gradients_;
  NameMap<std::vector<const std::string*>> registered_;
  NameSet used_;
  std::vector<const proto::FunctionDef*> to_visit_;
};

void KeepUsedFunctions(proto::GraphDef& graph) {
  if (!graph.has_library()) return;
  proto::FunctionDefLibrary& library = *graph.mutable_library();
  Users users(library);
  users.AddNodes(graph.node());
  proto::FunctionDefLibrary kept;
  for (auto& function : *library.mutable_function()) {
    if (!users.contains(function.signature().name())) continue;
    *kept.add_function() = std::move(function);
  }
  for (auto& gradient : *library.mutable_gradient()) {
    if (!users.contains(gradient.function_name())) continue;
    *kept.add_gradient() = std::move(gradient);
  }
  for (auto& gradient : *library.mutable_registered_gradients()) {
    if (!users.contains(gradient.gradient_func())) continue;
    *kept.add_registered_gradients() = std::move(gradient);
  }
  library.Swap(&kept);
}

class Reachable {
 public:
  explicit Reachable(const proto::GraphDef& graph) : graph_(graph) {
    for (int i = 0; i < graph.node_size(); ++i) {
      nodes_.try_emplace(graph.node(i).name(), i);
    }
    reached_.resize(static_cast<size_t>(graph.node_size()));
  }

  Status AddOutput(const std::string& output) {
    if (Reach(NodeOfInput(output))) return OkStatus();
    NearNames near(NodeOfInput(output));
    for (const auto& node : graph_.node()) near.Consider(node.name());
    return InvalidArgumentError(
        StrCat(Escape(output), " is not in graph", near.Hint()));
  }

  Status Follow() {
    while (!to_visit_.empty()) {
      const proto::NodeDef& node = graph_.node(to_visit_.back());
      to_visit_.pop_back();
      for (const std::string& input : node.input()) {
        if (Reach(NodeOfInput(input))) continue;
        return InvalidArgumentError(StrCat(Escape(input),
                                           " is not in graph; it is an input "
                                           "of ",
                                           Escape(node.name())));
      }
      const auto it = node.attr().find("_class");
      if (it == node.attr().end()) continue;
      for (std::string_view value : it->second.list().s()) {
        if (value.starts_with(kColocationPrefix)) {
          value.remove_prefix(kColocationPrefix.size());
        }
        Reach(value);
      }
    }
    return OkStatus();
  }

  bool contains(int i) const { return reached_[static_cast<size_t>(i)]; }

 private:
  // False if there is no such node.
  bool Reach(std::string_view name) {
    const auto it = nodes_.find(name);
    if (it == nodes_.end()) return false;
    if (!reached_[static_cast<size_t>(it->second)]) {
      reached_[static_cast<size_t>(it->second)] = true;
      to_visit_.push_back(it->second);
    }
    return true;
  }

  const proto::GraphDef& graph_;
  NameMap<int> nodes_;
  std::vector<bool> reached_;
  std::vector<int> to_visit_;
};

}  // namespace

StatusOr<MetaGraphExport> ExtractSubGraph(
    const MetaGraph& source, std::span<const std::string> outputs) {
  const proto::GraphDef& graph = source.def().graph_def();
  Reachable reachable(graph);
  for (const std::string& output : outputs) {
    CAIRN_RETURN_IF_ERROR(reachable.AddOutput(output));
  }
  CAIRN_RETURN_IF_ERROR(reachable.Follow());

  MetaGraphExport result{source.Clone(), {}};
  proto::MetaGraphDef& out = result.graph.mutable_def();
  auto& nodes = *out.mutable_graph_def()->mutable_node();
  int kept = 0;
  for (int i = 0; i < nodes.size(); ++i) {
    if (reachable.contains(i)) nodes.SwapElements(i, kept++);
  }
  nodes.DeleteSubrange(kept, nodes.size() - kept);
  KeepUsedFunctions(*out.mutable_graph_def());
  KeepUsedOpDefinitions(result.graph);
  CAIRN_RETURN_IF_ERROR(DropMissingElements(out, result.notes));
  DropMissingSignatures(out, result.notes);
  return result;
}

void KeepUsedOpDefinitions(MetaGraph& graph) {
  proto::MetaGraphDef& def = graph.mutable_def();
  if (!def.meta_info_def().has_stripped_op_list()) return;
  Users users(def.graph_def().library());
  users.AddNodes(def.graph_def().node());
  proto::OpList kept;
  auto& list = *def.mutable_meta_info_def()->mutable_stripped_op_list();
  for (auto& op : *list.mutable_op()) {
    if (users.contains(op.name())) *kept.add_op() = std::move(op);
  }
  list.Swap(&kept);
}

}  // namespace cairn::graph
