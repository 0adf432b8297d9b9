// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile graph can do, and the check:
//   two nodes of one name, none        Create
//   inputs that are not there          ConnectNode
//   "n:99999999999", "n:-1", "n:x"     ParseTensorName
//   outputs a node does not have       the plan, when types are known
#include "cairn/session/node_graph.h"

#include <charconv>
#include <cstdint>
#include <utility>

#include "cairn/base/near_names.h"
#include "cairn/base/strings.h"
#include "cairn/proto/graph.pb.h"

namespace cairn::session {
namespace {

constexpr int kMaxOutput = 1 << 20;

std::optional<int> ParseNumber(std::string_view text) {
  int number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0 ||
      number > kMaxOutput) {
    return std::nullopt;
  }
  return number;
}

Status NoTensorName(std::string_view text) {
  return InvalidArgumentError(
      StrCat("'", Escape(text), "' is no name of a tensor (\"node:output\")"));
}

}  // namespace

StatusOr<TensorName> ParseTensorName(std::string_view text) {
  const size_t colon = text.rfind(':');
  TensorName name{text, 0};
  if (colon != std::string_view::npos) {
    const std::optional<int> output = ParseNumber(text.substr(colon + 1));
    if (!output.has_value()) return NoTensorName(text);
    name = {text.substr(0, colon), *output};
  }
  if (name.node.empty() || name.node.front() == '^') return NoTensorName(text);
  return name;
}

StatusOr<std::unique_ptr<NodeGraph>> NodeGraph::Create(
    const KernelTable& table, std::vector<const proto::NodeDef*> nodes,
    Inputs inputs, std::shared_ptr<MemoryBudget> budget) {
  if (nodes.size() > kMaxNodes) {
    return InvalidArgumentError(StrCat(nodes.size(), " nodes in one graph"));
  }
  auto graph =
      std::unique_ptr<NodeGraph>(new NodeGraph(table, std::move(budget)));
  graph->nodes_.resize(nodes.size());
  graph->prepared_.resize(nodes.size());
  graph->by_name_.reserve(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    graph->nodes_[i].def = nodes[i];
    const std::string& name = nodes[i]->name();
    if (name.empty()) {
      return InvalidArgumentError(
          StrCat("node ", i, " (op ", Escape(nodes[i]->op()), ") has no name"));
    }
    if (!graph->by_name_.emplace(name, static_cast<int>(i)).second) {
      return InvalidArgumentError(
          StrCat("Node '", Escape(name), "' is not unique"));
    }
  }
  CAIRN_RETURN_IF_ERROR(graph->Connect(inputs));
  return graph;
}

const std::string& NodeGraph::name(int i) const { return node(i).def->name(); }
const std::string& NodeGraph::op(int i) const { return node(i).def->op(); }

int NodeGraph::Find(std::string_view name) const {
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? -1 : at->second;
}

std::string NodeGraph::Hint(std::string_view name) const {
  NearNames near(name);
  for (const GraphNode& node : nodes_) near.Consider(node.def->name());
  return near.Hint();
}

Status NodeGraph::Connect(Inputs inputs) {
  for (int i = 0; i < num_nodes(); ++i) {
    CAIRN_RETURN_IF_ERROR(ConnectNode(i, inputs));
  }
  return OkStatus();
}

Status NodeGraph::ConnectNode(int i, Inputs inputs) {
  GraphNode& node = nodes_[static_cast<size_t>(i)];
  const auto wrong = [&](std::string_view what, std::string_view input) {
    return InvalidArgumentError(StrCat("Node '", Escape(name(i)), "': ", what,
                                       " '", Escape(input), "'"));
  };
  for (const std::string& input : node.def->input()) {
    if (input.starts_with('^')) {
      const int source = Find(std::string_view(input).substr(1));
      if (source < 0) return wrong("Unknown input node", input);
      node.controls.push_back(source);
      continue;
    }
    if (!node.controls.empty()) {
      return wrong("Control dependencies must come after regular dependencies;",
                   input);
    }
    if (inputs == Inputs::kByName) {
      StatusOr<std::vector<Endpoint>> found = FindByOutputName(input);
      if (!found.ok()) return wrong(Message(found.status()), input);
      node.inputs.insert(node.inputs.end(), found->begin(), found->end());
      continue;
    }
    const StatusOr<TensorName> source = ParseTensorName(input);
    if (!source.ok()) return wrong("malformed input", input);
    const int index = Find(source->node);
    if (index < 0) return wrong("Unknown input node", input);
    node.inputs.push_back({index, source->output});
  }
  return OkStatus();
}

StatusOr<std::vector<Endpoint>> NodeGraph::FindByOutputName(
    std::string_view text) {
  const std::vector<std::string_view> parts = Split(text, ':');
  const int source = Find(parts[0]);
  if (source < 0) return NotFoundError("Unknown input node");
  std::optional<int> number;
  if (parts.size() > 1 && parts.size() <= 3) number = ParseNumber(parts.back());
  // An argument of the function: "x" or, one of a list, "x:1".
  if (parts.size() == 1) return std::vector<Endpoint>{{source, 0}};
  if (parts.size() == 2 && number.has_value()) {
    return std::vector<Endpoint>{{source, *number}};
  }
  if (parts.size() > 3 || (parts.size() == 3 && !number.has_value())) {
    return InvalidArgumentError("malformed input");
  }
  const StatusOr<const NodeTypes*> types = Types(source);
  // Nothing can be said of an op that is not known, and nobody will run it.
  if (absl::IsUnimplemented(types.status())) {
    return std::vector<Endpoint>{{source, number.value_or(0)}};
  }
  CAIRN_RETURN_IF_ERROR(types.status());
  for (const NodeTypes::Range& range : (*types)->output_args) {
    if (range.name != parts[1]) continue;
    const int begin = range.begin + number.value_or(0);
    const int end = number.has_value() ? begin + 1 : range.end;
    if (begin > range.end || end > range.end) break;
    std::vector<Endpoint> found;
    for (int j = begin; j < end; ++j) found.push_back({source, j});
    return found;
  }
  return InvalidArgumentError("no such output");
}

const KernelTable::Entry* NodeGraph::entry(int i) const {
  return table_.Find(op(i));
}

NodeGraph::Prepared& NodeGraph::prepared(int i) {
  std::unique_ptr<Prepared>& slot = prepared_[static_cast<size_t>(i)];
  if (slot == nullptr) slot = std::make_unique<Prepared>();
  return *slot;
}

StatusOr<const NodeTypes*> NodeGraph::Types(int i) {
  Prepared& cell = prepared(i);
  if (absl::IsCancelled(cell.types.status())) {
    const KernelTable::Entry* found = entry(i);
    if (found == nullptr) {
      cell.types = UnimplementedError("no kernel for this op");
    } else {
      cell.types = found->signature.Resolve(
          Attributes(*node(i).def, &found->signature.type_defaults()));
    }
  }
  CAIRN_RETURN_IF_ERROR(cell.types.status());
  return &*cell.types;
}

StatusOr<const Kernel*> NodeGraph::GetKernel(int i) {
  Prepared& cell = prepared(i);
  if (absl::IsCancelled(cell.kernel.status())) {
    CAIRN_RETURN_IF_ERROR(Types(i).status());
    const KernelTable::Entry* found = entry(i);
    StatusOr<Kernel> made = found->def.make(
        Attributes(*node(i).def, &found->signature.type_defaults(), budget_));
    // Memory may be free again later.
    if (absl::IsResourceExhausted(made.status())) return made.status();
    cell.kernel = std::move(made);
  }
  CAIRN_RETURN_IF_ERROR(cell.kernel.status());
  return &*cell.kernel;
}

}  // namespace cairn::session
