// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/object/graph_restore.h"

#include <algorithm>
#include <utility>

#include "cairn/base/near_names.h"
#include "cairn/base/strings.h"

namespace cairn::object::internal {

GraphRestore::GraphRestore(const RestoreRequest& request, FileSystem& fs,
                           std::unique_ptr<bundle::BundleReader> reader,
                           ObjectGraph graph)
    : root_(*request.root.object),
      attached_(request.root.attached),
      savers_(request.root.savers),
      skip_slots_(request.options.skip_slot_variables),
      fs_(fs),
      prefix_(reader->prefix()),
      source_(std::make_unique<BundleSource>(std::move(reader))),
      graph_(std::move(graph)),
      names_(graph_),
      number_(NextRestoreNumber()),
      bound_(graph_.nodes.size()),
      in_scope_(graph_.nodes.size()) {
  log = request.options.log;
  for (size_t id = 0; id < graph_.nodes.size(); ++id) {
    const auto& slots = graph_.nodes[id].slot_variables;
    for (size_t i = 0; i < slots.size(); ++i) {
      slots_of_[static_cast<int32_t>(id)].push_back({id, i});
      slots_of_[slots[i].original_variable_node_id].push_back({id, i});
    }
  }
}

Status GraphRestore::FindStart(const std::string& from) {
  std::string_view rest = from;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('/'), rest.size());
    CAIRN_ASSIGN_OR_RETURN(const std::string name,
                           UnescapeLocalName(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto& children = NodeAt(start_).children;
    const auto child =
        std::ranges::find(children, name, &ObjectGraph::Child::local_name);
    if (child == children.end()) {
      NearNames near(name);
      for (const ObjectGraph::Child& other : children) {
        near.Consider(other.local_name);
      }
      return NotFoundError(StrCat("there is no ", Escape(from),
                                  " in the object graph of ", Escape(prefix_),
                                  ": ", Escape(names_.Name(start_)), " has no ",
                                  Escape(name), near.Hint()));
    }
    start_ = child->node_id;
  }
  MarkScope();
  return OkStatus();
}

void GraphRestore::MarkScope() {
  std::vector<int32_t> queue = {start_};
  in_scope_[static_cast<size_t>(start_)] = true;
  for (size_t i = 0; i < queue.size(); ++i) {
    for (const ObjectGraph::Child& child : NodeAt(queue[i]).children) {
      const auto at = static_cast<size_t>(child.node_id);
      if (in_scope_[at]) continue;
      in_scope_[at] = true;
      queue.push_back(child.node_id);
    }
  }
  if (skip_slots_) return;
  for (size_t id = 0; id < graph_.nodes.size(); ++id) {
    if (!in_scope_[id]) continue;
    for (const auto& slot : graph_.nodes[id].slot_variables) {
      const auto original = static_cast<size_t>(slot.original_variable_node_id);
      if (!in_scope_[original]) continue;
      in_scope_[static_cast<size_t>(slot.slot_variable_node_id)] = true;
    }
  }
}

void GraphRestore::NoteMissingSavers() {
  for (size_t id = 0; id < graph_.nodes.size(); ++id) {
    const auto& saver = graph_.nodes[id].registered_saver;
    if (!saver) continue;
    const bool known = std::ranges::any_of(
        savers_, [&](const auto& s) { return s->name() == saver->name; });
    if (known) continue;
    notes.push_back(StrCat(names_.Name(static_cast<int32_t>(id)),
                           " was saved by the registered saver '", saver->name,
                           "', which there is none of: left alone"));
  }
}

Status GraphRestore::Start(std::span<const TrackableEdge> extra) {
  CAIRN_RETURN_IF_ERROR(RunPass(start_, *root_.object, extra));
  NoteMissingSavers();
  if (waiting_.empty()) {
    source_.reset();
  } else {
    OpenShards();
  }
  return OkStatus();
}

StatusOr<MatchReport> GraphRestore::Compare(
    std::span<const TrackableEdge> extra) {
  log = nullptr;
  CAIRN_ASSIGN_OR_RETURN(std::vector<MatchReport::Mismatch> mismatched,
                         ComparePass(start_, *root_.object, extra));
  NoteMissingSavers();
  MatchReport report = Report();
  std::unordered_set<std::string_view> wrong;
  for (const MatchReport::Mismatch& m : mismatched) wrong.insert(m.item.key);
  std::erase_if(report.matched, [&](const MatchReport::Item& item) {
    return wrong.contains(item.key);
  });
  report.mismatched = std::move(mismatched);
  return report;
}

// Data files are opened when first read. Those that hold what waits are opened
// now, so that they stay readable when they are removed. One that cannot be is
// found out when its value is asked for.
void GraphRestore::OpenShards() const {
  if (source_->reader().header().num_shards <= 1)
    return;  // open: the graph is in it
  std::unordered_set<int32_t> opened;
  for (size_t id = 0; id < graph_.nodes.size(); ++id) {
    if (bound_[id].object != nullptr) continue;
    for (const ObjectGraph::Attribute& a : graph_.nodes[id].attributes) {
      const auto entry = source_->reader().Lookup(a.checkpoint_key);
      if (!entry.ok() || !opened.insert(entry->shard_id).second) continue;
      bundle::BundleEntry nothing;
      nothing.dtype = DataType::kUint8;
      nothing.shape = Shape{0};
      nothing.shard_id = entry->shard_id;
      source_->reader().ReadRaw(nothing).status().IgnoreError();
    }
  }
}

Status GraphRestore::OnAttach(Trackable& parent, std::string_view name,
                              Trackable& child) {
  const std::shared_ptr<GraphRestore> self = shared_from_this();
  const auto waiting = waiting_.find(&parent);
  if (waiting == waiting_.end()) return OkStatus();
  const auto found = waiting->second.nodes.find(name);
  if (found == waiting->second.nodes.end()) return OkStatus();
  const std::vector<int32_t> nodes = found->second;
  for (const int32_t node : nodes) {
    if (Trackable* const other = BoundAt(node).object; other != nullptr) {
      if (other != &child) {
        notes.push_back(StrCat(
            "Inconsistent references when loading the "
            "checkpoint into this object graph: ",
            names_.Name(node), " was matched with another object before"));
      }
      continue;
    }
    CAIRN_RETURN_IF_ERROR(RunPass(node, child, {}));
  }
  // Only now, not before the pass: an optimizer that makes a slot may attach
  // something itself, and that inner call must not find the end of all waiting
  // and close the reader. The pass may have added to waiting_, so look again.
  const auto it = waiting_.find(&parent);
  if (it == waiting_.end()) return OkStatus();
  it->second.nodes.erase(std::string(name));
  if (it->second.nodes.empty()) {
    waiting_.erase(it);
    parent.RemoveObserver(this);
  }
  if (waiting_.empty()) source_.reset();
  return OkStatus();
}

void GraphRestore::Release() {
  const std::shared_ptr<GraphRestore> self = shared_from_this();
  for (const auto& [object, waiting] : waiting_) {
    if (Trackable* const parent = waiting.parent.get()) {
      parent->RemoveObserver(this);
    }
  }
  waiting_.clear();
  source_.reset();
  log = nullptr;
}

namespace {

StatusOr<std::shared_ptr<GraphRestore>> Prepare(
    const RestoreRequest& request, FileSystem& fs,
    std::unique_ptr<bundle::BundleReader> reader) {
  const std::string where = Escape(reader->prefix());
  CAIRN_ASSIGN_OR_RETURN(const Tensor stored, reader->Read(kObjectGraphKey));
  if (stored.dtype() != DataType::kString || stored.num_elements() != 1) {
    return DataLossError(
        StrCat(where, ": ", kObjectGraphKey, " should be one string, is ",
               DataTypeName(stored.dtype()), " ", stored.shape().ToString()));
  }
  StatusOr<ObjectGraph> graph = DecodeObjectGraph(stored.strings()[0]);
  if (!graph.ok()) return Annotate(graph.status(), where);
  auto state = std::make_shared<GraphRestore>(request, fs, std::move(reader),
                                              *std::move(graph));
  CAIRN_RETURN_IF_ERROR(state->FindStart(request.options.from));
  // Restores of other parts go on waiting.
  state->identity = StrCat(request.options.from, "\n", stored.strings()[0]);
  return state;
}

}  // namespace

StatusOr<std::shared_ptr<RestoreState>> RestoreByGraph(
    const RestoreRequest& request, FileSystem& fs,
    std::unique_ptr<bundle::BundleReader> reader) {
  CAIRN_ASSIGN_OR_RETURN(const std::shared_ptr<GraphRestore> state,
                         Prepare(request, fs, std::move(reader)));
  const Status status = state->Start(request.extra);
  if (!status.ok()) {
    state->log = nullptr;
    return status;
  }
  return std::shared_ptr<RestoreState>(state);
}

StatusOr<MatchReport> CompareByGraph(
    const RestoreRequest& request, FileSystem& fs,
    std::unique_ptr<bundle::BundleReader> reader) {
  CAIRN_ASSIGN_OR_RETURN(const std::shared_ptr<GraphRestore> state,
                         Prepare(request, fs, std::move(reader)));
  return state->Compare(request.extra);
}

}  // namespace cairn::object::internal
