// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// NodeGraph: the nodes of a graph, or of a function's body, with their edges
// found, and their kernels made when first asked for.
//
// Inside this room only. Not thread-safe.
#ifndef CAIRN_SESSION_NODE_GRAPH_H_
#define CAIRN_SESSION_NODE_GRAPH_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/session/kernel.h"
#include "cairn/session/signature.h"

namespace cairn::proto {
class NodeDef;
}  // namespace cairn::proto

namespace cairn::session {

// Output `output` of node `node`.
struct Endpoint {
  int node = 0;
  int output = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

struct GraphNode {
  const proto::NodeDef* def = nullptr;
  std::vector<Endpoint> inputs;
  std::vector<int> controls;  // nodes to run before
};

// "n" or "n:1"; InvalidArgument for anything else.
struct TensorName {
  std::string_view node;
  int output = 0;
};
StatusOr<TensorName> ParseTensorName(std::string_view text);

class NodeGraph {
 public:
  // More nodes are refused.
  static constexpr size_t kMaxNodes = size_t{1} << 24;

  // How inputs name other nodes: graphs "n:1", function bodies "n:output:1".
  enum class Inputs { kByNumber, kByName };

  // Borrows the table, takes the nodes over or borrows them; constants count in
  // `budget`. InvalidArgument, in TensorFlow's words, for names used twice and
  // inputs that are not there.
  static StatusOr<std::unique_ptr<NodeGraph>> Create(
      const KernelTable& table, std::vector<const proto::NodeDef*> nodes,
      Inputs inputs, std::shared_ptr<MemoryBudget> budget);

  int num_nodes() const { return static_cast<int>(nodes_.size()); }
  const GraphNode& node(int i) const { return nodes_[static_cast<size_t>(i)]; }
  const std::string& name(int i) const;
  const std::string& op(int i) const;
  // -1 if there is none.
  int Find(std::string_view name) const;
  // The hint for names like one that is not there; "" without any.
  std::string Hint(std::string_view name) const;
  // Where "node:output:number" of a function body is; all of a list argument
  // without the number. NotFound, InvalidArgument.
  StatusOr<std::vector<Endpoint>> FindByOutputName(std::string_view text);

  const KernelTable::Entry* entry(int i) const;
  // The types of a node's arguments; Unimplemented for an op that is not known.
  StatusOr<const NodeTypes*> Types(int i);
  // Unimplemented for what is not supported.
  StatusOr<const Kernel*> GetKernel(int i);

 private:
  struct Prepared {
    StatusOr<NodeTypes> types = CancelledError("");  // until it was tried
    StatusOr<Kernel> kernel = CancelledError("");
  };

  NodeGraph(const KernelTable& table, std::shared_ptr<MemoryBudget> budget)
      : table_(table), budget_(std::move(budget)) {}
  Status Connect(Inputs inputs);
  Status ConnectNode(int i, Inputs inputs);
  Prepared& prepared(int i);

  const KernelTable& table_;
  const std::shared_ptr<MemoryBudget> budget_;
  std::vector<GraphNode> nodes_;
  std::unordered_map<std::string_view, int> by_name_;
  std::vector<std::unique_ptr<Prepared>> prepared_;
};

}  // namespace cairn::session

#endif  // CAIRN_SESSION_NODE_GRAPH_H_
