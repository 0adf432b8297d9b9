// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// For tests: objects made of a checkpoint's own object graph.
#ifndef CAIRN_OBJECT_TEST_STORED_NODE_H_
#define CAIRN_OBJECT_TEST_STORED_NODE_H_

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/object/object_graph.h"
#include "cairn/tensor/trackable.h"

namespace cairn::object {

// Has the slots that its node has.
class StoredNode : public Trackable, private SlotProvider {
 public:
  SlotProvider* slots() override { return names_.empty() ? nullptr : this; }
  bool has_slots() const { return !names_.empty(); }
  void AddSlot(const std::string& name, const Trackable& of, Trackable* slot) {
    if (std::ranges::find(names_, name) == names_.end()) names_.push_back(name);
    made_[{&of, name}] = slot;
  }

 private:
  std::vector<std::string> SlotNames() const override { return names_; }
  Trackable* Slot(const Trackable& of, std::string_view name) override {
    const auto found = made_.find({&of, std::string(name)});
    return found == made_.end() ? nullptr : found->second;
  }
  Trackable* SlotForRestore(Trackable& of, std::string_view name) override {
    return Slot(of, name);
  }

  std::vector<std::string> names_;
  std::map<std::pair<const Trackable*, std::string>, Trackable*> made_;
};

// Gives each object the edges and slots of its node; those with slots must be
// StoredNodes.
inline Status LinkAsStored(const ObjectGraph& graph,
                           std::span<Trackable* const> objects) {
  const auto object = [&](int32_t id) {
    return objects[static_cast<size_t>(id)];
  };
  for (size_t id = 0; id < objects.size(); ++id) {
    for (const ObjectGraph::Child& child : graph.nodes[id].children) {
      CAIRN_RETURN_IF_ERROR(
          objects[id]->Track(child.local_name, object(child.node_id)));
    }
    for (const auto& slot : graph.nodes[id].slot_variables) {
      auto* const optimizer = dynamic_cast<StoredNode*>(objects[id]);
      if (optimizer == nullptr) return InvalidArgumentError("values and slots");
      optimizer->AddSlot(slot.slot_name,
                         *object(slot.original_variable_node_id),
                         object(slot.slot_variable_node_id));
    }
  }
  return OkStatus();
}

}  // namespace cairn::object

#endif  // CAIRN_OBJECT_TEST_STORED_NODE_H_
