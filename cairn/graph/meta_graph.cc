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
#include <climits>
#include <utility>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>

#include "cairn/base/strings.h"
#include "cairn/graph/tensor_proto.h"
#include "cairn/proto/meta_graph.pb.h"
#include "cairn/proto/variable.pb.h"

namespace cairn::graph {
namespace {

namespace pb = google::protobuf;

// Items of a list, and bytes of a string, that are shown.
constexpr int kMaxItemsShown = 8;
constexpr size_t kMaxBytesShown = 80;

std::string TypeName(int number) {
  if (number > kRefTypeOffset) {
    return DataTypeName(static_cast<DataType>(number - kRefTypeOffset)) +
           "_ref";
  }
  return DataTypeName(static_cast<DataType>(number));
}

std::string ShapeText(const proto::TensorShapeProto& shape) {
  return DecodeShape(shape).ToString();
}

template <typename Items, typename Show>
std::string ListText(const Items& items, Show show) {
  std::string text = "[";
  for (int i = 0; i < items.size(); ++i) {
    if (i > 0) text += ',';
    if (i == kMaxItemsShown) {
      text += StrCat("... ", items.size() - i, " more");
      break;
    }
    text += show(items[i]);
  }
  return text + "]";
}

std::string StringText(const std::string& value) {
  return StrCat("\"", Escape(value, kMaxBytesShown), "\"");
}

std::string NumberText(auto value) { return StrCat(value); }

// The value of a tensor that has one value, else "".
std::string SingleValueText(const proto::TensorProto& t) {
  if (t.float_val_size() == 1) return NumberText(t.float_val(0));
  if (t.double_val_size() == 1) return NumberText(t.double_val(0));
  if (t.int_val_size() == 1) return NumberText(t.int_val(0));
  if (t.int64_val_size() == 1) return NumberText(t.int64_val(0));
  if (t.uint32_val_size() == 1) return NumberText(t.uint32_val(0));
  if (t.uint64_val_size() == 1) return NumberText(t.uint64_val(0));
  if (t.bool_val_size() == 1) return NumberText(t.bool_val(0));
  if (t.string_val_size() == 1) return StringText(t.string_val(0));
  return "";
}

std::string TensorText(const proto::TensorProto& tensor) {
  std::string text =
      StrCat(TypeName(tensor.dtype()), ShapeText(tensor.tensor_shape()));
  const std::string value = SingleValueText(tensor);
  if (!value.empty()) text += " " + value;
  return text;
}

NodeAttr ListAttr(std::string name, const proto::AttrValue::ListValue& list) {
  const auto make = [&](std::string_view kind, std::string value) {
    return NodeAttr{std::move(name), StrCat("list(", kind, ")"),
                    std::move(value)};
  };
  if (list.s_size() > 0) return make("string", ListText(list.s(), StringText));
  if (list.i_size() > 0) {
    return make("int", ListText(list.i(), NumberText<int64_t>));
  }
  if (list.f_size() > 0) {
    return make("float", ListText(list.f(), NumberText<float>));
  }
  if (list.b_size() > 0) {
    return make("bool", ListText(list.b(), NumberText<bool>));
  }
  if (list.type_size() > 0)
    return make("type", ListText(list.type(), TypeName));
  if (list.shape_size() > 0) {
    return make("shape", ListText(list.shape(), ShapeText));
  }
  if (list.tensor_size() > 0) {
    return make("tensor", ListText(list.tensor(), TensorText));
  }
  if (list.func_size() > 0) {
    return make("func", ListText(list.func(), [](const auto& function) {
                  return Escape(function.name(), kMaxBytesShown);
                }));
  }
  return NodeAttr{std::move(name), "list", "[]"};
}

NodeAttr DecodeAttr(std::string name, const proto::AttrValue& value) {
  switch (value.value_case()) {
    case proto::AttrValue::kList:
      return ListAttr(std::move(name), value.list());
    case proto::AttrValue::kS:
      return {std::move(name), "string", StringText(value.s())};
    case proto::AttrValue::kI:
      return {std::move(name), "int", StrCat(value.i())};
    case proto::AttrValue::kF:
      return {std::move(name), "float", StrCat(value.f())};
    case proto::AttrValue::kB:
      return {std::move(name), "bool", StrCat(value.b())};
    case proto::AttrValue::kType:
      return {std::move(name), "type", TypeName(value.type())};
    case proto::AttrValue::kShape:
      return {std::move(name), "shape", ShapeText(value.shape())};
    case proto::AttrValue::kTensor:
      return {std::move(name), "tensor", TensorText(value.tensor())};
    case proto::AttrValue::kPlaceholder:
      return {std::move(name), "placeholder",
              Escape(value.placeholder(), kMaxBytesShown)};
    case proto::AttrValue::kFunc:
      return {std::move(name), "func",
              Escape(value.func().name(), kMaxBytesShown)};
    case proto::AttrValue::VALUE_NOT_SET:
      break;
  }
  return {std::move(name), "", ""};
}

NodeInfo DecodeNode(const proto::NodeDef& node) {
  NodeInfo info;
  info.name = node.name();
  info.op = node.op();
  info.device = node.device();
  info.inputs.assign(node.input().begin(), node.input().end());
  for (const auto& [name, value] : node.attr()) {
    info.attrs.push_back(DecodeAttr(name, value));
  }
  std::sort(
      info.attrs.begin(), info.attrs.end(),
      [](const NodeAttr& a, const NodeAttr& b) { return a.name < b.name; });
  return info;
}

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

// Keeps the first message of the text parser, which else goes to stderr.
class FirstError : public pb::io::ErrorCollector {
 public:
  void AddError(int line, pb::io::ColumnNumber column,
                const std::string& message) override {
    if (!text.empty()) return;
    text = StrCat("line ", line + 1, ", column ", column + 1, ": ",
                  Escape(message));
  }
  void AddWarning(int, pb::io::ColumnNumber, const std::string&) override {}
  std::string text;
};

bool ParseBinary(std::string_view bytes, proto::MetaGraphDef* def) {
  // Strings that are not UTF-8 make the parser write to stderr.
  const pb::LogSilencer silencer;
  pb::io::CodedInputStream stream(
      reinterpret_cast<const uint8_t*>(bytes.data()),
      static_cast<int>(bytes.size()));
  stream.SetTotalBytesLimit(INT_MAX);
  stream.SetRecursionLimit(MetaGraph::kMaxDepth);
  return def->ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage();
}

bool ParseText(std::string_view text, proto::MetaGraphDef* def,
               std::string* error) {
  // The tokenizer takes NUL for the end of the text.
  if (text.find('\0') != std::string_view::npos) {
    *error = "there are NUL bytes";
    return false;
  }
  FirstError errors;
  pb::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.SetRecursionLimit(MetaGraph::kMaxDepth);
  parser.AllowUnknownField(true);
  pb::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  if (parser.Parse(&stream, def)) return true;
  *error = errors.text;
  return false;
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
  if (!meta.ok()) return Annotate(meta.status(), path);
  return meta;
}

std::string MetaGraph::Serialize() const {
  std::string bytes;
  {
    pb::io::StringOutputStream stream(&bytes);
    pb::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    def_->SerializeToCodedStream(&out);
  }
  return bytes;
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
  for (const std::string& bytes : collection_bytes(collection)) {
    proto::VariableDef def;
    if (!def.ParseFromString(bytes)) {
      return DataLossError(StrCat("element ", variables.size(),
                                  " of collection '", Escape(collection),
                                  "' is no variable definition"));
    }
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
