// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/session/executor.h"

#include <functional>
#include <queue>
#include <string>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn::session {
namespace {

using Kind = PlanNode::Kind;

class Executor {
 public:
  Executor(const Plan& plan, const KernelServices& services, RunLimits* limits)
      : plan_(plan),
        services_(services),
        limits_(*limits),
        nodes_(plan.nodes().size()),
        inputs_(static_cast<size_t>(plan.num_inputs())),
        frames_(plan.frames().size()),
        fetched_(plan.num_fetches()) {}

  StatusOr<std::vector<Value>> Run(std::vector<Value> feeds);

 private:
  // A node in the current iteration of its frame.
  struct NodeState {
    int waiting = 0;       // inputs, or a Merge's control inputs
    int dead = 0;          // inputs
    bool live = false;     // Merge: an input is there
    bool queued = false;   // waits to run, or ran
    int merged_input = 0;  // Merge: which
  };
  struct FrameState {
    bool active = false;
    int ready = 0;                                 // nodes that wait to run
    int enters = 0;                                // still to come
    int children = 0;                              // active frames within
    std::vector<std::pair<int, Value>> constants;  // Enter and its value
    std::vector<std::pair<int, Value>> next;       // NextIteration, value
    std::vector<int> dead_exits;
  };

  const PlanNode& node(int i) const {
    return plan_.nodes()[static_cast<size_t>(i)];
  }
  NodeState& state(int i) { return nodes_[static_cast<size_t>(i)]; }
  FrameState& frame(int i) { return frames_[static_cast<size_t>(i)]; }
  std::span<Value> InputsOf(const PlanNode& node) {
    return std::span(inputs_).subspan(static_cast<size_t>(node.first_input),
                                      static_cast<size_t>(node.num_inputs));
  }

  void Reset(int frame_index);
  // A value, dead or alive, arrives; `from_enter`: out of an Enter.
  void Arrive(const PlanEdge& edge, Value value, bool from_enter);
  void Queue(int i);
  Status RunNode(int i);
  Status Compute(const PlanNode& node, std::vector<Value>* outputs);
  Status CheckOutputs(const PlanNode& node,
                      const std::vector<Value>& outputs) const;
  Status Resolve(const PlanNode& node);
  void Propagate(int i, std::vector<Value> outputs, bool is_dead);
  // To all users of the node's outputs, and to the fetches.
  void Deliver(const PlanNode& node, std::vector<Value> outputs, bool is_dead);
  void Enter(const PlanNode& node, std::vector<Value> outputs, bool is_dead);
  // Starts the next iteration of a frame that has nothing more to run, or ends
  // it; then looks at the one around it.
  void Advance(int frame_index);

  const Plan& plan_;
  const KernelServices& services_;
  RunLimits& limits_;
  std::vector<NodeState> nodes_;
  std::vector<Value> inputs_;
  std::vector<FrameState> frames_;
  std::vector<Value> fetched_;
  // What goes along control edges.
  const Value ran_ = Value::OfObject(DataType::kVariant, nullptr);
  std::priority_queue<int, std::vector<int>, std::greater<>> ready_;
};

void Executor::Reset(int frame_index) {
  for (int i : plan_.frames()[static_cast<size_t>(frame_index)].nodes) {
    const PlanNode& at = node(i);
    NodeState& fresh = state(i) = NodeState();
    fresh.waiting =
        at.num_controls + (at.kind == Kind::kMerge ? 0 : at.num_inputs);
    for (Value& input : InputsOf(at)) input = Value();
  }
}

StatusOr<std::vector<Value>> Executor::Run(std::vector<Value> feeds) {
  Reset(0);
  frame(0).active = true;
  // Without inputs: so in the outermost frame.
  for (int i : plan_.frames()[0].nodes) {
    const PlanNode& at = node(i);
    if (at.num_inputs + at.num_controls == 0) Queue(i);
  }
  for (size_t i = 0; i < feeds.size(); ++i) {
    for (const PlanEdge& edge : plan_.feed_edges()[i]) {
      Arrive(edge, feeds[i], false);
    }
    for (int position : plan_.feed_fetches()[i]) {
      fetched_[static_cast<size_t>(position)] = feeds[i];
    }
    feeds[i] = Value();
  }
  while (!ready_.empty()) {
    const int next = ready_.top();
    ready_.pop();
    CAIRN_RETURN_IF_ERROR(RunNode(next));
  }
  return std::move(fetched_);
}

void Executor::Queue(int i) {
  NodeState& at = state(i);
  if (at.queued) return;
  at.queued = true;
  ++frame(node(i).frame).ready;
  ready_.push(i);
}

void Executor::Arrive(const PlanEdge& edge, Value value, bool from_enter) {
  const PlanNode& to = node(edge.node);
  NodeState& at = state(edge.node);
  const bool is_control = edge.input < 0;
  const bool is_dead = value.is_dead();
  if (to.kind == Kind::kMerge && !is_control) {
    if (is_dead) {
      // Of a loop that is not entered nothing will come back.
      at.dead += from_enter ? to.num_inputs : 1;
    } else if (!at.live) {
      at.live = true;
      at.merged_input = edge.input;
      InputsOf(to)[static_cast<size_t>(edge.input)] = std::move(value);
    }
  } else {
    --at.waiting;
    if (is_dead && to.kind != Kind::kMerge) ++at.dead;
    if (!is_control) {
      InputsOf(to)[static_cast<size_t>(edge.input)] = std::move(value);
    }
  }
  const bool has_data =
      to.kind != Kind::kMerge || at.live || at.dead >= to.num_inputs;
  if (at.waiting == 0 && has_data) Queue(edge.node);
}

Status Executor::RunNode(int i) {
  const PlanNode& at = node(i);
  if (--limits_.steps_left < 0) {
    return ResourceExhaustedError("the run takes more steps than allowed");
  }
  const NodeState& now = state(i);
  bool is_dead = now.dead > 0;
  if (at.kind == Kind::kMerge) is_dead = !now.live;
  if (at.kind == Kind::kControlTrigger) is_dead = false;
  std::vector<Value> outputs(at.types->outputs.size());
  if (!is_dead) {
    const Status done = Compute(at, &outputs);
    if (!done.ok()) {
      const NodeGraph& graph = plan_.graph();
      return Status(
          done.code(),
          StrCat(Message(done), " [[{{node ", Escape(graph.name(at.graph_node)),
                 "}} = ", Escape(graph.op(at.graph_node)), "]]"));
    }
  }
  for (Value& input : InputsOf(at)) input = Value();
  const int in_frame = at.frame;
  Propagate(i, std::move(outputs), is_dead);
  --frame(in_frame).ready;
  Advance(in_frame);
  return OkStatus();
}

Status Executor::Resolve(const PlanNode& node) {
  const std::span<Value> inputs = InputsOf(node);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].is_ref() || node.types->inputs[i].is_ref) continue;
    CAIRN_ASSIGN_OR_RETURN(Value value, ReadReference(inputs[i]));
    inputs[i] = std::move(value);
  }
  return OkStatus();
}

Status Executor::Compute(const PlanNode& node, std::vector<Value>* outputs) {
  CAIRN_RETURN_IF_ERROR(Resolve(node));
  if (node.kind == Kind::kMerge) {
    const int input =
        state(static_cast<int>(&node - plan_.nodes().data())).merged_input;
    (*outputs)[0] = InputsOf(node)[static_cast<size_t>(input)];
    (*outputs)[1] = Value::Of(Tensor::Scalar<int32_t>(input));
    return OkStatus();
  }
  KernelContext context(services_, *node.types, InputsOf(node), *outputs);
  CAIRN_RETURN_IF_ERROR((*node.kernel)(context));
  return CheckOutputs(node, *outputs);
}

Status Executor::CheckOutputs(const PlanNode& node,
                              const std::vector<Value>& outputs) const {
  for (size_t i = 0; i < outputs.size(); ++i) {
    const EdgeType& expected = node.types->outputs[i];
    if (outputs[i].is_dead()) {
      if (node.kind == Kind::kSwitch) continue;
      return InternalError(StrCat("the kernel did not set output ", i));
    }
    if (outputs[i].dtype() == expected.dtype &&
        outputs[i].is_ref() == expected.is_ref) {
      continue;
    }
    return InternalError(StrCat("the kernel set output ", i, " to ",
                                outputs[i].ToString(), ", not to ",
                                expected.ToString()));
  }
  return OkStatus();
}

void Executor::Propagate(int i, std::vector<Value> outputs, bool is_dead) {
  const PlanNode& at = node(i);
  switch (at.kind) {
    case Kind::kEnter:
      Enter(at, std::move(outputs), is_dead);
      return;
    case Kind::kExit:
      if (is_dead) {
        frame(at.frame).dead_exits.push_back(i);
        return;
      }
      break;
    case Kind::kNextIteration:
      if (!is_dead) {
        frame(at.frame).next.emplace_back(i, std::move(outputs[0]));
      }
      return;
    default:
      break;
  }
  Deliver(at, std::move(outputs), is_dead);
}

void Executor::Deliver(const PlanNode& node, std::vector<Value> outputs,
                       bool is_dead) {
  for (const auto& fetch : node.fetches) {
    fetched_[static_cast<size_t>(fetch.second)] =
        outputs[static_cast<size_t>(fetch.first)];
  }
  const bool from_enter = node.kind == Kind::kEnter;
  for (size_t i = 0; i < node.edges.size(); ++i) {
    const PlanEdge& edge = node.edges[i];
    if (edge.input < 0) {
      Arrive(edge, is_dead ? Value() : ran_, from_enter);
      continue;
    }
    Value& value = outputs[static_cast<size_t>(edge.output)];
    const bool last =
        i + 1 == node.edges.size() || node.edges[i + 1].output != edge.output;
    Arrive(edge, last ? std::move(value) : value, from_enter);
    if (last) value = Value();
  }
}

void Executor::Enter(const PlanNode& at, std::vector<Value> outputs,
                     bool is_dead) {
  FrameState& child = frame(at.child_frame);
  if (!child.active) {
    Reset(at.child_frame);
    child = FrameState();
    child.active = true;
    child.enters =
        plan_.frames()[static_cast<size_t>(at.child_frame)].num_enters;
    ++frame(at.frame).children;
  }
  --child.enters;
  if (at.constant) {
    child.constants.emplace_back(static_cast<int>(&at - plan_.nodes().data()),
                                 outputs[0]);
  }
  Deliver(at, std::move(outputs), is_dead);
  Advance(at.child_frame);
}

void Executor::Advance(int frame_index) {
  while (frame_index > 0) {
    FrameState& at = frame(frame_index);
    if (!at.active || at.ready > 0 || at.enters > 0 || at.children > 0) return;
    if (!at.next.empty()) {
      Reset(frame_index);
      at.dead_exits.clear();
      auto next = std::exchange(at.next, {});
      for (const auto& [enter, value] : at.constants) {
        Deliver(node(enter), {value}, value.is_dead());
      }
      for (auto& [from, value] : next) {
        std::vector<Value> outputs;
        outputs.push_back(std::move(value));
        Deliver(node(from), std::move(outputs), false);
      }
      if (at.ready > 0) return;
      continue;
    }
    const std::vector<int> dead_exits = std::exchange(at.dead_exits, {});
    at = FrameState();
    const int outer = plan_.frames()[static_cast<size_t>(frame_index)].parent;
    --frame(outer).children;
    for (int exit : dead_exits) {
      Deliver(node(exit), {Value()}, true);
    }
    frame_index = outer;
  }
}

}  // namespace

StatusOr<std::vector<Value>> Execute(const Plan& plan,
                                     const KernelServices& services,
                                     std::vector<Value> feeds,
                                     RunLimits* limits) {
  return Executor(plan, services, limits).Run(std::move(feeds));
}

}  // namespace cairn::session
