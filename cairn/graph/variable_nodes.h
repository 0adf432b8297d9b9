// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The nodes a resource variable consists of.
//
// Inside this room only.
#ifndef CAIRN_GRAPH_VARIABLE_NODES_H_
#define CAIRN_GRAPH_VARIABLE_NODES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/graph/graph_builder.h"
#include "cairn/tensor/shape.h"

namespace cairn::graph {

enum class Initializer { kGlorotUniform, kZeros, kOnes, kConstant };

// VariableDef's numbers for variables that each replica has of its own.
inline constexpr int32_t kSyncOnRead = 3;
inline constexpr int32_t kAggregateMean = 2;
// Of variables that all replicas would write the same value to.
inline constexpr int32_t kAggregateOnlyFirstReplica = 3;

struct VariableSpec {
  std::string name;
  Shape shape;  // no dimension beyond int32
  Initializer initializer;
  int32_t seed = 0;  // of a random initializer
  bool trainable = true;
  int32_t synchronization = 0;
  int32_t aggregation = 0;
  DataType dtype = DataType::kFloat;  // or kInt64, of zeros or a constant
  Tensor constant = {};               // of `shape`, for kConstant
  // The variable it stands beside, as a slot does; "": itself.
  std::string colocate_with = {};
};

struct VariableNodes {
  std::string name;  // key in the checkpoint
  Output handle;
  Output value;        // read for saving
  std::string assign;  // op that assigns the initial value
  GraphVariable definition;
};

// Adds them and enters the variable into the graph's collections.
VariableNodes AddVariableNodes(GraphBuilder& graph, const VariableSpec& spec);

// A node that reads the variable.
Output AddReadVariable(GraphBuilder& graph, std::string_view name,
                       const VariableNodes& variable);

Tensor Int32Vector(const std::vector<int32_t>& values);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_VARIABLE_NODES_H_
