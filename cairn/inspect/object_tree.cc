// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What an object graph can hold: cycles, edges to itself, a million nodes in
// one chain (so nothing here recurses), nodes that no edge reaches, slots of
// things that are no variables. Node ids were checked when it was decoded.
#include "cairn/inspect/object_tree.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn::inspect {
namespace {

using object::ObjectGraph;

size_t Index(int32_t node_id) { return static_cast<size_t>(node_id); }

// Breadth-first from the root: the first edge to reach a node is its origin.
void FindOrigins(ObjectTree& tree) {
  const auto& nodes = tree.graph.nodes;
  tree.origins.assign(nodes.size(), {});
  std::vector<bool> seen(nodes.size(), false);
  std::vector<int32_t> queue{0};
  seen[0] = true;
  for (size_t next = 0; next < queue.size(); ++next) {
    const int32_t parent = queue[next];
    const auto& children = nodes[Index(parent)].children;
    for (size_t i = 0; i < children.size(); ++i) {
      const int32_t child = children[i].node_id;
      if (seen[Index(child)]) continue;
      seen[Index(child)] = true;
      tree.origins[Index(child)] = {parent, static_cast<int32_t>(i)};
      queue.push_back(child);
    }
  }
}

// Rows for the children of `node_id`, edges to one object merged.
std::vector<TreeRow> ChildRows(const ObjectTree& tree, int32_t node_id,
                               int32_t depth) {
  const auto& children = tree.graph.nodes[Index(node_id)].children;
  std::vector<TreeRow> rows;
  std::map<int32_t, size_t> row_of;  // child -> index in rows
  for (const ObjectGraph::Child& child : children) {
    const auto [it, is_new] = row_of.try_emplace(child.node_id, rows.size());
    if (is_new) {
      const bool here = child.node_id != 0 &&
                        tree.origins[Index(child.node_id)].parent == node_id;
      rows.push_back({here ? TreeRow::Kind::kObject : TreeRow::Kind::kAlias,
                      child.node_id,
                      depth,
                      false,
                      {}});
    }
    rows[it->second].names.push_back(child.local_name);
  }
  if (!rows.empty()) rows.back().last = true;
  return rows;
}

// Depth-first with a stack of its own.
void DrawFrom(ObjectTree& tree, TreeRow top) {
  std::vector<TreeRow> stack{std::move(top)};
  while (!stack.empty()) {
    TreeRow row = std::move(stack.back());
    stack.pop_back();
    if (row.kind != TreeRow::Kind::kAlias) {
      std::vector<TreeRow> children =
          ChildRows(tree, row.node_id, row.depth + 1);
      for (auto it = children.rbegin(); it != children.rend(); ++it) {
        stack.push_back(std::move(*it));
      }
    }
    tree.rows.push_back(std::move(row));
  }
}

std::vector<bool> SlotNodes(const ObjectGraph& graph) {
  std::vector<bool> is_slot(graph.nodes.size(), false);
  for (const ObjectGraph::Node& node : graph.nodes) {
    for (const auto& slot : node.slot_variables) {
      is_slot[Index(slot.slot_variable_node_id)] = true;
    }
  }
  return is_slot;
}

void Draw(ObjectTree& tree, const std::vector<bool>& is_slot) {
  DrawFrom(tree, {TreeRow::Kind::kObject, 0, 0, true, {}});
  for (size_t id = 1; id < tree.graph.nodes.size(); ++id) {
    if (tree.origins[id].parent >= 0 || is_slot[id]) continue;
    TreeRow row{
        TreeRow::Kind::kUnreachable, static_cast<int32_t>(id), 0, true, {}};
    // Its children may have no other path either: they stay rows of their own,
    // so that every node is shown once.
    tree.rows.push_back(std::move(row));
  }
}

bool HasChild(const ObjectGraph::Node& node, std::string_view name) {
  return std::ranges::any_of(node.children, [&](const auto& child) {
    return child.local_name == name;
  });
}

bool IsOptimizer(const ObjectGraph::Node& node) {
  return !node.slot_variables.empty() ||
         ((HasChild(node, "iter") || HasChild(node, "_iterations")) &&
          (HasChild(node, "learning_rate") ||
           HasChild(node, "_learning_rate")));
}

bool IsIntegerScalar(const std::vector<ObjectValue>& values) {
  return values.size() == 1 && values[0].stored &&
         values[0].shape.rank() == 0 &&
         (values[0].dtype == DataType::kInt32 ||
          values[0].dtype == DataType::kInt64);
}

ValueRole RoleOf(const ObjectTree& tree, size_t id,
                 const std::vector<bool>& is_optimizer) {
  const ObjectTree::Origin origin = tree.origins[id];
  if (origin.parent < 0) return ValueRole::kVariable;
  const auto edge = [&](const ObjectTree::Origin& o) -> std::string_view {
    return tree.graph.nodes[Index(o.parent)]
        .children[static_cast<size_t>(o.child)]
        .local_name;
  };
  if (origin.parent == 0 && edge(origin) == "save_counter") {
    return ValueRole::kSaveCounter;
  }
  if (is_optimizer[Index(origin.parent)]) {
    return edge(origin) == "iter" || edge(origin) == "_iterations"
               ? ValueRole::kIterations
               : ValueRole::kHyperparameter;
  }
  if (origin.parent == 0 && IsIntegerScalar(tree.values[id])) {
    return ValueRole::kStep;
  }
  // Newer optimizers keep their state in lists; one of them lists the model's
  // own weights.
  const ObjectTree::Origin above = tree.origins[Index(origin.parent)];
  if (above.parent >= 0 && is_optimizer[Index(above.parent)] &&
      edge(above) != "_trainable_variables") {
    return ValueRole::kSlot;
  }
  return ValueRole::kVariable;
}

void AssignRoles(ObjectTree& tree, const std::vector<bool>& is_slot) {
  const auto& nodes = tree.graph.nodes;
  std::vector<bool> is_optimizer;
  for (const ObjectGraph::Node& node : nodes) {
    is_optimizer.push_back(IsOptimizer(node));
  }
  for (size_t id = 0; id < nodes.size(); ++id) {
    tree.roles.push_back(is_slot[id] ? ValueRole::kSlot
                                     : RoleOf(tree, id, is_optimizer));
  }
}

void JoinValues(ObjectTree& tree, const CheckpointSource* source) {
  tree.values.reserve(tree.graph.nodes.size());
  for (const ObjectGraph::Node& node : tree.graph.nodes) {
    std::vector<ObjectValue>& values = tree.values.emplace_back();
    values.reserve(node.attributes.size());
    for (const ObjectGraph::Attribute& attribute : node.attributes) {
      ObjectValue& value = values.emplace_back();
      value.attribute = attribute;
      if (source == nullptr || attribute.checkpoint_key.empty()) continue;
      StatusOr<Entry> entry = source->Find(attribute.checkpoint_key);
      if (!entry.ok()) continue;
      value.stored = true;
      value.dtype = entry->dtype;
      value.shape = std::move(entry->shape);
      value.bytes = entry->bytes;
    }
  }
}

}  // namespace

std::string_view ValueRoleName(ValueRole role) {
  switch (role) {
    case ValueRole::kVariable:
      return "variable";
    case ValueRole::kSlot:
      return "slot";
    case ValueRole::kIterations:
      return "optimizer iterations";
    case ValueRole::kHyperparameter:
      return "hyper-parameter";
    case ValueRole::kSaveCounter:
      return "save counter";
    case ValueRole::kStep:
      return "step";
    case ValueRole::kObjectGraph:
      return "object graph";
  }
  return "unknown";
}

std::string ObjectTree::Path(int32_t node_id) const {
  if (node_id != 0 && origins[Index(node_id)].parent < 0) {
    return object::NodeName(graph, node_id);
  }
  object::NodePath path;
  for (int32_t id = node_id; id != 0; id = origins[Index(id)].parent) {
    const Origin& origin = origins[Index(id)];
    const auto& children = graph.nodes[Index(origin.parent)].children;
    if (!path.Prepend(children[static_cast<size_t>(origin.child)].local_name)) {
      break;
    }
  }
  return path.ToString();
}

ObjectTree LayOutObjectTree(object::ObjectGraph graph,
                            const CheckpointSource* source) {
  ObjectTree tree;
  tree.graph = std::move(graph);
  if (tree.graph.nodes.empty()) return tree;
  const std::vector<bool> is_slot = SlotNodes(tree.graph);
  tree.slots.resize(tree.graph.nodes.size());
  for (size_t id = 0; id < tree.graph.nodes.size(); ++id) {
    for (const auto& slot : tree.graph.nodes[id].slot_variables) {
      tree.slots[Index(slot.original_variable_node_id)].push_back(
          {slot.slot_name, static_cast<int32_t>(id),
           slot.slot_variable_node_id});
    }
  }
  JoinValues(tree, source);
  FindOrigins(tree);
  AssignRoles(tree, is_slot);
  Draw(tree, is_slot);
  return tree;
}

StatusOr<bool> HasObjectGraph(const CheckpointSource& source) {
  const StatusOr<Entry> entry = source.Find(object::kObjectGraphKey);
  if (absl::IsNotFound(entry.status())) return false;
  CAIRN_RETURN_IF_ERROR(entry.status());
  return true;
}

StatusOr<ObjectTree> ReadObjectTree(const CheckpointSource& source) {
  CAIRN_ASSIGN_OR_RETURN(const bool has_graph, HasObjectGraph(source));
  if (!has_graph) {
    return NotFoundError(
        StrCat(Escape(source.path(), 4096), ": has no object graph (key ",
               object::kObjectGraphKey, "): a name-based checkpoint"));
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor stored, source.Read(object::kObjectGraphKey));
  if (stored.dtype() != DataType::kString || stored.num_elements() != 1) {
    return DataLossError(
        StrCat(Escape(source.path(), 4096), ": ", object::kObjectGraphKey,
               ": expected one string, found ", DataTypeName(stored.dtype()),
               " ", stored.shape().ToString()));
  }
  StatusOr<object::ObjectGraph> graph =
      object::DecodeObjectGraph(stored.strings()[0]);
  if (!graph.ok()) return Annotate(graph.status(), Escape(source.path(), 4096));
  stored = Tensor();  // as long as the graph itself
  return LayOutObjectTree(*std::move(graph), &source);
}

}  // namespace cairn::inspect
