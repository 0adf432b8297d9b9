// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/saver/init_from_checkpoint.h"

#include <algorithm>
#include <set>

#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/saver/initializing.h"
#include "cairn/saver/name_list.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::saver {
namespace {

// "2, 3" of [2,3].
std::string DimsText(const Shape& shape) {
  std::vector<std::string> dims;
  for (const int64_t dim : shape.dims()) dims.push_back(StrCat(dim));
  return Join(dims, ", ");
}

// "(2, 3)", "(3,)", "()".
std::string TupleText(const Shape& shape) {
  return StrCat("(", DimsText(shape), shape.rank() == 1 ? ",)" : ")");
}

// "{'a': [2, 3], 'n': []}", the first of them.
StatusOr<std::string> TensorsText(const CheckpointSource& source) {
  std::vector<std::string> texts;
  size_t more = 0;
  CAIRN_RETURN_IF_ERROR(source.VisitNames([&](std::string_view name) {
    if (texts.size() == kMaxNamesListed) {
      ++more;
      return;
    }
    const auto entry = source.Find(name);
    texts.push_back(StrCat("'", Escape(name), "': [",
                           entry.ok() ? DimsText(entry->shape) : "?", "]"));
  }));
  if (more > 0) texts.push_back(StrCat("... ", more, " more"));
  return StrCat("{", Join(texts, ", "), "}");
}

// Whether the tensor is there.
StatusOr<bool> Has(const CheckpointSource& source, std::string_view name) {
  const Status status = source.Find(name).status();
  if (absl::IsNotFound(status)) return false;
  if (!status.ok()) return status;
  return true;
}

// Maps the entries of one assignment map.
class Mapper {
 public:
  Mapper(const CheckpointSource& source, const std::string& path,
         const VariableStore& store)
      : source_(source), path_(path), store_(store), all_(source) {}

  Status Map(const std::string& tensor, const InitTarget& target) {
    if (const auto* variable = std::get_if<Variable*>(&target)) {
      if (*variable == nullptr) {
        return InvalidArgumentError(
            StrCat("the target of ", Escape(tensor), " is no variable"));
      }
      return MapTensor(tensor, {SaverPart::Of(**variable)});
    }
    if (const auto* slices = std::get_if<std::vector<SaverPart>>(&target)) {
      return MapTensor(tensor, *slices);
    }
    const std::string& name = std::get<std::string>(target);
    const auto it = store_.find(name);
    return it != store_.end() ? MapTensor(tensor, it->second)
                              : MapScope(tensor, name);
  }

  Status Run() { return all_.Run(); }

 private:
  Status MapTensor(const std::string& tensor,
                   const std::vector<SaverPart>& parts) {
    CAIRN_ASSIGN_OR_RETURN(const bool is_there, Has(source_, tensor));
    if (!is_there) {
      CAIRN_ASSIGN_OR_RETURN(const std::string tensors, TensorsText(source_));
      return InvalidArgumentError(StrCat("Tensor ", Escape(tensor),
                                         " is not found in ", Escape(path_),
                                         " checkpoint ", tensors));
    }
    return all_.Add(tensor, parts);
  }

  Status MapScope(const std::string& from, const std::string& to) {
    const size_t slash = to.rfind('/');
    const std::string scope =
        slash == std::string::npos ? "" : to.substr(0, slash);
    if (!from.ends_with('/')) {
      return InvalidArgumentError(
          StrCat("Assignment map with scope only name ", Escape(scope),
                 " should map to scope only ", Escape(from),
                 ". Should be 'scope/': 'other_scope/'."));
    }
    for (const auto& [name, parts] : store_) {
      if (!scope.empty() && !name.starts_with(scope + "/")) continue;
      // The name below the scope.
      const std::string below =
          scope.empty() ? name : name.substr(scope.size() + 1);
      const std::string tensor = from == "/" ? below : from + below;
      CAIRN_ASSIGN_OR_RETURN(const bool is_there, Has(source_, tensor));
      if (!is_there) {
        return InvalidArgumentError(StrCat(
            "Tensor ", Escape(tensor), " (", Escape(below), " in ",
            Escape(from), ") is not found in ", Escape(path_), " checkpoint"));
      }
      CAIRN_RETURN_IF_ERROR(all_.Add(tensor, parts));
    }
    return OkStatus();
  }

  const CheckpointSource& source_;
  const std::string& path_;
  const VariableStore& store_;
  Initialization all_;
};

}  // namespace

// --- of the room ---

StatusOr<std::unique_ptr<CheckpointSource>> OpenFileOrDirectory(
    FileSystem& fs, const std::string& path) {
  std::string note;
  if (!path.empty() && !fs.IsDirectory(path)) {
    return CheckpointSource::Open(fs, path, &note);
  }
  const auto latest = state::LatestCheckpoint(fs, path);
  if (absl::IsNotFound(latest.status())) {
    return NotFoundError(
        StrCat("Couldn't find 'checkpoint' file or checkpoints in given "
               "directory ",
               Escape(path)));
  }
  CAIRN_RETURN_IF_ERROR(latest.status());
  return CheckpointSource::Open(fs, *latest, &note);
}

StatusOr<VariableStore> MakeVariableStore(const std::vector<SaverItem>& graph) {
  VariableStore store;
  std::set<std::string> whole;
  for (const SaverItem& item : graph) {
    for (const SaverPart& part : item.parts) {
      const auto* variable = dynamic_cast<const Variable*>(part.object);
      if (variable == nullptr) {
        return InvalidArgumentError("an element of the graph is no variable");
      }
      const std::string& name =
          part.slice ? part.slice->full_name : variable->name();
      std::vector<SaverPart>& parts = store[name];
      if (!parts.empty() && (!part.slice || whole.contains(name))) {
        return InvalidArgumentError(StrCat(
            "At least two variables have the same name: ", Escape(name)));
      }
      if (!part.slice) whole.insert(name);
      parts.push_back(part);
    }
  }
  return store;
}

StatusOr<size_t> Initialization::AddSpecs(std::string_view name,
                                          const std::vector<SaverPart>& parts) {
  const bool is_slices = parts.size() > 1 || (!parts.empty() && parts[0].slice);
  const SaverItem item =
      is_slices ? SaverItem::Slices(std::string(name), parts)
                : SaverItem::Named(std::string(name),
                                   parts.empty() ? SaverPart() : parts[0]);
  CAIRN_ASSIGN_OR_RETURN(std::vector<SaveSpec> specs, FlattenItems({item}));
  const size_t first = specs_.size();
  for (SaveSpec& spec : specs) specs_.push_back(std::move(spec));
  return first;
}

Status Initialization::Add(std::string_view tensor,
                           const std::vector<SaverPart>& parts) {
  CAIRN_ASSIGN_OR_RETURN(const auto entry, source_.Find(tensor));
  CAIRN_ASSIGN_OR_RETURN(const size_t first, AddSpecs(tensor, parts));
  for (size_t i = first; i < specs_.size(); ++i) {
    const SaveSpec& spec = specs_[i];
    if (!spec.full_shape && spec.variable != nullptr &&
        spec.variable->shape() != entry.shape) {
      return InvalidArgumentError(
          StrCat("Shape of variable ", Escape(spec.variable->name()), ":0 (",
                 TupleText(spec.variable->shape()),
                 ") doesn't match with shape of tensor ", Escape(tensor), " ([",
                 DimsText(entry.shape), "]) from checkpoint reader."));
    }
    targets_.push_back({std::string(tensor), &spec});
  }
  return OkStatus();
}

Status Initialization::AddValues(const std::vector<SaverPart>& parts,
                                 std::vector<Tensor> values) {
  CAIRN_ASSIGN_OR_RETURN(const size_t first, AddSpecs("vocabulary", parts));
  for (size_t i = first; i < specs_.size(); ++i) known_.push_back(&specs_[i]);
  for (Tensor& value : values) known_values_.push_back(std::move(value));
  return OkStatus();
}

Status Initialization::Run() {
  RestoreReport report;
  CAIRN_ASSIGN_OR_RETURN(std::vector<Tensor> values,
                         ReadTargets(source_, targets_, Reshape::kNo, report));
  std::vector<const SaveSpec*> specs;
  for (const RestoreTarget& target : targets_) specs.push_back(target.spec);
  specs.insert(specs.end(), known_.begin(), known_.end());
  for (Tensor& value : known_values_) values.push_back(std::move(value));
  return AssignAll(specs, std::move(values));
}

Status InitFromCheckpoint(FileSystem& fs, const std::string& path,
                          const AssignmentMap& map,
                          const std::vector<SaverItem>& graph) {
  return GuardMemory(path, [&]() -> Status {
    CAIRN_ASSIGN_OR_RETURN(const VariableStore store, MakeVariableStore(graph));
    std::vector<const std::pair<std::string, InitTarget>*> sorted;
    for (const auto& entry : map) sorted.push_back(&entry);
    std::stable_sort(
        sorted.begin(), sorted.end(),
        [](const auto* a, const auto* b) { return a->first < b->first; });
    return RetryWhileReplaced([&]() -> Status {
      CAIRN_ASSIGN_OR_RETURN(const auto source, OpenFileOrDirectory(fs, path));
      Mapper mapper(*source, path, store);
      for (const auto* entry : sorted) {
        CAIRN_RETURN_IF_ERROR(mapper.Map(entry->first, entry->second));
      }
      return mapper.Run();
    });
  });
}

}  // namespace cairn::saver
