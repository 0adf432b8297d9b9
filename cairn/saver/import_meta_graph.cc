// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile file can do, and what stops it:
//   claim huge shapes          nothing is allocated before a restore, which
//                              compares them with the checkpoint's
//   slices outside, overlong   Shape::Create, TensorSlice::Apply
//   names twice, no names      FlattenItems
//   devices that are none      the shards of the graph tell them apart
#include "cairn/saver/import_meta_graph.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <utility>

#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/graph/meta_graph_export.h"
#include "cairn/graph/node_index.h"
#include "cairn/graph/saver_tensors.h"
#include "cairn/proto/meta_graph.pb.h"
#include "cairn/tensor/partial_shape.h"
#include "cairn/tensor/slice.h"

namespace cairn::saver {
namespace {

using graph::MetaGraph;
using graph::SaverInfo;
using graph::SaverTensor;

constexpr std::string_view kSavers = "savers";

StatusOr<std::vector<int64_t>> ParseDims(std::string_view spec,
                                         std::string_view text) {
  std::vector<int64_t> dims;
  for (const std::string_view word : Split(text, ' ')) {
    int64_t dim = 0;
    const char* const end = word.data() + word.size();
    const auto parsed = std::from_chars(word.data(), end, dim);
    if (parsed.ec != std::errc() || parsed.ptr != end) {
      return DataLossError(
          StrCat("Non numerical dimension in shape_and_slice: ", Escape(spec)));
    }
    dims.push_back(dim);
  }
  return dims;
}

// Of a tensor that is a part: what it is a part of.
struct Part {
  SliceInfo slice;
  Shape shape;
};

// "37 4 0,13:0,4": the whole shape, then where the part is.
StatusOr<Part> ParsePart(const SaverTensor& tensor) {
  const std::string_view spec = tensor.shape_and_slice;
  const size_t space = spec.rfind(' ');
  if (space == std::string_view::npos) {
    return DataLossError(
        StrCat("Need least two elements in shape_and_slice specification: ",
               Escape(spec)));
  }
  CAIRN_ASSIGN_OR_RETURN(const std::vector<int64_t> dims,
                         ParseDims(spec, spec.substr(0, space)));
  CAIRN_ASSIGN_OR_RETURN(const Shape full, Shape::Create(dims));
  CAIRN_ASSIGN_OR_RETURN(TensorSlice slice,
                         TensorSlice::Parse(spec.substr(space + 1)));
  Part part;
  CAIRN_ASSIGN_OR_RETURN(part.shape, slice.Apply(full));
  slice = slice.Resolve(full);
  part.slice = {tensor.name, full, {}};
  for (const SliceExtent& extent : slice.extents()) {
    part.slice.offset.push_back(extent.start);
  }
  return part;
}

StatusOr<PartialShape> DeclaredShape(const graph::PartialShape& shape) {
  if (shape.unknown_rank) return PartialShape::AnyRank();
  const bool is_known = std::all_of(shape.dims.begin(), shape.dims.end(),
                                    [](int64_t dim) { return dim >= 0; });
  if (is_known) {
    CAIRN_ASSIGN_OR_RETURN(const Shape checked, Shape::Create(shape.dims));
    return PartialShape(checked);
  }
  for (const int64_t dim : shape.dims) {
    if (dim >= PartialShape::kUnknown) continue;
    return DataLossError(StrCat("a dimension of the shape is ", dim));
  }
  return PartialShape(shape.dims);
}

StatusOr<DataType> SavedType(DataType dtype) {
  const auto known = DataTypeFromNumber(static_cast<int32_t>(dtype));
  if (!known || *known == DataType::kInvalid || *known == DataType::kResource) {
    return DataLossError(StrCat("dtype ", static_cast<int32_t>(dtype),
                                " is none that can be saved"));
  }
  return *known;
}

// A variable for one saved tensor, and how it is saved.
StatusOr<SaverItem> AddVariable(
    const SaverTensor& tensor, std::string device,
    std::vector<std::unique_ptr<Variable>>& variables) {
  VariableSpec spec;
  CAIRN_ASSIGN_OR_RETURN(spec.dtype, SavedType(tensor.dtype));
  CAIRN_ASSIGN_OR_RETURN(spec.shape, DeclaredShape(tensor.shape));
  if (tensor.shape_and_slice.empty()) {
    spec.name = tensor.name;
    variables.push_back(std::make_unique<Variable>(std::move(spec)));
    return SaverItem::Named(
        tensor.name, SaverPart::Of(*variables.back(), std::move(device)));
  }
  CAIRN_ASSIGN_OR_RETURN(Part part, ParsePart(tensor));
  if (!spec.shape.Accepts(part.shape)) {
    return DataLossError(StrCat("the shape is ", spec.shape.ToString(),
                                ", of its slice ", part.shape.ToString()));
  }
  spec.name = tensor.source;
  spec.shape = part.shape;
  variables.push_back(std::make_unique<Variable>(std::move(spec)));
  return SaverItem::Own(SaverPart::Of(*variables.back(), std::move(part.slice),
                                      std::move(device)));
}

std::vector<std::string> VariableDevices(
    const MetaGraph& graph, const std::vector<SaverTensor>& tensors) {
  const auto index = graph::NodeIndex::OfGraph(graph);
  std::vector<std::string> devices;
  for (const SaverTensor& tensor : tensors) {
    const auto node = index.Find(tensor.source);
    devices.push_back(
        node ? graph.def().graph_def().node(static_cast<int>(*node)).device()
             : "");
  }
  return devices;
}

// A sharded graph saves as it was built, also after clear_devices: where the
// variables' devices do not tell the shards apart, names of their own do.
std::vector<std::string> ShardDevices(const MetaGraph& graph,
                                      const std::vector<SaverTensor>& tensors) {
  std::vector<std::string> devices = VariableDevices(graph, tensors);
  std::map<size_t, std::string> of_shard;
  std::map<std::string, size_t> shard_of;
  bool is_same = true;
  for (size_t i = 0; i < tensors.size() && is_same; ++i) {
    const auto device = CanonicalDevice(devices[i]);
    if (!device.ok()) {
      is_same = false;
      break;
    }
    const size_t shard = tensors[i].shard;
    is_same = of_shard.try_emplace(shard, *device).first->second == *device &&
              shard_of.try_emplace(*device, shard).first->second == shard;
  }
  if (is_same) return devices;
  for (size_t i = 0; i < tensors.size(); ++i) {
    char job[32];  // in the order of the text
    std::snprintf(job, sizeof job, "/job:s%020zu", tensors[i].shard);
    devices[i] = job;
  }
  return devices;
}

// Makes variables and items of `tensors`; the Saver is still missing.
StatusOr<std::vector<SaverItem>> MakeItems(
    const std::vector<SaverTensor>& tensors,
    const std::vector<std::string>& devices, GraphSaver& made) {
  std::vector<SaverItem> items;
  for (size_t i = 0; i < tensors.size(); ++i) {
    auto item =
        AddVariable(tensors[i], devices.empty() ? std::string() : devices[i],
                    made.variables);
    if (!item.ok()) {
      return Annotate(item.status(),
                      StrCat("node '", Escape(tensors[i].source),
                             "', saved as '", Escape(tensors[i].name), "'"));
    }
    items.push_back(*std::move(item));
  }
  return items;
}

Status CheckSaverOptions(const SaverOptions& options) {
  if (options.name.empty() && !options.saver_def) return OkStatus();
  return InvalidArgumentError(
      "name and saver_def of an imported Saver come from the meta graph and "
      "import_scope; they must not be set");
}

// What Saver() saves in TensorFlow: every variable of the graph.
StatusOr<GraphSaver> MakeDefaultSaver(FileSystem& fs, const MetaGraph& graph,
                                      std::string_view import_scope,
                                      SaverOptions options) {
  GraphSaver made;
  CAIRN_ASSIGN_OR_RETURN(const auto variables, graph.variables());
  const bool has_some = std::any_of(
      variables.begin(), variables.end(),
      [&](const auto& v) { return v.name.starts_with(import_scope); });
  if (!has_some) return made;
  CAIRN_ASSIGN_OR_RETURN(const std::vector<SaverTensor> tensors,
                         graph::VariableTensors(graph));
  std::vector<std::string> devices;
  if (options.sharded) devices = VariableDevices(graph, tensors);
  CAIRN_ASSIGN_OR_RETURN(const std::vector<SaverItem> items,
                         MakeItems(tensors, devices, made));
  CAIRN_ASSIGN_OR_RETURN(made.saver,
                         Saver::CreateFromItems(fs, items, std::move(options)));
  return made;
}

StatusOr<std::vector<SaverInfo>> SaversOf(const MetaGraph& graph) {
  std::vector<SaverInfo> savers;
  for (const std::string& bytes : graph.collection_bytes(kSavers)) {
    MetaGraph holder;
    if (!holder.mutable_def().mutable_saver_def()->ParseFromString(bytes)) {
      return DataLossError(StrCat("collection 'savers': element ",
                                  savers.size(), " is no SaverDef"));
    }
    savers.push_back(*holder.saver());
  }
  return savers;
}

StatusOr<ImportedMetaGraph> Import(FileSystem& fs, const MetaGraph& source,
                                   ImportMetaGraphOptions options) {
  CAIRN_RETURN_IF_ERROR(CheckSaverOptions(options.saver));
  ImportedMetaGraph result;
  result.graph = std::move(options.into);
  CAIRN_ASSIGN_OR_RETURN(
      result.import,
      graph::ImportMetaGraph(result.graph, source, options.graph));
  if (options.strip_default_attrs) graph::StripDefaultAttrs(result.graph);
  CAIRN_ASSIGN_OR_RETURN(result.savers, SaversOf(result.graph));
  GraphSaver made;
  if (const auto def = source.saver()) {
    CAIRN_ASSIGN_OR_RETURN(
        made, MakeGraphSaver(fs, result.graph,
                             graph::SaverInScope(*def, result.import.scope),
                             std::move(options.saver)));
  } else {
    CAIRN_ASSIGN_OR_RETURN(
        made, MakeDefaultSaver(fs, result.graph, options.graph.import_scope,
                               std::move(options.saver)));
  }
  if (made.saver == nullptr) {
    result.import.notes.push_back(
        "Saver not created because there are no variables in the graph to "
        "restore");
  }
  result.variables = std::move(made.variables);
  result.saver = std::move(made.saver);
  return result;
}

}  // namespace

Variable* ImportedMetaGraph::FindVariable(std::string_view name) const {
  for (const auto& variable : variables) {
    if (variable->name() == name) return variable.get();
  }
  return nullptr;
}

StatusOr<GraphSaver> MakeGraphSaver(FileSystem& fs, const MetaGraph& graph,
                                    const SaverInfo& def,
                                    SaverOptions options) {
  return GuardMemory("SaverDef", [&]() -> StatusOr<GraphSaver> {
    CAIRN_RETURN_IF_ERROR(CheckSaverOptions(options));
    CAIRN_ASSIGN_OR_RETURN(const std::vector<SaverTensor> tensors,
                           graph::SaverTensors(graph, def));
    GraphSaver made;
    std::vector<std::string> devices;
    if (def.sharded) devices = ShardDevices(graph, tensors);
    CAIRN_ASSIGN_OR_RETURN(const std::vector<SaverItem> items,
                           MakeItems(tensors, devices, made));
    auto saver = Saver::FromSaverDef(fs, def, items, std::move(options));
    if (!saver.ok()) {
      return Annotate(
          saver.status(),
          StrCat("the Saver of node '", Escape(def.save_tensor_name), "'"));
    }
    made.saver = *std::move(saver);
    return made;
  });
}

StatusOr<ImportedMetaGraph> ImportMetaGraph(FileSystem& fs,
                                            const std::string& path,
                                            ImportMetaGraphOptions options) {
  return GuardMemory(path, [&]() -> StatusOr<ImportedMetaGraph> {
    if (!fs.Exists(path)) {
      return NotFoundError(
          StrCat("File does not exist. Received: ", Escape(path), "."));
    }
    CAIRN_ASSIGN_OR_RETURN(const MetaGraph source, MetaGraph::Read(fs, path));
    auto imported = Import(fs, source, std::move(options));
    if (!imported.ok()) return Annotate(imported.status(), Escape(path));
    return imported;
  });
}

}  // namespace cairn::saver
