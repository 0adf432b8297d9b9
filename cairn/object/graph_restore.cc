// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Restoring by object graph.
//
// A pass starts with nodes bound to objects (first the root; later, an object
// that was attached where one was waited for), follows edges of equal names
// breadth first, and binds each node to the first object reached. Then it finds
// the slot variables whose optimizer and variable are both bound, stages all
// values, and only then changes anything. A pass that fails unbinds what it
// bound.
//
// Which object a node is bound to is decided once. An object may serve several
// nodes; the first one gives it its values, unless a later restore has.
#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "cairn/base/near_names.h"
#include "cairn/base/strings.h"
#include "cairn/object/restore.h"

namespace cairn::object::internal {
namespace {

using Node = ObjectGraph::Node;

// An object, and whether it still exists.
struct Reference {
  Reference() = default;
  explicit Reference(Trackable& o) : object(&o), mark(o.restore_mark()) {}
  Trackable* get() const { return mark.expired() ? nullptr : object; }

  Trackable* object = nullptr;
  std::weak_ptr<Trackable::RestoreMark> mark;
};

class GraphRestore : public RestoreState,
                     public AttachObserver,
                     public std::enable_shared_from_this<GraphRestore> {
 public:
  GraphRestore(const RestoreRequest& request, FileSystem& fs,
               std::unique_ptr<bundle::BundleReader> reader, ObjectGraph graph)
      : root_(*request.root.object),
        attached_(request.root.attached),
        savers_(request.root.savers),
        skip_slots_(request.options.skip_slot_variables),
        fs_(fs),
        prefix_(reader->prefix()),
        source_(std::make_unique<BundleSource>(std::move(reader))),
        graph_(std::move(graph)),
        names_(graph_),
        number_(NextRestoreNumber()),
        bound_(graph_.nodes.size()),
        in_scope_(graph_.nodes.size()) {
    log = request.options.log;
    for (size_t id = 0; id < graph_.nodes.size(); ++id) {
      const auto& slots = graph_.nodes[id].slot_variables;
      for (size_t i = 0; i < slots.size(); ++i) {
        slots_of_[static_cast<int32_t>(id)].push_back({id, i});
        slots_of_[slots[i].original_variable_node_id].push_back({id, i});
      }
    }
  }

  ~GraphRestore() override;

  // Finds the node to begin with.
  Status FindStart(const std::string& from);
  Status Start(std::span<const TrackableEdge> extra);
  StatusOr<MatchReport> Compare(std::span<const TrackableEdge> extra);

  LoadStatus::Kind kind() const override {
    return LoadStatus::Kind::kObjectBased;
  }

  Status OnAttach(Trackable& parent, std::string_view name,
                  Trackable& child) override;

  Status AssertConsumed() override;
  Status AssertExistingObjectsMatched() override;
  Status AssertNontrivialMatch() override;
  MatchReport Report() override;
  Status InitializeRest() override;
  void Release() override;

 private:
  // Slot variable `index` of the optimizer at node `optimizer`.
  struct SlotId {
    size_t optimizer;
    size_t index;
  };
  // Children that are in the checkpoint and not yet in the object.
  struct Waiting {
    Reference parent;
    std::map<std::string, std::vector<int32_t>, std::less<>> nodes;
  };
  struct Unused {
    int32_t node;
    std::string attribute;
  };

  class Pass;

  const Node& NodeAt(int32_t id) const {
    return graph_.nodes[static_cast<size_t>(id)];
  }
  Reference& BoundAt(int32_t id) { return bound_[static_cast<size_t>(id)]; }
  void MarkScope();
  void NoteMissingSavers();
  void OpenShards() const;
  StatusOr<GraphView> ViewNow() const;
  std::unordered_set<const Trackable*> BoundObjects() const;
  // Objects of the program with values that are not bound.
  StatusOr<std::vector<std::string>> Unmatched() const;

  Reference root_;
  std::shared_ptr<const std::vector<TrackableEdge>> attached_;
  const std::vector<std::shared_ptr<CheckpointSaver>> savers_;
  const bool skip_slots_;
  FileSystem& fs_;
  const std::string prefix_;
  std::unique_ptr<BundleSource> source_;  // null: nothing waits
  const ObjectGraph graph_;
  const NodeNames names_;
  const int64_t number_;
  std::vector<Reference> bound_;  // by node id
  int32_t start_ = 0;             // the node that is matched with the root
  // By node id: what this restore is about, all that hangs below `start_`.
  std::vector<bool> in_scope_;
  std::unordered_map<int32_t, std::vector<SlotId>> slots_of_;
  std::unordered_map<const Trackable*, Waiting> waiting_;
  std::vector<Unused> unused_;
  std::vector<Unused> unfilled_;  // attributes of objects, not in the file
};

class GraphRestore::Pass {
 public:
  Pass(GraphRestore& state, std::span<const TrackableEdge> extra = {})
      : state_(state), extra_(extra) {}

  // Binds `node` to `object`, all below it, and restores them.
  Status Run(int32_t node, Trackable& object) {
    Status status = Bind(node, object);
    if (status.ok()) status = FollowEdges();
    if (status.ok()) status = FindSlots();
    if (status.ok()) status = StageAll();
    if (status.ok()) status = MakeSlots();
    if (status.ok()) status = AssignAll(assignments_);
    if (status.ok()) status = CallSavers();
    if (status.ok()) {
      Keep();
    } else {
      for (const int32_t id : new_) state_.BoundAt(id) = Reference();
    }
    return status;
  }

  // Binds as Run does, and finds what Run would fail on. Nothing is changed.
  StatusOr<std::vector<MatchReport::Mismatch>> Compare(int32_t node,
                                                       Trackable& object) {
    CAIRN_RETURN_IF_ERROR(Bind(node, object));
    CAIRN_RETURN_IF_ERROR(FollowEdges());
    CAIRN_RETURN_IF_ERROR(FindSlots());
    for (Unused& unused : unused_) state_.unused_.push_back(std::move(unused));
    for (Unused& u : unfilled_) state_.unfilled_.push_back(std::move(u));
    return FindMismatches(*state_.source_, assignments_);
  }

 private:
  struct Missing {
    Trackable* parent;
    std::string name;
    int32_t node;
  };

  Status Bind(int32_t id, Trackable& object) {
    state_.BoundAt(id) = Reference(object);
    new_.push_back(id);
    if (object.restore_mark()->restore >= state_.number_) return OkStatus();
    if (!claimed_.insert(&object).second) return OkStatus();
    return PlanValues(id, object);
  }

  // Pairs the node's attributes with the object's values.
  Status PlanValues(int32_t id, Trackable& object) {
    if (const auto& saver = state_.NodeAt(id).registered_saver) {
      return PlanSaver(*saver, object);
    }
    const std::vector<Saveable*> saveables = object.Saveables();
    std::unordered_set<const Saveable*> taken;
    for (const auto& attribute : state_.NodeAt(id).attributes) {
      CAIRN_ASSIGN_OR_RETURN(const std::string name,
                             Match(id, attribute.name, saveables));
      size_t found = 0;
      for (Saveable* saveable : saveables) {
        if (name.empty() || saveable->attribute_name() != name) continue;
        if (!taken.insert(saveable).second) continue;
        ++found;
        assignments_.push_back(
            {saveable, attribute.checkpoint_key + saveable->key_suffix(),
             Tensor()});
      }
      if (found == 0) unused_.push_back({id, attribute.name});
    }
    if (taken.size() == saveables.size()) return OkStatus();
    if (taken.empty()) {
      for (const Saveable* saveable : saveables) {
        unfilled_.push_back({id, saveable->attribute_name()});
      }
      return OkStatus();
    }
    return InvalidArgumentError(
        StrCat("Could not restore object ", Escape(state_.names_.Name(id)),
               " because not all expected tensors were in the checkpoint: ",
               taken.size(), " of ", saveables.size(), " are"));
  }

  Status PlanSaver(const ObjectGraph::RegisteredSaver& saver,
                   Trackable& object) {
    for (const std::shared_ptr<CheckpointSaver>& known : state_.savers_) {
      if (known->name() != saver.name) continue;
      if (known->Handles(object)) {
        saver_calls_[known.get()].push_back({saver.object_name, &object});
        return OkStatus();
      }
      return InvalidArgumentError(StrCat(
          "Object ", Escape(saver.object_name),
          " was saved with the registered saver named '", Escape(saver.name),
          "'. However, this saver cannot be used to restore the object because "
          "the predicate does not pass."));
    }
    return OkStatus();  // there is a note
  }

  Status CallSavers() {
    for (auto& [saver, objects] : saver_calls_) {
      const Status status = saver->Restore(state_.fs_, objects, state_.prefix_);
      if (!status.ok()) return Annotate(status, Escape(saver->name()));
    }
    return OkStatus();
  }

  // The attribute of that name, else the only one whose name it begins with;
  // "" if there is none.
  StatusOr<std::string> Match(int32_t id, std::string_view name,
                              const std::vector<Saveable*>& saveables) const {
    std::string found;
    std::unordered_set<std::string> prefixes;
    for (Saveable* saveable : saveables) {
      std::string own = saveable->attribute_name();
      if (own == name) return own;
      if (!name.starts_with(own)) continue;
      if (prefixes.insert(own).second) found = std::move(own);
    }
    if (prefixes.size() <= 1) return found;
    return InvalidArgumentError(
        StrCat("Forward compatibility load error: ", prefixes.size(),
               " values of ", Escape(state_.names_.Name(id)),
               " have names that the stored ", Escape(name), " begins with"));
  }

  Status FollowEdges() {
    for (size_t i = 0; i < new_.size(); ++i) {
      const int32_t id = new_[i];
      const Node& node = state_.NodeAt(id);
      if (node.children.empty()) continue;
      Trackable* const object = state_.BoundAt(id).object;
      const auto edges = EdgesOf(*object);
      for (const ObjectGraph::Child& child : node.children) {
        if (state_.BoundAt(child.node_id).object != nullptr) continue;
        const auto edge = edges.find(child.local_name);
        if (edge != edges.end()) {
          CAIRN_RETURN_IF_ERROR(Bind(child.node_id, *edge->second));
        } else if (HasCheckpointValues(state_.NodeAt(child.node_id))) {
          missing_.push_back({object, child.local_name, child.node_id});
        }
      }
    }
    return OkStatus();
  }

  std::unordered_map<std::string, Trackable*> EdgesOf(
      const Trackable& object) const {
    std::unordered_map<std::string, Trackable*> edges;
    for (const TrackableEdge& edge : object.Children()) {
      edges.emplace(edge.name, edge.child);
    }
    if (&object != state_.root_.object) return edges;
    for (const TrackableEdge& edge : *state_.attached_) {
      edges.emplace(edge.name, edge.child);
    }
    for (const TrackableEdge& edge : extra_) {
      edges.emplace(edge.name, edge.child);
    }
    return edges;
  }

  // Slots whose optimizer and variable are bound, at least one of them in this
  // pass. Those that exist are bound like any object; the others are made when
  // nothing but their own shape can go wrong any more.
  Status FindSlots() {
    if (state_.skip_slots_) return OkStatus();
    const size_t count = new_.size();
    for (size_t i = 0; i < count; ++i) {
      const auto slots = state_.slots_of_.find(new_[i]);
      if (slots == state_.slots_of_.end()) continue;
      for (const SlotId& id : slots->second)
        CAIRN_RETURN_IF_ERROR(FindSlot(id));
    }
    return OkStatus();
  }

  Status FindSlot(const SlotId& id) {
    const auto& slot = SlotAt(id);
    Trackable* const optimizer = state_.bound_[id.optimizer].get();
    Trackable* const variable =
        state_.BoundAt(slot.original_variable_node_id).get();
    if (optimizer == nullptr || variable == nullptr) return OkStatus();
    if (state_.BoundAt(slot.slot_variable_node_id).object != nullptr) {
      return OkStatus();
    }
    SlotProvider* const provider = optimizer->slots();
    if (provider == nullptr) return OkStatus();
    if (Trackable* const made = provider->Slot(*variable, slot.slot_name)) {
      return Bind(slot.slot_variable_node_id, *made);
    }
    if (planned_slots_.insert(slot.slot_variable_node_id).second) {
      new_slots_.push_back(id);
    }
    return OkStatus();
  }

  const ObjectGraph::SlotVariable& SlotAt(const SlotId& id) const {
    return state_.graph_.nodes[id.optimizer].slot_variables[id.index];
  }

  Status StageAll() {
    for (const SlotId& id : new_slots_) {
      for (const auto& attribute :
           state_.NodeAt(SlotAt(id).slot_variable_node_id).attributes) {
        assignments_.push_back({nullptr, attribute.checkpoint_key, Tensor()});
      }
    }
    return Stage(*state_.source_, KeyKind::kObjectKey, assignments_);
  }

  Status MakeSlots() {
    if (new_slots_.empty()) return OkStatus();
    std::unordered_map<std::string, Tensor> staged;
    std::vector<Assignment> ready;
    for (Assignment& assignment : assignments_) {
      if (assignment.saveable != nullptr) {
        ready.push_back(std::move(assignment));
      } else {
        staged.emplace(assignment.key, std::move(assignment.value));
      }
    }
    assignments_.clear();
    for (const SlotId& id : new_slots_) {
      const auto& slot = SlotAt(id);
      Trackable* const made =
          state_.bound_[id.optimizer].object->slots()->SlotForRestore(
              *state_.BoundAt(slot.original_variable_node_id).object,
              slot.slot_name);
      if (made == nullptr) continue;  // it has no such slot
      CAIRN_RETURN_IF_ERROR(Bind(slot.slot_variable_node_id, *made));
    }
    for (Assignment& assignment : assignments_) {
      auto value = staged.extract(assignment.key);
      if (value.empty()) {
        return DataLossError(StrCat("object graph of ", Escape(state_.prefix_),
                                    ": two slot variables have the key ",
                                    Escape(assignment.key)));
      }
      assignment.value = std::move(value.mapped());
      CAIRN_RETURN_IF_ERROR(CheckFits(
          *state_.source_, KeyKind::kObjectKey, *assignment.saveable,
          assignment.key, assignment.value.dtype(), assignment.value.shape()));
      ready.push_back(std::move(assignment));
    }
    assignments_ = std::move(ready);
    return OkStatus();
  }

  // Everything is assigned: what is left to remember.
  void Keep() {
    for (Trackable* object : claimed_) {
      object->restore_mark()->restore = state_.number_;
    }
    for (Missing& missing : missing_) {
      Waiting& waiting = state_.waiting_[missing.parent];
      if (waiting.parent.get() == nullptr) {  // new, or of a dead object
        waiting = Waiting{Reference(*missing.parent), {}};
        missing.parent->AddObserver(state_.shared_from_this());
      }
      waiting.nodes[std::move(missing.name)].push_back(missing.node);
    }
    for (Unused& unused : unused_) state_.unused_.push_back(std::move(unused));
    for (Unused& u : unfilled_) state_.unfilled_.push_back(std::move(u));
  }

  GraphRestore& state_;
  std::span<const TrackableEdge> extra_;
  std::vector<int32_t> new_;  // nodes bound in this pass, in order
  std::unordered_set<Trackable*> claimed_;
  std::vector<Assignment> assignments_;
  std::vector<Missing> missing_;
  std::vector<Unused> unused_, unfilled_;
  std::map<CheckpointSaver*, std::vector<NamedObject>> saver_calls_;
  std::vector<SlotId> new_slots_;
  std::unordered_set<int32_t> planned_slots_;
};

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

Status GraphRestore::FindStart(const std::string& from) {
  std::string_view rest = from;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('/'), rest.size());
    CAIRN_ASSIGN_OR_RETURN(const std::string name,
                           UnescapeLocalName(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto& children = NodeAt(start_).children;
    const auto child =
        std::ranges::find(children, name, &ObjectGraph::Child::local_name);
    if (child == children.end()) {
      NearNames near(name);
      for (const ObjectGraph::Child& other : children) {
        near.Consider(other.local_name);
      }
      return NotFoundError(StrCat("there is no ", Escape(from),
                                  " in the object graph of ", Escape(prefix_),
                                  ": ", Escape(names_.Name(start_)), " has no ",
                                  Escape(name), near.Hint()));
    }
    start_ = child->node_id;
  }
  MarkScope();
  return OkStatus();
}

void GraphRestore::MarkScope() {
  std::vector<int32_t> queue = {start_};
  in_scope_[static_cast<size_t>(start_)] = true;
  for (size_t i = 0; i < queue.size(); ++i) {
    for (const ObjectGraph::Child& child : NodeAt(queue[i]).children) {
      const auto at = static_cast<size_t>(child.node_id);
      if (in_scope_[at]) continue;
      in_scope_[at] = true;
      queue.push_back(child.node_id);
    }
  }
  if (skip_slots_) return;
  for (size_t id = 0; id < graph_.nodes.size(); ++id) {
    if (!in_scope_[id]) continue;
    for (const auto& slot : graph_.nodes[id].slot_variables) {
      const auto original = static_cast<size_t>(slot.original_variable_node_id);
      if (!in_scope_[original]) continue;
      in_scope_[static_cast<size_t>(slot.slot_variable_node_id)] = true;
    }
  }
}

void GraphRestore::NoteMissingSavers() {
  for (size_t id = 0; id < graph_.nodes.size(); ++id) {
    const auto& saver = graph_.nodes[id].registered_saver;
    if (!saver) continue;
    const bool known = std::ranges::any_of(
        savers_, [&](const auto& s) { return s->name() == saver->name; });
    if (known) continue;
    notes.push_back(StrCat(names_.Name(static_cast<int32_t>(id)),
                           " was saved by the registered saver '", saver->name,
                           "', which there is none of: left alone"));
  }
}

Status GraphRestore::Start(std::span<const TrackableEdge> extra) {
  CAIRN_RETURN_IF_ERROR(Pass(*this, extra).Run(start_, *root_.object));
  NoteMissingSavers();
  if (waiting_.empty()) {
    source_.reset();
  } else {
    OpenShards();
  }
  return OkStatus();
}

StatusOr<MatchReport> GraphRestore::Compare(
    std::span<const TrackableEdge> extra) {
  log = nullptr;
  CAIRN_ASSIGN_OR_RETURN(std::vector<MatchReport::Mismatch> mismatched,
                         Pass(*this, extra).Compare(start_, *root_.object));
  NoteMissingSavers();
  MatchReport report = Report();
  std::unordered_set<std::string_view> wrong;
  for (const MatchReport::Mismatch& m : mismatched) wrong.insert(m.item.key);
  std::erase_if(report.matched, [&](const MatchReport::Item& item) {
    return wrong.contains(item.key);
  });
  report.mismatched = std::move(mismatched);
  return report;
}

// Data files are opened when first read. Those that hold what waits are opened
// now, so that they stay readable when they are removed. One that cannot be is
// found out when its value is asked for.
void GraphRestore::OpenShards() const {
  if (source_->reader().header().num_shards <= 1)
    return;  // open: the graph is in it
  std::unordered_set<int32_t> opened;
  for (size_t id = 0; id < graph_.nodes.size(); ++id) {
    if (bound_[id].object != nullptr) continue;
    for (const ObjectGraph::Attribute& a : graph_.nodes[id].attributes) {
      const auto entry = source_->reader().Lookup(a.checkpoint_key);
      if (!entry.ok() || !opened.insert(entry->shard_id).second) continue;
      bundle::BundleEntry nothing;
      nothing.dtype = DataType::kUint8;
      nothing.shape = Shape{0};
      nothing.shard_id = entry->shard_id;
      source_->reader().ReadRaw(nothing).status().IgnoreError();
    }
  }
}

Status GraphRestore::OnAttach(Trackable& parent, std::string_view name,
                              Trackable& child) {
  const std::shared_ptr<GraphRestore> self = shared_from_this();
  const auto waiting = waiting_.find(&parent);
  if (waiting == waiting_.end()) return OkStatus();
  const auto found = waiting->second.nodes.find(name);
  if (found == waiting->second.nodes.end()) return OkStatus();
  const std::vector<int32_t> nodes = found->second;
  for (const int32_t node : nodes) {
    if (Trackable* const other = BoundAt(node).object; other != nullptr) {
      if (other != &child) {
        notes.push_back(StrCat(
            "Inconsistent references when loading the "
            "checkpoint into this object graph: ",
            names_.Name(node), " was matched with another object before"));
      }
      continue;
    }
    CAIRN_RETURN_IF_ERROR(Pass(*this).Run(node, child));
  }
  // Only now, not before the pass: an optimizer that makes a slot may attach
  // something itself, and that inner call must not find the end of all waiting
  // and close the reader. The pass may have added to waiting_, so look again.
  const auto it = waiting_.find(&parent);
  if (it == waiting_.end()) return OkStatus();
  it->second.nodes.erase(std::string(name));
  if (it->second.nodes.empty()) {
    waiting_.erase(it);
    parent.RemoveObserver(this);
  }
  if (waiting_.empty()) source_.reset();
  return OkStatus();
}

void GraphRestore::Release() {
  const std::shared_ptr<GraphRestore> self = shared_from_this();
  for (const auto& [object, waiting] : waiting_) {
    if (Trackable* const parent = waiting.parent.get()) {
      parent->RemoveObserver(this);
    }
  }
  waiting_.clear();
  source_.reset();
  log = nullptr;
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

std::string AttributeTexts(const Node& node) {
  std::vector<std::string> texts;
  for (const ObjectGraph::Attribute& a : node.attributes) {
    texts.push_back(StrCat("attributes { name: \"", Escape(a.name),
                           "\" full_name: \"", Escape(a.full_name),
                           "\" checkpoint_key: \"", Escape(a.checkpoint_key),
                           "\" }"));
  }
  return Join(texts, " ");
}

Status GraphRestore::AssertConsumed() {
  CAIRN_RETURN_IF_ERROR(AssertExistingObjectsMatched());
  for (size_t id = 0; id < graph_.nodes.size(); ++id) {
    const Node& node = graph_.nodes[id];
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

StatusOr<std::shared_ptr<GraphRestore>> Prepare(
    const RestoreRequest& request, FileSystem& fs,
    std::unique_ptr<bundle::BundleReader> reader) {
  const std::string where = Escape(reader->prefix());
  CAIRN_ASSIGN_OR_RETURN(const Tensor stored, reader->Read(kObjectGraphKey));
  if (stored.dtype() != DataType::kString || stored.num_elements() != 1) {
    return DataLossError(
        StrCat(where, ": ", kObjectGraphKey, " should be one string, is ",
               DataTypeName(stored.dtype()), " ", stored.shape().ToString()));
  }
  StatusOr<ObjectGraph> graph = DecodeObjectGraph(stored.strings()[0]);
  if (!graph.ok()) return Annotate(graph.status(), where);
  auto state = std::make_shared<GraphRestore>(request, fs, std::move(reader),
                                              *std::move(graph));
  CAIRN_RETURN_IF_ERROR(state->FindStart(request.options.from));
  // Restores of other parts go on waiting.
  state->identity = StrCat(request.options.from, "\n", stored.strings()[0]);
  return state;
}

}  // namespace

StatusOr<std::shared_ptr<RestoreState>> RestoreByGraph(
    const RestoreRequest& request, FileSystem& fs,
    std::unique_ptr<bundle::BundleReader> reader) {
  CAIRN_ASSIGN_OR_RETURN(const std::shared_ptr<GraphRestore> state,
                         Prepare(request, fs, std::move(reader)));
  const Status status = state->Start(request.extra);
  if (!status.ok()) {
    state->log = nullptr;
    return status;
  }
  return std::shared_ptr<RestoreState>(state);
}

StatusOr<MatchReport> CompareByGraph(
    const RestoreRequest& request, FileSystem& fs,
    std::unique_ptr<bundle::BundleReader> reader) {
  CAIRN_ASSIGN_OR_RETURN(const std::shared_ptr<GraphRestore> state,
                         Prepare(request, fs, std::move(reader)));
  return state->Compare(request.extra);
}

}  // namespace cairn::object::internal
