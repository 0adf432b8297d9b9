// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// ObjectGraph: the TrackableObjectGraph that object-based checkpoints store as
// a string tensor under the key _CHECKPOINTABLE_OBJECT_GRAPH, as plain data.
//
// Node 0 is the root. Numbering and keys are TensorFlow's: breadth-first,
// children in the order of their edges, slot variables after all others; key =
// escaped edge names joined by '/' + "/.ATTRIBUTES/" + attribute.
// Bytes: docs/formats/object_graph.md.
#ifndef CAIRN_OBJECT_OBJECT_GRAPH_H_
#define CAIRN_OBJECT_OBJECT_GRAPH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/tensor/trackable.h"

namespace cairn::object {

inline constexpr std::string_view kObjectGraphKey =
    "_CHECKPOINTABLE_OBJECT_GRAPH";

struct ObjectGraph {
  struct Child {
    int32_t node_id = 0;
    std::string local_name;  // unescaped
  };
  struct Attribute {
    std::string name;            // "VARIABLE_VALUE"
    std::string full_name;       // "conv2d/kernel"
    std::string checkpoint_key;  // "net/layer-0/kernel/.ATTRIBUTES/..."
  };
  struct SlotVariable {
    int32_t original_variable_node_id = 0;
    std::string slot_name;
    int32_t slot_variable_node_id = 0;
  };
  struct RegisteredSaver {
    std::string name;
    std::string object_name;
  };
  struct Node {
    std::vector<Child> children;
    std::vector<Attribute> attributes;
    std::vector<SlotVariable> slot_variables;
    std::optional<RegisteredSaver> registered_saver;
    std::optional<bool> has_checkpoint_values;  // absent in files of TF 2.1
  };
  std::vector<Node> nodes;
};

// The bytes TensorFlow writes.
std::string EncodeObjectGraph(const ObjectGraph& graph);
// DataLoss for malformed bytes, no nodes, or a node id that is out of range.
StatusOr<ObjectGraph> DecodeObjectGraph(std::string_view bytes);

// '.' -> "..", then '/' -> ".S".
std::string EscapeLocalName(std::string_view name);
// DataLoss for text that EscapeLocalName cannot have made.
StatusOr<std::string> UnescapeLocalName(std::string_view escaped);

// The graph of the objects reachable from `root`, with what each node is.
struct GraphView {
  ObjectGraph graph;
  std::vector<Trackable*> objects;  // by node id
  // Values in the order they are stored in the data file.
  struct Value {
    Saveable* saveable;
    std::string key;
  };
  std::vector<Value> values;
};
// InvalidArgument when two values get the same key, or a slot variable is also
// reachable as an ordinary child.
StatusOr<GraphView> BuildGraphView(Trackable& root);

// The dotted name of a node for messages: "(root).net.layer-0", by the shortest
// path; slots as "(root).optimizer's state 'm' for (root).net.layer-0.kernel".
std::string NodeName(const ObjectGraph& graph, int32_t node_id);

}  // namespace cairn::object

#endif  // CAIRN_OBJECT_OBJECT_GRAPH_H_
