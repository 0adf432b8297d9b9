// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/object/object_graph.h"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn::object {
namespace {

constexpr std::string_view kAttributes = "/.ATTRIBUTES/";
constexpr std::string_view kOptimizerSlot = "/.OPTIMIZER_SLOT/";
constexpr std::string_view kPythonState = "py_state";

std::string KeyOf(std::string_view path, std::string_view attribute) {
  return StrCat(path, kAttributes, EscapeLocalName(attribute));
}

// An edge in a node's name is Shown(edge), then Dots(edge).
std::string_view Shown(std::string_view edge) {
  return edge.substr(0, kMaxNodeNameBytes);
}
std::string_view Dots(std::string_view edge) {
  return edge.size() > kMaxNodeNameBytes ? "..." : "";
}

class GraphBuilder {
 public:
  explicit GraphBuilder(const GraphOptions& options) : options_(options) {}

  StatusOr<GraphView> Build(Trackable& root) {
    AddNode(&root, {});
    for (size_t id = 0; id < view_.objects.size(); ++id) {
      CAIRN_RETURN_IF_ERROR(AddEdges(id));
    }
    ordinary_ = view_.objects.size();
    for (size_t id = 0; id < ordinary_; ++id) {
      if (AddSaver(id)) continue;
      const std::vector<Saveable*> saveables = view_.objects[id]->Saveables();
      if (saveables.empty()) continue;
      CAIRN_RETURN_IF_ERROR(AddAttributes(id, saveables, PathOf(id)));
    }
    for (size_t id = 0; !options_.skip_slot_variables && id < ordinary_; ++id) {
      CAIRN_RETURN_IF_ERROR(AddSlots(id));
    }
    SetHasCheckpointValues();
    for (GraphView::Value& value : python_state_) {
      view_.values.push_back(std::move(value));
    }
    return std::move(view_);
  }

 private:
  // How a node was reached first; its path is put together when a key needs it,
  // because a chain of nodes would otherwise take memory in the square of its
  // length.
  struct Origin {
    size_t parent = 0;
    std::string edge;
  };

  void AddNode(Trackable* object, Origin origin) {
    ids_.emplace(object, view_.objects.size());
    view_.objects.push_back(object);
    view_.graph.nodes.emplace_back();
    origins_.push_back(std::move(origin));
  }

  Status AddEdges(size_t id) {
    const Trackable& object = *view_.objects[id];
    if (const Status status = object.CheckSaveable(); !status.ok()) {
      return Annotate(status, Escape(PathOf(id)));
    }
    for (const TrackableEdge& edge : object.Children()) AddEdge(id, edge);
    if (id > 0) return OkStatus();
    for (const TrackableEdge& edge : options_.attached) AddEdge(0, edge);
    return OkStatus();
  }

  void AddEdge(size_t parent, const TrackableEdge& edge) {
    if (!ids_.contains(edge.child)) AddNode(edge.child, {parent, edge.name});
    view_.graph.nodes[parent].children.push_back(
        {static_cast<int32_t>(ids_[edge.child]), edge.name});
  }

  std::string PathOf(size_t id) const {
    std::vector<std::string> parts;
    for (; id != 0; id = origins_[id].parent) {
      parts.push_back(EscapeLocalName(origins_[id].edge));
    }
    return Join(std::vector<std::string>(parts.rbegin(), parts.rend()), "/");
  }

  // Whether a saver takes the object over.
  bool AddSaver(size_t id) {
    Trackable* const object = view_.objects[id];
    for (const std::shared_ptr<CheckpointSaver>& saver : options_.savers) {
      if (!saver->Handles(*object)) continue;
      std::string path = PathOf(id);
      view_.graph.nodes[id].registered_saver = {saver->name(), path};
      view_.saved_by_savers.push_back({saver.get(), {std::move(path), object}});
      return true;
    }
    return false;
  }

  Status AddAttributes(size_t id, const std::vector<Saveable*>& saveables,
                       const std::string& path) {
    std::vector<ObjectGraph::Attribute>& attributes =
        view_.graph.nodes[id].attributes;
    for (Saveable* saveable : saveables) {
      ObjectGraph::Attribute attribute;
      attribute.name = saveable->attribute_name();
      attribute.full_name = saveable->full_name();
      attribute.checkpoint_key = KeyOf(path, attribute.name);
      std::string key = attribute.checkpoint_key + saveable->key_suffix();
      const TensorPiece* const piece = saveable->piece();
      const std::string slice =
          piece == nullptr ? std::string() : piece->slice.ToString();
      // A NUL cannot be in what a slice is printed as.
      if (!keys_.insert(StrCat(slice, std::string_view("\0", 1), key)).second) {
        return InvalidArgumentError(
            StrCat("Received multiple tensors with the same checkpoint key and "
                   "slice spec. ",
                   Escape(key), slice.empty() ? "" : " ", slice));
      }
      auto& values =
          attribute.name == kPythonState ? python_state_ : view_.values;
      values.push_back({saveable, std::move(key)});
      // Pieces, and tensors with suffixes, share their attribute.
      const bool known = std::ranges::any_of(
          attributes, [&](const ObjectGraph::Attribute& other) {
            return other.name == attribute.name;
          });
      if (!known) attributes.push_back(std::move(attribute));
    }
    return OkStatus();
  }

  // The slots of the optimizer at node `id`, if it is one.
  Status AddSlots(size_t id) {
    SlotProvider* const provider = view_.objects[id]->slots();
    if (provider == nullptr) return OkStatus();
    for (const std::string& name : provider->SlotNames()) {
      for (size_t variable = 0; variable < ordinary_; ++variable) {
        Trackable* const slot = provider->Slot(*view_.objects[variable], name);
        if (slot == nullptr) continue;
        CAIRN_RETURN_IF_ERROR(AddSlot(id, name, variable, slot));
      }
    }
    return OkStatus();
  }

  Status AddSlot(size_t optimizer, const std::string& name, size_t variable,
                 Trackable* slot) {
    const std::string path =
        StrCat(PathOf(variable), kOptimizerSlot, PathOf(optimizer), "/",
               EscapeLocalName(name));
    if (ids_.contains(slot)) {
      return InvalidArgumentError(
          StrCat("A slot variable was re-used as a dependency of a Trackable "
                 "object: ",
                 Escape(path)));
    }
    if (!slot->Children().empty()) {
      return InvalidArgumentError(
          StrCat("Currently only variables with no dependencies can be saved "
                 "as slot variables: ",
                 Escape(path)));
    }
    const size_t id = view_.objects.size();
    AddNode(slot, {});
    view_.graph.nodes[optimizer].slot_variables.push_back(
        {static_cast<int32_t>(variable), name, static_cast<int32_t>(id)});
    return AddAttributes(id, slot->Saveables(), path);
  }

  // Marks every node from which a value can be reached through children.
  void SetHasCheckpointValues() {
    std::vector<ObjectGraph::Node>& nodes = view_.graph.nodes;
    std::vector<std::vector<size_t>> parents(nodes.size());
    std::vector<size_t> marked;
    for (size_t id = 0; id < nodes.size(); ++id) {
      ObjectGraph::Node& node = nodes[id];
      node.has_checkpoint_values = !node.attributes.empty() ||
                                   !node.slot_variables.empty() ||
                                   node.registered_saver.has_value();
      if (*node.has_checkpoint_values) marked.push_back(id);
      for (const ObjectGraph::Child& child : node.children) {
        parents[static_cast<size_t>(child.node_id)].push_back(id);
      }
    }
    while (!marked.empty()) {
      const size_t id = marked.back();
      marked.pop_back();
      for (const size_t parent : parents[id]) {
        if (*nodes[parent].has_checkpoint_values) continue;
        nodes[parent].has_checkpoint_values = true;
        marked.push_back(parent);
      }
    }
  }

  const GraphOptions& options_;
  GraphView view_;
  std::vector<Origin> origins_;
  std::vector<GraphView::Value> python_state_;
  std::unordered_map<const Trackable*, size_t> ids_;
  std::unordered_set<std::string> keys_;
  size_t ordinary_ = 0;  // nodes before the first slot variable
};

}  // namespace

std::string EscapeLocalName(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '.') {
      out += "..";
    } else if (c == '/') {
      out += ".S";
    } else {
      out += c;
    }
  }
  return out;
}

StatusOr<std::string> UnescapeLocalName(std::string_view escaped) {
  std::string out;
  for (size_t i = 0; i < escaped.size(); ++i) {
    const std::string_view pair = escaped.substr(i, 2);
    if (pair == "..") {
      out += '.';
    } else if (pair == ".S") {
      out += '/';
    } else if (escaped[i] == '.' || escaped[i] == '/') {
      return DataLossError(
          StrCat("not an escaped name: ", Escape(escaped), " at byte ", i));
    } else {
      out += escaped[i];
      continue;
    }
    ++i;
  }
  return out;
}

StatusOr<GraphView> BuildGraphView(Trackable& root,
                                   const GraphOptions& options) {
  return GraphBuilder(options).Build(root);
}

NodeNames::NodeNames(const ObjectGraph& graph) : origins_(graph.nodes.size()) {
  std::deque<int32_t> queue;
  std::vector<bool> seen(graph.nodes.size());
  if (!graph.nodes.empty()) {
    queue.push_back(0);
    seen[0] = true;
  }
  for (; !queue.empty(); queue.pop_front()) {
    const int32_t id = queue.front();
    for (const auto& child : graph.nodes[static_cast<size_t>(id)].children) {
      const auto at = static_cast<size_t>(child.node_id);
      if (seen[at]) continue;
      seen[at] = true;
      origins_[at] = {id, child.local_name, -1};
      queue.push_back(child.node_id);
    }
  }
  for (size_t id = 0; id < graph.nodes.size(); ++id) {
    for (const auto& slot : graph.nodes[id].slot_variables) {
      const auto at = static_cast<size_t>(slot.slot_variable_node_id);
      if (seen[at]) continue;
      seen[at] = true;
      origins_[at] = {static_cast<int32_t>(id), slot.slot_name,
                      slot.original_variable_node_id};
    }
  }
}

bool NodePath::Prepend(std::string_view edge) {
  if (!edges_.empty() && bytes_ + edge.size() + 1 > kMaxNodeNameBytes) {
    shortened_ = true;
    return false;
  }
  edges_.push_back(edge);
  bytes_ += edge.size() + 1;
  return true;
}

std::string NodePath::ToString() const {
  std::string name = shortened_ ? "(root).(...)" : "(root)";
  for (auto edge = edges_.rbegin(); edge != edges_.rend(); ++edge) {
    name += '.';
    name += Shown(*edge);
    name += Dots(*edge);
  }
  return name;
}

std::string NodeNames::PathName(int32_t node_id) const {
  NodePath path;
  // Ends: a parent was reached before its children. Whoever was reached by an
  // edge was so from the root: slots have no children.
  for (int32_t id = node_id; id != 0;) {
    const Origin& origin = origins_[static_cast<size_t>(id)];
    if (origin.parent < 0 || origin.slot_of >= 0) {
      return StrCat("(node ", node_id, ")");
    }
    if (!path.Prepend(origin.edge)) break;
    id = origin.parent;
  }
  return path.ToString();
}

std::string NodeNames::Name(int32_t node_id) const {
  const Origin& origin = origins_[static_cast<size_t>(node_id)];
  if (node_id == 0 || origin.slot_of < 0) return PathName(node_id);
  return StrCat(PathName(origin.parent), "'s state '", Shown(origin.edge),
                Dots(origin.edge), "' for ", PathName(origin.slot_of));
}

std::string NodeName(const ObjectGraph& graph, int32_t node_id) {
  return NodeNames(graph).Name(node_id);
}

}  // namespace cairn::object
