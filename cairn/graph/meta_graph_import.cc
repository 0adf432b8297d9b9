// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/meta_graph_import.h"

#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/graph/collection_elements.h"
#include "cairn/graph/import_graph_def.h"
#include "cairn/graph/name_map.h"
#include "cairn/graph/prune_meta_graph.h"
#include "cairn/graph/scope_names.h"
#include "cairn/proto/meta_graph.pb.h"

namespace cairn::graph {
namespace {

using proto::CollectionDef;

constexpr std::string_view kTrainable = "trainable_variables";

// "net", or "net_1" if the target has nodes named or below "net".
std::string UniqueScope(const proto::GraphDef& graph, std::string scope) {
  NameSet taken;
  for (const auto& node : graph.node()) {
    const std::string& name = node.name();
    if (!name.starts_with(scope)) continue;
    taken.insert(name.substr(0, name.find('/', scope.size())));
  }
  if (!taken.contains(scope)) return scope;
  for (uint64_t count = 1;; ++count) {
    std::string name = StrCat(scope, "_", count);
    if (!taken.contains(name)) return name;
  }
}

StatusOr<std::string> ScopeFor(const proto::GraphDef& graph,
                               std::string scope) {
  CAIRN_RETURN_IF_ERROR(CheckScopeName(scope));
  if (scope.ends_with('/')) {
    scope.pop_back();
    return scope;
  }
  return scope.empty() ? scope : UniqueScope(graph, std::move(scope));
}

Status CheckUnboundInputs(const proto::MetaGraphDef& source,
                          const MetaGraphImportOptions& options) {
  const auto it =
      source.collection_def().find(options.unbound_inputs_collection);
  if (it == source.collection_def().end()) return OkStatus();
  // TensorFlow lists an input as often as it is used.
  std::set<std::string> unbound;
  std::vector<std::string> missing;
  for (const std::string& name : it->second.bytes_list().value()) {
    if (unbound.insert(name).second && !options.input_map.contains(name)) {
      missing.push_back(Escape(name));
    }
  }
  if (missing.empty() &&
      (unbound.empty() || unbound.size() == options.input_map.size())) {
    return OkStatus();
  }
  return InvalidArgumentError(
      StrCat("Graph contains unbound inputs: ", Join(missing, ","),
             ". Must provide these inputs through input_map."));
}

class CollectionImporter {
 public:
  CollectionImporter(const proto::MetaGraphDef& source, std::string_view scope,
                     MetaGraphImport& result)
      : scope_(scope), result_(result) {
    const auto trainable =
        source.collection_def().find(std::string(kTrainable));
    if (trainable != source.collection_def().end()) {
      const auto& values = trainable->second.bytes_list().value();
      trainable_.insert(values.begin(), values.end());
    }
    lacks_trainable_ =
        LacksTrainable(source.meta_info_def().tensorflow_version());
  }

  // The collection with its names in the scope.
  StatusOr<CollectionDef> Import(const std::string& name,
                                 const CollectionDef& from) {
    CollectionDef to = from;
    if (from.has_node_list()) {
      for (std::string& node : *to.mutable_node_list()->mutable_value()) {
        node = PrependScope(node, scope_);
      }
    } else if (from.has_bytes_list()) {
      CAIRN_RETURN_IF_ERROR(ImportBytes(name, to));
    }
    return to;
  }

 private:
  Status ImportBytes(const std::string& name, CollectionDef& collection) {
    const ElementKind kind = ElementKindOf(name);
    if (kind == ElementKind::kOther) {
      ImportStrings(name, collection);
      return OkStatus();
    }
    for (std::string& value :
         *collection.mutable_bytes_list()->mutable_value()) {
      auto renamed = ImportElement(kind, value);
      if (!renamed.ok()) {
        return Annotate(renamed.status(),
                        StrCat("collection '", Escape(name), "'"));
      }
      value = *std::move(renamed);
    }
    return OkStatus();
  }

  StatusOr<std::string> ImportElement(ElementKind kind,
                                      const std::string& bytes) const {
    std::string value = bytes;
    if (kind == ElementKind::kVariable && lacks_trainable_) {
      CAIRN_ASSIGN_OR_RETURN(value,
                             WithTrainable(bytes, trainable_.contains(bytes)));
    }
    return RenameElement(kind, value, [this](std::string_view name) {
      return PrependScope(name, scope_);
    });
  }

  void ImportStrings(const std::string& name, CollectionDef& collection) {
    auto& values = *collection.mutable_bytes_list()->mutable_value();
    if (scope_.empty() || values.empty()) return;
    size_t binary = 0;
    for (std::string& value : values) {
      if (IsUtf8(value)) {
        value = PrependScope(value, scope_);
      } else {
        ++binary;
      }
    }
    result_.notes.push_back(StrCat("the strings of collection '", Escape(name),
                                   "' were moved into the scope too, as "
                                   "TensorFlow does"));
    if (binary > 0) {
      result_.notes.push_back(StrCat(binary, " elements of collection '",
                                     Escape(name),
                                     "' are no text and stay as they are"));
    }
  }

  const std::string_view scope_;
  MetaGraphImport& result_;
  std::set<std::string> trainable_;
  bool lacks_trainable_ = false;
};

using Collections = std::vector<std::pair<std::string, CollectionDef>>;

StatusOr<Collections> ImportCollections(const proto::MetaGraphDef& source,
                                        const MetaGraphImportOptions& options,
                                        MetaGraphImport& result) {
  std::vector<const std::string*> names;
  for (const auto& [name, collection] : source.collection_def()) {
    names.push_back(&name);
  }
  std::sort(names.begin(), names.end(),
            [](const auto* a, const auto* b) { return *a < *b; });
  CollectionImporter importer(source, result.scope, result);
  Collections imported;
  for (const std::string* name : names) {
    if (*name == options.unbound_inputs_collection) continue;
    if (options.restore_collection && !options.restore_collection(*name)) {
      continue;
    }
    const CollectionDef& from = source.collection_def().find(*name)->second;
    if (from.kind_case() == CollectionDef::KIND_NOT_SET) {
      result.notes.push_back(StrCat("Cannot identify data type for collection ",
                                    Escape(*name), ". Skipping."));
      continue;
    }
    CAIRN_ASSIGN_OR_RETURN(CollectionDef to, importer.Import(*name, from));
    imported.emplace_back(*name, std::move(to));
  }
  return imported;
}

// A loop whose context moved runs in a frame of the context's new name: its
// Enter nodes from `first` on get it.
Status RenameFrames(proto::GraphDef& graph, int first,
                    const Collections& collections) {
  NameMap<proto::NodeDef*> enters;
  for (int i = first; i < graph.node_size(); ++i) {
    proto::NodeDef& node = *graph.mutable_node(i);
    if (node.op() != "Enter" && node.op() != "RefEnter") continue;
    enters.try_emplace(node.name(), &node);
  }
  if (enters.empty()) return OkStatus();
  const auto rename = [&](const std::string& loop, const std::string& tensor) {
    const auto it = enters.find(NodeOfInput(tensor));
    if (it == enters.end()) return;
    (*it->second->mutable_attr())["frame_name"].set_s(loop);
  };
  for (const auto& [name, collection] : collections) {
    const ElementKind kind = ElementKindOf(name);
    if (kind != ElementKind::kWhileContext &&
        kind != ElementKind::kCondContext) {
      continue;
    }
    for (const std::string& value : collection.bytes_list().value()) {
      CAIRN_RETURN_IF_ERROR(ForEachLoopValue(kind, value, rename));
    }
  }
  return OkStatus();
}

void AddCollections(proto::MetaGraphDef& target, Collections collections,
                    MetaGraphImport& result) {
  for (auto& [name, from] : collections) {
    CollectionDef& to = (*target.mutable_collection_def())[name];
    if (to.kind_case() != CollectionDef::KIND_NOT_SET &&
        to.kind_case() != from.kind_case()) {
      result.notes.push_back(
          StrCat("collection '", Escape(name),
                 "' holds other things in the graph already: not imported"));
      continue;
    }
    to.MergeFrom(from);
  }
}

// What import_meta_graph leaves behind.
void AddTheRest(proto::MetaGraphDef& target, const proto::MetaGraphDef& source,
                std::string_view scope) {
  if (!target.has_saver_def() && source.has_saver_def()) {
    auto& saver = *target.mutable_saver_def();
    saver = source.saver_def();
    for (std::string* name :
         {saver.mutable_filename_tensor_name(),
          saver.mutable_save_tensor_name(), saver.mutable_restore_op_name()}) {
      if (!name->empty()) *name = PrependScope(*name, scope);
    }
  }
  proto::MetaGraphDef moved;
  *moved.mutable_signature_def() = source.signature_def();
  *moved.mutable_asset_file_def() = source.asset_file_def();
  ForEachSignatureTensor(
      moved, [&](std::string& name) { name = PrependScope(name, scope); });
  for (auto& [key, signature] : *moved.mutable_signature_def()) {
    if (target.signature_def().contains(key)) continue;
    (*target.mutable_signature_def())[key] = std::move(signature);
  }
  target.mutable_asset_file_def()->MergeFrom(moved.asset_file_def());
}

void MergeInfo(proto::MetaGraphDef& target, const proto::MetaGraphDef& source) {
  if (!target.has_meta_info_def()) {
    if (source.has_meta_info_def()) {
      *target.mutable_meta_info_def() = source.meta_info_def();
    }
    return;
  }
  auto& ops = *target.mutable_meta_info_def()->mutable_stripped_op_list();
  NameSet names;
  for (const auto& op : ops.op()) names.insert(op.name());
  for (const auto& op : source.meta_info_def().stripped_op_list().op()) {
    if (names.insert(op.name()).second) *ops.add_op() = op;
  }
  std::sort(ops.mutable_op()->begin(), ops.mutable_op()->end(),
            [](const auto& a, const auto& b) { return a.name() < b.name(); });
}

StatusOr<MetaGraphImport> ImportNodes(proto::GraphDef& target,
                                      const proto::GraphDef& source,
                                      const MetaGraphImportOptions& options) {
  MetaGraphImport result;
  CAIRN_ASSIGN_OR_RETURN(result.scope, ScopeFor(target, options.import_scope));
  const int before = target.node_size();
  CAIRN_ASSIGN_OR_RETURN(
      GraphImport imported,
      ImportGraphDef(target, source,
                     {.prefix = result.scope, .input_map = options.input_map}));
  result.renamed = std::move(imported.renamed);
  if (options.clear_devices) {
    for (int i = before; i < target.node_size(); ++i) {
      target.mutable_node(i)->clear_device();
    }
  }
  return result;
}

// Object graphs and debug information, unless the target has its own.
void CopyUnknownFields(google::protobuf::Message& to,
                       const google::protobuf::Message& from) {
  auto& fields = *to.GetReflection()->MutableUnknownFields(&to);
  if (!fields.empty()) return;
  fields.MergeFrom(from.GetReflection()->GetUnknownFields(from));
}

}  // namespace

StatusOr<MetaGraphImport> ImportMetaGraph(
    MetaGraph& target, const MetaGraph& source,
    const MetaGraphImportOptions& options) {
  const proto::MetaGraphDef& from = source.def();
  proto::MetaGraphDef& to = target.mutable_def();
  CAIRN_RETURN_IF_ERROR(CheckUnboundInputs(from, options));
  MetaGraphImport dry;  // collections are checked before anything changes
  CAIRN_ASSIGN_OR_RETURN(dry.scope,
                         ScopeFor(to.graph_def(), options.import_scope));
  CAIRN_ASSIGN_OR_RETURN(Collections collections,
                         ImportCollections(from, options, dry));
  const int before = to.graph_def().node_size();
  CAIRN_ASSIGN_OR_RETURN(
      MetaGraphImport result,
      ImportNodes(*to.mutable_graph_def(), from.graph_def(), options));
  if (!result.scope.empty()) {
    CAIRN_RETURN_IF_ERROR(
        RenameFrames(*to.mutable_graph_def(), before, collections));
  }
  result.notes = std::move(dry.notes);
  AddCollections(to, std::move(collections), result);
  AddTheRest(to, from, result.scope);
  MergeInfo(to, from);
  CopyUnknownFields(to, from);
  CopyUnknownFields(*to.mutable_graph_def(), from.graph_def());
  if (!result.renamed.empty()) {
    result.notes.push_back(StrCat(
        result.renamed.size(), " names were taken already (",
        Escape(result.renamed.begin()->first), " became ",
        Escape(result.renamed.begin()->second),
        ", ...): collections and savers name what was there before, as in "
        "TensorFlow; import into a scope to tell them apart"));
  }
  return result;
}

StatusOr<MetaGraphImport> ImportGraph(MetaGraph& target,
                                      const MetaGraph& source,
                                      const MetaGraphImportOptions& options) {
  return ImportNodes(*target.mutable_def().mutable_graph_def(),
                     source.def().graph_def(), options);
}

SaverInfo SaverInScope(SaverInfo saver, std::string_view import_scope) {
  for (std::string* name : {&saver.filename_tensor_name,
                            &saver.save_tensor_name, &saver.restore_op_name}) {
    *name = PrependScope(*name, import_scope);
  }
  return saver;
}

std::optional<SaverInfo> SaverOutOfScope(SaverInfo saver,
                                         std::string_view export_scope) {
  for (std::string* name : {&saver.filename_tensor_name,
                            &saver.save_tensor_name, &saver.restore_op_name}) {
    if (!name->starts_with(export_scope)) return std::nullopt;
    *name = StripScope(*name, export_scope);
  }
  return saver;
}

bool LacksTrainable(std::string_view tensorflow_version) {
  int major = 0, minor = 0;
  const char* const end = tensorflow_version.data() + tensorflow_version.size();
  auto parsed = std::from_chars(tensorflow_version.data(), end, major);
  if (parsed.ec != std::errc() || parsed.ptr == end || *parsed.ptr != '.') {
    return false;
  }
  parsed = std::from_chars(parsed.ptr + 1, end, minor);
  if (parsed.ec != std::errc()) return false;
  if (major != 1) return major < 1;
  if (minor != 9) return minor < 9;
  // What comes before 1.9.0: 1.9.0-rc0, 1.9.0-dev20180601, 1.9.0a1.
  const std::string_view rest(parsed.ptr,
                              static_cast<size_t>(end - parsed.ptr));
  return (rest.empty() || rest.starts_with(".0")) &&
         rest.find_first_of("abcdr-") != std::string_view::npos;
}

}  // namespace cairn::graph
