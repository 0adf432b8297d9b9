// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Restoring a name-based checkpoint into an object graph: every value takes the
// tensor of its own full name. What is attached later to an object that was
// there, is restored when it comes; what hangs below it already is not, as in
// TensorFlow.
#include <unordered_set>
#include <utility>

#include "cairn/base/near_names.h"
#include "cairn/base/strings.h"
#include "cairn/object/restore.h"

namespace cairn::object::internal {
namespace {

class NameRestore : public RestoreState,
                    public AttachObserver,
                    public std::enable_shared_from_this<NameRestore> {
 public:
  NameRestore(const RestoreRequest& request,
              std::unique_ptr<TensorSource> source)
      : root_(request.root.object),
        root_mark_(request.root.object->restore_mark()),
        attached_(request.root.attached),
        scope_(request.options.from.empty() ? "" : request.options.from + "/"),
        source_(std::move(source)),
        number_(NextRestoreNumber()) {}

  Status Start(std::span<const TrackableEdge> extra) {
    for (const TrackableEdge& edge : extra) exempt_.insert(edge.child);
    std::vector<TrackableEdge> edges = *attached_;
    edges.insert(edges.end(), extra.begin(), extra.end());
    CAIRN_ASSIGN_OR_RETURN(const GraphView view,
                           BuildGraphView(*root_, {.attached = edges}));
    notes.push_back(StrCat(
        Escape(source_->prefix()),
        " is a name-based checkpoint: values are matched by full names, and "
        "what an object attached later contains is not restored"));
    return RestoreValues(view.objects);
  }

  Status OnAttach(Trackable& /*parent*/, std::string_view /*name*/,
                  Trackable& child) override {
    if (source_ == nullptr || child.restore_mark()->restore >= number_) {
      return OkStatus();
    }
    return RestoreValues({&child});
  }

  // What a restore would do to the objects there are.
  StatusOr<MatchReport> Compare(std::span<const TrackableEdge> extra);

  LoadStatus::Kind kind() const override {
    return LoadStatus::Kind::kNameBased;
  }
  Status AssertConsumed() override { return AssertRestored(); }
  Status AssertExistingObjectsMatched() override { return AssertRestored(); }
  Status AssertNontrivialMatch() override { return AssertRestored(); }
  MatchReport Report() override;
  Status InitializeRest() override;
  void Release() override;

 private:
  struct Value {
    std::string object;
    std::string full_name;
    bool restored;
  };

  std::string KeyOf(const Saveable& saveable) const {
    const std::string name = saveable.full_name();
    return name.empty() ? name : StrCat(scope_, name, saveable.key_suffix());
  }
  void AddStored(MatchReport& report) const;
  std::vector<Assignment> PlanValues(
      const std::vector<Trackable*>& objects) const;
  Status RestoreValues(const std::vector<Trackable*>& objects);
  Status AssertRestored() const;
  // Every value of the program as it is now; those exempt only if restored.
  StatusOr<std::vector<Value>> Values() const;

  Trackable* root_;
  std::weak_ptr<Trackable::RestoreMark> root_mark_;
  std::shared_ptr<const std::vector<TrackableEdge>> attached_;
  const std::string scope_;               // what full names begin with there
  std::unique_ptr<TensorSource> source_;  // null: released
  const int64_t number_;
  std::unordered_set<const Trackable*> exempt_;
  std::unordered_set<std::string> found_;  // full names
  struct Observed {
    Trackable* object;
    std::weak_ptr<Trackable::RestoreMark> mark;
  };
  std::vector<Observed> observed_;
};

std::vector<Assignment> NameRestore::PlanValues(
    const std::vector<Trackable*>& objects) const {
  std::vector<Assignment> assignments;
  for (Trackable* object : objects) {
    for (Saveable* saveable : object->Saveables()) {
      std::string key = KeyOf(*saveable);
      if (key.empty() || !source_->Contains(key)) continue;
      assignments.push_back({saveable, std::move(key), Tensor()});
    }
  }
  return assignments;
}

Status NameRestore::RestoreValues(const std::vector<Trackable*>& objects) {
  std::vector<Assignment> assignments = PlanValues(objects);
  std::vector<std::string> names;
  for (const Assignment& assignment : assignments) {
    names.push_back(assignment.key);
  }
  CAIRN_RETURN_IF_ERROR(Stage(*source_, KeyKind::kVariableName, assignments));
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
                         BuildGraphView(*root_, {.attached = *attached_}));
  const NodeNames names(view.graph);
  std::vector<Value> values;
  for (size_t id = 0; id < view.objects.size(); ++id) {
    Trackable& object = *view.objects[id];
    for (const Saveable* saveable : object.Saveables()) {
      const std::string name = KeyOf(*saveable);
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
        report.matched.push_back({value.object, value.full_name, {}});
      } else {
        report.only_in_program.push_back({value.object, value.full_name, {}});
      }
    }
  } else {
    report.notes.push_back(Message(values.status()));
  }
  if (source_ != nullptr) AddStored(report);
  return report;
}

// What is only in the file, and what of it is near to what was not found.
void NameRestore::AddStored(MatchReport& report) const {
  source_->ForEachKey([&](std::string_view name) {
    std::string key(name);
    if (found_.contains(key)) return;
    report.only_in_checkpoint.push_back({"", std::move(key), {}});
  });
  for (MatchReport::Item& item : report.only_in_program) {
    NearNames near(item.key);
    for (const auto& other : report.only_in_checkpoint) {
      near.Consider(other.key);
    }
    item.candidates = near.Names();
    item.key.clear();  // it is not there
  }
}

StatusOr<MatchReport> NameRestore::Compare(
    std::span<const TrackableEdge> extra) {
  std::vector<TrackableEdge> edges = *attached_;
  edges.insert(edges.end(), extra.begin(), extra.end());
  CAIRN_ASSIGN_OR_RETURN(const GraphView view,
                         BuildGraphView(*root_, {.attached = edges}));
  const NodeNames names(view.graph);
  const std::vector<Assignment> assignments = PlanValues(view.objects);
  CAIRN_ASSIGN_OR_RETURN(std::vector<MatchReport::Mismatch> mismatched,
                         FindMismatches(*source_, assignments));
  std::unordered_set<std::string> wrong;
  for (const auto& mismatch : mismatched) wrong.insert(mismatch.item.key);
  for (const Assignment& assignment : assignments) {
    found_.insert(assignment.key);
  }
  MatchReport report;
  report.mismatched = std::move(mismatched);
  for (size_t id = 0; id < view.objects.size(); ++id) {
    for (const Saveable* saveable : view.objects[id]->Saveables()) {
      const std::string key = KeyOf(*saveable);
      if (wrong.contains(key)) continue;
      auto& list =
          found_.contains(key) ? report.matched : report.only_in_program;
      list.push_back({names.Name(static_cast<int32_t>(id)), key, {}});
    }
  }
  AddStored(report);
  return report;
}

Status NameRestore::InitializeRest() {
  if (root_mark_.expired()) {
    return FailedPreconditionError(
        "the restored object does not exist any more");
  }
  CAIRN_ASSIGN_OR_RETURN(const GraphView view,
                         BuildGraphView(*root_, {.attached = *attached_}));
  return InitializeObjects(view.objects,
                           [](const Trackable*) { return false; });
}

void NameRestore::Release() {
  const std::shared_ptr<NameRestore> self = shared_from_this();
  for (const Observed& observed : observed_) {
    if (!observed.mark.expired()) observed.object->RemoveObserver(this);
  }
  observed_.clear();
  source_.reset();
}

}  // namespace

StatusOr<std::shared_ptr<RestoreState>> RestoreByName(
    const RestoreRequest& request, std::unique_ptr<TensorSource> source) {
  auto state = std::make_shared<NameRestore>(request, std::move(source));
  CAIRN_RETURN_IF_ERROR(state->Start(request.extra));
  return std::shared_ptr<RestoreState>(std::move(state));
}

StatusOr<MatchReport> CompareByName(const RestoreRequest& request,
                                    std::unique_ptr<TensorSource> source) {
  return std::make_shared<NameRestore>(request, std::move(source))
      ->Compare(request.extra);
}

}  // namespace cairn::object::internal
