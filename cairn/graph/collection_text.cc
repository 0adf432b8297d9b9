// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/collection_text.h"

#include <google/protobuf/text_format.h>

#include "cairn/base/strings.h"
#include "cairn/graph/collection_elements.h"
#include "cairn/proto/control_flow.pb.h"
#include "cairn/proto/meta_graph.pb.h"
#include "cairn/proto/queue_runner.pb.h"
#include "cairn/proto/saver.pb.h"
#include "cairn/proto/variable.pb.h"

namespace cairn::graph {
namespace {

constexpr size_t kMaxBytesShown = 200;

std::string StringText(const std::string& bytes) {
  return StrCat("\"", Escape(bytes, kMaxBytesShown), "\"");
}

template <typename Def>
std::string MessageText(const std::string& bytes) {
  const google::protobuf::LogSilencer silencer;
  Def def;
  if (!def.ParseFromString(bytes)) return StringText(bytes);
  // The values of loops and branches are many, and are nodes like others.
  if constexpr (requires { def.clear_values_def(); }) def.clear_values_def();
  return Escape(def.ShortDebugString(), size_t{2000});
}

std::string VariableText(const std::string& bytes) {
  const google::protobuf::LogSilencer silencer;
  proto::VariableDef def;
  if (!def.ParseFromString(bytes)) return StringText(bytes);
  std::string text = Escape(def.variable_name(), kMaxBytesShown);
  if (def.has_save_slice_info_def()) {
    text += StrCat(", a part of ", Escape(def.save_slice_info_def().full_name(),
                                          kMaxBytesShown));
  }
  return text;
}

std::string ElementText(ElementKind kind, const std::string& bytes) {
  switch (kind) {
    case ElementKind::kVariable:
      return VariableText(bytes);
    case ElementKind::kSaver:
      return MessageText<proto::SaverDef>(bytes);
    case ElementKind::kQueueRunner:
      return MessageText<proto::QueueRunnerDef>(bytes);
    case ElementKind::kCondContext:
      return MessageText<proto::CondContextDef>(bytes);
    case ElementKind::kWhileContext:
      return MessageText<proto::WhileContextDef>(bytes);
    case ElementKind::kOther:
      break;
  }
  return StringText(bytes);
}

}  // namespace

std::vector<std::string> CollectionTexts(const MetaGraph& graph,
                                         std::string_view name) {
  std::vector<std::string> texts;
  const auto& collections = graph.def().collection_def();
  const auto it = collections.find(std::string(name));
  if (it == collections.end()) return texts;
  const auto& collection = it->second;
  for (const std::string& node : collection.node_list().value()) {
    texts.push_back(Escape(node, kMaxBytesShown));
  }
  const ElementKind kind = ElementKindOf(name);
  for (const std::string& bytes : collection.bytes_list().value()) {
    texts.push_back(ElementText(kind, bytes));
  }
  for (const int64_t number : collection.int64_list().value()) {
    texts.push_back(StrCat(number));
  }
  for (const float number : collection.float_list().value()) {
    texts.push_back(StrCat(number));
  }
  for (const auto& any : collection.any_list().value()) {
    texts.push_back(StrCat(Escape(any.type_url(), kMaxBytesShown), " ",
                           StringText(any.value())));
  }
  return texts;
}

}  // namespace cairn::graph
