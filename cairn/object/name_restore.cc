// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Restoring a name-based checkpoint into an object graph: every value takes the
// tensor of its own full name. What is attached later to an object that was
// there, is restored when it comes; what hangs below it already is not, as in
// TensorFlow.
#include <unordered_set>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/object/restore.h"

namespace cairn::object::internal {
namespace {

class NameRestore : public RestoreState,
                    public AttachObserver,
                    public std::enable_shared_from_this<NameRestore> {
 public:
  NameRestore(RestoreRoot root, std::unique_ptr<bundle::BundleReader> reader)
      : root_(root.object),
        root_mark_(root.object->restore_mark()),
        attached_(std::move(root.attached)),
        reader_(std::move(reader)),
        number_(NextRestoreNumber()) {}

  Status Start(std::span<const TrackableEdge> extra) {
    for (const TrackableEdge& edge : extra) exempt_.insert(edge.child);
    std::vector<TrackableEdge> edges = *attached_;
    edges.insert(edges.end(), extra.begin(), extra.end());
    CAIRN_ASSIGN_OR_RETURN(const GraphView view, BuildGraphView(*root_, edges));
    notes.push_back(StrCat(
        Escape(reader_->prefix()),
        " is a name-based checkpoint: values are matched by full names, and "
        "what an object attached later contains is not restored"));
    return RestoreValues(view.objects);
  }

  Status OnAttach(Trackable& /*parent*/, std::string_view /*name*/,
                  Trackable& child) override {
    if (reader_ == nullptr || child.restore_mark()->restore >= number_) {
      return OkStatus();
    }
    return RestoreValues({&child});
  }

  Status AssertConsumed() override { return AssertRestored(); }
  Status AssertExistingObjectsMatched() override { return AssertRestored(); }
  Status AssertNontrivialMatch() override { return AssertRestored(); }
  MatchReport Report() override;
  void Release() override;

 private:
  struct Value {
    std::string object;
    std::string full_name;
    bool restored;
  };

  Status RestoreValues(const std::vector<Trackable*>& objects);
  Status AssertRestored() const;
  // Every value of the program as it is now; those exempt only if restored.
  StatusOr<std::vector<Value>> Values() const;

  Trackable* root_;
  std::weak_ptr<Trackable::RestoreMark> root_mark_;
  std::shared_ptr<const std::vector<TrackableEdge>> attached_;
  std::unique_ptr<bundle::BundleReader> reader_;  // null: released
  const int64_t number_;
  std::unordered_set<const Trackable*> exempt_;
  std::unordered_set<std::string> found_;  // full names
  struct Observed {
    Trackable* object;
    std::weak_ptr<Trackable::RestoreMark> mark;
  };
  std::vector<Observed> observed_;
};

Status NameRestore::RestoreValues(const std::vector<Trackable*>& objects) {
  std::vector<Assignment> assignments;
  for (Trackable* object : objects) {
    for (Saveable* saveable : object->Saveables()) {
      const std::string name = saveable->full_name();
      if (name.empty() || !reader_->Contains(name)) continue;
      assignments.push_back({saveable, name, Tensor()});
    }
  }
  std::vector<std::string> names;
  for (const Assignment& assignment : assignments) {
    names.push_back(assignment.key);
  }
  CAIRN_RETURN_IF_ERROR(Stage(*reader_, KeyKind::kVariableName, assignments));
  CAIRN_RETURN_IF_ERROR(AssignAll(assignments));
  found_.insert(names.begin(), names.end());
  for (Trackable* object : objects) {
    object->restore_mark()->restore = number_;
    object->AddObserver(shared_from_this());
    observed_.push_back({object, object->restore_mark()});
  }
  return OkStatus();
}

StatusOr<std::vector<NameRestore::Value>> NameRestore::Values() const {
  if (root_mark_.expired()) {
    return FailedPreconditionError(
        "the restored object does not exist any more");
  }
  CAIRN_ASSIGN_OR_RETURN(const GraphView view,
                         BuildGraphView(*root_, *attached_));
  const NodeNames names(view.graph);
  std::vector<Value> values;
  for (size_t id = 0; id < view.objects.size(); ++id) {
    Trackable& object = *view.objects[id];
    for (const Saveable* saveable : object.Saveables()) {
      const std::string name = saveable->full_name();
      const bool restored =
          object.restore_mark()->restore >= number_ && found_.contains(name);
      if (!restored && exempt_.contains(&object)) continue;
      values.push_back({names.Name(static_cast<int32_t>(id)), name, restored});
    }
  }
  return values;
}

Status NameRestore::AssertRestored() const {
  CAIRN_ASSIGN_OR_RETURN(const std::vector<Value> values, Values());
  std::string text;
  for (const Value& value : values) {
    if (value.restored) continue;
    text += StrCat("\n    ", Escape(value.object), ": ['",
                   Escape(value.full_name), "']");
  }
  if (text.empty()) return OkStatus();
  return FailedPreconditionError(
      StrCat("Some objects had attributes which were not restored: ", text));
}

MatchReport NameRestore::Report() {
  MatchReport report;
  report.notes = notes;
  const StatusOr<std::vector<Value>> values = Values();
  if (values.ok()) {
    for (const Value& value : *values) {
      if (value.restored) {
        report.matched.push_back({value.object, value.full_name});
      } else {
        report.only_in_program.push_back({value.object, ""});
      }
    }
  } else {
    report.notes.push_back(Message(values.status()));
  }
  if (reader_ == nullptr) return report;
  for (auto it = reader_->NewIterator(); it->Valid(); it->Next()) {
    std::string key(it->key());
    if (IsSliceKey(key) || found_.contains(key)) continue;
    report.only_in_checkpoint.push_back({"", std::move(key)});
  }
  return report;
}

void NameRestore::Release() {
  const std::shared_ptr<NameRestore> self = shared_from_this();
  for (const Observed& observed : observed_) {
    if (!observed.mark.expired()) observed.object->RemoveObserver(this);
  }
  observed_.clear();
  reader_.reset();
}

}  // namespace

StatusOr<std::shared_ptr<RestoreState>> RestoreByName(
    RestoreRoot root, std::span<const TrackableEdge> extra,
    std::unique_ptr<bundle::BundleReader> reader) {
  auto state =
      std::make_shared<NameRestore>(std::move(root), std::move(reader));
  CAIRN_RETURN_IF_ERROR(state->Start(extra));
  return std::shared_ptr<RestoreState>(std::move(state));
}

}  // namespace cairn::object::internal
