// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/object/checkpoint_view.h"

#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"

namespace cairn::object {

StatusOr<CheckpointView> CheckpointView::Open(FileSystem& fs,
                                              const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(const auto reader,
                         bundle::BundleReader::Open(fs, prefix));
  const StatusOr<Tensor> stored = reader->Read(kObjectGraphKey);
  if (absl::IsNotFound(stored.status())) {
    return InvalidArgumentError(
        StrCat("The specified checkpoint \"", Escape(prefix),
               "\" does not appear to be object-based (saved with TF2) since "
               "it is missing the key \"",
               kObjectGraphKey, "\""));
  }
  CAIRN_RETURN_IF_ERROR(stored.status());
  if (stored->dtype() != DataType::kString || stored->num_elements() != 1) {
    return DataLossError(StrCat(
        Escape(prefix), ": ", kObjectGraphKey, " should be one string, is ",
        DataTypeName(stored->dtype()), stored->shape().ToString()));
  }
  StatusOr<ObjectGraph> graph = DecodeObjectGraph(stored->strings()[0]);
  if (!graph.ok()) return Annotate(graph.status(), Escape(prefix));
  return CheckpointView(*std::move(graph));
}

const std::vector<ObjectGraph::Child>& CheckpointView::Children(
    int32_t node_id) const {
  return graph_.nodes[static_cast<size_t>(node_id)].children;
}

std::vector<int32_t> CheckpointView::Descendants() const {
  std::vector<int32_t> found = {0};
  std::unordered_set<int32_t> seen = {0};
  for (size_t i = 0; i < found.size(); ++i) {
    for (const ObjectGraph::Child& child : Children(found[i])) {
      if (seen.insert(child.node_id).second) found.push_back(child.node_id);
    }
  }
  return found;
}

std::map<int32_t, Trackable*> CheckpointView::Match(Trackable& object) const {
  std::map<int32_t, Trackable*> matched = {{0, &object}};
  std::vector<int32_t> queue = {0};
  for (size_t i = 0; i < queue.size(); ++i) {
    std::unordered_map<std::string, Trackable*> edges;
    for (const TrackableEdge& edge : matched[queue[i]]->Children()) {
      edges.emplace(edge.name, edge.child);
    }
    for (const ObjectGraph::Child& child : Children(queue[i])) {
      const auto edge = edges.find(child.local_name);
      if (edge == edges.end()) continue;
      if (matched.emplace(child.node_id, edge->second).second) {
        queue.push_back(child.node_id);
      }
    }
  }
  return matched;
}

StatusOr<CheckpointView::Difference> CheckpointView::Diff(
    Trackable& object) const {
  CAIRN_ASSIGN_OR_RETURN(const GraphView program,
                         BuildGraphView(object, {.skip_slot_variables = true}));
  Difference difference;
  difference.matched = Match(object);
  for (const int32_t node : Descendants()) {
    if (difference.matched.contains(node)) continue;
    difference.only_in_checkpoint.push_back(node);
  }
  std::unordered_set<const Trackable*> matched;
  for (const auto& [node, taken] : difference.matched) matched.insert(taken);
  for (Trackable* of : program.objects) {
    if (!matched.contains(of)) difference.only_in_program.push_back(of);
  }
  return difference;
}

}  // namespace cairn::object
