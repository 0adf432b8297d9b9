// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// GraphRestore: one restore by object graph. Not installed.
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
#ifndef CAIRN_OBJECT_GRAPH_RESTORE_H_
#define CAIRN_OBJECT_GRAPH_RESTORE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/object/checkpoint.h"
#include "cairn/object/object_graph.h"
#include "cairn/object/restore.h"
#include "cairn/object/tensor_source.h"
#include "cairn/tensor/trackable.h"

namespace cairn::object::internal {

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
               std::unique_ptr<bundle::BundleReader> reader, ObjectGraph graph);
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

  // Binds `node` to `object`, all below it, and restores them. `extra` are
  // edges of the root for this pass only.
  Status RunPass(int32_t node, Trackable& object,
                 std::span<const TrackableEdge> extra);
  // Binds as RunPass does, and finds what it would fail on. Nothing is changed.
  StatusOr<std::vector<MatchReport::Mismatch>> ComparePass(
      int32_t node, Trackable& object, std::span<const TrackableEdge> extra);

  const ObjectGraph::Node& NodeAt(int32_t id) const {
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

}  // namespace cairn::object::internal

#endif  // CAIRN_OBJECT_GRAPH_RESTORE_H_
