// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// NodeIndex: ways through the nodes of a graph, or of a function's body: by
// name, to inputs, to consumers, from one node to another.
//
//   const NodeIndex index = NodeIndex::OfGraph(meta);
//   if (auto i = index.Find("conv2d/kernel")) {
//     for (const Edge& edge : index.Consumers(*i)) Show(index.node(edge.node));
//   }
//
// Any graph will do: unknown ops, rings, inputs that are not there. Building it
// is linear in nodes and edges. It refers to the MetaGraph, which must not
// change meanwhile. Thread rule: const methods may run concurrently.
#ifndef CAIRN_GRAPH_NODE_INDEX_H_
#define CAIRN_GRAPH_NODE_INDEX_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/graph/meta_graph.h"

namespace cairn::graph {

// The other end of an edge, seen from a node.
struct Edge {
  size_t node;      // index
  bool is_control;  // "^n": only that the one runs after the other
  int32_t input;    // which input of the consumer
};

// What a node must be, where given.
struct NodeFilter {
  std::string op = "";
  std::string device_part = "";  // a part of the device's name
  std::string attr = "";         // has this attribute
  // And the attribute's short text (NodeAttr) is this.
  std::optional<std::string> attr_value = std::nullopt;
  std::function<bool(std::string_view)> name = nullptr;
};

struct GraphStatistics {
  size_t nodes = 0;
  size_t data_edges = 0;
  size_t control_edges = 0;
  size_t missing_inputs = 0;              // that no node has, nor an argument
  size_t sources = 0;                     // nodes without inputs
  size_t sinks = 0;                       // nodes that nothing consumes
  bool has_cycle = false;                 // a loop, as tf.while_loop makes them
  std::map<std::string, size_t> ops;      // op -> nodes
  std::map<std::string, size_t> devices;  // device -> nodes; "" for any
};

class NodeIndex {
 public:
  static NodeIndex OfGraph(const MetaGraph& graph);
  // Nothing if there is no such function.
  static std::optional<NodeIndex> OfFunction(const MetaGraph& graph,
                                             std::string_view function);
  ~NodeIndex();
  NodeIndex(NodeIndex&&) noexcept;
  NodeIndex& operator=(NodeIndex&&) noexcept;

  size_t size() const;
  // By "n", "n:0" or "^n"; the first of several of one name.
  std::optional<size_t> Find(std::string_view name) const;
  const std::string& name(size_t i) const;
  const std::string& op(size_t i) const;
  NodeInfo node(size_t i) const;  // i < size()

  // Those that are there, in the order of the node's inputs.
  std::span<const Edge> Inputs(size_t i) const;
  // In stored order.
  std::span<const Edge> Consumers(size_t i) const;

  // In stored order.
  std::vector<size_t> Select(const NodeFilter& filter) const;
  // A shortest way along the edges, control edges too; both ends included.
  // Empty if there is none.
  std::vector<size_t> Path(size_t from, size_t to) const;
  GraphStatistics Statistics() const;

 private:
  struct Impl;
  explicit NodeIndex(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_NODE_INDEX_H_
