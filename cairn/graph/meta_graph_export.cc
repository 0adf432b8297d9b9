// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile file can do, and what stops it:
//   name a thousand saver scopes  a node's own scopes are looked up, not all
//   leave inputs out              only followed where they are found
#include "cairn/graph/meta_graph_export.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/graph/collection_elements.h"
#include "cairn/graph/name_map.h"
#include "cairn/graph/prune_meta_graph.h"
#include "cairn/graph/scope_names.h"
#include "cairn/proto/meta_graph.pb.h"

namespace cairn::graph {
namespace {

using proto::CollectionDef;

bool IsSaverOp(std::string_view op) {
  static constexpr std::array<std::string_view, 10> kOps = {
      "SaveV2",          "Save",
      "SaveSlice",       "LegacySave",
      "LegacySaveSlice", "RestoreV2",
      "Restore",         "RestoreSlice",
      "LegacyRestore",   "LegacyRestoreSlice"};
  return std::find(kOps.begin(), kOps.end(), op) != kOps.end();
}

// "a/b" of "a/b/c"; "" at the top.
std::string_view ScopeOf(std::string_view name) {
  const size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? "" : name.substr(0, slash);
}

// The nodes of savers other than `saver`, which may be null.
NameSet ExtraneousSaverNodes(const proto::GraphDef& graph,
                             const proto::SaverDef* saver) {
  NameSet saver_nodes, scopes;
  for (const auto& node : graph.node()) {
    if (IsSaverOp(node.op())) saver_nodes.insert(node.name());
  }
  for (const std::string& name : saver_nodes) {
    // At the top there is no scope to tell them from others.
    const std::string_view scope = ScopeOf(name);
    if (!scope.empty() && !saver_nodes.contains(scope)) {
      scopes.emplace(scope);
    }
  }
  if (saver != nullptr) {
    for (const std::string_view kept :
         {NodeOfInput(saver->save_tensor_name()),
          NodeOfInput(saver->restore_op_name())}) {
      const auto it = scopes.find(ScopeOf(kept));
      if (it != scopes.end()) scopes.erase(it);
    }
  }
  NameSet nodes;
  for (const auto& node : graph.node()) {
    for (std::string_view scope = ScopeOf(node.name()); !scope.empty();
         scope = ScopeOf(scope)) {
      if (!scopes.contains(scope)) continue;
      nodes.insert(node.name());
      break;
    }
  }
  return nodes;
}

class Exporter {
 public:
  Exporter(const proto::MetaGraphDef& source,
           const MetaGraphExportOptions& options)
      : source_(source), options_(options), scope_(options.export_scope) {}

  StatusOr<MetaGraphExport> Run() {
    if (options_.clear_extraneous_savers) {
      excluded_ = ExtraneousSaverNodes(
          source_.graph_def(),
          source_.has_saver_def() ? &source_.saver_def() : nullptr);
    }
    proto::MetaGraphDef& out = result_.graph.mutable_def();
    out = source_;
    ExportNodes(*out.mutable_graph_def());
    if (!scope_.empty()) MoveSaver(out);
    out.clear_collection_def();
    CAIRN_RETURN_IF_ERROR(ExportCollections(out));
    if (!scope_.empty()) RenameSignatures(out);
    if (!scope_.empty() || options_.clear_extraneous_savers) {
      DropMissingSignatures(out, result_.notes);
      KeepUsedOpDefinitions(result_.graph);
    }
    if (options_.strip_default_attrs) {
      const size_t unknown = StripDefaultAttrs(result_.graph);
      if (unknown > 0) {
        result_.notes.push_back(
            StrCat(unknown,
                   " nodes keep their default attributes: the graph's list "
                   "of ops does not define their ops"));
      }
    }
    return std::move(result_);
  }

 private:
  bool IsIncluded(const std::string& name) const {
    return !excluded_.contains(name) &&
           (name.starts_with(kUnboundInputPrefix) || name.starts_with(scope_));
  }

  std::string Strip(std::string_view name) const {
    return StripScope(name, scope_);
  }

  void ExportNodes(proto::GraphDef& graph) {
    graph.clear_node();
    for (const auto& node : source_.graph_def().node()) {
      if (!IsIncluded(node.name())) continue;
      proto::NodeDef& out = *graph.add_node();
      out = node;
      if (options_.clear_devices) out.clear_device();
      if (!scope_.empty()) MoveNode(out);
    }
  }

  void MoveNode(proto::NodeDef& node) {
    node.set_name(Strip(node.name()));
    for (std::string& input : *node.mutable_input()) {
      if (NodeOfInput(input).starts_with(scope_)) {
        input = Strip(input);
        continue;
      }
      const size_t mark = IsControlInput(input) ? 1 : 0;
      input = StrCat(input.substr(0, mark), kUnboundInputPrefix,
                     input.substr(mark));
      if (unbound_names_.insert(input).second) unbound_.push_back(input);
    }
    auto& attrs = *node.mutable_attr();
    if (const auto it = attrs.find("_class");
        it != attrs.end() && it->second.has_list()) {
      MoveColocation(*it->second.mutable_list());
    }
    const bool enters = node.op() == "Enter" || node.op() == "RefEnter";
    if (const auto it = attrs.find("frame_name");
        enters && it != attrs.end() && it->second.s().starts_with(scope_)) {
      it->second.set_s(Strip(it->second.s()));
    }
  }

  void MoveColocation(proto::AttrValue::ListValue& list) {
    google::protobuf::RepeatedPtrField<std::string> kept;
    for (const std::string& value : list.s()) {
      const size_t at = value.find('@');
      if (at != std::string::npos &&
          value.compare(at + 1, scope_.size(), scope_) == 0) {
        *kept.Add() = Strip(value);
      }
    }
    list.mutable_s()->Swap(&kept);
  }

  void MoveSaver(proto::MetaGraphDef& out) {
    if (!out.has_saver_def()) return;
    auto& saver = *out.mutable_saver_def();
    for (std::string* name :
         {saver.mutable_filename_tensor_name(),
          saver.mutable_save_tensor_name(), saver.mutable_restore_op_name()}) {
      if (!name->starts_with(scope_)) {
        result_.notes.push_back(StrCat("the Saver is left out: ", Escape(*name),
                                       " is not in the scope"));
        out.clear_saver_def();
        return;
      }
      *name = Strip(*name);
    }
  }

  Status ExportCollections(proto::MetaGraphDef& out) {
    for (const auto& [name, from] : source_.collection_def()) {
      if (name == options_.unbound_inputs_collection) {
        // TensorFlow makes it anew where nodes are looked at one by one.
        if (!scope_.empty() || options_.clear_extraneous_savers ||
            options_.clear_devices) {
          continue;
        }
      }
      if (options_.collection_list &&
          std::find(options_.collection_list->begin(),
                    options_.collection_list->end(),
                    name) == options_.collection_list->end()) {
        continue;
      }
      auto to = ExportCollection(name, from);
      if (!to.ok()) {
        return Annotate(to.status(), StrCat("collection '", Escape(name), "'"));
      }
      if (*to) (*out.mutable_collection_def())[name] = **std::move(to);
    }
    if (!unbound_.empty()) {
      auto& values =
          *(*out.mutable_collection_def())[options_.unbound_inputs_collection]
               .mutable_bytes_list();
      for (const std::string& name : unbound_) values.add_value(name);
    }
    return OkStatus();
  }

  using Exported = std::optional<CollectionDef>;

  // Nothing for a collection of which nothing is left.
  StatusOr<Exported> ExportCollection(const std::string& name,
                                      const CollectionDef& from) {
    if (name == "savers" && options_.clear_extraneous_savers) {
      return ExportOwnSaver();
    }
    if (from.has_node_list()) return ExportNodeList(from.node_list());
    if (!from.has_bytes_list()) return Exported(from);
    const ElementKind kind = ElementKindOf(name);
    // Strings of a file are bytes in Python, which TensorFlow takes for things
    // that are in every scope.
    if (kind == ElementKind::kOther) return Exported(from);
    return ExportElements(kind, from.bytes_list());
  }

  Exported ExportOwnSaver() const {
    if (!source_.has_saver_def()) return std::nullopt;
    CollectionDef out;
    out.mutable_bytes_list();
    const std::string bytes = source_.saver_def().SerializeAsString();
    out.mutable_bytes_list()->add_value(bytes);
    if (scope_.empty()) return out;
    const auto moved = ExportElements(ElementKind::kSaver, out.bytes_list());
    return moved.ok() ? *moved : Exported();
  }

  Exported ExportNodeList(const CollectionDef::NodeList& from) const {
    CollectionDef out;
    for (const std::string& name : from.value()) {
      if (!IsIncluded(name) || !name.starts_with(scope_)) continue;
      out.mutable_node_list()->add_value(Strip(name));
    }
    if (!out.has_node_list()) return std::nullopt;
    return out;
  }

  StatusOr<Exported> ExportElements(
      ElementKind kind, const CollectionDef::BytesList& from) const {
    CollectionDef out;
    for (const std::string& value : from.value()) {
      CAIRN_ASSIGN_OR_RETURN(const bool included,
                             IsElementIncluded(kind, value));
      if (!included) continue;
      if (scope_.empty()) {
        out.mutable_bytes_list()->add_value(value);
        continue;
      }
      CAIRN_ASSIGN_OR_RETURN(
          std::string moved,
          RenameElement(kind, value,
                        [this](std::string_view n) { return Strip(n); }));
      out.mutable_bytes_list()->add_value(std::move(moved));
    }
    if (!out.has_bytes_list()) return Exported();
    return Exported(std::move(out));
  }

  StatusOr<bool> IsElementIncluded(ElementKind kind,
                                   const std::string& value) const {
    if (kind == ElementKind::kSaver) return SaverIsInScope(value, scope_);
    CAIRN_ASSIGN_OR_RETURN(const std::string name, ElementName(kind, value));
    return IsIncluded(name) && name.starts_with(scope_);
  }

  void RenameSignatures(proto::MetaGraphDef& out) const {
    ForEachSignatureTensor(out, [this](std::string& name) {
      // Not in the scope, so not in the graph: a name that nothing has.
      name = name.starts_with(scope_) ? Strip(name) : StrCat("^", name);
    });
  }

  const proto::MetaGraphDef& source_;
  const MetaGraphExportOptions& options_;
  const std::string& scope_;
  NameSet excluded_;
  std::vector<std::string> unbound_;  // each once, in the order of use
  NameSet unbound_names_;
  MetaGraphExport result_;
};

}  // namespace

StatusOr<MetaGraphExport> ExportMetaGraph(
    const MetaGraph& source, const MetaGraphExportOptions& options) {
  return Exporter(source.def(), options).Run();
}

std::string SetCollection(MetaGraph& graph, const std::string& name,
                          std::span<const CollectionValue> values) {
  if (values.empty()) return "";
  CollectionDef out;
  const size_t kind = values[0].index();
  for (const CollectionValue& value : values) {
    const bool integer_as_float = std::holds_alternative<double>(values[0]) &&
                                  std::holds_alternative<int64_t>(value);
    if (value.index() != kind && !integer_as_float) {
      return StrCat("Issue encountered when serializing ", Escape(name),
                    ": the types of the items differ; the collection is left "
                    "out");
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
      out.mutable_bytes_list()->add_value(*text);
    } else if (const auto* node = std::get_if<GraphElement>(&value)) {
      out.mutable_node_list()->add_value(node->name);
    } else if (const auto* any = std::get_if<AnyMessage>(&value)) {
      auto& message = *out.mutable_any_list()->add_value();
      message.set_type_url(any->type_url);
      message.set_value(any->value);
    } else if (const auto* real = std::get_if<double>(&value)) {
      out.mutable_float_list()->add_value(static_cast<float>(*real));
    } else {
      const int64_t integer = std::get<int64_t>(value);
      if (integer_as_float) {
        out.mutable_float_list()->add_value(static_cast<float>(integer));
      } else {
        out.mutable_int64_list()->add_value(integer);
      }
    }
  }
  (*graph.mutable_def().mutable_collection_def())[name] = std::move(out);
  return "";
}

}  // namespace cairn::graph
