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
  GraphRestore(RestoreRoot root, std::unique_ptr<bundle::BundleReader> reader,
               ObjectGraph graph)
      : root_(*root.object),
        attached_(std::move(root.attached)),
        reader_(std::move(reader)),
        graph_(std::move(graph)),
        names_(graph_),
        number_(NextRestoreNumber()),
        bound_(graph_.nodes.size()) {
    for (size_t id = 0; id < graph_.nodes.size(); ++id) {
      const auto& slots = graph_.nodes[id].slot_variables;
      for (size_t i = 0; i < slots.size(); ++i) {
        slots_of_[static_cast<int32_t>(id)].push_back({id, i});
        slots_of_[slots[i].original_variable_node_id].push_back({id, i});
      }
    }
  }

  Status Start(std::span<const TrackableEdge> extra);

  Status OnAttach(Trackable& parent, std::string_view name,
                  Trackable& child) override;

  Status AssertConsumed() override;
  Status AssertExistingObjectsMatched() override;
  Status AssertNontrivialMatch() override;
  MatchReport Report() override;
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
  void OpenShards() const;
  StatusOr<GraphView> ViewNow() const;
  std::unordered_set<const Trackable*> BoundObjects() const;
  // Objects of the program with values that are not bound.
  StatusOr<std::vector<std::string>> Unmatched() const;

  Reference root_;
  std::shared_ptr<const std::vector<TrackableEdge>> attached_;
  std::unique_ptr<bundle::BundleReader> reader_;  // null: nothing waits
  const ObjectGraph graph_;
  const NodeNames names_;
  const int64_t number_;
  std::vector<Reference> bound_;  // by node id
  std::unordered_map<int32_t, std::vector<SlotId>> slots_of_;
  std::unordered_map<const Trackable*, Waiting> waiting_;
  std::vector<Unused> unused_;
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
    if (status.ok()) {
      Keep();
    } else {
      for (const int32_t id : new_) state_.BoundAt(id) = Reference();
    }
    return status;
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
    const std::vector<Saveable*> saveables = object.Saveables();
    std::unordered_set<const Saveable*> taken;
    for (const auto& attribute : state_.NodeAt(id).attributes) {
      CAIRN_ASSIGN_OR_RETURN(Saveable* const saveable,
                             Match(id, attribute.name, saveables));
      if (saveable == nullptr || !taken.insert(saveable).second) {
        unused_.push_back({id, attribute.name});
        continue;
      }
      assignments_.push_back({saveable, attribute.checkpoint_key, Tensor()});
    }
    if (taken.empty() || taken.size() == saveables.size()) return OkStatus();
    return InvalidArgumentError(
        StrCat("Could not restore object ", Escape(state_.names_.Name(id)),
               " because not all expected tensors were in the checkpoint: ",
               taken.size(), " of ", saveables.size(), " are"));
  }

  // The saveable of that name, else the only one whose name it begins with.
  StatusOr<Saveable*> Match(int32_t id, std::string_view name,
                            const std::vector<Saveable*>& saveables) const {
    Saveable* found = nullptr;
    int prefixes = 0;
    for (Saveable* saveable : saveables) {
      const std::string own = saveable->attribute_name();
      if (own == name) return saveable;
      if (!name.starts_with(own)) continue;
      found = saveable;
      ++prefixes;
    }
    if (prefixes <= 1) return found;
    return InvalidArgumentError(
        StrCat("Forward compatibility load error: ", prefixes, " values of ",
               Escape(state_.names_.Name(id)), " have names that the stored ",
               Escape(name), " begins with"));
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
    return Stage(*state_.reader_, KeyKind::kObjectKey, assignments_);
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
        return DataLossError(StrCat(
            "object graph of ", Escape(state_.reader_->prefix()),
            ": two slot variables have the key ", Escape(assignment.key)));
      }
      assignment.value = std::move(value.mapped());
      CAIRN_RETURN_IF_ERROR(CheckFits(
          *state_.reader_, KeyKind::kObjectKey, *assignment.saveable,
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
  }

  GraphRestore& state_;
  std::span<const TrackableEdge> extra_;
  std::vector<int32_t> new_;  // nodes bound in this pass, in order
  std::unordered_set<Trackable*> claimed_;
  std::vector<Assignment> assignments_;
  std::vector<Missing> missing_;
  std::vector<Unused> unused_;
  std::vector<SlotId> new_slots_;
  std::unordered_set<int32_t> planned_slots_;
};

Status GraphRestore::Start(std::span<const TrackableEdge> extra) {
  CAIRN_RETURN_IF_ERROR(Pass(*this, extra).Run(0, *root_.object));
  for (size_t id = 0; id < graph_.nodes.size(); ++id) {
    const auto& saver = graph_.nodes[id].registered_saver;
    if (!saver) continue;
    notes.push_back(StrCat(names_.Name(static_cast<int32_t>(id)),
                           " was saved by the registered saver '", saver->name,
                           "', which there is none of: left alone"));
  }
  if (waiting_.empty()) {
    reader_.reset();
  } else {
    OpenShards();
  }
  return OkStatus();
}

// Data files are opened when first read. Those that hold what waits are opened
// now, so that they stay readable when they are removed. One that cannot be is
// found out when its value is asked for.
void GraphRestore::OpenShards() const {
  if (reader_->header().num_shards <= 1) return;  // open: the graph is in it
  std::unordered_set<int32_t> opened;
  for (size_t id = 0; id < graph_.nodes.size(); ++id) {
    if (bound_[id].object != nullptr) continue;
    for (const ObjectGraph::Attribute& a : graph_.nodes[id].attributes) {
      const auto entry = reader_->Lookup(a.checkpoint_key);
      if (!entry.ok() || !opened.insert(entry->shard_id).second) continue;
      bundle::BundleEntry nothing;
      nothing.dtype = DataType::kUint8;
      nothing.shape = Shape{0};
      nothing.shard_id = entry->shard_id;
      reader_->ReadRaw(nothing).status().IgnoreError();
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
  if (waiting_.empty()) reader_.reset();
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
  reader_.reset();
}

StatusOr<GraphView> GraphRestore::ViewNow() const {
  if (root_.get() == nullptr) {
    return FailedPreconditionError(
        "the restored object does not exist any more");
  }
  return BuildGraphView(*root_.get(), *attached_);
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
    if (node.attributes.empty() || bound_[id].get() != nullptr) continue;
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
  for (size_t id = 1; id < bound_.size(); ++id) {
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
    const auto node = static_cast<int32_t>(id);
    for (const ObjectGraph::Attribute& a : graph_.nodes[id].attributes) {
      const bool matched = bound_[id].get() != nullptr &&
                           !unused.contains(StrCat(node, "/", a.name));
      auto& list = matched ? report.matched : report.only_in_checkpoint;
      list.push_back({names_.Name(node), a.checkpoint_key});
    }
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
        {names.Name(static_cast<int32_t>(id)), ""});
  }
  return report;
}

}  // namespace

StatusOr<std::shared_ptr<RestoreState>> RestoreByGraph(
    RestoreRoot root, std::span<const TrackableEdge> extra,
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
  auto state = std::make_shared<GraphRestore>(
      std::move(root), std::move(reader), *std::move(graph));
  state->identity = stored.strings()[0];
  CAIRN_RETURN_IF_ERROR(state->Start(extra));
  return std::shared_ptr<RestoreState>(std::move(state));
}

}  // namespace cairn::object::internal
