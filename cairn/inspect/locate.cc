// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/locate.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/near_names.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/entry.h"
#include "cairn/inspect/directory.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/v1/shard_names.h"

namespace cairn::inspect {
namespace {

constexpr std::string_view kMetaSuffix = ".meta";
// Names shown of a directory in which nothing was found.
constexpr size_t kNamesShown = 8;
constexpr uint64_t kMaxStateFileBytes = uint64_t{64} << 20;

constexpr std::string_view kSavedModelFile = "saved_model.pb";
constexpr std::string_view kSavedModelPrefix = "variables/variables";

// A path as it stands in texts: one that a state file names, or a directory
// lists, may hold anything.
std::string Shown(std::string_view path) { return Escape(path, 4096); }

bool HasBundle(FileSystem& fs, const std::string& prefix) {
  return fs.Exists(bundle::IndexPath(prefix)) || HasJournal(fs, prefix);
}

// What `names` has, for a message.
std::string Some(std::span<const std::string> names) {
  if (names.empty()) return "it is empty";
  std::vector<std::string> shown;
  for (const std::string& name :
       names.first(std::min(names.size(), kNamesShown))) {
    shown.push_back(Escape(name, 80));
  }
  std::string text = StrCat("it has ", Join(shown, ", "));
  if (names.size() > kNamesShown) {
    text += StrCat(" and ", names.size() - kNamesShown, " more");
  }
  return text;
}

// A located prefix becomes a target of whichever format is there.
Target TargetOfPrefix(FileSystem& fs, std::string prefix, std::string note) {
  const bool is_bundle = HasBundle(fs, prefix);
  return {is_bundle ? TargetKind::kBundle : TargetKind::kV1, std::move(prefix),
          std::move(note)};
}

StatusOr<Target> LatestOf(FileSystem& fs, const std::string& dir,
                          std::string_view file_name) {
  std::string fallback;
  CAIRN_ASSIGN_OR_RETURN(
      std::string prefix,
      state::LatestCheckpoint(fs, dir, file_name, &fallback));
  std::string note = fallback.empty() ? StrCat("the latest in ",
                                               Shown(JoinPath(dir, file_name)))
                                      : std::move(fallback);
  return TargetOfPrefix(fs, std::move(prefix), std::move(note));
}

StatusOr<Target> LocateInDirectory(FileSystem& fs, const std::string& dir) {
  const std::string saved_model = JoinPath(dir, kSavedModelFile);
  const std::string variables = JoinPath(dir, kSavedModelPrefix);
  const bool is_saved_model = fs.Exists(saved_model);
  if (is_saved_model && HasBundle(fs, variables)) {
    return Target{TargetKind::kBundle, variables,
                  "the variables of a SavedModel"};
  }
  StatusOr<Target> latest = LatestOf(fs, dir, state::kDefaultStateFile);
  if (!absl::IsNotFound(latest.status())) return latest;
  if (is_saved_model) {
    return Target{TargetKind::kSavedModel, saved_model,
                  "a SavedModel without variables"};
  }
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> names, fs.List(dir));
  return NotFoundError(StrCat(Shown(dir), ": a directory without checkpoints (",
                              Some(names), ")"));
}

// What somebody may have meant by a path that is not there: the directory's
// checkpoints by their prefixes, and its other files.
std::string HintOf(const std::string& path,
                   std::span<const std::string> names) {
  const std::string dir(DirName(path));
  NearNames near(BaseName(path));
  std::string last;
  for (const std::string& name : names) {
    if (IsTemporary(name) || name.ends_with(kMetaSuffix)) continue;
    std::string shown = PrefixOfFileName(name);
    if (const auto shard = v1::ParseShardedName(name)) shown = shard->path;
    if (shown.empty()) shown = name;
    if (shown != last) near.Consider(shown);
    last = std::move(shown);
  }
  std::vector<std::string> paths;
  for (const std::string& name : near.Names()) {
    std::string meant = Shown(JoinPath(dir, name));
    if (std::ranges::find(paths, meant) == paths.end())
      paths.push_back(std::move(meant));
  }
  if (paths.empty()) return "";
  return StrCat("; did you mean ", Join(paths, " or "), "?");
}

Status NothingThere(FileSystem& fs, const std::string& path) {
  const std::string dir(DirName(path));
  if (!fs.IsDirectory(dir)) {
    return NotFoundError(StrCat(Shown(path),
                                ": no such checkpoint (there is no directory ",
                                dir.empty() ? "." : Shown(dir), ")"));
  }
  const auto listed = fs.List(dir);
  const std::vector<std::string> names =
      listed.ok() ? *listed : std::vector<std::string>();
  const std::string base(BaseName(path));
  std::vector<std::string> prefixes;
  for (const std::string& name : names) {
    if (PrefixOfDataFile(name) == base) {
      return NotFoundError(StrCat(Shown(path), ": there is ", Shown(name),
                                  " but no ", Shown(base),
                                  ".index: a save that was cut off, or a file "
                                  "that was lost"));
    }
    if (name.starts_with(base) && name.ends_with(".index")) {
      prefixes.push_back(Shown(
          JoinPath(dir, std::string_view(name).substr(0, name.size() - 6))));
    }
  }
  if (prefixes.empty()) {
    return NotFoundError(StrCat(Shown(path), ": no such file or checkpoint",
                                HintOf(path, names)));
  }
  if (prefixes.size() > kNamesShown) prefixes.resize(kNamesShown);
  return NotFoundError(StrCat(Shown(path),
                              ": no such checkpoint; did you mean ",
                              Join(prefixes, " or "), "?"));
}

StatusOr<Target> LocateIndexOrData(FileSystem& fs, const std::string& path,
                                   std::string prefix) {
  if (HasBundle(fs, prefix)) {
    const std::string note =
        StrCat("the checkpoint that ", Shown(BaseName(path)), " is part of");
    return Target{TargetKind::kBundle, std::move(prefix), note};
  }
  return NotFoundError(StrCat(Shown(path), ": its index ",
                              Shown(bundle::IndexPath(prefix)), " is missing"));
}

// Whether the file is a state file under a name of its own choosing.
bool LooksLikeStateFile(FileSystem& fs, const std::string& path) {
  const StatusOr<std::string> text = fs.ReadFile(path, kMaxStateFileBytes);
  if (!text.ok() || text->find("model_checkpoint_path") == std::string::npos) {
    return false;
  }
  const StatusOr<state::CheckpointState> parsed =
      state::ParseCheckpointState(*text);
  return parsed.ok() && !parsed->model_checkpoint_path.empty();
}

StatusOr<Target> LocateFile(FileSystem& fs, const std::string& path) {
  if (path.ends_with(".index")) {
    return LocateIndexOrData(fs, path, path.substr(0, path.size() - 6));
  }
  if (auto prefix = PrefixOfDataFile(path)) {
    return LocateIndexOrData(fs, path, *std::move(prefix));
  }
  const std::string dir(DirName(path));
  if (BaseName(path) == state::kDefaultStateFile) {
    return LatestOf(fs, dir, state::kDefaultStateFile);
  }
  CAIRN_ASSIGN_OR_RETURN(const bool is_table, EndsLikeTable(fs, path));
  if (is_table) {
    CAIRN_ASSIGN_OR_RETURN(v1::V1Files files, v1::FindV1Files(fs, path));
    return Target{TargetKind::kV1, std::move(files.path),
                  files.num_shards == 0
                      ? "by its contents a V1 file"
                      : StrCat("the V1 checkpoint that ", Shown(BaseName(path)),
                               " is a shard of")};
  }
  if (path.ends_with(kMetaSuffix))
    return Target{TargetKind::kMetaGraph, path, ""};
  if (BaseName(path) == kSavedModelFile) {
    return Target{TargetKind::kSavedModel, path, ""};
  }
  if (LooksLikeStateFile(fs, path)) return LatestOf(fs, dir, BaseName(path));
  return InvalidArgumentError(
      StrCat(Shown(path),
             ": not a checkpoint: expected a table (the magic number 57 fb 80 "
             "8b 24 75 47 db at its end), a state file, a .meta or "
             "saved_model.pb"));
}

// A V1 checkpoint whose files' names start with `path`, or whose pattern it is.
// Nothing when there is none, or when its first file is of another kind.
StatusOr<std::optional<Target>> LocateV1(FileSystem& fs,
                                         const std::string& path,
                                         std::string note) {
  const StatusOr<v1::V1Files> files = v1::FindV1Files(fs, path);
  if (absl::IsNotFound(files.status())) return std::nullopt;
  CAIRN_RETURN_IF_ERROR(files.status());
  if (!v1::AnyFileExists(fs, *files)) return std::nullopt;
  const StatusOr<bool> is_table = EndsLikeTable(fs, files->File(0));
  if (is_table.ok() && !*is_table) return std::nullopt;
  // A first shard that is missing is for the reader to report.
  if (!is_table.ok() && !absl::IsNotFound(is_table.status())) {
    return is_table.status();
  }
  return Target{TargetKind::kV1, files->path, std::move(note)};
}

}  // namespace

StatusOr<Target> Locate(FileSystem& fs, const std::string& path) {
  return GuardMemory(path, [&]() -> StatusOr<Target> {
    if (path.empty()) return InvalidArgumentError("the path is empty");
    // A prefix first: a bundle wins over a V1 file or a directory of its name.
    if (!path.ends_with('/') && HasBundle(fs, path)) {
      return Target{TargetKind::kBundle, path, ""};
    }
    const StatusOr<FileInfo> info = fs.Stat(path);
    if (absl::IsNotFound(info.status())) {
      const bool is_pattern = v1::ParseShardedName(path).has_value();
      CAIRN_ASSIGN_OR_RETURN(
          std::optional<Target> sharded,
          LocateV1(fs, path, is_pattern ? "" : "a V1 checkpoint in shards"));
      if (sharded) return *std::move(sharded);
      // The index may be gone while a journal or a data file still names it.
      if (path.ends_with(".index")) {
        const std::string prefix = path.substr(0, path.size() - 6);
        if (HasBundle(fs, prefix)) return LocateIndexOrData(fs, path, prefix);
      }
      return NothingThere(fs, path);
    }
    CAIRN_RETURN_IF_ERROR(info.status());
    switch (info->kind) {
      case FileInfo::Kind::kDirectory:
        return LocateInDirectory(fs, path);
      case FileInfo::Kind::kFile:
        return LocateFile(fs, path);
      case FileInfo::Kind::kOther:
        break;
    }
    return InvalidArgumentError(
        StrCat(Shown(path), ": neither a file nor a directory"));
  });
}

StatusOr<Target> LocateCheckpoint(FileSystem& fs, const std::string& path) {
  return GuardMemory(path, [&]() -> StatusOr<Target> {
    CAIRN_ASSIGN_OR_RETURN(Target target, Locate(fs, path));
    if (target.kind == TargetKind::kBundle || target.kind == TargetKind::kV1) {
      return target;
    }
    std::string prefix =
        target.kind == TargetKind::kSavedModel
            ? JoinPath(DirName(target.path), kSavedModelPrefix)
            : target.path.substr(0, target.path.size() - kMetaSuffix.size());
    std::string note = StrCat("the checkpoint that ",
                              Shown(BaseName(target.path)), " belongs to");
    if (HasBundle(fs, prefix)) {
      return Target{TargetKind::kBundle, std::move(prefix), std::move(note)};
    }
    CAIRN_ASSIGN_OR_RETURN(std::optional<Target> v1,
                           LocateV1(fs, prefix, std::move(note)));
    if (v1) return *std::move(v1);
    return InvalidArgumentError(StrCat(Shown(target.path),
                                       ": a graph, and there is no checkpoint ",
                                       Shown(prefix), ".index beside it"));
  });
}

StatusOr<Target> LocateMetaGraph(FileSystem& fs, const Target& target) {
  return GuardMemory(target.path, [&]() -> StatusOr<Target> {
    if (target.kind == TargetKind::kMetaGraph ||
        target.kind == TargetKind::kSavedModel) {
      return target;
    }
    const std::string meta = state::MetaGraphPath(target.path);
    if (fs.Exists(meta)) {
      return Target{TargetKind::kMetaGraph, meta,
                    StrCat("the meta graph beside ", Shown(target.path))};
    }
    if (target.path.ends_with(kSavedModelPrefix)) {
      const std::string above(DirName(DirName(target.path)));
      const std::string saved_model = JoinPath(above, kSavedModelFile);
      if (fs.Exists(saved_model)) {
        return Target{TargetKind::kSavedModel, saved_model,
                      StrCat("the graph above ", Shown(target.path))};
      }
    }
    return NotFoundError(
        StrCat(Shown(target.path), ": there is no meta graph ", Shown(meta)));
  });
}

}  // namespace cairn::inspect
