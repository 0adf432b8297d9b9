// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Nodes that pass a gradient back through an op: of dy, the gradient of its
// output, they make the gradient of one of its inputs, with the gradient ops
// that TensorFlow has for it.
//
// Inside this room only.
#ifndef CAIRN_GRAPH_GRADIENT_NODES_H_
#define CAIRN_GRAPH_GRADIENT_NODES_H_

#include <string_view>

#include "cairn/graph/node_scope.h"
#include "cairn/tensor/layer_config.h"

namespace cairn::graph {

// What Conv2D and MaxPool and their gradients are told.
GraphBuilder::Node& WithAttributes(GraphBuilder::Node& node,
                                   const Conv2DConfig& config);
GraphBuilder::Node& WithAttributes(GraphBuilder::Node& node,
                                   const MaxPool2DConfig& config);

struct Factors {
  const Output& a;
  const Output& b;
};
struct Transposed {
  bool a = false, b = false;
};
Output MatMul(const NodeScope& scope, std::string_view part,
              const Factors& factors, const Transposed& transposed,
              PartialShape shape);

Output Conv2DFilterGradient(const NodeScope& scope, const Conv2DConfig& config,
                            const Output& x, const Output& filter,
                            const Output& dy);
Output Conv2DInputGradient(const NodeScope& scope, const Conv2DConfig& config,
                           const Output& x, const Output& filter,
                           const Output& dy);
// Of MatMul(x, weights).
Output MatMulWeightGradient(const NodeScope& scope, const Output& x,
                            const Output& weights, const Output& dy);
Output MatMulInputGradient(const NodeScope& scope, const Output& x,
                           const Output& weights, const Output& dy);
Output BiasAddGradient(const NodeScope& scope, const Output& dy,
                       const PartialShape& bias_shape);
Output ReluGradient(const NodeScope& scope, const Output& y, const Output& dy);
Output SoftmaxGradient(const NodeScope& scope, const Output& y,
                       const Output& dy);
Output MaxPoolGradient(const NodeScope& scope, const MaxPool2DConfig& config,
                       const Output& x, const Output& y, const Output& dy);
// `part` is the Reshape's.
Output ReshapeGradient(const NodeScope& scope, std::string_view part,
                       const Output& x, const Output& dy);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_GRADIENT_NODES_H_
