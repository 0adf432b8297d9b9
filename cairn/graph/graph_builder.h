// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// GraphBuilder: makes a graph, node by node, and what a `.meta` file adds to
// it: collections, variables, the Saver's names, signatures.
//
//   GraphBuilder graph;
//   Output x = graph.NewNode("Placeholder", "x").Type("dtype", kFloat)
//                  .ShapeAttr("shape", {{-1, 3}}).Out(kFloat, {{-1, 3}}).Add();
//   Output y = graph.NewNode("Relu", "y").Input(x).Type("T", kFloat)
//                  .Out(kFloat, x.shape).Add();
//   CAIRN_ASSIGN_OR_RETURN(MetaGraph meta, graph.Finish());
//
// Names are made unique as TensorFlow makes them: without regard to case, by
// appending _1, _2, ... Mistakes (a name that TensorFlow does not allow, an op
// this room does not know) are kept and reported by Finish, so that building
// reads as a list of nodes.
//
// Not thread-safe.
#ifndef CAIRN_GRAPH_GRAPH_BUILDER_H_
#define CAIRN_GRAPH_GRAPH_BUILDER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/tensor/dtype.h"
#include "cairn/tensor/shape.h"
#include "cairn/tensor/tensor.h"

namespace cairn::proto {
class AttrValue;
class NodeDef;
}  // namespace cairn::proto

namespace cairn::graph {

// What a node passes on.
struct Output {
  std::string ref;  // "n", or "n:2" for another output than the first
  DataType dtype = DataType::kInvalid;
  PartialShape shape;

  // "n:0": how tensors are named outside of node inputs.
  std::string TensorName() const;
};

class GraphBuilder {
 public:
  // A node being described; Add puts it into the graph.
  class Node {
   public:
    Node& Input(const Output& output);
    // Runs after that node; call after all Inputs. Several are sorted.
    Node& ControlInputs(std::vector<std::string> nodes);
    Node& Device(std::string_view device);
    // Placed with that node.
    Node& ColocateWith(std::string_view node);
    Node& Type(std::string_view attr, DataType value);
    Node& Types(std::string_view attr, const std::vector<DataType>& values);
    Node& Int(std::string_view attr, int64_t value);
    Node& Ints(std::string_view attr, const std::vector<int64_t>& values);
    Node& Float(std::string_view attr, float value);
    Node& Flag(std::string_view attr, bool value);
    Node& String(std::string_view attr, std::string_view value);
    Node& Strings(std::string_view attr,
                  const std::vector<std::string>& values);
    Node& ShapeAttr(std::string_view attr, const PartialShape& shape);
    // Elements all equal to the one of `tensor`, if that has one and `shape`
    // is given.
    Node& TensorAttr(std::string_view attr, const TensorView& tensor);
    Node& TensorAttr(std::string_view attr, const TensorView& tensor,
                     const Shape& shape);
    // The next output.
    Node& Out(DataType dtype, PartialShape shape);

    // Returns the first output; only `ref` is set if there is none.
    Output Add();
    std::vector<Output> AddAll();

   private:
    friend class GraphBuilder;
    Node(GraphBuilder* builder, std::string_view op, std::string name);
    proto::AttrValue& Attr(std::string_view name);

    GraphBuilder* builder_;
    proto::NodeDef* node_;  // in the graph already
    std::vector<Output> outputs_;
  };

  GraphBuilder();
  ~GraphBuilder();
  GraphBuilder(const GraphBuilder&) = delete;
  GraphBuilder& operator=(const GraphBuilder&) = delete;

  // `name`, or `name_1`, `name_2` ...: not used before; used from now on.
  std::string UniqueName(std::string_view name);
  Node NewNode(std::string_view op, std::string_view name);

  // A constant; small tensors and large ones are spelled as TensorFlow does.
  Output Constant(std::string_view name, const TensorView& value);

  // To a collection that holds serialised messages (or any bytes).
  void AddToCollection(std::string_view collection, std::string bytes);
  // To a collection of nodes and tensors.
  void AddNodeToCollection(std::string_view collection, std::string name);
  void AddVariableToCollection(std::string_view collection,
                               const GraphVariable& variable);
  // To `variables`, and to `trainable_variables` if it is trainable.
  void AddVariable(const GraphVariable& variable);
  void SetSaver(const SaverInfo& saver);
  void AddSignature(std::string_view key, const Signature& signature);
  void SetMetaInfo(const MetaInfo& info);

  // The meta graph, with the definitions of all ops used. InvalidArgument for
  // the first mistake made. The builder is empty afterwards.
  StatusOr<MetaGraph> Finish();

 private:
  void Fail(Status status);

  std::unique_ptr<proto::MetaGraphDef> meta_;
  std::map<std::string, int64_t, std::less<>> names_;  // lower case -> next
  std::map<std::string, proto::NodeDef*, std::less<>> nodes_;
  Status status_;
};

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_GRAPH_BUILDER_H_
