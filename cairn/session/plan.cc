// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile graph can do, and the check:
//   outputs a node does not have         CheckEndpoint
//   more or fewer inputs than the op     CheckInputs
//   inputs of another type               CheckInputs
//   cycles, self loops                   Order: all nodes must find a place
//   loops that begin or end nowhere      AssignFrames
//   depth of chains and nesting          no recursion anywhere
#include "cairn/session/plan.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "cairn/base/strings.h"
#include "cairn/proto/graph.pb.h"

namespace cairn::session {
namespace {

using Kind = PlanNode::Kind;

Kind KindOf(std::string_view op) {
  if (op == "Switch" || op == "RefSwitch") return Kind::kSwitch;
  if (op == "Merge" || op == "RefMerge") return Kind::kMerge;
  if (op == "Enter" || op == "RefEnter") return Kind::kEnter;
  if (op == "Exit" || op == "RefExit") return Kind::kExit;
  if (op == "NextIteration" || op == "RefNextIteration") {
    return Kind::kNextIteration;
  }
  if (op == "ControlTrigger") return Kind::kControlTrigger;
  return Kind::kPlain;
}

// How many names an error text lists.
constexpr size_t kNamesShown = 50;

}  // namespace

Status UnsupportedError(const std::vector<UnsupportedNode>& found) {
  std::string text = found.size() == 1
                         ? "1 node cannot be run: "
                         : StrCat(found.size(), " nodes cannot be run: ");
  for (size_t i = 0; i < found.size() && i < kNamesShown; ++i) {
    const UnsupportedNode& node = found[i];
    if (i > 0) text += "; ";
    text += StrCat(Escape(node.node), " (op ", Escape(node.op));
    if (!node.function.empty()) {
      text += StrCat(", in function ", Escape(node.function));
    }
    text += StrCat("): ", node.reason);
  }
  if (found.size() > kNamesShown) {
    text += StrCat("; and ", found.size() - kNamesShown, " more");
  }
  return UnimplementedError(text);
}

// Makes one plan.
class PlanMaker {
 public:
  PlanMaker(NodeGraph& graph, const PlanRequest& request,
            std::vector<UnsupportedNode>* unsupported)
      : graph_(graph), request_(request), unsupported_(*unsupported) {}

  StatusOr<Plan> Make() {
    plan_.graph_ = &graph_;
    CAIRN_RETURN_IF_ERROR(Prune());
    const size_t before = unsupported_.size();
    CAIRN_RETURN_IF_ERROR(Prepare());
    if (unsupported_.size() > before) return std::move(plan_);
    CAIRN_RETURN_IF_ERROR(CheckInputs());
    CAIRN_RETURN_IF_ERROR(Order());
    CAIRN_RETURN_IF_ERROR(AssignFrames());
    CAIRN_RETURN_IF_ERROR(Fetch());
    Lay();
    return std::move(plan_);
  }

 private:
  // -1 if `end` is not fed.
  int FeedOf(const Endpoint& end) const {
    if (!fed_node_[static_cast<size_t>(end.node)]) return -1;
    const auto at =
        std::find(request_.feeds.begin(), request_.feeds.end(), end);
    return at == request_.feeds.end()
               ? -1
               : static_cast<int>(at - request_.feeds.begin());
  }
  // A control edge from a placeholder that is fed waits for nothing.
  bool IsFedPlaceholder(int node) const {
    return fed_node_[static_cast<size_t>(node)] &&
           (graph_.op(node).starts_with("Placeholder") ||
            graph_.op(node) == "_Arg") &&
           FeedOf({node, 0}) >= 0;
  }
  // The node's number in the plan.
  int PlanIndex(int graph_node) const {
    return plan_index_[static_cast<size_t>(graph_node)];
  }
  PlanNode& PlanNodeOf(int graph_node) {
    return plan_.nodes_[static_cast<size_t>(PlanIndex(graph_node))];
  }

  Status Prune();
  Status Prepare();
  Status CheckEndpoint(const Endpoint& end, std::string_view user);
  Status CheckInputs();
  Status CheckNodeInputs(const PlanNode& node);
  Status Order();
  Status CycleError(const std::vector<int>& waiting) const;
  Status AssignFrames();
  Status AssignFrame(PlanNode* node);
  Status EnterFrame(PlanNode* node, int outer);
  Status Fetch();
  void Lay();

  // Calls f(source) for each node that node i of the plan has an edge from,
  // but for those that are fed.
  template <typename F>
  void ForEachSource(const PlanNode& node, const F& f) const {
    const GraphNode& in = graph_.node(node.graph_node);
    for (const Endpoint& end : in.inputs) {
      if (FeedOf(end) < 0) f(end.node);
    }
    for (int control : in.controls) {
      if (!IsFedPlaceholder(control)) f(control);
    }
  }

  NodeGraph& graph_;
  const PlanRequest& request_;
  std::vector<UnsupportedNode>& unsupported_;
  Plan plan_;
  std::vector<bool> fed_node_;   // of the graph
  std::vector<int> plan_index_;  // of a node of the graph, or -1
  std::vector<int> order_;       // plan indices, sources first
  std::map<std::pair<int, std::string>, int> frame_index_;
};

Status PlanMaker::Prune() {
  const size_t count = static_cast<size_t>(graph_.num_nodes());
  fed_node_.assign(count, false);
  plan_index_.assign(count, -1);
  for (const Endpoint& feed : request_.feeds) {
    fed_node_[static_cast<size_t>(feed.node)] = true;
  }
  std::vector<bool> needed(count, false);
  std::vector<int> todo;
  const auto need = [&](int node) {
    if (needed[static_cast<size_t>(node)]) return;
    needed[static_cast<size_t>(node)] = true;
    todo.push_back(node);
  };
  for (const Endpoint& fetch : request_.fetches) {
    if (FeedOf(fetch) < 0) need(fetch.node);
  }
  for (int target : request_.targets) need(target);
  while (!todo.empty()) {
    PlanNode node;
    node.graph_node = todo.back();
    todo.pop_back();
    ForEachSource(node, need);
  }
  for (int i = 0; i < graph_.num_nodes(); ++i) {
    if (!needed[static_cast<size_t>(i)]) continue;
    plan_index_[static_cast<size_t>(i)] = static_cast<int>(plan_.nodes_.size());
    plan_.nodes_.emplace_back().graph_node = i;
  }
  return OkStatus();
}

Status PlanMaker::Prepare() {
  for (PlanNode& node : plan_.nodes_) {
    const StatusOr<const NodeTypes*> types = graph_.Types(node.graph_node);
    StatusOr<const Kernel*> kernel = graph_.GetKernel(node.graph_node);
    const std::string& name = graph_.name(node.graph_node);
    const std::string& op = graph_.op(node.graph_node);
    if (absl::IsUnimplemented(kernel.status())) {
      unsupported_.push_back({name, op, Message(kernel.status()), {}});
      continue;
    }
    if (!kernel.ok()) {
      return Status(kernel.status().code(),
                    StrCat(Message(kernel.status()), " [[{{node ", Escape(name),
                           "}} = ", Escape(op), "]]"));
    }
    node.kernel = *kernel;
    node.types = *types;
    node.kind = KindOf(op);
    node.num_inputs = static_cast<int>(node.types->inputs.size());
  }
  return OkStatus();
}

Status PlanMaker::CheckEndpoint(const Endpoint& end, std::string_view user) {
  const StatusOr<const NodeTypes*> types = graph_.Types(end.node);
  if (absl::IsUnimplemented(types.status())) return OkStatus();  // it is fed
  CAIRN_RETURN_IF_ERROR(types.status());
  const size_t outputs = (*types)->outputs.size();
  if (static_cast<size_t>(end.output) < outputs) return OkStatus();
  return InvalidArgumentError(
      StrCat("Node '", Escape(user), "': Connecting to invalid output ",
             end.output, " of source node ", Escape(graph_.name(end.node)),
             " which has ", outputs, " outputs."));
}

Status PlanMaker::CheckInputs() {
  for (const PlanNode& node : plan_.nodes_) {
    CAIRN_RETURN_IF_ERROR(CheckNodeInputs(node));
  }
  return OkStatus();
}

Status PlanMaker::CheckNodeInputs(const PlanNode& node) {
  const std::string& name = graph_.name(node.graph_node);
  const std::vector<Endpoint>& inputs = graph_.node(node.graph_node).inputs;
  const std::vector<EdgeType>& expected = node.types->inputs;
  if (inputs.size() != expected.size()) {
    return InvalidArgumentError(
        StrCat("Node '", Escape(name), "' (op ",
               Escape(graph_.op(node.graph_node)), ") has ", inputs.size(),
               " inputs, not the ", expected.size(), " of its op"));
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    CAIRN_RETURN_IF_ERROR(CheckEndpoint(inputs[i], name));
    const StatusOr<const NodeTypes*> types = graph_.Types(inputs[i].node);
    if (!types.ok()) continue;
    EdgeType found = (*types)->outputs[static_cast<size_t>(inputs[i].output)];
    if (FeedOf(inputs[i]) >= 0) found.is_ref = false;
    if (found.dtype == expected[i].dtype &&
        (found.is_ref || !expected[i].is_ref)) {
      continue;
    }
    return InvalidArgumentError(
        StrCat("Input ", i, " of node ", Escape(name), " was passed ",
               found.ToString(), " from ", Escape(graph_.name(inputs[i].node)),
               ":", inputs[i].output, " incompatible with expected ",
               expected[i].ToString(), "."));
  }
  return OkStatus();
}

Status PlanMaker::Order() {
  const size_t count = plan_.nodes_.size();
  std::vector<int> waiting(count, 0);
  std::vector<std::vector<int>> users(count);
  for (size_t i = 0; i < count; ++i) {
    const bool merge = plan_.nodes_[i].kind == Kind::kMerge;
    ForEachSource(plan_.nodes_[i], [&](int source) {
      const PlanNode& from = PlanNodeOf(source);
      if (merge && from.kind == Kind::kNextIteration) return;
      users[static_cast<size_t>(PlanIndex(source))].push_back(
          static_cast<int>(i));
      ++waiting[i];
    });
  }
  for (size_t i = 0; i < count; ++i) {
    if (waiting[i] == 0) order_.push_back(static_cast<int>(i));
  }
  for (size_t next = 0; next < order_.size(); ++next) {
    for (int user : users[static_cast<size_t>(order_[next])]) {
      if (--waiting[static_cast<size_t>(user)] == 0) order_.push_back(user);
    }
  }
  return order_.size() == count ? OkStatus() : CycleError(waiting);
}

Status PlanMaker::CycleError(const std::vector<int>& waiting) const {
  // From a node that waits, back along nodes that wait, one comes twice: it and
  // those since are a cycle.
  size_t at = 0;
  while (waiting[at] == 0) ++at;
  std::vector<size_t> path;
  std::vector<bool> seen(waiting.size(), false);
  while (!seen[at]) {
    seen[at] = true;
    path.push_back(at);
    std::optional<size_t> before;
    const bool merge = plan_.nodes_[at].kind == Kind::kMerge;
    ForEachSource(plan_.nodes_[at], [&](int source) {
      const size_t index = static_cast<size_t>(PlanIndex(source));
      const bool back =
          merge && plan_.nodes_[index].kind == Kind::kNextIteration;
      if (!back && waiting[index] > 0 && !before.has_value()) before = index;
    });
    if (!before.has_value()) break;
    at = *before;
  }
  path.erase(path.begin(), std::find(path.begin(), path.end(), at));
  std::string text = "the graph has a cycle without loop ops: ";
  for (size_t i = path.size(); i > 0; --i) {
    if (path.size() - i == kNamesShown) return InvalidArgumentError(text + "…");
    text += StrCat(Escape(graph_.name(plan_.nodes_[path[i - 1]].graph_node)),
                   " -> ");
  }
  const size_t first = path.empty() ? at : path.back();
  return InvalidArgumentError(
      text + Escape(graph_.name(plan_.nodes_[first].graph_node)));
}

Status PlanMaker::AssignFrames() {
  plan_.frames_.emplace_back();
  for (int index : order_) {
    CAIRN_RETURN_IF_ERROR(
        AssignFrame(&plan_.nodes_[static_cast<size_t>(index)]));
  }
  for (size_t i = 0; i < plan_.nodes_.size(); ++i) {
    PlanNode& node = plan_.nodes_[i];
    plan_.frames_[static_cast<size_t>(node.frame)].nodes.push_back(
        static_cast<int>(i));
    for (const Endpoint& end : graph_.node(node.graph_node).inputs) {
      if (FeedOf(end) >= 0) {
        if (node.frame == 0) continue;
        return InvalidArgumentError(
            StrCat("node ", Escape(graph_.name(node.graph_node)),
                   " is inside a loop: its input ",
                   Escape(graph_.name(end.node)), " cannot be fed"));
      }
      // Values come back to the frame they left.
      if (node.kind != Kind::kMerge) continue;
      const PlanNode& from = PlanNodeOf(end.node);
      if (from.kind == Kind::kNextIteration && from.frame != node.frame) {
        return InvalidArgumentError(
            StrCat("The node '", Escape(graph_.name(node.graph_node)),
                   "' has inputs from different frames"));
      }
    }
  }
  return OkStatus();
}

Status PlanMaker::AssignFrame(PlanNode* node) {
  std::optional<int> frame;
  bool differ = false;
  ForEachSource(*node, [&](int source) {
    const PlanNode& from = PlanNodeOf(source);
    if (node->kind == Kind::kMerge && from.kind == Kind::kNextIteration) return;
    int where = from.frame;
    if (from.kind == Kind::kEnter) where = from.child_frame;
    if (from.kind == Kind::kExit) {
      where = plan_.frames_[static_cast<size_t>(where)].parent;
    }
    differ = differ || (frame.has_value() && *frame != where);
    frame = where;
  });
  const std::string name = Escape(graph_.name(node->graph_node));
  if (differ) {
    return InvalidArgumentError(
        StrCat("The node '", name, "' has inputs from different frames"));
  }
  node->frame = frame.value_or(0);
  if (node->kind == Kind::kEnter) return EnterFrame(node, node->frame);
  const bool in_loop =
      node->kind == Kind::kExit || node->kind == Kind::kNextIteration;
  if (in_loop && node->frame == 0) {
    return InvalidArgumentError(StrCat("The node '", name,
                                       "' is in no loop, but of op ",
                                       graph_.op(node->graph_node)));
  }
  return OkStatus();
}

Status PlanMaker::EnterFrame(PlanNode* node, int outer) {
  const Attributes attributes(*graph_.node(node->graph_node).def);
  CAIRN_ASSIGN_OR_RETURN(const std::string frame,
                         attributes.String("frame_name"));
  CAIRN_ASSIGN_OR_RETURN(node->constant, attributes.Bool("is_constant", false));
  const auto [at, added] = frame_index_.try_emplace(
      std::pair(outer, frame), static_cast<int>(plan_.frames_.size()));
  if (added) plan_.frames_.push_back({outer, frame, {}, 0});
  node->child_frame = at->second;
  ++plan_.frames_[static_cast<size_t>(at->second)].num_enters;
  return OkStatus();
}

Status PlanMaker::Fetch() {
  plan_.feed_edges_.resize(request_.feeds.size());
  plan_.feed_fetches_.resize(request_.feeds.size());
  plan_.num_fetches_ = request_.fetches.size();
  for (size_t i = 0; i < request_.fetches.size(); ++i) {
    const Endpoint& fetch = request_.fetches[i];
    const int position = static_cast<int>(i);
    if (const int feed = FeedOf(fetch); feed >= 0) {
      plan_.feed_fetches_[static_cast<size_t>(feed)].push_back(position);
      continue;
    }
    CAIRN_RETURN_IF_ERROR(CheckEndpoint(fetch, "fetch"));
    PlanNode& node = PlanNodeOf(fetch.node);
    int where = node.frame;
    if (node.kind == Kind::kExit) {
      where = plan_.frames_[static_cast<size_t>(where)].parent;
    }
    if (where != 0 || node.kind == Kind::kEnter) {
      return InvalidArgumentError(
          StrCat("tensor ", Escape(graph_.name(fetch.node)), ":", fetch.output,
                 " is inside a loop and cannot be fetched"));
    }
    node.fetches.emplace_back(fetch.output, position);
  }
  return OkStatus();
}

void PlanMaker::Lay() {
  for (size_t i = 0; i < plan_.nodes_.size(); ++i) {
    PlanNode& node = plan_.nodes_[i];
    const GraphNode& in = graph_.node(node.graph_node);
    const int self = static_cast<int>(i);
    node.first_input = plan_.num_inputs_;
    plan_.num_inputs_ += node.num_inputs;
    for (size_t j = 0; j < in.inputs.size(); ++j) {
      const Endpoint& end = in.inputs[j];
      const PlanEdge edge{end.output, self, static_cast<int>(j)};
      if (const int feed = FeedOf(end); feed >= 0) {
        plan_.feed_edges_[static_cast<size_t>(feed)].push_back(edge);
      } else {
        PlanNodeOf(end.node).edges.push_back(edge);
      }
    }
    for (int control : in.controls) {
      if (IsFedPlaceholder(control)) continue;
      PlanNodeOf(control).edges.push_back({-1, self, -1});
      ++node.num_controls;
    }
  }
  for (PlanNode& node : plan_.nodes_) {
    std::stable_sort(node.edges.begin(), node.edges.end(),
                     [](const PlanEdge& a, const PlanEdge& b) {
                       return a.output < b.output;
                     });
  }
}

StatusOr<Plan> Plan::Make(NodeGraph& graph, const PlanRequest& request,
                          std::vector<UnsupportedNode>* unsupported) {
  return PlanMaker(graph, request, unsupported).Make();
}

}  // namespace cairn::session
