// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile file can do, and what stops it:
//   name inputs that do not exist    counted, no edge
//   name two nodes alike             the first is meant
//   make rings, or a chain a million long   queues, no recursion
#include "cairn/graph/node_index.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "cairn/graph/decode_node.h"
#include "cairn/graph/scope_names.h"
#include "cairn/proto/meta_graph.pb.h"

namespace cairn::graph {
namespace {

constexpr size_t kNone = static_cast<size_t>(-1);

using Nodes = google::protobuf::RepeatedPtrField<proto::NodeDef>;

// Edges of all nodes in one list, those of node i from starts[i] on.
struct EdgeLists {
  std::vector<size_t> starts;
  std::vector<Edge> edges;

  std::span<const Edge> Of(size_t i) const {
    return std::span(edges).subspan(starts[i], starts[i + 1] - starts[i]);
  }
};

}  // namespace

struct NodeIndex::Impl {
  explicit Impl(const Nodes& nodes) : nodes(nodes) {}

  const proto::NodeDef& at(size_t i) const {
    return nodes.Get(static_cast<int>(i));
  }
  size_t size() const { return static_cast<size_t>(nodes.size()); }

  void IndexNames() {
    by_name.reserve(size());
    for (size_t i = 0; i < size(); ++i) by_name.try_emplace(at(i).name(), i);
  }

  size_t Find(std::string_view name) const {
    const auto it = by_name.find(NodeOfInput(name));
    return it == by_name.end() ? kNone : it->second;
  }

  void IndexEdges() {
    std::vector<size_t> consumers(size() + 1);
    inputs.starts.push_back(0);
    for (size_t i = 0; i < size(); ++i) {
      int32_t place = 0;
      for (const std::string& input : at(i).input()) {
        const size_t from = Find(input);
        if (from != kNone) {
          inputs.edges.push_back({from, IsControlInput(input), place});
          ++consumers[from + 1];
        } else if (!arguments.contains(NodeOfInput(input))) {
          ++missing_inputs;
        }
        ++place;
      }
      inputs.starts.push_back(inputs.edges.size());
    }
    for (size_t i = 1; i < consumers.size(); ++i) {
      consumers[i] += consumers[i - 1];
    }
    outputs.starts = consumers;
    outputs.edges.resize(inputs.edges.size());
    for (size_t i = 0; i < size(); ++i) {
      for (const Edge& edge : inputs.Of(i)) {
        outputs.edges[consumers[edge.node]++] = {i, edge.is_control,
                                                 edge.input};
      }
    }
  }

  // Whether some nodes are left when those without inputs are taken away
  // again and again.
  bool HasCycle() const {
    std::vector<size_t> waiting(size());
    std::vector<size_t> ready;
    for (size_t i = 0; i < size(); ++i) {
      waiting[i] = inputs.Of(i).size();
      if (waiting[i] == 0) ready.push_back(i);
    }
    size_t taken = 0;
    while (!ready.empty()) {
      const size_t i = ready.back();
      ready.pop_back();
      ++taken;
      for (const Edge& edge : outputs.Of(i)) {
        if (--waiting[edge.node] == 0) ready.push_back(edge.node);
      }
    }
    return taken < size();
  }

  const Nodes& nodes;
  std::unordered_map<std::string_view, size_t> by_name;
  // Of a function.
  std::unordered_map<std::string_view, size_t> arguments;
  EdgeLists inputs, outputs;
  size_t missing_inputs = 0;
};

NodeIndex::NodeIndex(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
NodeIndex::~NodeIndex() = default;
NodeIndex::NodeIndex(NodeIndex&&) noexcept = default;
NodeIndex& NodeIndex::operator=(NodeIndex&&) noexcept = default;

NodeIndex NodeIndex::OfGraph(const MetaGraph& graph) {
  auto impl = std::make_unique<Impl>(graph.def().graph_def().node());
  impl->IndexNames();
  impl->IndexEdges();
  return NodeIndex(std::move(impl));
}

std::optional<NodeIndex> NodeIndex::OfFunction(const MetaGraph& graph,
                                               std::string_view function) {
  for (const auto& def : graph.def().graph_def().library().function()) {
    if (def.signature().name() != function) continue;
    auto impl = std::make_unique<Impl>(def.node_def());
    for (const auto& argument : def.signature().input_arg()) {
      impl->arguments.try_emplace(argument.name(), impl->arguments.size());
    }
    impl->IndexNames();
    impl->IndexEdges();
    return NodeIndex(std::move(impl));
  }
  return std::nullopt;
}

size_t NodeIndex::size() const { return impl_->size(); }

std::optional<size_t> NodeIndex::Find(std::string_view name) const {
  const size_t i = impl_->Find(name);
  if (i == kNone) return std::nullopt;
  return i;
}

const std::string& NodeIndex::name(size_t i) const {
  return impl_->at(i).name();
}
const std::string& NodeIndex::op(size_t i) const { return impl_->at(i).op(); }
NodeInfo NodeIndex::node(size_t i) const { return DecodeNode(impl_->at(i)); }

std::span<const Edge> NodeIndex::Inputs(size_t i) const {
  return impl_->inputs.Of(i);
}
std::span<const Edge> NodeIndex::Consumers(size_t i) const {
  return impl_->outputs.Of(i);
}

std::vector<size_t> NodeIndex::Select(const NodeFilter& filter) const {
  std::vector<size_t> selected;
  for (size_t i = 0; i < size(); ++i) {
    const proto::NodeDef& node = impl_->at(i);
    if (!filter.op.empty() && node.op() != filter.op) continue;
    if (node.device().find(filter.device_part) == std::string::npos) continue;
    if (filter.name && !filter.name(node.name())) continue;
    if (!filter.attr.empty()) {
      const auto it = node.attr().find(filter.attr);
      if (it == node.attr().end()) continue;
      if (filter.attr_value &&
          DecodeAttr(filter.attr, it->second).value != *filter.attr_value) {
        continue;
      }
    }
    selected.push_back(i);
  }
  return selected;
}

std::vector<size_t> NodeIndex::Path(size_t from, size_t to) const {
  std::vector<size_t> before(size(), kNone);
  std::vector<size_t> queue = {from};
  before[from] = from;
  for (size_t at = 0; at < queue.size() && before[to] == kNone; ++at) {
    for (const Edge& edge : Consumers(queue[at])) {
      if (before[edge.node] != kNone) continue;
      before[edge.node] = queue[at];
      queue.push_back(edge.node);
    }
  }
  std::vector<size_t> path;
  if (before[to] == kNone) return path;
  for (size_t i = to; i != from; i = before[i]) path.push_back(i);
  path.push_back(from);
  std::reverse(path.begin(), path.end());
  return path;
}

GraphStatistics NodeIndex::Statistics() const {
  GraphStatistics out;
  out.nodes = size();
  out.missing_inputs = impl_->missing_inputs;
  for (size_t i = 0; i < size(); ++i) {
    ++out.ops[op(i)];
    ++out.devices[impl_->at(i).device()];
    if (impl_->at(i).input_size() == 0) ++out.sources;
    if (Consumers(i).empty()) ++out.sinks;
    for (const Edge& edge : Inputs(i)) {
      ++(edge.is_control ? out.control_edges : out.data_edges);
    }
  }
  out.has_cycle = impl_->HasCycle();
  return out;
}

}  // namespace cairn::graph
