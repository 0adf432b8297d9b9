// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// NodeScope: the nodes that computations consist of, under a common prefix.
//
//   const NodeScope scope(graph, "train/conv2d/");
//   const Output y = scope.Unary("Relu", "Relu", x);   // train/conv2d/Relu
//
// Inside this room only.
#ifndef CAIRN_GRAPH_NODE_SCOPE_H_
#define CAIRN_GRAPH_NODE_SCOPE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/graph/graph_builder.h"
#include "cairn/graph/variable_nodes.h"
#include "cairn/tensor/layer_config.h"

namespace cairn::graph {

// A shape with an unknown batch dimension in front.
PartialShape Batched(const Shape& shape);

// As ops spell it: "SAME", "VALID".
std::string_view PaddingName(Padding padding);

class NodeScope {
 public:
  // `prefix` is empty or ends in a slash. `graph` is borrowed.
  NodeScope(GraphBuilder& graph, std::string prefix);

  std::string Name(std::string_view part) const;
  NodeScope Under(std::string_view part) const;

  // In all of them `part` is the node's name in this scope.
  GraphBuilder::Node New(std::string_view op, std::string_view part) const;
  // The result has the type of the (first) argument.
  Output Unary(std::string_view op, std::string_view part,
               const Output& x) const;
  Output Binary(std::string_view op, std::string_view part, const Output& a,
                const Output& b, PartialShape shape) const;
  // Over `axes`, which are gone from `shape`, or are 1 there.
  Output Reduce(std::string_view op, std::string_view part, const Output& x,
                const std::vector<int32_t>& axes, PartialShape shape) const;
  Output Cast(std::string_view part, const Output& x, DataType dtype) const;
  Output Read(std::string_view part, const VariableNodes& variable) const;
  Output Constant(std::string_view part, const TensorView& value) const;
  Output Scalar(std::string_view part, float value) const;
  Output Ints(std::string_view part, const std::vector<int32_t>& values) const;
  // The dimensions of a batch of `shape`: -1 first.
  Output BatchedDims(std::string_view part, const Shape& shape) const;
  Output Reshape(std::string_view part, const Output& x, const Output& dims,
                 PartialShape shape) const;
  Output NoOp(std::string_view part, std::vector<std::string> after) const;

 private:
  GraphBuilder* graph_;
  std::string prefix_;
};

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_NODE_SCOPE_H_
