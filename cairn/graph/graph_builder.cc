// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What is written, beyond what the caller says, so that the file equals
// TensorFlow's:
//   _output_shapes                     on every node that has outputs
//   _has_manual_control_dependencies   on every node others are told to run
//                                      after
//   _class                             "loc:@n" for placement with node n
// Control inputs come last and sorted; op definitions come sorted by name.
#include "cairn/graph/graph_builder.h"

#include <algorithm>
#include <set>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/graph/op_definitions.h"
#include "cairn/graph/tensor_proto.h"
#include "cairn/proto/meta_graph.pb.h"
#include "cairn/proto/variable.pb.h"

namespace cairn::graph {
namespace {

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9');
}

// TensorFlow: [A-Za-z0-9.][A-Za-z0-9_.\/>-]*
bool IsValidNodeName(std::string_view name) {
  if (name.empty() || !(IsWordByte(name.front()) || name.front() == '.')) {
    return false;
  }
  return std::all_of(name.begin(), name.end(), [](char c) {
    return IsWordByte(c) ||
           std::string_view("_.\\/>-").find(c) != std::string_view::npos;
  });
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

proto::DataType ProtoType(DataType dtype) {
  return static_cast<proto::DataType>(dtype);
}

void EncodeTensorInfo(const SignatureTensor& tensor, proto::TensorInfo* out) {
  out->set_name(tensor.name);
  out->set_dtype(ProtoType(tensor.dtype));
  EncodeShape(tensor.shape, out->mutable_tensor_shape());
}

}  // namespace

std::string Output::TensorName() const {
  return ref.find(':') == std::string::npos ? ref + ":0" : ref;
}

GraphBuilder::Node::Node(GraphBuilder* builder, std::string_view op,
                         std::string name)
    : builder_(builder),
      node_(builder->meta_->mutable_graph_def()->add_node()) {
  node_->set_op(std::string(op));
  node_->set_name(name);
  builder->nodes_.emplace(std::move(name), node_);
}

proto::AttrValue& GraphBuilder::Node::Attr(std::string_view name) {
  return (*node_->mutable_attr())[std::string(name)];
}

GraphBuilder::Node& GraphBuilder::Node::Input(const Output& output) {
  node_->add_input(output.ref);
  return *this;
}

GraphBuilder::Node& GraphBuilder::Node::ControlInputs(
    std::vector<std::string> nodes) {
  std::sort(nodes.begin(), nodes.end());
  for (const std::string& name : nodes) {
    auto it = builder_->nodes_.find(name);
    if (it == builder_->nodes_.end()) {
      builder_->Fail(InvalidArgumentError(
          StrCat("node '", node_->name(), "' is to run after '", Escape(name),
                 "', which is not in the graph")));
      continue;
    }
    (*it->second->mutable_attr())["_has_manual_control_dependencies"].set_b(
        true);
    node_->add_input("^" + name);
  }
  return *this;
}

GraphBuilder::Node& GraphBuilder::Node::Device(std::string_view device) {
  node_->set_device(std::string(device));
  return *this;
}

GraphBuilder::Node& GraphBuilder::Node::ColocateWith(std::string_view node) {
  Attr("_class").mutable_list()->add_s(StrCat("loc:@", node));
  return *this;
}

GraphBuilder::Node& GraphBuilder::Node::Type(std::string_view attr,
                                             DataType value) {
  Attr(attr).set_type(ProtoType(value));
  return *this;
}

GraphBuilder::Node& GraphBuilder::Node::Types(
    std::string_view attr, const std::vector<DataType>& values) {
  auto* list = Attr(attr).mutable_list();
  for (DataType value : values) list->add_type(ProtoType(value));
  return *this;
}

GraphBuilder::Node& GraphBuilder::Node::Int(std::string_view attr,
                                            int64_t value) {
  Attr(attr).set_i(value);
  return *this;
}

GraphBuilder::Node& GraphBuilder::Node::Ints(
    std::string_view attr, const std::vector<int64_t>& values) {
  auto* list = Attr(attr).mutable_list();
  for (int64_t value : values) list->add_i(value);
  return *this;
}

GraphBuilder::Node& GraphBuilder::Node::Float(std::string_view attr,
                                              float value) {
  Attr(attr).set_f(value);
  return *this;
}

GraphBuilder::Node& GraphBuilder::Node::Flag(std::string_view attr,
                                             bool value) {
  Attr(attr).set_b(value);
  return *this;
}

GraphBuilder::Node& GraphBuilder::Node::String(std::string_view attr,
                                               std::string_view value) {
  Attr(attr).set_s(std::string(value));
  return *this;
}

GraphBuilder::Node& GraphBuilder::Node::Strings(
    std::string_view attr, const std::vector<std::string>& values) {
  auto* list = Attr(attr).mutable_list();
  for (const std::string& value : values) list->add_s(value);
  return *this;
}

GraphBuilder::Node& GraphBuilder::Node::ShapeAttr(std::string_view attr,
                                                  const PartialShape& shape) {
  EncodeShape(shape, Attr(attr).mutable_shape());
  return *this;
}

GraphBuilder::Node& GraphBuilder::Node::TensorAttr(std::string_view attr,
                                                   const TensorView& tensor) {
  return TensorAttr(attr, tensor, tensor.shape());
}

GraphBuilder::Node& GraphBuilder::Node::TensorAttr(std::string_view attr,
                                                   const TensorView& tensor,
                                                   const Shape& shape) {
  builder_->Fail(
      Annotate(EncodeTensor(tensor, shape, Attr(attr).mutable_tensor()),
               StrCat("node '", node_->name(), "'")));
  return *this;
}

GraphBuilder::Node& GraphBuilder::Node::Out(DataType dtype,
                                            PartialShape shape) {
  Output output;
  output.ref = outputs_.empty() ? node_->name()
                                : StrCat(node_->name(), ":", outputs_.size());
  output.dtype = dtype;
  output.shape = std::move(shape);
  EncodeShape(output.shape, Attr("_output_shapes").mutable_list()->add_shape());
  outputs_.push_back(std::move(output));
  return *this;
}

Output GraphBuilder::Node::Add() {
  if (!outputs_.empty()) return std::move(outputs_.front());
  Output none;
  none.ref = node_->name();
  return none;
}

std::vector<Output> GraphBuilder::Node::AddAll() { return std::move(outputs_); }

GraphBuilder::GraphBuilder() : meta_(std::make_unique<proto::MetaGraphDef>()) {}

GraphBuilder::~GraphBuilder() = default;

void GraphBuilder::Fail(Status status) {
  if (status_.ok()) status_ = std::move(status);
}

std::string GraphBuilder::UniqueName(std::string_view name) {
  if (!IsValidNodeName(name)) {
    Fail(InvalidArgumentError(
        StrCat("'", Escape(name),
               "' is not a name TensorFlow allows for a node: letters, digits "
               "and _.\\/>- only, beginning with a letter, digit or dot")));
  }
  const std::string key = LowerCase(name);
  int64_t suffix = names_[key]++;
  if (suffix == 0) return std::string(name);
  for (;; ++suffix) {
    std::string candidate = StrCat(key, "_", suffix);
    auto [it, added] = names_.try_emplace(std::move(candidate), 1);
    if (!added) continue;
    names_[key] = suffix + 1;
    return StrCat(name, "_", suffix);
  }
}

GraphBuilder::Node GraphBuilder::NewNode(std::string_view op,
                                         std::string_view name) {
  return Node(this, op, UniqueName(name));
}

Output GraphBuilder::Constant(std::string_view name, const TensorView& value) {
  return NewNode("Const", name)
      .Type("dtype", value.dtype())
      .TensorAttr("value", value)
      .Out(value.dtype(), PartialShape::Of(value.shape()))
      .Add();
}

void GraphBuilder::AddToCollection(std::string_view collection,
                                   std::string bytes) {
  (*meta_->mutable_collection_def())[std::string(collection)]
      .mutable_bytes_list()
      ->add_value(std::move(bytes));
}

void GraphBuilder::AddNodeToCollection(std::string_view collection,
                                       std::string name) {
  (*meta_->mutable_collection_def())[std::string(collection)]
      .mutable_node_list()
      ->add_value(std::move(name));
}

void GraphBuilder::AddVariableToCollection(std::string_view collection,
                                           const GraphVariable& variable) {
  proto::VariableDef def;
  def.set_variable_name(variable.name);
  def.set_initializer_name(variable.initializer_name);
  def.set_snapshot_name(variable.snapshot_name);
  def.set_initial_value_name(variable.initial_value_name);
  def.set_is_resource(variable.is_resource);
  def.set_trainable(variable.trainable);
  def.set_synchronization(variable.synchronization);
  def.set_aggregation(variable.aggregation);
  AddToCollection(collection, def.SerializeAsString());
}

void GraphBuilder::AddVariable(const GraphVariable& variable) {
  AddVariableToCollection("variables", variable);
  if (variable.trainable) {
    AddVariableToCollection("trainable_variables", variable);
  }
}

void GraphBuilder::SetSaver(const SaverInfo& saver) {
  proto::SaverDef& def = *meta_->mutable_saver_def();
  def.set_filename_tensor_name(saver.filename_tensor_name);
  def.set_save_tensor_name(saver.save_tensor_name);
  def.set_restore_op_name(saver.restore_op_name);
  def.set_max_to_keep(saver.max_to_keep);
  def.set_sharded(saver.sharded);
  def.set_keep_checkpoint_every_n_hours(saver.keep_checkpoint_every_n_hours);
  def.set_version(
      static_cast<proto::SaverDef::CheckpointFormatVersion>(saver.version));
}

void GraphBuilder::AddSignature(std::string_view key,
                                const Signature& signature) {
  proto::SignatureDef& def =
      (*meta_->mutable_signature_def())[std::string(key)];
  def.set_method_name(signature.method_name);
  for (const auto& [name, tensor] : signature.inputs) {
    EncodeTensorInfo(tensor, &(*def.mutable_inputs())[name]);
  }
  for (const auto& [name, tensor] : signature.outputs) {
    EncodeTensorInfo(tensor, &(*def.mutable_outputs())[name]);
  }
}

void GraphBuilder::SetMetaInfo(const MetaInfo& info) {
  auto& def = *meta_->mutable_meta_info_def();
  def.set_meta_graph_version(info.meta_graph_version);
  for (const std::string& tag : info.tags) def.add_tags(tag);
  def.set_tensorflow_version(info.tensorflow_version);
  def.set_tensorflow_git_version(info.tensorflow_git_version);
  def.set_stripped_default_attrs(info.stripped_default_attrs);
  auto& versions = *meta_->mutable_graph_def()->mutable_versions();
  versions.set_producer(info.producer);
  versions.set_min_consumer(info.min_consumer);
}

StatusOr<MetaGraph> GraphBuilder::Finish() {
  std::set<std::string> ops;
  for (const auto& node : meta_->graph_def().node()) ops.insert(node.op());
  auto* list = meta_->mutable_meta_info_def()->mutable_stripped_op_list();
  for (const std::string& op : ops) Fail(DefineOp(op, list->add_op()));
  if (status_.ok() && meta_->ByteSizeLong() > MetaGraph::kMaxBytes) {
    Fail(InvalidArgumentError(StrCat("the meta graph would take ",
                                     WithThousands(meta_->ByteSizeLong()),
                                     " bytes, more than a message can")));
  }
  auto meta = std::exchange(meta_, std::make_unique<proto::MetaGraphDef>());
  Status status = std::exchange(status_, OkStatus());
  names_.clear();
  nodes_.clear();
  if (!status.ok()) return status;
  return MetaGraph(std::move(meta));
}

}  // namespace cairn::graph
