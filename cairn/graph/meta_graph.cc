// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile file can do, and what stops it:
//   be huge                       kMaxBytes, checked before reading
//   nest messages without end     kMaxDepth, in binary and in text
//   leave fields out              every accessor takes absent for empty
//   name nodes that do not exist  names are only shown, never followed
//   hold numbers that are no dtype, enum or dimension   printed as numbers
//   hold bytes that are no VariableDef in `variables`   DataLoss when asked for
// Long values (constants, lists) are shortened when shown, never copied.
#include "cairn/graph/meta_graph.h"

#include <algorithm>
#include <set>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/graph/decode_node.h"
#include "cairn/graph/message_bytes.h"
#include "cairn/graph/meta_graph_import.h"
#include "cairn/graph/tensor_proto.h"
#include "cairn/proto/meta_graph.pb.h"
#include "cairn/proto/variable.pb.h"

namespace cairn::graph {
namespace {

namespace pb = google::protobuf;

std::string ArgText(const proto::OpDef::ArgDef& arg) {
  std::string type = TypeName(arg.type());
  if (!arg.type_attr().empty()) type = arg.type_attr();
  if (!arg.type_list_attr().empty()) type = arg.type_list_attr();
  if (!arg.number_attr().empty()) type = arg.number_attr() + "*" + type;
  return StrCat(arg.name(), ": ", type);
}

FunctionInfo DecodeFunction(const proto::FunctionDef& function) {
  FunctionInfo info;
  info.name = function.signature().name();
  for (const auto& arg : function.signature().input_arg()) {
    info.inputs.push_back(ArgText(arg));
  }
  for (const auto& arg : function.signature().output_arg()) {
    info.outputs.push_back(ArgText(arg));
  }
  info.num_nodes = static_cast<size_t>(function.node_def_size());
  return info;
}

CollectionInfo DecodeCollection(std::string name,
                                const proto::CollectionDef& collection) {
  const auto make = [&](std::string_view kind, int size) {
    return CollectionInfo{std::move(name), std::string(kind),
                          static_cast<size_t>(size)};
  };
  switch (collection.kind_case()) {
    case proto::CollectionDef::kNodeList:
      return make("node_list", collection.node_list().value_size());
    case proto::CollectionDef::kBytesList:
      return make("bytes_list", collection.bytes_list().value_size());
    case proto::CollectionDef::kInt64List:
      return make("int64_list", collection.int64_list().value_size());
    case proto::CollectionDef::kFloatList:
      return make("float_list", collection.float_list().value_size());
    case proto::CollectionDef::kAnyList:
      return make("any_list", collection.any_list().value_size());
    case proto::CollectionDef::KIND_NOT_SET:
      break;
  }
  return make("", 0);
}

std::string SliceText(const proto::SaveSliceInfoDef& slice) {
  std::string text = Escape(slice.full_name());
  for (int64_t dim : slice.full_shape()) text += StrCat(" ", dim);
  text += ' ';
  const int rank = std::min(slice.var_offset_size(), slice.var_shape_size());
  for (int i = 0; i < rank; ++i) {
    text +=
        StrCat(i > 0 ? ":" : "", slice.var_offset(i), ",", slice.var_shape(i));
  }
  return text;
}

GraphVariable DecodeVariable(const proto::VariableDef& def) {
  GraphVariable variable;
  variable.name = def.variable_name();
  variable.initializer_name = def.initializer_name();
  variable.snapshot_name = def.snapshot_name();
  variable.initial_value_name = def.initial_value_name();
  variable.is_resource = def.is_resource();
  variable.trainable = def.trainable();
  variable.synchronization = def.synchronization();
  variable.aggregation = def.aggregation();
  if (def.has_save_slice_info_def()) {
    variable.slice = SliceText(def.save_slice_info_def());
  }
  return variable;
}

std::map<std::string, SignatureTensor> DecodeTensors(
    const pb::Map<std::string, proto::TensorInfo>& tensors) {
  std::map<std::string, SignatureTensor> out;
  for (const auto& [key, tensor] : tensors) {
    out[key] = {tensor.name(), static_cast<DataType>(tensor.dtype()),
                DecodeShape(tensor.tensor_shape())};
  }
  return out;
}

}  // namespace

std::string PartialShape::ToString() const {
  if (unknown_rank) return "<unknown>";
  std::string text = "[";
  for (size_t i = 0; i < dims.size(); ++i) {
    if (i > 0) text += ',';
    text += dims[i] == -1 ? "?" : StrCat(dims[i]);
  }
  return text + "]";
}

MetaGraph::MetaGraph() : def_(std::make_unique<proto::MetaGraphDef>()) {}
MetaGraph::MetaGraph(std::unique_ptr<proto::MetaGraphDef> def)
    : def_(std::move(def)) {}
MetaGraph::MetaGraph(MetaGraph&&) noexcept = default;
MetaGraph& MetaGraph::operator=(MetaGraph&&) noexcept = default;
MetaGraph::~MetaGraph() = default;

StatusOr<MetaGraph> MetaGraph::Parse(std::string_view bytes) {
  if (bytes.size() > kMaxBytes) {
    return DataLossError(StrCat("a meta graph cannot take ",
                                WithThousands(bytes.size()), " bytes"));
  }
  auto def = std::make_unique<proto::MetaGraphDef>();
  if (ParseBinary(bytes, def.get())) return MetaGraph(std::move(def));
  def->Clear();
  std::string error;
  if (ParseText(bytes, def.get(), &error)) return MetaGraph(std::move(def));
  return DataLossError(
      StrCat("neither a binary meta graph nor the text of one (", error, ")"));
}

StatusOr<MetaGraph> MetaGraph::Read(FileSystem& fs, const std::string& path) {
  CAIRN_ASSIGN_OR_RETURN(const std::string bytes, fs.ReadFile(path, kMaxBytes));
  auto meta = Parse(bytes);
  if (!meta.ok()) return Annotate(meta.status(), Escape(path, 4096));
  return meta;
}

std::string MetaGraph::Serialize() const { return SerializeMessage(*def_); }

StatusOr<std::string> MetaGraph::SerializeAsText() const {
  return PrintMessage(*def_);
}

MetaGraph MetaGraph::Clone() const {
  return MetaGraph(std::make_unique<proto::MetaGraphDef>(*def_));
}

MetaInfo MetaGraph::info() const {
  const auto& def = def_->meta_info_def();
  MetaInfo info;
  info.meta_graph_version = def.meta_graph_version();
  info.tags.assign(def.tags().begin(), def.tags().end());
  info.tensorflow_version = def.tensorflow_version();
  info.tensorflow_git_version = def.tensorflow_git_version();
  info.stripped_default_attrs = def.stripped_default_attrs();
  info.producer = def_->graph_def().versions().producer();
  info.min_consumer = def_->graph_def().versions().min_consumer();
  return info;
}

size_t MetaGraph::num_nodes() const {
  return static_cast<size_t>(def_->graph_def().node_size());
}

NodeInfo MetaGraph::node(size_t i) const {
  return DecodeNode(def_->graph_def().node(static_cast<int>(i)));
}

std::optional<NodeInfo> MetaGraph::FindNode(std::string_view name) const {
  for (const auto& node : def_->graph_def().node()) {
    if (node.name() == name) return DecodeNode(node);
  }
  return std::nullopt;
}

std::map<std::string, size_t> MetaGraph::OpHistogram() const {
  std::map<std::string, size_t> histogram;
  for (const auto& node : def_->graph_def().node()) ++histogram[node.op()];
  return histogram;
}

std::vector<std::string> MetaGraph::op_definitions() const {
  std::vector<std::string> names;
  for (const auto& op : def_->meta_info_def().stripped_op_list().op()) {
    names.push_back(op.name());
  }
  return names;
}

std::vector<FunctionInfo> MetaGraph::functions() const {
  std::vector<FunctionInfo> functions;
  for (const auto& function : def_->graph_def().library().function()) {
    functions.push_back(DecodeFunction(function));
  }
  return functions;
}

std::vector<CollectionInfo> MetaGraph::collections() const {
  std::vector<CollectionInfo> collections;
  for (const auto& [name, collection] : def_->collection_def()) {
    collections.push_back(DecodeCollection(name, collection));
  }
  std::sort(collections.begin(), collections.end(),
            [](const CollectionInfo& a, const CollectionInfo& b) {
              return a.name < b.name;
            });
  return collections;
}

std::vector<std::string> MetaGraph::collection_bytes(
    std::string_view name) const {
  const auto it = def_->collection_def().find(std::string(name));
  if (it == def_->collection_def().end()) return {};
  const auto& values = it->second.bytes_list().value();
  return {values.begin(), values.end()};
}

StatusOr<std::vector<GraphVariable>> MetaGraph::variables(
    std::string_view collection) const {
  std::vector<GraphVariable> variables;
  std::set<std::string> trainable;
  const bool lacks_trainable =
      LacksTrainable(def_->meta_info_def().tensorflow_version());
  if (lacks_trainable) {
    for (std::string& bytes : collection_bytes("trainable_variables")) {
      trainable.insert(std::move(bytes));
    }
  }
  for (const std::string& bytes : collection_bytes(collection)) {
    proto::VariableDef def;
    if (!def.ParseFromString(bytes)) {
      return DataLossError(StrCat("element ", variables.size(),
                                  " of collection '", Escape(collection),
                                  "' is no variable definition"));
    }
    if (lacks_trainable) def.set_trainable(trainable.contains(bytes));
    variables.push_back(DecodeVariable(def));
  }
  return variables;
}

std::optional<SaverInfo> MetaGraph::saver() const {
  if (!def_->has_saver_def()) return std::nullopt;
  const auto& def = def_->saver_def();
  SaverInfo info;
  info.filename_tensor_name = def.filename_tensor_name();
  info.save_tensor_name = def.save_tensor_name();
  info.restore_op_name = def.restore_op_name();
  info.max_to_keep = def.max_to_keep();
  info.sharded = def.sharded();
  info.keep_checkpoint_every_n_hours = def.keep_checkpoint_every_n_hours();
  info.version = def.version();
  return info;
}

std::map<std::string, Signature> MetaGraph::signatures() const {
  std::map<std::string, Signature> signatures;
  for (const auto& [key, def] : def_->signature_def()) {
    signatures[key] = {def.method_name(), DecodeTensors(def.inputs()),
                       DecodeTensors(def.outputs())};
  }
  return signatures;
}

}  // namespace cairn::graph
