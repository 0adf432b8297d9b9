// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// ObjectTree: the object graph of a checkpoint, laid out as a tree for people,
// with dtype and shape of each value taken from the index.
//
// An object graph is no tree: objects are shared and edges form cycles. Each
// object stands once, where the shortest path from the root leads (the path its
// keys are made of); every other edge to it becomes a row that only refers to
// it. Several edges from one object to the same other one share a row.
//
//   (root)
//     net
//       layer_with_weights-0, layer-0
//         kernel   float32 [3,3,1,16]  conv2d/kernel  slots m, v
//       optimizer  -> (root).optimizer
//     optimizer
//       iter       int64 []  Adam/iter
//
// Rows are a flat list in the order of such a drawing, so depth costs nothing.
// Thread-safe.
#ifndef CAIRN_INSPECT_OBJECT_TREE_H_
#define CAIRN_INSPECT_OBJECT_TREE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/inspect/source.h"
#include "cairn/object/object_graph.h"
#include "cairn/tensor/dtype.h"
#include "cairn/tensor/shape.h"

namespace cairn::inspect {

// What a stored value is for.
enum class ValueRole {
  kVariable,        // of the model: weights, moving statistics
  kSlot,            // an optimizer's per-variable state
  kIterations,      // an optimizer's step count
  kHyperparameter,  // learning rate and the like
  kSaveCounter,     // how many times the checkpoint was saved
  kStep,            // an integer that the program counts at the root
  kObjectGraph,     // the object graph itself
};
// "variable", "slot", ...
std::string_view ValueRoleName(ValueRole role);

// One attribute of an object and what the index says of its key.
struct ObjectValue {
  object::ObjectGraph::Attribute attribute;
  // Whether the key is in the index: tables and iterators store their values
  // under keys derived from it.
  bool stored = false;
  DataType dtype = DataType::kInvalid;
  Shape shape;
  int64_t bytes = 0;
};

// A slot variable, seen from the variable it belongs to.
struct SlotRef {
  std::string slot_name;
  int32_t optimizer = 0;  // node ids
  int32_t slot = 0;
};

struct TreeRow {
  enum class Kind {
    kObject,
    kAlias,        // the object stands elsewhere
    kUnreachable,  // no path leads to the object
  };
  Kind kind = Kind::kObject;
  int32_t node_id = 0;
  int32_t depth = 0;
  bool last = true;                // of its siblings
  std::vector<std::string> names;  // of the edges; none for the root
};

struct ObjectTree {
  object::ObjectGraph graph;
  // By node id.
  std::vector<std::vector<ObjectValue>> values;
  std::vector<std::vector<SlotRef>> slots;
  std::vector<ValueRole> roles;  // of the node's values
  // In drawing order; slot variables have no row.
  std::vector<TreeRow> rows;

  // "(root).net.layer-0", the end of long paths; slots are named by
  // object::NodeName.
  std::string Path(int32_t node_id) const;

  // The edge by which the shortest path reaches a node: parent -1 for the root
  // and for nodes without a path.
  struct Origin {
    int32_t parent = -1;
    int32_t child = -1;  // index in the parent's children
  };
  std::vector<Origin> origins;  // by node id
};

// Whether it is an object-based checkpoint. What the index fails with
// otherwise.
StatusOr<bool> HasObjectGraph(const CheckpointSource& source);

// NotFound when the checkpoint has no object graph (a name-based one) or its
// data file is missing.
StatusOr<ObjectTree> ReadObjectTree(const CheckpointSource& source);

// The same from parts; `source` may be null, then no value is known as stored.
ObjectTree LayOutObjectTree(object::ObjectGraph graph,
                            const CheckpointSource* source);

}  // namespace cairn::inspect

#endif  // CAIRN_INSPECT_OBJECT_TREE_H_
