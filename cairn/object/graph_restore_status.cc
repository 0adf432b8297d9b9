// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a restore by object graph says of itself: the asserts, the report, and
// TensorFlow's lines on what is left over at the end.
#include <algorithm>

#include "cairn/base/strings.h"
#include "cairn/object/graph_restore.h"

namespace cairn::object::internal {
namespace {

std::string AttributeTexts(const ObjectGraph::Node& node) {
  std::vector<std::string> texts;
  for (const ObjectGraph::Attribute& a : node.attributes) {
    texts.push_back(StrCat("attributes { name: \"", Escape(a.name),
                           "\" full_name: \"", Escape(a.full_name),
                           "\" checkpoint_key: \"", Escape(a.checkpoint_key),
                           "\" }"));
  }
  return Join(texts, " ");
}

}  // namespace

// TensorFlow's lines on what a restore that ends has left over.
GraphRestore::~GraphRestore() {
  if (log == nullptr) return;
  std::vector<std::string> lines;
  for (size_t id = 0; id < graph_.nodes.size(); ++id) {
    if (!in_scope_[id] || bound_[id].object != nullptr) continue;
    if (graph_.nodes[id].attributes.empty()) continue;
    lines.push_back(StrCat(
        "Value in checkpoint could not be found in the restored object: ",
        Escape(names_.Name(static_cast<int32_t>(id)))));
  }
  for (const Unused& unused : unused_) {
    lines.push_back(StrCat(
        "Value in checkpoint could not be found in the restored object: ",
        Escape(names_.Name(unused.node)),
        ", attribute: ", Escape(unused.attribute)));
  }
  for (const Unused& unfilled : unfilled_) {
    lines.push_back(
        StrCat("An attribute in the restored object could not be found in the "
               "checkpoint. Object: ",
               Escape(names_.Name(unfilled.node)), ", attribute: ['",
               Escape(unfilled.attribute), "']"));
  }
  if (lines.empty()) return;
  log("Detecting that an object or model or tf.train.Checkpoint is being "
      "deleted with unrestored values. See the following logs for the specific "
      "values in question. To silence these warnings, use "
      "`status.ExpectPartial()`.");
  for (const std::string& line : lines) log(line);
}

StatusOr<GraphView> GraphRestore::ViewNow() const {
  if (root_.get() == nullptr) {
    return FailedPreconditionError(
        "the restored object does not exist any more");
  }
  return BuildGraphView(*root_.get(), {.attached = *attached_,
                                       .skip_slot_variables = skip_slots_});
}

Status GraphRestore::InitializeRest() {
  CAIRN_ASSIGN_OR_RETURN(const GraphView view, ViewNow());
  const std::unordered_set<const Trackable*> bound = BoundObjects();
  return InitializeObjects(view.objects, [&](const Trackable* object) {
    return bound.contains(object);
  });
}

std::unordered_set<const Trackable*> GraphRestore::BoundObjects() const {
  std::unordered_set<const Trackable*> objects;
  for (const Reference& bound : bound_) {
    if (const Trackable* object = bound.get()) objects.insert(object);
  }
  return objects;
}

StatusOr<std::vector<std::string>> GraphRestore::Unmatched() const {
  CAIRN_ASSIGN_OR_RETURN(const GraphView view, ViewNow());
  const NodeNames names(view.graph);
  const std::unordered_set<const Trackable*> bound = BoundObjects();
  std::vector<std::string> unmatched;
  for (size_t id = 0; id < view.objects.size(); ++id) {
    Trackable& object = *view.objects[id];
    if (bound.contains(&object) || object.Saveables().empty()) continue;
    unmatched.push_back(
        DescribeObject(names.Name(static_cast<int32_t>(id)), object));
  }
  return unmatched;
}

Status GraphRestore::AssertExistingObjectsMatched() {
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> unmatched, Unmatched());
  if (unmatched.empty()) return OkStatus();
  return FailedPreconditionError(
      StrCat("Found ", unmatched.size(),
             " objects that were not bound to checkpointed values, likely due "
             "to changes in the program. Showing ",
             std::min<size_t>(unmatched.size(), 10), " of ", unmatched.size(),
             " unmatched objects: ", ListSome(unmatched)));
}

Status GraphRestore::AssertConsumed() {
  CAIRN_RETURN_IF_ERROR(AssertExistingObjectsMatched());
  for (size_t id = 0; id < graph_.nodes.size(); ++id) {
    const ObjectGraph::Node& node = graph_.nodes[id];
    if (!in_scope_[id] || node.attributes.empty()) continue;
    if (bound_[id].get() != nullptr) continue;
    return FailedPreconditionError(
        StrCat("Unresolved object in checkpoint ",
               Escape(names_.Name(static_cast<int32_t>(id))), ": ",
               AttributeTexts(node)));
  }
  if (unused_.empty()) return OkStatus();
  std::string text =
      "Unused attributes in these objects (the attributes exist in the "
      "checkpoint but were not restored):";
  for (const Unused& unused : unused_) {
    text += StrCat("\n", Escape(names_.Name(unused.node)), ": [",
                   Escape(unused.attribute), "]");
  }
  return FailedPreconditionError(text);
}

Status GraphRestore::AssertNontrivialMatch() {
  for (size_t id = 0; id < bound_.size(); ++id) {
    if (static_cast<int32_t>(id) == start_) continue;
    if (bound_[id].get() != nullptr) return OkStatus();
  }
  CAIRN_ASSIGN_OR_RETURN(const GraphView view, ViewNow());
  if (view.objects.size() == 1) {
    return FailedPreconditionError(
        "Nothing to load. No dependencies have been added to (root) yet.");
  }
  const NodeNames names(view.graph);
  std::vector<std::string> unmatched;
  for (size_t id = 1; id < view.objects.size(); ++id) {
    unmatched.push_back(DescribeObject(names.Name(static_cast<int32_t>(id)),
                                       *view.objects[id]));
  }
  return FailedPreconditionError(
      StrCat("Nothing except the root object matched a checkpointed value. "
             "Typically this means that the checkpoint does not match the "
             "program. The following objects have no matching checkpointed "
             "value: ",
             ListSome(unmatched)));
}

MatchReport GraphRestore::Report() {
  MatchReport report;
  report.notes = notes;
  std::unordered_set<std::string> unused;
  for (const Unused& u : unused_)
    unused.insert(StrCat(u.node, "/", u.attribute));
  for (size_t id = 0; id < graph_.nodes.size(); ++id) {
    if (!in_scope_[id]) continue;
    const auto node = static_cast<int32_t>(id);
    for (const ObjectGraph::Attribute& a : graph_.nodes[id].attributes) {
      const bool matched = bound_[id].get() != nullptr &&
                           !unused.contains(StrCat(node, "/", a.name));
      auto& list = matched ? report.matched : report.only_in_checkpoint;
      list.push_back({names_.Name(node), a.checkpoint_key, {}});
    }
  }
  for (const Unused& unfilled : unfilled_) {
    report.unfilled.push_back(
        {names_.Name(unfilled.node), unfilled.attribute, {}});
  }
  const StatusOr<GraphView> view = ViewNow();
  if (!view.ok()) {
    report.notes.push_back(Message(view.status()));
    return report;
  }
  const NodeNames names(view->graph);
  const std::unordered_set<const Trackable*> bound = BoundObjects();
  for (size_t id = 0; id < view->objects.size(); ++id) {
    if (bound.contains(view->objects[id])) continue;
    if (view->objects[id]->Saveables().empty()) continue;
    report.only_in_program.push_back(
        {names.Name(static_cast<int32_t>(id)), "", {}});
  }
  AddCandidates(report);
  return report;
}

}  // namespace cairn::object::internal
