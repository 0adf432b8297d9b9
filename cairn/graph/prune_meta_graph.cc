// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/prune_meta_graph.h"

#include <algorithm>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/graph/collection_elements.h"
#include "cairn/graph/name_map.h"
#include "cairn/graph/scope_names.h"
#include "cairn/proto/meta_graph.pb.h"

namespace cairn::graph {
namespace {

using proto::CollectionDef;

NameSet NodeNames(const proto::GraphDef& graph) {
  NameSet names;
  for (const auto& node : graph.node()) names.insert(node.name());
  return names;
}

// Calls `visit` with each name of `tensor`; absent ones are no names.
template <typename Visit>
void ForEachName(proto::TensorInfo& tensor, const Visit& visit) {
  if (tensor.has_name()) {
    if (!tensor.name().empty()) visit(*tensor.mutable_name());
  } else if (tensor.has_coo_sparse()) {
    auto& sparse = *tensor.mutable_coo_sparse();
    for (std::string* name : {sparse.mutable_values_tensor_name(),
                              sparse.mutable_indices_tensor_name(),
                              sparse.mutable_dense_shape_tensor_name()}) {
      if (!name->empty()) visit(*name);
    }
  } else if (tensor.has_composite_tensor()) {
    for (auto& part :
         *tensor.mutable_composite_tensor()->mutable_components()) {
      ForEachName(part, visit);
    }
  }
}

template <typename Visit>
void ForEachName(proto::SignatureDef& signature, const Visit& visit) {
  for (auto& [key, tensor] : *signature.mutable_inputs()) {
    ForEachName(tensor, visit);
  }
  for (auto& [key, tensor] : *signature.mutable_outputs()) {
    ForEachName(tensor, visit);
  }
}

class ElementDropper {
 public:
  ElementDropper(const NameSet& nodes, std::vector<std::string>& notes)
      : nodes_(nodes), notes_(notes) {}

  // Whether anything is left.
  StatusOr<bool> Drop(const std::string& name, CollectionDef& collection) {
    int before = 0, after = 0;
    if (collection.has_node_list()) {
      auto& values = *collection.mutable_node_list()->mutable_value();
      before = values.size();
      values.erase(
          std::remove_if(values.begin(), values.end(),
                         [&](const std::string& n) { return !Exists(n); }),
          values.end());
      after = values.size();
    } else if (collection.has_bytes_list() &&
               ElementKindOf(name) != ElementKind::kOther) {
      auto& values = *collection.mutable_bytes_list()->mutable_value();
      before = values.size();
      CAIRN_RETURN_IF_ERROR(DropBytes(ElementKindOf(name), values));
      after = values.size();
    }
    if (after < before) {
      notes_.push_back(StrCat("collection '", Escape(name),
                              "': ", before - after, " of ", before,
                              " elements name nodes that are left out, and go "
                              "with them"));
    }
    return after > 0 || before == 0;
  }

 private:
  bool Exists(std::string_view tensor) const {
    return nodes_.contains(NodeOfInput(tensor));
  }

  Status DropBytes(ElementKind kind,
                   google::protobuf::RepeatedPtrField<std::string>& values) {
    google::protobuf::RepeatedPtrField<std::string> left;
    for (const std::string& value : values) {
      CAIRN_ASSIGN_OR_RETURN(
          auto kept, KeepElement(kind, value, [this](std::string_view tensor) {
            return Exists(tensor);
          }));
      if (kept) *left.Add() = *std::move(kept);
    }
    values.Swap(&left);
    return OkStatus();
  }

  const NameSet& nodes_;
  std::vector<std::string>& notes_;
};

}  // namespace

void ForEachSignatureTensor(proto::MetaGraphDef& def,
                            const std::function<void(std::string&)>& visit) {
  for (auto& [key, signature] : *def.mutable_signature_def()) {
    ForEachName(signature, visit);
  }
  for (auto& asset : *def.mutable_asset_file_def()) {
    ForEachName(*asset.mutable_tensor_info(), visit);
  }
}

void DropMissingSignatures(proto::MetaGraphDef& def,
                           std::vector<std::string>& notes) {
  const NameSet nodes = NodeNames(def.graph_def());
  const auto is_missing = [&](auto& names) {
    bool missing = false;
    ForEachName(names, [&](const std::string& name) {
      missing |= IsControlInput(name) || !nodes.contains(NodeOfInput(name));
    });
    return missing;
  };
  std::vector<std::string> keys;
  for (auto& [key, signature] : *def.mutable_signature_def()) {
    if (is_missing(signature)) keys.push_back(key);
  }
  std::sort(keys.begin(), keys.end());
  for (const std::string& key : keys) {
    def.mutable_signature_def()->erase(key);
    notes.push_back(StrCat("signature '", Escape(key),
                           "' names tensors that are left out, and goes with "
                           "them"));
  }
  auto& assets = *def.mutable_asset_file_def();
  assets.erase(std::remove_if(assets.begin(), assets.end(),
                              [&](proto::AssetFileDef& asset) {
                                return is_missing(*asset.mutable_tensor_info());
                              }),
               assets.end());
}

Status DropMissingElements(proto::MetaGraphDef& def,
                           std::vector<std::string>& notes) {
  const NameSet nodes = NodeNames(def.graph_def());
  ElementDropper dropper(nodes, notes);
  std::vector<std::string> names;
  for (const auto& [name, collection] : def.collection_def()) {
    names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    auto left = dropper.Drop(name, (*def.mutable_collection_def())[name]);
    if (!left.ok()) {
      return Annotate(left.status(), StrCat("collection '", Escape(name), "'"));
    }
    if (!*left) def.mutable_collection_def()->erase(name);
  }
  if (def.has_saver_def()) {
    const auto& saver = def.saver_def();
    for (const std::string* name :
         {&saver.filename_tensor_name(), &saver.save_tensor_name(),
          &saver.restore_op_name()}) {
      if (nodes.contains(NodeOfInput(*name))) continue;
      notes.push_back(StrCat("the Saver is left out: ", Escape(*name),
                             " is not in the graph"));
      def.clear_saver_def();
      break;
    }
  }
  return OkStatus();
}

}  // namespace cairn::graph
