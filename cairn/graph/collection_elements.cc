// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile file can do, and what stops it:
//   put other bytes there         DataLoss, from every function
//   nest contexts without end     the parser's limit of 100 messages
#include "cairn/graph/collection_elements.h"

#include <array>
#include <type_traits>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/graph/message_bytes.h"
#include "cairn/proto/control_flow.pb.h"
#include "cairn/proto/queue_runner.pb.h"
#include "cairn/proto/saver.pb.h"
#include "cairn/proto/variable.pb.h"

namespace cairn::graph {
namespace {

namespace pb = google::protobuf;

enum class NameKind {
  kNode,   // a node or tensor that must exist
  kLabel,  // a name of something else
};

// Visitors get (NameKind, std::string&).
template <typename Visit>
void ForEachName(proto::VariableDef& def, const Visit& visit) {
  visit(NameKind::kNode, *def.mutable_variable_name());
  visit(NameKind::kNode, *def.mutable_initializer_name());
  visit(NameKind::kNode, *def.mutable_snapshot_name());
  visit(NameKind::kNode, *def.mutable_initial_value_name());
  if (def.has_save_slice_info_def()) {
    visit(NameKind::kLabel,
          *def.mutable_save_slice_info_def()->mutable_full_name());
  }
}

template <typename Visit>
void ForEachName(proto::SaverDef& def, const Visit& visit) {
  visit(NameKind::kNode, *def.mutable_filename_tensor_name());
  visit(NameKind::kNode, *def.mutable_save_tensor_name());
  visit(NameKind::kNode, *def.mutable_restore_op_name());
}

template <typename Visit>
void ForEachName(proto::QueueRunnerDef& def, const Visit& visit) {
  visit(NameKind::kNode, *def.mutable_queue_name());
  for (std::string& name : *def.mutable_enqueue_op_name()) {
    visit(NameKind::kNode, name);
  }
  visit(NameKind::kNode, *def.mutable_close_op_name());
  visit(NameKind::kNode, *def.mutable_cancel_op_name());
}

template <typename Visit>
void ForEachName(proto::CondContextDef& def, const Visit& visit) {
  visit(NameKind::kLabel, *def.mutable_context_name());
  visit(NameKind::kNode, *def.mutable_pred_name());
  visit(NameKind::kNode, *def.mutable_pivot_name());
}

template <typename Visit>
void ForEachName(proto::WhileContextDef& def, const Visit& visit) {
  visit(NameKind::kLabel, *def.mutable_context_name());
  visit(NameKind::kNode, *def.mutable_pivot_name());
  visit(NameKind::kNode, *def.mutable_pivot_for_pred_name());
  visit(NameKind::kNode, *def.mutable_pivot_for_body_name());
  visit(NameKind::kNode, *def.mutable_maximum_iterations_name());
  for (std::string& name : *def.mutable_loop_exit_names()) {
    visit(NameKind::kNode, name);
  }
  for (std::string& name : *def.mutable_loop_enter_names()) {
    visit(NameKind::kNode, name);
  }
}

template <typename Def>
constexpr bool kIsContext = std::is_same_v<Def, proto::CondContextDef> ||
                            std::is_same_v<Def, proto::WhileContextDef>;

using Rename = std::function<std::string(std::string_view)>;
using Exists = std::function<bool(std::string_view)>;

void RenameValues(proto::ValuesDef& values, const Rename& rename) {
  for (std::string& name : *values.mutable_values()) name = rename(name);
  pb::Map<std::string, std::string> external;
  for (const auto& [inside, outside] : values.external_values()) {
    external[rename(inside)] = rename(outside);
  }
  values.mutable_external_values()->swap(external);
}

template <typename Def>
void RenameAll(Def& def, const Rename& rename);

void RenameNested(pb::RepeatedPtrField<proto::ControlFlowContextDef>& nested,
                  const Rename& rename) {
  for (auto& context : nested) {
    if (context.has_cond_ctxt()) {
      RenameAll(*context.mutable_cond_ctxt(), rename);
    } else if (context.has_while_ctxt()) {
      RenameAll(*context.mutable_while_ctxt(), rename);
    }
  }
}

template <typename Def>
void RenameAll(Def& def, const Rename& rename) {
  ForEachName(def, [&](NameKind, std::string& name) {
    if (!name.empty()) name = rename(name);
  });
  if constexpr (kIsContext<Def>) {
    if (def.has_values_def()) RenameValues(*def.mutable_values_def(), rename);
    RenameNested(*def.mutable_nested_contexts(), rename);
  }
}

void KeepValues(proto::ValuesDef& values, const Exists& exists) {
  pb::RepeatedPtrField<std::string> kept;
  for (const std::string& name : values.values()) {
    if (exists(name)) *kept.Add() = name;
  }
  values.mutable_values()->Swap(&kept);
  pb::Map<std::string, std::string> external;
  for (const auto& [inside, outside] : values.external_values()) {
    if (exists(inside) && exists(outside)) external[inside] = outside;
  }
  values.mutable_external_values()->swap(external);
}

template <typename Def>
bool KeepAll(Def& def, const Exists& exists);

void KeepNested(pb::RepeatedPtrField<proto::ControlFlowContextDef>& nested,
                const Exists& exists) {
  pb::RepeatedPtrField<proto::ControlFlowContextDef> kept;
  for (auto& context : nested) {
    const bool all = context.has_cond_ctxt()
                         ? KeepAll(*context.mutable_cond_ctxt(), exists)
                         : context.has_while_ctxt() &&
                               KeepAll(*context.mutable_while_ctxt(), exists);
    if (all) *kept.Add() = std::move(context);
  }
  nested.Swap(&kept);
}

template <typename Def>
bool KeepAll(Def& def, const Exists& exists) {
  bool all = true;
  ForEachName(def, [&](NameKind kind, std::string& name) {
    if (kind == NameKind::kNode && !name.empty() && !exists(name)) all = false;
  });
  if constexpr (kIsContext<Def>) {
    if (def.has_values_def()) KeepValues(*def.mutable_values_def(), exists);
    KeepNested(*def.mutable_nested_contexts(), exists);
  }
  return all;
}

using LoopVisit = std::function<void(const std::string&, const std::string&)>;

// Whatever is no context has no loops.
template <typename Def>
void VisitLoops(const Def&, const LoopVisit&) {}

void VisitLoops(const proto::WhileContextDef& def, const LoopVisit& visit);

void VisitLoops(const proto::CondContextDef& def, const LoopVisit& visit);

void VisitNested(
    const pb::RepeatedPtrField<proto::ControlFlowContextDef>& nested,
    const LoopVisit& visit) {
  for (const auto& context : nested) {
    if (context.has_cond_ctxt()) VisitLoops(context.cond_ctxt(), visit);
    if (context.has_while_ctxt()) VisitLoops(context.while_ctxt(), visit);
  }
}

void VisitLoops(const proto::WhileContextDef& def, const LoopVisit& visit) {
  for (const std::string& tensor : def.values_def().values()) {
    visit(def.context_name(), tensor);
  }
  VisitNested(def.nested_contexts(), visit);
}

void VisitLoops(const proto::CondContextDef& def, const LoopVisit& visit) {
  VisitNested(def.nested_contexts(), visit);
}

// Calls `use` with the message that `bytes` are; its result is a StatusOr.
template <typename Def, typename Use>
auto WithMessage(const std::string& bytes, std::string_view what,
                 const Use& use) -> decltype(use(std::declval<Def&>())) {
  const pb::LogSilencer silencer;
  Def def;
  if (!def.ParseFromString(bytes)) {
    return DataLossError(StrCat("'", Escape(bytes, 40), "' is no ", what));
  }
  return use(def);
}

template <typename Use>
auto WithElement(ElementKind kind, const std::string& bytes, const Use& use)
    -> decltype(use(std::declval<proto::SaverDef&>())) {
  switch (kind) {
    case ElementKind::kVariable:
      return WithMessage<proto::VariableDef>(bytes, "variable definition", use);
    case ElementKind::kSaver:
      return WithMessage<proto::SaverDef>(bytes, "saver definition", use);
    case ElementKind::kQueueRunner:
      return WithMessage<proto::QueueRunnerDef>(bytes, "queue runner", use);
    case ElementKind::kCondContext:
      return WithMessage<proto::CondContextDef>(bytes, "branch context", use);
    case ElementKind::kWhileContext:
      return WithMessage<proto::WhileContextDef>(bytes, "loop context", use);
    case ElementKind::kOther:
      break;
  }
  return InvalidArgumentError("these elements are no messages");
}

std::string NameOf(const proto::VariableDef& def) {
  return def.variable_name();
}
std::string NameOf(const proto::SaverDef&) { return ""; }
std::string NameOf(const proto::QueueRunnerDef& def) {
  return def.queue_name();
}
std::string NameOf(const proto::CondContextDef& def) {
  return def.context_name();
}
std::string NameOf(const proto::WhileContextDef& def) {
  return def.context_name();
}

}  // namespace

ElementKind ElementKindOf(std::string_view collection) {
  static constexpr std::array<std::string_view, 7> kVariables = {
      "variables",       "trainable_variables", "moving_average_variables",
      "local_variables", "model_variables",     "global_step",
      "metric_variables"};
  for (const std::string_view name : kVariables) {
    if (collection == name) return ElementKind::kVariable;
  }
  if (collection == "savers") return ElementKind::kSaver;
  if (collection == "queue_runners") return ElementKind::kQueueRunner;
  if (collection == "cond_context") return ElementKind::kCondContext;
  if (collection == "while_context") return ElementKind::kWhileContext;
  return ElementKind::kOther;
}

StatusOr<std::string> RenameElement(ElementKind kind, const std::string& bytes,
                                    const Rename& rename) {
  return WithElement(kind, bytes, [&](auto& def) -> StatusOr<std::string> {
    RenameAll(def, rename);
    return SerializeMessage(def);
  });
}

StatusOr<std::string> ElementName(ElementKind kind, const std::string& bytes) {
  return WithElement(kind, bytes, [](auto& def) -> StatusOr<std::string> {
    return NameOf(def);
  });
}

StatusOr<bool> SaverIsInScope(const std::string& bytes,
                              std::string_view scope) {
  return WithMessage<proto::SaverDef>(
      bytes, "saver definition", [&](proto::SaverDef& def) -> StatusOr<bool> {
        return def.filename_tensor_name().starts_with(scope) &&
               def.save_tensor_name().starts_with(scope) &&
               def.restore_op_name().starts_with(scope);
      });
}

StatusOr<std::optional<std::string>> KeepElement(ElementKind kind,
                                                 const std::string& bytes,
                                                 const Exists& exists) {
  using Kept = std::optional<std::string>;
  return WithElement(kind, bytes, [&](auto& def) -> StatusOr<Kept> {
    if (!KeepAll(def, exists)) return Kept();
    return Kept(SerializeMessage(def));
  });
}

Status ForEachLoopValue(ElementKind kind, const std::string& bytes,
                        const LoopVisit& visit) {
  return WithElement(kind, bytes,
                     [&](auto& def) -> StatusOr<bool> {
                       VisitLoops(def, visit);
                       return true;
                     })
      .status();
}

StatusOr<std::string> WithTrainable(const std::string& bytes, bool trainable) {
  return WithMessage<proto::VariableDef>(
      bytes, "variable definition",
      [&](proto::VariableDef& def) -> StatusOr<std::string> {
        def.set_trainable(trainable);
        return SerializeMessage(def);
      });
}

}  // namespace cairn::graph
