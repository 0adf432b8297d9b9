// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Order of effects of a save, each durable before the next:
//   1. meta graph, data and index under temporary names, then, together, under
//      their own
//   2. the state file, which names the new checkpoint and no longer the one
//      that goes
//   3. removal of the one that goes
// TensorFlow writes the meta graph last, so that a crash can leave a listed
// checkpoint without it.
#include "cairn/saver/saver.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "cairn/base/commit.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/sharded_filename.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/entry.h"
#include "cairn/saver/saver_def.h"
#include "cairn/saver/writing.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::saver {
namespace {

std::string StepSuffix(int64_t step, bool pad) {
  if (!pad) return StrCat("-", step);
  char digits[24];
  std::snprintf(digits, sizeof digits, "%08lld", static_cast<long long>(step));
  return StrCat("-", digits);
}

// The only element, as a number.
template <typename T>
int64_t ElementOf(const Variable& variable) {
  return static_cast<int64_t>(variable.data<T>()[0]);
}

StatusOr<int64_t> StepOf(const Variable& variable) {
  if (variable.value().num_elements() == 1) {
    switch (variable.dtype()) {
      case DataType::kInt64:
        return ElementOf<int64_t>(variable);
      case DataType::kInt32:
        return ElementOf<int32_t>(variable);
      case DataType::kInt16:
        return ElementOf<int16_t>(variable);
      case DataType::kInt8:
        return ElementOf<int8_t>(variable);
      case DataType::kUint8:
        return ElementOf<uint8_t>(variable);
      case DataType::kUint16:
        return ElementOf<uint16_t>(variable);
      case DataType::kUint32:
        return ElementOf<uint32_t>(variable);
      case DataType::kBool:
        return ElementOf<bool>(variable);
      default:
        break;
    }
  }
  return InvalidArgumentError(StrCat("global_step ", Escape(variable.name()),
                                     " is ", DataTypeName(variable.dtype()),
                                     variable.shape().ToString(),
                                     ", not one integer"));
}

StatusOr<int64_t> ResolveStep(const GlobalStep& step,
                              const std::vector<SaveSpec>& specs) {
  if (const auto* number = std::get_if<int64_t>(&step.value())) return *number;
  if (const auto* variable = std::get_if<const Variable*>(&step.value())) {
    return StepOf(**variable);
  }
  const std::string& text = std::get<std::string>(step.value());
  std::string_view name = text;
  if (name.ends_with(":0")) name.remove_suffix(2);
  for (const SaveSpec& spec : specs) {
    if (spec.variable != nullptr && spec.variable->name() == name) {
      return StepOf(*spec.variable);
    }
  }
  return InvalidArgumentError(
      StrCat("global_step '", Escape(text), "' is no variable of this Saver"));
}

bool HasPathComponents(std::string_view name) {
  return name.find('/') != std::string_view::npos;
}

bool IsDirectoryOrHere(FileSystem& fs, const std::string& path) {
  return path.empty() || fs.IsDirectory(path);
}

bool HasMetaGraph(const SaveOptions& options) {
  return options.write_meta_graph &&
         (options.meta_graph.has_value() || options.make_meta_graph != nullptr);
}

// Beside the meta graph: its last suffix replaced, as Python's splitext does.
std::string DebugPath(const std::string& meta_path) {
  const std::string_view base = BaseName(meta_path);
  const size_t dot = base.rfind('.');
  const size_t first = base.find_first_not_of('.');
  if (dot == std::string_view::npos || first == std::string_view::npos ||
      dot < first) {
    return meta_path + ".debug";
  }
  return meta_path.substr(0, meta_path.size() - (base.size() - dot)) + ".debug";
}

// The files that go with the tensors.
StatusOr<std::vector<SideFile>> SideFilesOf(const std::string& written,
                                            const graph::SaverInfo& def,
                                            const SaveOptions& options) {
  std::vector<SideFile> files;
  if (!HasMetaGraph(options)) return files;
  std::string contents;
  if (options.make_meta_graph != nullptr) {
    CAIRN_ASSIGN_OR_RETURN(
        contents,
        options.make_meta_graph({written, def, options.strip_default_attrs}));
  } else {
    contents = *options.meta_graph;
  }
  const std::string path =
      state::MetaGraphPath(written, options.meta_graph_suffix);
  files.push_back({path, std::move(contents)});
  if (options.debug_info) {
    files.push_back({DebugPath(path), std::string(*options.debug_info)});
  }
  return files;
}

Status CheckOptions(const SaverOptions& options) {
  if (options.max_to_keep < 0) {
    return InvalidArgumentError(
        StrCat("max_to_keep is ", options.max_to_keep,
               "; it must be a number of checkpoints, or 0 for all"));
  }
  if (std::isnan(options.keep_checkpoint_every_n_hours)) {
    return InvalidArgumentError("keep_checkpoint_every_n_hours is no number");
  }
  if (options.overwrite == bundle::Overwrite::kByFileCount &&
      options.write_version == WriteVersion::kV1) {
    return InvalidArgumentError(
        "overwriting by another number of data files needs write_version kV2");
  }
  return OkStatus();
}

double NowOf(const SaverOptions& options) {
  return (options.clock != nullptr ? *options.clock : SystemClock()).Now();
}

}  // namespace

// --- making one ---

Saver::Saver(FileSystem& fs, SaverOptions options, graph::SaverInfo def)
    : fs_(fs),
      options_(std::move(options)),
      def_(std::move(def)),
      checkpoints_(options_.max_to_keep, options_.keep_checkpoint_every_n_hours,
                   NowOf(options_)) {}

StatusOr<std::unique_ptr<Saver>> Saver::Make(FileSystem& fs,
                                             SaverOptions options) {
  ApplySaverDef(&options);
  CAIRN_RETURN_IF_ERROR(CheckOptions(options));
  CAIRN_ASSIGN_OR_RETURN(graph::SaverInfo def, MakeSaverDef(options));
  return std::unique_ptr<Saver>(
      new Saver(fs, std::move(options), std::move(def)));
}

StatusOr<std::unique_ptr<Saver>> Saver::CreateFromItems(
    FileSystem& fs, const std::vector<SaverItem>& items, SaverOptions options) {
  return GuardMemory("Saver", [&]() -> StatusOr<std::unique_ptr<Saver>> {
    if (options.defer_build) {
      return InvalidArgumentError(
          "If `var_list` is provided then build cannot be deferred. Either set "
          "defer_build=False or var_list=None.");
    }
    CAIRN_ASSIGN_OR_RETURN(auto saver, Make(fs, std::move(options)));
    CAIRN_RETURN_IF_ERROR(saver->SetItems(items));
    return saver;
  });
}

StatusOr<std::unique_ptr<Saver>> Saver::Create(
    FileSystem& fs, std::vector<NamedVariable> variables,
    SaverOptions options) {
  std::vector<SaverItem> items;
  for (NamedVariable& v : variables) {
    SaverPart part;
    part.object = v.variable;
    items.push_back(SaverItem::Named(std::move(v.name), std::move(part)));
  }
  return CreateFromItems(fs, items, std::move(options));
}

StatusOr<std::unique_ptr<Saver>> Saver::Create(
    FileSystem& fs, const std::vector<Variable*>& variables,
    SaverOptions options) {
  std::vector<SaverItem> items;
  for (Variable* variable : variables) {
    SaverPart part;
    part.object = variable;
    items.push_back(SaverItem::Own(std::move(part)));
  }
  return CreateFromItems(fs, items, std::move(options));
}

StatusOr<std::unique_ptr<Saver>> Saver::CreateFromCollections(
    FileSystem& fs, const GraphCollections& collections, SaverOptions options) {
  return GuardMemory("Saver", [&]() -> StatusOr<std::unique_ptr<Saver>> {
    CAIRN_ASSIGN_OR_RETURN(auto saver, Make(fs, std::move(options)));
    saver->collections_ = &collections;
    if (!saver->options_.defer_build) {
      CAIRN_RETURN_IF_ERROR(saver->Build());
    }
    return saver;
  });
}

StatusOr<std::unique_ptr<Saver>> Saver::FromSaverDef(
    FileSystem& fs, graph::SaverInfo def, const std::vector<SaverItem>& items,
    SaverOptions options) {
  options.saver_def = std::move(def);
  return CreateFromItems(fs, items, std::move(options));
}

Status Saver::Build() {
  return GuardMemory("Saver", [&]() -> Status {
    if (is_built_) return OkStatus();
    std::vector<SaverItem> items;
    for (Variable* variable : collections_->global_variables) {
      SaverPart part;
      part.object = variable;
      items.push_back(SaverItem::Own(std::move(part)));
    }
    items.insert(items.end(), collections_->saveable_objects.begin(),
                 collections_->saveable_objects.end());
    CAIRN_RETURN_IF_ERROR(SetItems(items));
    collections_ = nullptr;
    return OkStatus();
  });
}

Status Saver::SetItems(const std::vector<SaverItem>& items) {
  if (items.empty() && !options_.allow_empty) {
    return InvalidArgumentError("No variables to save");
  }
  CAIRN_ASSIGN_OR_RETURN(specs_, FlattenItems(items));
  is_built_ = true;
  return OkStatus();
}

double Saver::Now() const { return NowOf(options_); }

std::vector<std::string> Saver::names() const {
  std::vector<std::string> names;
  for (const SaveSpec& spec : specs_) {
    if (names.empty() || names.back() != spec.key) names.push_back(spec.key);
  }
  return names;
}

// --- saving ---

StatusOr<std::string> Saver::Save(const std::string& path,
                                  const SaveOptions& options) {
  return GuardMemory(path, [&]() -> StatusOr<std::string> {
    if (!is_built_) {
      return FailedPreconditionError(
          "`build()` should be called before save if defer_build==True");
    }
    CAIRN_ASSIGN_OR_RETURN(const std::string prefix, Prefix(path, options));
    CAIRN_RETURN_IF_ERROR(CheckParent(prefix));
    const std::string written =
        WrittenName(prefix, options_.write_version, options_.sharded,
                    NumShards(specs_, options_.sharded));
    CAIRN_ASSIGN_OR_RETURN(std::vector<SideFile> side_files,
                           SideFilesOf(written, def_, options));
    if (specs_.empty()) {  // allow_empty
      for (const SideFile& side : side_files) {
        CAIRN_RETURN_IF_ERROR(
            WriteFileAtomically(fs_, side.path, side.contents));
      }
      return std::string();
    }
    CAIRN_RETURN_IF_ERROR(
        WriteCheckpoint(fs_, specs_,
                        {prefix, options_.write_version, options_.sharded,
                         std::move(side_files), options_.overwrite}));
    if (options.write_state) {
      CAIRN_RETURN_IF_ERROR(RecordAndEvict(written, options));
    }
    return written;
  });
}

StatusOr<std::string> Saver::Prefix(const std::string& path,
                                    const SaveOptions& options) const {
  if (HasPathComponents(options.latest_filename)) {
    return InvalidArgumentError(
        "'latest_filename' must not contain path components");
  }
  if (options.latest_filename.empty()) {
    return InvalidArgumentError("'latest_filename' must not be empty");
  }
  if (HasPathComponents(options.meta_graph_suffix)) {
    return InvalidArgumentError(
        "'meta_graph_suffix' must not contain path components");
  }
  std::string prefix = path;
  if (options.global_step.has_value()) {
    CAIRN_ASSIGN_OR_RETURN(const int64_t step,
                           ResolveStep(*options.global_step, specs_));
    prefix += StepSuffix(step, options_.pad_step_number);
  }
  if (prefix.empty()) return InvalidArgumentError("no path specified");
  CAIRN_RETURN_IF_ERROR(CheckCollisions(prefix, options));
  return prefix;
}

// The state file must not replace a file of the checkpoint.
Status Saver::CheckCollisions(const std::string& prefix,
                              const SaveOptions& options) const {
  const std::string& latest = options.latest_filename;
  const auto collides = [&](const std::string& file) {
    return InvalidArgumentError(
        StrCat("'latest_filename' collides with 'save_path': '", Escape(latest),
               "' and '", Escape(file), "'"));
  };
  if (BaseName(prefix) == latest && !options_.sharded &&
      !options.global_step.has_value()) {
    return collides(prefix);
  }
  if (!options.write_state) return OkStatus();
  const int32_t shards = NumShards(specs_, options_.sharded);
  std::vector<std::string> files;
  if (options_.write_version == WriteVersion::kV2) {
    // As a name in the state file, too.
    files = {prefix, bundle::IndexPath(prefix)};
    for (int32_t i = 0; i < shards; ++i) {
      files.push_back(bundle::DataPath(prefix, i, shards));
    }
  } else if (!options_.sharded) {
    files = {prefix};
  } else {
    for (int32_t i = 0; i < shards; ++i) {
      files.push_back(ShardedFilename(prefix, i, shards));
    }
  }
  if (HasMetaGraph(options)) {
    files.push_back(state::MetaGraphPath(prefix, options.meta_graph_suffix));
    if (options.debug_info) files.push_back(DebugPath(files.back()));
  }
  for (const std::string& file : files) {
    if (BaseName(file) == latest) return collides(file);
  }
  return OkStatus();
}

// TensorFlow makes one missing directory, but not two, and none for shards and
// V1.
Status Saver::CheckParent(const std::string& prefix) {
  const std::string parent(DirName(prefix));
  if (IsDirectoryOrHere(fs_, parent)) return OkStatus();
  const bool makes_it = options_.write_version == WriteVersion::kV2 &&
                        !options_.sharded && !specs_.empty();
  if (makes_it && !fs_.Exists(parent) &&
      IsDirectoryOrHere(fs_, std::string(DirName(parent)))) {
    return OkStatus();
  }
  return InvalidArgumentError(StrCat("Parent directory of ", Escape(prefix),
                                     " doesn't exist, can't save."));
}

Status Saver::RecordAndEvict(const std::string& written,
                             const SaveOptions& options) {
  checkpoints_.Record(written, Now());
  const std::string directory(DirName(written));
  CAIRN_ASSIGN_OR_RETURN(
      const state::CheckpointState state,
      state::MakeCheckpointState(
          directory, written, last_checkpoints(), {}, std::nullopt,
          options_.save_relative_paths ? state::PathStyle::kRelative
                                       : state::PathStyle::kAsGiven));
  CAIRN_RETURN_IF_ERROR(state::WriteCheckpointState(fs_, directory, state,
                                                    options.latest_filename));
  // Failing costs space, not data: tried again at the next save.
  checkpoints_.Evict([&](const std::string& path) {
    return (options_.write_version == WriteVersion::kV2
                ? state::RemoveCheckpoint(fs_, path,
                                          state::RemoveMeta::kWithMeta,
                                          options.meta_graph_suffix)
                : state::RemoveV1Checkpoint(fs_, path,
                                            state::RemoveMeta::kWithMeta,
                                            options.meta_graph_suffix))
        .ok();
  });
  return OkStatus();
}

// --- what is remembered ---

std::vector<std::string> Saver::last_checkpoints() const {
  return checkpoints_.paths();
}

void Saver::set_last_checkpoints(const std::vector<std::string>& paths) {
  std::vector<std::pair<std::string, double>> checkpoints;
  for (const std::string& path : paths) {
    checkpoints.emplace_back(path, std::numeric_limits<double>::infinity());
  }
  checkpoints_.Set(std::move(checkpoints));
}

void Saver::set_last_checkpoints_with_time(
    std::vector<std::pair<std::string, double>> checkpoints) {
  checkpoints_.Set(std::move(checkpoints));
}

Status Saver::recover_last_checkpoints(const std::vector<std::string>& paths) {
  return GuardMemory("Saver", [&]() -> Status {
    std::vector<std::pair<std::string, double>> checkpoints;
    for (const std::string& path : paths) {
      CAIRN_ASSIGN_OR_RETURN(const std::optional<double> mtime,
                             state::CheckpointMtime(fs_, path));
      if (mtime) checkpoints.emplace_back(path, *mtime);
    }
    checkpoints_.Set(std::move(checkpoints));
    return OkStatus();
  });
}

}  // namespace cairn::saver
