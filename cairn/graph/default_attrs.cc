// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/message_bytes.h"
#include "cairn/graph/meta_graph_export.h"
#include "cairn/graph/name_map.h"
#include "cairn/graph/op_definitions.h"
#include "cairn/proto/meta_graph.pb.h"

namespace cairn::graph {
namespace {

class Stripper {
 public:
  explicit Stripper(proto::MetaGraphDef& def) {
    for (const auto& op : def.meta_info_def().stripped_op_list().op()) {
      AddDefaults(op);
    }
    for (const auto& function : def.graph_def().library().function()) {
      functions_.insert(function.signature().name());
    }
  }

  void Strip(google::protobuf::RepeatedPtrField<proto::NodeDef>& nodes) {
    for (auto& node : nodes) {
      if (functions_.contains(node.op())) continue;
      const NameMap<std::string>* defaults = FindDefaults(node.op());
      if (defaults == nullptr) {
        ++unknown_;
        continue;
      }
      for (const auto& [name, value] : *defaults) {
        const auto it = node.attr().find(name);
        if (it == node.attr().end() || SerializeMessage(it->second) != value)
          continue;
        node.mutable_attr()->erase(name);
      }
    }
  }

  size_t unknown() const { return unknown_; }

 private:
  void AddDefaults(const proto::OpDef& op) {
    auto& defaults = ops_[op.name()];
    for (const auto& attr : op.attr()) {
      if (!attr.has_default_value()) continue;
      defaults.try_emplace(attr.name(), SerializeMessage(attr.default_value()));
    }
  }

  // TensorFlow's lists lack ops that only the branches of a condition use.
  const NameMap<std::string>* FindDefaults(const std::string& name) {
    auto it = ops_.find(name);
    if (it == ops_.end() && missing_.insert(name).second) {
      proto::OpDef op;
      if (DefineOp(name, &op).ok()) AddDefaults(op);
      it = ops_.find(name);
    }
    return it == ops_.end() ? nullptr : &it->second;
  }

  NameMap<NameMap<std::string>> ops_;  // op -> attribute -> default
  NameSet missing_;                    // from the graph's list
  NameSet functions_;
  size_t unknown_ = 0;
};

}  // namespace

size_t StripDefaultAttrs(MetaGraph& graph) {
  proto::MetaGraphDef& def = graph.mutable_def();
  Stripper stripper(def);
  stripper.Strip(*def.mutable_graph_def()->mutable_node());
  for (auto& function :
       *def.mutable_graph_def()->mutable_library()->mutable_function()) {
    stripper.Strip(*function.mutable_node_def());
  }
  def.mutable_meta_info_def()->set_stripped_default_attrs(true);
  return stripper.unknown();
}

}  // namespace cairn::graph
