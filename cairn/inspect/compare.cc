// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/compare.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/inspect/numbers.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::inspect {
namespace {

// A value of the object-based side that waits for its name-based partner.
struct ObjectSideValue {
  const ObjectValue* value;
  ValueRole role;
  bool taken = false;
};
// Full names need not be unique: two unnamed variables are both "Variable".
using ByFullName = std::multimap<std::string_view, ObjectSideValue>;

StatusOr<std::unique_ptr<CheckpointSource>> OpenPrefix(
    FileSystem& fs, const std::string& prefix) {
  return CheckpointSource::Open(fs, {TargetKind::kBundle, prefix, ""});
}

StatusOr<SystemSide> DescribeSide(FileSystem& fs,
                                  const CheckpointSource& source) {
  SystemSide side;
  side.prefix = source.path();
  CAIRN_ASSIGN_OR_RETURN(side.files, source.Files());
  const std::string dir(DirName(side.prefix));
  for (std::string path : {state::MetaGraphPath(side.prefix),
                           JoinPath(dir, state::kDefaultStateFile)}) {
    const StatusOr<FileInfo> info = fs.Stat(path);
    if (info.ok()) side.files.push_back({std::move(path), info->size});
  }
  for (const StoredFile& file : side.files) side.total_bytes += file.bytes;
  return side;
}

StatusOr<std::vector<Entry>> AllEntries(const CheckpointSource& source) {
  CAIRN_RETURN_IF_ERROR(source.CheckClaims());
  std::vector<Entry> entries;
  auto it = source.NewIterator();
  for (; it->Valid(); it->Next()) {
    CAIRN_ASSIGN_OR_RETURN(Entry entry, it->entry());
    entries.push_back(std::move(entry));
  }
  CAIRN_RETURN_IF_ERROR(it->status());
  return entries;
}

ByFullName IndexByFullName(const ObjectTree& tree) {
  ByFullName by_name;
  for (size_t id = 0; id < tree.values.size(); ++id) {
    for (const ObjectValue& value : tree.values[id]) {
      if (!value.stored || value.attribute.full_name.empty()) continue;
      by_name.emplace(value.attribute.full_name,
                      ObjectSideValue{&value, tree.roles[id]});
    }
  }
  return by_name;
}

// The partner of `entry` among the values called `full_name`: one of the same
// dtype and shape if there is any.
ObjectSideValue* Pick(ByFullName& by_name, std::string_view full_name,
                      const Entry& entry) {
  ObjectSideValue* any = nullptr;
  const auto [begin, end] = by_name.equal_range(full_name);
  for (auto it = begin; it != end; ++it) {
    if (it->second.taken) continue;
    const ObjectValue& value = *it->second.value;
    if (value.dtype == entry.dtype && value.shape == entry.shape) {
      return &it->second;
    }
    if (any == nullptr) any = &it->second;
  }
  return any;
}

// The same by the parts of the key that follow a '/', longest first.
ObjectSideValue* PickBySuffix(ByFullName& by_name, const Entry& entry) {
  std::string_view key = entry.key;
  for (size_t slash = key.find('/'); slash != std::string_view::npos;
       slash = key.find('/', slash + 1)) {
    const std::string_view suffix = key.substr(slash + 1);
    if (by_name.count(suffix) == 1) return Pick(by_name, suffix, entry);
  }
  return nullptr;
}

StatusOr<SharedValue> Compare(const CheckpointSource& names,
                              const CheckpointSource& objects,
                              const Entry& entry,
                              const ObjectSideValue& partner) {
  SharedValue shared{.name_key = entry.key,
                     .object_key = partner.value->attribute.checkpoint_key,
                     .role = partner.role,
                     .dtype = entry.dtype,
                     .shape = entry.shape,
                     .bytes = entry.bytes,
                     .verdict = SharedValue::Verdict::kEqual,
                     .largest_difference = std::nullopt};
  if (partner.value->dtype != entry.dtype ||
      partner.value->shape != entry.shape) {
    shared.verdict = SharedValue::Verdict::kIncompatible;
    return shared;
  }
  CAIRN_ASSIGN_OR_RETURN(const HeldTensor left, names.Hold(shared.name_key));
  CAIRN_ASSIGN_OR_RETURN(const HeldTensor right,
                         objects.Hold(shared.object_key));
  if (!BitwiseEqual(left.view(), right.view())) {
    shared.verdict = SharedValue::Verdict::kDifferent;
    shared.largest_difference = LargestDifference(left.view(), right.view());
  }
  return shared;
}

// Whether a key is "<something/><another key>/<slot>" or the like: what a Saver
// calls an optimizer's per-variable state.
bool IsNamedLikeSlot(std::string_view key,
                     const std::set<std::string_view>& keys) {
  for (size_t end = key.rfind('/'); end != std::string_view::npos && end > 0;
       end = key.rfind('/', end - 1)) {
    const std::string_view head = key.substr(0, end);
    if (keys.contains(head)) return true;
    for (size_t slash = head.find('/'); slash != std::string_view::npos;
         slash = head.find('/', slash + 1)) {
      if (keys.contains(head.substr(slash + 1))) return true;
    }
  }
  return false;
}

std::vector<UnsharedValue> OnlyNameBased(
    const std::vector<const Entry*>& left_over, const std::vector<Entry>& all) {
  std::set<std::string_view> keys;
  for (const Entry& entry : all) keys.insert(entry.key);
  std::vector<UnsharedValue> values;
  for (const Entry* entry : left_over) {
    ValueRole role = ValueRole::kVariable;
    if (IsNamedLikeSlot(entry->key, keys)) role = ValueRole::kSlot;
    if (entry->key == "global_step") role = ValueRole::kStep;
    values.push_back(
        {entry->key, "", role, entry->dtype, entry->shape, entry->bytes});
  }
  return values;
}

std::vector<UnsharedValue> OnlyObjectBased(const std::vector<Entry>& all,
                                           const ObjectTree& tree,
                                           const ByFullName& by_name) {
  std::set<std::string_view> shared;
  for (const auto& [name, candidate] : by_name) {
    if (candidate.taken)
      shared.insert(candidate.value->attribute.checkpoint_key);
  }
  std::map<std::string_view, std::pair<const ObjectValue*, ValueRole>> by_key;
  for (size_t id = 0; id < tree.values.size(); ++id) {
    for (const ObjectValue& value : tree.values[id]) {
      by_key.try_emplace(value.attribute.checkpoint_key, &value,
                         tree.roles[id]);
    }
  }
  std::vector<UnsharedValue> values;
  for (const Entry& entry : all) {
    if (shared.contains(entry.key)) continue;
    UnsharedValue value{entry.key,   "",          ValueRole::kVariable,
                        entry.dtype, entry.shape, entry.bytes};
    if (entry.key == object::kObjectGraphKey) {
      value.role = ValueRole::kObjectGraph;
    } else if (const auto it = by_key.find(entry.key); it != by_key.end()) {
      value.full_name = it->second.first->attribute.full_name;
      value.role = it->second.second;
    }
    values.push_back(std::move(value));
  }
  std::ranges::stable_sort(values, {}, &UnsharedValue::role);
  return values;
}

StatusOr<std::optional<MetaGraphSummary>> ReadSummary(
    FileSystem& fs, const std::string& prefix) {
  StatusOr<Target> target =
      LocateMetaGraph(fs, {TargetKind::kBundle, prefix, ""});
  if (absl::IsNotFound(target.status())) {
    return std::optional<MetaGraphSummary>();
  }
  CAIRN_RETURN_IF_ERROR(target.status());
  CAIRN_ASSIGN_OR_RETURN(const std::vector<graph::MetaGraph> graphs,
                         ReadMetaGraphs(fs, *target));
  return std::optional(Summarize(graphs.front()));
}

}  // namespace

bool SystemsComparison::SharedValuesEqual() const {
  return std::ranges::all_of(shared, [](const SharedValue& value) {
    return value.verdict == SharedValue::Verdict::kEqual;
  });
}

StatusOr<SystemsComparison> CompareSystems(
    FileSystem& fs, const std::string& name_based_prefix,
    const std::string& object_based_prefix) {
  CAIRN_ASSIGN_OR_RETURN(const auto names, OpenPrefix(fs, name_based_prefix));
  CAIRN_ASSIGN_OR_RETURN(const auto objects,
                         OpenPrefix(fs, object_based_prefix));
  CAIRN_ASSIGN_OR_RETURN(const ObjectTree tree, ReadObjectTree(*objects));
  CAIRN_ASSIGN_OR_RETURN(const std::vector<Entry> name_entries,
                         AllEntries(*names));
  CAIRN_ASSIGN_OR_RETURN(const std::vector<Entry> object_entries,
                         AllEntries(*objects));

  SystemsComparison result;
  CAIRN_ASSIGN_OR_RETURN(result.name_based, DescribeSide(fs, *names));
  CAIRN_ASSIGN_OR_RETURN(result.object_based, DescribeSide(fs, *objects));
  result.name_based.num_tensors = static_cast<int64_t>(name_entries.size());
  result.object_based.num_tensors = static_cast<int64_t>(object_entries.size());
  result.num_objects = tree.graph.nodes.size();

  // Exact names first, so that a suffix cannot take another key's partner.
  ByFullName by_name = IndexByFullName(tree);
  std::map<const Entry*, ObjectSideValue*> partners;
  for (const bool exact : {true, false}) {
    for (const Entry& entry : name_entries) {
      if (partners.contains(&entry)) continue;
      ObjectSideValue* partner = exact ? Pick(by_name, entry.key, entry)
                                       : PickBySuffix(by_name, entry);
      if (partner == nullptr || partner->taken) continue;
      partner->taken = true;
      partners[&entry] = partner;
    }
  }
  std::vector<const Entry*> left_over;
  for (const Entry& entry : name_entries) {
    const auto it = partners.find(&entry);
    if (it == partners.end()) {
      left_over.push_back(&entry);
      continue;
    }
    CAIRN_ASSIGN_OR_RETURN(SharedValue shared,
                           Compare(*names, *objects, entry, *it->second));
    result.shared.push_back(std::move(shared));
  }
  result.only_name_based = OnlyNameBased(left_over, name_entries);
  result.only_object_based = OnlyObjectBased(object_entries, tree, by_name);
  CAIRN_ASSIGN_OR_RETURN(result.meta_graph, ReadSummary(fs, names->path()));
  return result;
}

}  // namespace cairn::inspect
