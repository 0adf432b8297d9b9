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
#include <set>
#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/entry.h"
#include "cairn/bundle/writer.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::saver {
namespace {

constexpr double kSecondsPerHour = 3600.0;

Status CheckVariables(const std::vector<NamedVariable>& variables) {
  if (variables.empty()) return InvalidArgumentError("No variables to save");
  std::set<const Variable*> seen;
  for (size_t i = 0; i < variables.size(); ++i) {
    const NamedVariable& v = variables[i];
    if (v.variable == nullptr) {
      return InvalidArgumentError(
          StrCat("Variable to save is not a Variable: '", Escape(v.name),
                 "' is null"));
    }
    if (v.name.empty() || IsSliceKey(v.name)) {
      return InvalidArgumentError(
          StrCat("a variable cannot be saved under the name '", Escape(v.name),
                 "': a name must not be empty or the key of a piece"));
    }
    if (i > 0 && variables[i - 1].name == v.name) {
      return InvalidArgumentError(StrCat(
          "At least two variables have the same name: ", Escape(v.name)));
    }
    if (!seen.insert(v.variable).second) {
      return InvalidArgumentError(
          StrCat("The same saveable will be restored with two names: ",
                 Escape(v.name)));
    }
  }
  return OkStatus();
}

std::string StepSuffix(int64_t step, bool pad) {
  if (!pad) return StrCat("-", step);
  char digits[24];
  std::snprintf(digits, sizeof digits, "%08lld", static_cast<long long>(step));
  return StrCat("-", digits);
}

bool HasPathComponents(std::string_view name) {
  return name.find('/') != std::string_view::npos;
}

bool IsDirectoryOrHere(FileSystem& fs, const std::string& path) {
  return path.empty() || fs.IsDirectory(path);
}

// Where the meta graph goes; empty if there is none.
std::string MetaPath(const std::string& prefix, const SaveOptions& options) {
  if (!options.meta_graph.has_value()) return "";
  return state::MetaGraphPath(prefix, options.meta_graph_suffix);
}

}  // namespace

StatusOr<std::unique_ptr<Saver>> Saver::Create(
    FileSystem& fs, std::vector<NamedVariable> variables,
    SaverOptions options) {
  std::stable_sort(variables.begin(), variables.end(),
                   [](const NamedVariable& a, const NamedVariable& b) {
                     return a.name < b.name;
                   });
  CAIRN_RETURN_IF_ERROR(CheckVariables(variables));
  if (options.max_to_keep < 0) {
    return InvalidArgumentError(
        StrCat("max_to_keep is ", options.max_to_keep,
               "; it must be a number of checkpoints, or 0 for all"));
  }
  if (std::isnan(options.keep_checkpoint_every_n_hours)) {
    return InvalidArgumentError("keep_checkpoint_every_n_hours is no number");
  }
  return std::unique_ptr<Saver>(
      new Saver(fs, std::move(variables), std::move(options)));
}

StatusOr<std::unique_ptr<Saver>> Saver::Create(
    FileSystem& fs, const std::vector<Variable*>& variables,
    SaverOptions options) {
  std::vector<NamedVariable> named;
  for (Variable* variable : variables) {
    named.push_back({variable == nullptr ? "" : variable->name(), variable});
  }
  return Create(fs, std::move(named), std::move(options));
}

Saver::Saver(FileSystem& fs, std::vector<NamedVariable> variables,
             SaverOptions options)
    : fs_(fs), variables_(std::move(variables)), options_(std::move(options)) {
  next_keep_time_ =
      Now() + options_.keep_checkpoint_every_n_hours * kSecondsPerHour;
}

double Saver::Now() const {
  return (options_.clock != nullptr ? *options_.clock : SystemClock()).Now();
}

StatusOr<std::string> Saver::Save(const std::string& path,
                                  const SaveOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(std::string prefix, Prefix(path, options));
  CAIRN_RETURN_IF_ERROR(CheckParent(prefix));
  CAIRN_RETURN_IF_ERROR(Write(prefix, options));
  if (options.write_state) {
    CAIRN_RETURN_IF_ERROR(RecordAndEvict(prefix, options));
  }
  return prefix;
}

StatusOr<std::string> Saver::Prefix(const std::string& path,
                                    const SaveOptions& options) const {
  const std::string& latest = options.latest_filename;
  if (HasPathComponents(latest)) {
    return InvalidArgumentError(
        "'latest_filename' must not contain path components");
  }
  if (latest.empty()) {
    return InvalidArgumentError("'latest_filename' must not be empty");
  }
  if (HasPathComponents(options.meta_graph_suffix)) {
    return InvalidArgumentError(
        "'meta_graph_suffix' must not contain path components");
  }
  std::string prefix = path;
  if (options.global_step.has_value()) {
    prefix += StepSuffix(*options.global_step, options_.pad_step_number);
  }
  if (prefix.empty()) return InvalidArgumentError("no path specified");
  // The state file must not replace a file of the checkpoint.
  for (const std::string& file :
       {prefix, bundle::IndexPath(prefix), bundle::DataPath(prefix, 0, 1),
        MetaPath(prefix, options)}) {
    if (BaseName(file) != latest) continue;
    return InvalidArgumentError(
        StrCat("'latest_filename' collides with 'save_path': '", Escape(latest),
               "' and '", Escape(file), "'"));
  }
  return prefix;
}

// TensorFlow makes one missing directory, but not two.
Status Saver::CheckParent(const std::string& prefix) {
  const std::string parent(DirName(prefix));
  if (IsDirectoryOrHere(fs_, parent)) return OkStatus();
  if (!fs_.Exists(parent) &&
      IsDirectoryOrHere(fs_, std::string(DirName(parent)))) {
    return OkStatus();
  }
  return InvalidArgumentError(StrCat("Parent directory of ", Escape(prefix),
                                     " doesn't exist, can't save."));
}

Status Saver::Write(const std::string& prefix, const SaveOptions& options) {
  // Of a save that was killed.
  const Status swept = RemoveStaleTemporaries(fs_, prefix);
  if (!swept.ok() && !absl::IsNotFound(swept)) return swept;

  Commit commit(fs_, prefix);
  const std::string meta_path = MetaPath(prefix, options);
  // A prefix that looks like a shard's has its meta graph under another one.
  const bool joins = meta_path.starts_with(prefix);
  if (!meta_path.empty() && joins) {
    // Before the index, so that with an index there is a meta graph.
    CAIRN_ASSIGN_OR_RETURN(WritableFile * meta, commit.Create(meta_path));
    CAIRN_RETURN_IF_ERROR(meta->Append(*options.meta_graph));
  }
  CAIRN_ASSIGN_OR_RETURN(auto writer,
                         bundle::BundleWriter::Create(commit, prefix));
  for (const NamedVariable& v : variables_) {
    CAIRN_RETURN_IF_ERROR(writer->Add(v.name, v.variable->value().view()));
  }
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> old_files,
                         state::ListDataFiles(fs_, prefix));
  for (const std::string& file : old_files) commit.RemoveAfter(file);
  CAIRN_RETURN_IF_ERROR(commit.Finish());
  if (!meta_path.empty() && !joins) {
    return WriteFileAtomically(fs_, meta_path, *options.meta_graph);
  }
  return OkStatus();
}

Status Saver::RecordAndEvict(const std::string& prefix,
                             const SaveOptions& options) {
  Record(prefix);
  const std::string directory(DirName(prefix));
  CAIRN_ASSIGN_OR_RETURN(
      const state::CheckpointState state,
      state::MakeCheckpointState(
          directory, prefix, last_checkpoints(), {}, std::nullopt,
          options_.save_relative_paths ? state::PathStyle::kRelative
                                       : state::PathStyle::kAsGiven));
  CAIRN_RETURN_IF_ERROR(state::WriteCheckpointState(fs_, directory, state,
                                                    options.latest_filename));
  Evict(options.meta_graph_suffix);
  return OkStatus();
}

void Saver::Record(const std::string& prefix) {
  const auto is_this = [&](const Kept& kept) { return kept.path == prefix; };
  // Saved anew, it must not be removed for its former life.
  std::erase_if(pending_, is_this);
  if (options_.max_to_keep == 0) return;
  std::erase_if(last_checkpoints_, is_this);
  last_checkpoints_.push_back({prefix, Now()});
  if (last_checkpoints_.size() > static_cast<size_t>(options_.max_to_keep)) {
    pending_.push_back(std::move(last_checkpoints_.front()));
    last_checkpoints_.erase(last_checkpoints_.begin());
  }
}

void Saver::Evict(std::string_view meta_suffix) {
  std::erase_if(pending_, [&](const Kept& kept) {
    if (kept.time > next_keep_time_) {
      next_keep_time_ +=
          options_.keep_checkpoint_every_n_hours * kSecondsPerHour;
      return true;
    }
    // Failing costs space, not data: tried again at the next save.
    return state::RemoveCheckpoint(fs_, kept.path, state::RemoveMeta::kWithMeta,
                                   meta_suffix)
        .ok();
  });
}

std::vector<std::string> Saver::last_checkpoints() const {
  std::vector<std::string> paths;
  for (const Kept& kept : last_checkpoints_) paths.push_back(kept.path);
  return paths;
}

}  // namespace cairn::saver
