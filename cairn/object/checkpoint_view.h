// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// CheckpointView: the object graph of a checkpoint, to look at and to compare
// with a program's objects: TensorFlow's tf.train.CheckpointView.
//
//   CAIRN_ASSIGN_OR_RETURN(const CheckpointView view,
//                          CheckpointView::Open(fs, "dir/ckpt-2"));
//   for (const ObjectGraph::Child& child : view.Children(0)) ...
//   const CheckpointView::Difference difference = view.Diff(net);
//
// Values are not read. Thread rule: const methods may run concurrently, while
// nobody changes the objects they are given.
#ifndef CAIRN_OBJECT_CHECKPOINT_VIEW_H_
#define CAIRN_OBJECT_CHECKPOINT_VIEW_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/object/object_graph.h"
#include "cairn/tensor/trackable.h"

namespace cairn::object {

class CheckpointView {
 public:
  struct Difference {
    std::map<int32_t, Trackable*> matched;    // by node id
    std::vector<int32_t> only_in_checkpoint;  // node ids, breadth first
    std::vector<Trackable*> only_in_program;  // in node order of the program
  };

  // NotFound, DataLoss as reading; InvalidArgument for a name-based checkpoint.
  static StatusOr<CheckpointView> Open(FileSystem& fs,
                                       const std::string& prefix);
  explicit CheckpointView(ObjectGraph graph) : graph_(std::move(graph)) {}

  const ObjectGraph& graph() const { return graph_; }
  // In stored order; `node_id` is in range.
  const std::vector<ObjectGraph::Child>& Children(int32_t node_id) const;
  // All nodes that edges lead to from the root, which is the first, breadth
  // first. Slot variables are not among them.
  std::vector<int32_t> Descendants() const;
  // Nodes and objects that are reached by the same names. The root is matched
  // whatever it is; a node is matched with the first object reached.
  std::map<int32_t, Trackable*> Match(Trackable& object) const;
  // InvalidArgument when the objects form no graph that could be saved.
  StatusOr<Difference> Diff(Trackable& object) const;

 private:
  ObjectGraph graph_;
};

}  // namespace cairn::object

#endif  // CAIRN_OBJECT_CHECKPOINT_VIEW_H_
