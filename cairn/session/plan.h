// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Plan: what has to run for some feeds and fetches, checked, and laid out for
// the executor.
//
// A plan holds the nodes that fetches and targets need, going back along edges
// up to what is fed. Everything that can be wrong before a value is known is
// found here: ops that are not supported, numbers and types of inputs, cycles,
// loops that are none.
//
// Loops of TensorFlow 1: Enter passes a value into a frame, NextIteration to
// the next iteration, Exit out of the frame. Each node belongs to one frame, as
// TensorFlow demands; frames form a tree.
//
// Inside this room only. Borrows its graph. Immutable.
#ifndef CAIRN_SESSION_PLAN_H_
#define CAIRN_SESSION_PLAN_H_

#include <string>
#include <utility>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/session/kernel.h"
#include "cairn/session/node_graph.h"
#include "cairn/session/session.h"

namespace cairn::session {

struct PlanRequest {
  std::vector<Endpoint> feeds;
  std::vector<Endpoint> fetches;
  std::vector<int> targets;
};

// Names them all. Unimplemented; `found` is not empty.
Status UnsupportedError(const std::vector<UnsupportedNode>& found);

struct PlanEdge {
  int output;  // of the source; -1: a control edge
  int node;    // in the plan
  int input;   // of that node; -1: a control edge
};

struct PlanNode {
  enum class Kind {
    kPlain,
    kSwitch,  // leaves outputs dead
    kMerge,   // runs with one live input
    kEnter,
    kExit,
    kNextIteration,
    kControlTrigger,  // runs whatever is dead
  };
  int graph_node = 0;
  const Kernel* kernel = nullptr;
  const NodeTypes* types = nullptr;
  Kind kind = Kind::kPlain;
  bool constant = false;  // Enter: for all iterations
  int frame = 0;          // in which it runs; Enter: the outer one
  int child_frame = -1;   // Enter: the one entered
  int first_input = 0;    // among all inputs of the plan
  int num_inputs = 0;
  int num_controls = 0;
  std::vector<PlanEdge> edges;               // by output
  std::vector<std::pair<int, int>> fetches;  // output, position
};

struct PlanFrame {
  int parent = -1;
  std::string name;
  std::vector<int> nodes;  // that run in it
  int num_enters = 0;
};

class Plan {
 public:
  // Makes the kernels of the nodes. Those that are not supported are appended
  // to `unsupported`; the plan is usable only if there are none.
  static StatusOr<Plan> Make(NodeGraph& graph, const PlanRequest& request,
                             std::vector<UnsupportedNode>* unsupported);

  const NodeGraph& graph() const { return *graph_; }
  // In the order of the graph.
  const std::vector<PlanNode>& nodes() const { return nodes_; }
  // The first is the whole graph.
  const std::vector<PlanFrame>& frames() const { return frames_; }
  int num_inputs() const { return num_inputs_; }
  size_t num_fetches() const { return num_fetches_; }
  // Where feed i goes.
  const std::vector<std::vector<PlanEdge>>& feed_edges() const {
    return feed_edges_;
  }
  const std::vector<std::vector<int>>& feed_fetches() const {
    return feed_fetches_;
  }

 private:
  friend class PlanMaker;
  const NodeGraph* graph_ = nullptr;
  std::vector<PlanNode> nodes_;
  std::vector<PlanFrame> frames_;
  std::vector<std::vector<PlanEdge>> feed_edges_;
  std::vector<std::vector<int>> feed_fetches_;
  int num_inputs_ = 0;
  size_t num_fetches_ = 0;
};

}  // namespace cairn::session

#endif  // CAIRN_SESSION_PLAN_H_
