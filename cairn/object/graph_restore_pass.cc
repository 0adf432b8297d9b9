// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// A pass of a restore by object graph.
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/object/graph_restore.h"

namespace cairn::object::internal {

class GraphRestore::Pass {
 public:
  Pass(GraphRestore& state, std::span<const TrackableEdge> extra)
      : state_(state), extra_(extra) {}

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
      const ObjectGraph::Node& node = state_.NodeAt(id);
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

Status GraphRestore::RunPass(int32_t node, Trackable& object,
                             std::span<const TrackableEdge> extra) {
  return Pass(*this, extra).Run(node, object);
}

StatusOr<std::vector<MatchReport::Mismatch>> GraphRestore::ComparePass(
    int32_t node, Trackable& object, std::span<const TrackableEdge> extra) {
  return Pass(*this, extra).Compare(node, object);
}

}  // namespace cairn::object::internal
