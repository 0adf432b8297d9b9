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

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/object/registered_saver.h"
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
    std::string name;               // "VARIABLE_VALUE"
    std::string full_name;          // "conv2d/kernel"
    std::string checkpoint_key;     // "net/layer-0/kernel/.ATTRIBUTES/..."
    bool optional_restore = false;  // set by writers before TF 2.1 only
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

// More than these are refused when decoding; a real graph of 62 nodes takes 6.5
// KB. Records are nodes, children, attributes and slot variables: an empty one
// is two bytes in the file and up to 300 in memory, so beyond the first
// kMaxFreeObjectGraphRecords there may be one for each
// kObjectGraphBytesPerRecord bytes. No graph that can be walked has less: an
// edge of one letter and the empty node behind it take 9 bytes.
inline constexpr size_t kMaxObjectGraphBytes = size_t{1} << 30;
inline constexpr size_t kMaxFreeObjectGraphRecords = 150'000;
inline constexpr size_t kObjectGraphBytesPerRecord = 4;

// The bytes TensorFlow writes.
std::string EncodeObjectGraph(const ObjectGraph& graph);
// DataLoss for malformed bytes, no nodes, too many records, or a node id that
// is out of range. Unknown fields are skipped. Names may be any bytes; edges
// may form cycles.
StatusOr<ObjectGraph> DecodeObjectGraph(std::string_view bytes);

// Whether a restore has something to do at or below the node; by the node's own
// contents in files that do not say.
bool HasCheckpointValues(const ObjectGraph::Node& node);

// '.' -> "..", then '/' -> ".S".
std::string EscapeLocalName(std::string_view name);
// DataLoss for text that EscapeLocalName cannot have made.
StatusOr<std::string> UnescapeLocalName(std::string_view escaped);

// The graph of the objects reachable from `root`, with what each node is.
struct GraphView {
  ObjectGraph graph;
  std::vector<Trackable*> objects;  // by node id
  // Values in the order they are stored in the data file: by node id, but
  // Python-like state (attribute "py_state") after all others.
  struct Value {
    Saveable* saveable;
    std::string key;  // of the tensor; pieces of one share it
  };
  std::vector<Value> values;
  // Objects that a saver handles, by node id.
  struct SavedBySaver {
    CheckpointSaver* saver;
    NamedObject object;
  };
  std::vector<SavedBySaver> saved_by_savers;
};

struct GraphOptions {
  // Further edges of the root, after its own.
  std::span<const TrackableEdge> attached = {};
  // The first that handles an object has it.
  std::span<const std::shared_ptr<CheckpointSaver>> savers = {};
  bool skip_slot_variables = false;
};

// InvalidArgument when two values get the same key and slice, when a slot
// variable is also an ordinary child, serves two slots or has children, or when
// an object says that it cannot be saved.
StatusOr<GraphView> BuildGraphView(Trackable& root,
                                   const GraphOptions& options = {});

// A node's dotted name, put together from its end: "(root).net.layer-0". Of a
// path longer than kMaxNodeNameBytes only the end is kept,
// "(root).(...).layer-0", so that naming every node of a chain stays linear.
inline constexpr size_t kMaxNodeNameBytes = 256;
class NodePath {
 public:
  // False when the name is long enough: what is above needs no look.
  bool Prepend(std::string_view edge);
  std::string ToString() const;

 private:
  std::vector<std::string_view> edges_;  // the last first
  size_t bytes_ = 0;
  bool shortened_ = false;
};

// The dotted names of nodes for messages: "(root).net.layer-0", by the shortest
// path; slots as "(root).optimizer's state 'm' for (root).net.layer-0.kernel".
// Keeps a reference to the graph.
class NodeNames {
 public:
  explicit NodeNames(const ObjectGraph& graph);
  std::string Name(int32_t node_id) const;

 private:
  std::string PathName(int32_t node_id) const;

  struct Origin {
    int32_t parent = -1;    // -1: reached by no edge
    std::string_view edge;  // local name, or slot name
    int32_t slot_of = -1;   // the variable, if the parent is an optimizer
  };
  std::vector<Origin> origins_;
};

// The name of one node; for several, keep a NodeNames.
std::string NodeName(const ObjectGraph& graph, int32_t node_id);

}  // namespace cairn::object

#endif  // CAIRN_OBJECT_OBJECT_GRAPH_H_
