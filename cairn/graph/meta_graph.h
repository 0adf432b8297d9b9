// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// MetaGraph: what a `.meta` file holds: a graph with its variables and other
// collections, its Saver and its signatures. Fields:
// docs/formats/meta_graph.md.
//
//   CAIRN_ASSIGN_OR_RETURN(
//       MetaGraph meta, MetaGraph::Read(LocalFileSystem(), "model.meta"));
//   for (size_t i = 0; i < meta.num_nodes(); ++i) Show(meta.node(i));
//
// Thread rule: const methods may run concurrently.
#ifndef CAIRN_GRAPH_META_GRAPH_H_
#define CAIRN_GRAPH_META_GRAPH_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/tensor/dtype.h"
#include "cairn/tensor/shape.h"

namespace cairn::proto {
class MetaGraphDef;
}  // namespace cairn::proto

namespace cairn::graph {

// Dimensions of which some, or even the number, are not known.
struct PartialShape {
  std::vector<int64_t> dims;  // -1: not known
  bool unknown_rank = false;  // then there are no dims

  static PartialShape Unknown() { return {{}, true}; }
  static PartialShape Of(const Shape& shape) {
    return {{shape.dims().begin(), shape.dims().end()}, false};
  }
  // "[?,28,28,1]", "[]", "<unknown>".
  std::string ToString() const;
  friend bool operator==(const PartialShape&, const PartialShape&) = default;
};

struct MetaInfo {
  std::string meta_graph_version;
  std::vector<std::string> tags;
  // The TensorFlow that wrote the graph, or for which it was written.
  std::string tensorflow_version;
  std::string tensorflow_git_version;
  bool stripped_default_attrs = false;
  int32_t producer = 0;      // graph version
  int32_t min_consumer = 0;  // likewise
};

struct NodeAttr {
  std::string name;
  std::string kind;   // "type", "int", "list(int)", "tensor", ...
  std::string value;  // short text: "float32", "[1,2,2,1]", "int32[4]", ...
};

struct NodeInfo {
  std::string name;
  std::string op;
  std::vector<std::string> inputs;  // "n", "n:1", "^n"
  std::string device;
  std::vector<NodeAttr> attrs;  // by name
};

struct FunctionInfo {
  std::string name;
  std::vector<std::string> inputs;   // "x: float32"
  std::vector<std::string> outputs;  // likewise
  size_t num_nodes = 0;
};

struct CollectionInfo {
  std::string name;
  std::string kind;  // "node_list", "bytes_list", ...; "" if it has none
  size_t size = 0;
};

// A variable by the names of the nodes it is made of.
struct GraphVariable {
  std::string name;              // "conv2d/kernel:0"
  std::string initializer_name;  // op that assigns the initial value
  std::string snapshot_name;     // tensor that reads the value
  std::string initial_value_name;
  bool is_resource = true;
  bool trainable = true;
  // How replicas keep and combine it, in TensorFlow's numbers; 0 is "auto" and
  // "none". Moving statistics have 3 (on read) and 2 (mean).
  int32_t synchronization = 0;
  int32_t aggregation = 0;
  // "<full name> <dims> <start,length:...>" of a part of a partitioned
  // variable, else empty.
  std::string slice;
};

struct SaverInfo {
  std::string filename_tensor_name;  // feed the prefix here
  std::string save_tensor_name;      // fetch this to save
  std::string restore_op_name;       // run this to restore
  int32_t max_to_keep = 5;
  bool sharded = false;
  float keep_checkpoint_every_n_hours = 10000.0f;
  int32_t version = 2;  // 0 legacy, 1 V1, 2 V2
};

struct SignatureTensor {
  std::string name;  // "conv2d_input:0"; empty for sparse and composite ones
  DataType dtype = DataType::kInvalid;
  PartialShape shape;
};

struct Signature {
  std::string method_name;  // "tensorflow/serving/predict"
  std::map<std::string, SignatureTensor> inputs;
  std::map<std::string, SignatureTensor> outputs;
};

class MetaGraph {
 public:
  // A message cannot be larger.
  static constexpr uint64_t kMaxBytes = (uint64_t{1} << 31) - 1;
  // Messages within messages (list attributes, functions of functions).
  static constexpr int kMaxDepth = 100;

  MetaGraph();  // empty
  ~MetaGraph();
  MetaGraph(MetaGraph&&) noexcept;
  MetaGraph& operator=(MetaGraph&&) noexcept;
  // For GraphBuilder and code that knows the message.
  explicit MetaGraph(std::unique_ptr<proto::MetaGraphDef> def);

  // Binary, else protobuf text, as TensorFlow reads it; no bytes at all are an
  // empty meta graph, as for TensorFlow. DataLoss when it is neither.
  static StatusOr<MetaGraph> Parse(std::string_view bytes);
  static StatusOr<MetaGraph> Read(FileSystem& fs, const std::string& path);
  // Binary; the same meta graph always gives the same bytes.
  std::string Serialize() const;
  // As protobuf text, which Parse and TensorFlow read. FailedPrecondition when
  // there are fields that only the binary form can carry, because this program
  // does not know their names.
  StatusOr<std::string> SerializeAsText() const;

  MetaInfo info() const;
  size_t num_nodes() const;
  NodeInfo node(size_t i) const;  // i < num_nodes(), in stored order
  std::optional<NodeInfo> FindNode(std::string_view name) const;
  // Op -> number of nodes; nodes of functions are not counted.
  std::map<std::string, size_t> OpHistogram() const;
  // Names in the list of op definitions.
  std::vector<std::string> op_definitions() const;
  std::vector<FunctionInfo> functions() const;
  std::vector<CollectionInfo> collections() const;  // by name
  // Elements of a collection of bytes; empty if there is none.
  std::vector<std::string> collection_bytes(std::string_view name) const;
  // DataLoss when an element is no VariableDef. Those of TensorFlow before 1.9
  // are trainable if they are in that collection too.
  StatusOr<std::vector<GraphVariable>> variables(
      std::string_view collection = "variables") const;
  std::optional<SaverInfo> saver() const;
  std::map<std::string, Signature> signatures() const;

  // Fields that this program does not know are copied too.
  MetaGraph Clone() const;

  const proto::MetaGraphDef& def() const { return *def_; }
  proto::MetaGraphDef& mutable_def() { return *def_; }

 private:
  std::unique_ptr<proto::MetaGraphDef> def_;
};

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_META_GRAPH_H_
