// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/state_relocate_command.h"

#include <CLI/CLI.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/cli/state_command.h"
#include "cairn/cli/text.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::cli {
namespace {

using state::CheckpointState;

// `path` below the directory `prefix`: what follows its slash.
std::optional<std::string_view> Below(std::string_view path,
                                      std::string_view prefix) {
  while (prefix.size() > 1 && prefix.ends_with('/')) prefix.remove_suffix(1);
  if (!path.starts_with(prefix)) return std::nullopt;
  path.remove_prefix(prefix.size());
  if (prefix == "/") return path;
  if (!path.starts_with('/')) return std::nullopt;
  return path.substr(1);
}

class Relocation {
 public:
  Relocation(FileSystem& fs, std::string dir, const RelocateOptions& options)
      : fs_(fs), dir_(std::move(dir)), options_(options) {}

  // The path for the state file.
  std::string NewPath(const std::string& path) const {
    std::string moved = path;
    if (!options_.from.empty()) {
      if (const auto rest = Below(path, options_.from)) {
        moved = JoinPath(options_.to, *rest);
      }
    } else if (IsAbsolutePath(path) && !IsThere(path)) {
      // Beside the state file?
      const std::string name(BaseName(path));
      if (IsThere(name)) moved = name;
    }
    if (!options_.relative || moved.empty()) return moved;
    const auto state =
        state::MakeCheckpointState(dir_, JoinPath(dir_, moved), {}, {},
                                   std::nullopt, state::PathStyle::kRelative);
    // Where the working directory is not known, the path stays.
    return state.ok() ? state->model_checkpoint_path : moved;
  }

  bool IsThere(const std::string& path) const {
    return state::CheckpointExists(fs_, JoinPath(dir_, path));
  }

 private:
  FileSystem& fs_;
  const std::string dir_;
  const RelocateOptions& options_;
};

}  // namespace

void DeclareRelocate(CLI::App& verb, RelocateOptions& options) {
  verb.add_option("DIR", options.path,
                  "A directory with a checkpoint file, or that file")
      ->required();
  CLI::Option* from = verb.add_option("--from", options.from,
                                      "What the paths to change start with");
  CLI::Option* to =
      verb.add_option("--to", options.to, "What they shall start with");
  from->needs(to);
  to->needs(from);
  verb.add_flag("--relative", options.relative,
                "Write all paths relative to the directory");
  verb.add_flag("--dry-run", options.dry_run, "Show it, change nothing");
  verb.footer(
      "Without --from: an absolute path whose checkpoint is gone becomes that\n"
      "of the checkpoint of the same name in DIR.\n"
      "\n"
      "Examples:\n"
      "  cairn state relocate moved\n"
      "  cairn state relocate moved --from /old/place --to /new/place\n"
      "  cairn state relocate moved --relative --dry-run\n"
      "\n"
      "Exit status: 0 done; 1 the file is damaged, or its latest checkpoint\n"
      "would still not be there, and nothing was changed; 2 wrong use or not\n"
      "readable.");
}

int RunRelocate(FileSystem& fs, const RelocateOptions& options,
                Console& console) {
  const StatusOr<StatePlace> place = FindStateFile(fs, options.path);
  if (!place.ok()) return Report(place.status(), console);
  const StatusOr<CheckpointState> before =
      state::ReadCheckpointState(fs, place->dir, place->file_name);
  if (!before.ok()) return Report(before.status(), console);
  const Relocation relocation(fs, place->dir, options);
  CheckpointState after = *before;
  after.model_checkpoint_path =
      relocation.NewPath(before->model_checkpoint_path);
  size_t changed = 0;
  for (std::string& path : after.all_model_checkpoint_paths) {
    std::string moved = relocation.NewPath(path);
    if (moved == path) continue;
    ++changed;
    console.out << Printable(path) << " -> " << Printable(moved)
                << (relocation.IsThere(moved) ? "" : " (missing)") << "\n";
    path = std::move(moved);
  }
  console.out << Count(changed, "path") << " changed"
              << (options.dry_run ? " (not written)" : "") << "\n";
  const std::string& latest = after.model_checkpoint_path;
  if (latest.empty() || !relocation.IsThere(latest)) {
    console.Note(StrCat(JoinPath(place->dir, place->file_name),
                        ": its latest checkpoint, ", Printable(latest),
                        ", is not there; nothing was changed"));
    return kExitNo;
  }
  if (options.dry_run || after == *before) return kExitOk;
  const Status written =
      state::WriteCheckpointState(fs, place->dir, after, place->file_name);
  return written.ok() ? kExitOk : Report(written, console);
}

}  // namespace cairn::cli
