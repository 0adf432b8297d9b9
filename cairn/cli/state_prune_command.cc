// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/state_prune_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/cli/state_command.h"
#include "cairn/cli/text.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/state/metrics_file.h"
#include "cairn/state/retention_policy.h"

namespace cairn::cli {
namespace {

using state::CheckpointState;

// A listed checkpoint and what becomes of it.
struct Candidate {
  std::string listed;  // as in the file
  std::string path;    // joined to the directory
  double timestamp = 0;
  bool has_timestamp = false;
  bool is_there = false;
  bool keep = true;
  std::string reason;
};

// Without "." parts and doubled slashes; text with ".." stays.
std::string Plain(std::string_view path) {
  std::string plain = IsAbsolutePath(path) ? "/" : "";
  for (const std::string_view part : Split(path, '/')) {
    if (part.empty() || part == ".") continue;
    plain = JoinPath(plain, part);
  }
  return plain;
}

class Pruning {
 public:
  Pruning(FileSystem& fs, StatePlace place, const PruneOptions& options)
      : fs_(fs), place_(std::move(place)), options_(options) {}

  Status Load() {
    CAIRN_ASSIGN_OR_RETURN(
        state_, state::ReadCheckpointState(fs_, place_.dir, place_.file_name));
    const auto& paths = state_.all_model_checkpoint_paths;
    const auto& times = state_.all_model_checkpoint_timestamps;
    for (size_t i = 0; i < paths.size(); ++i) {
      if (paths[i] == state_.model_checkpoint_path) latest_at_ = i;
    }
    for (size_t i = 0; i < paths.size(); ++i) {
      if (i != latest_at_) {
        CAIRN_RETURN_IF_ERROR(
            AddCandidate(paths[i], i < times.size() ? &times[i] : nullptr));
      }
    }
    // The policy takes the last one for the latest.
    if (state_.model_checkpoint_path.empty()) return OkStatus();
    const double* time =
        latest_at_ < times.size() ? &times[latest_at_] : nullptr;
    return AddCandidate(state_.model_checkpoint_path, time);
  }

  Status Decide() {
    CAIRN_ASSIGN_OR_RETURN(const state::RetentionPolicy policy,
                           state::ParseRetentionPolicy(options_.policy));
    CAIRN_ASSIGN_OR_RETURN(const state::CheckpointMetrics metrics,
                           ReadMetrics(policy));
    std::vector<state::RetentionRecord> records;
    std::vector<Candidate*> judged;
    for (Candidate& candidate : candidates_) {
      if (!Judge(candidate)) continue;
      state::RetentionRecord record{candidate.path,
                                    state::StepOfPath(candidate.path),
                                    candidate.timestamp,
                                    {}};
      for (const std::string_view name :
           {std::string_view(candidate.listed), BaseName(candidate.path)}) {
        const auto it = metrics.find(name);
        if (it == metrics.end()) continue;
        record.metrics = it->second;
        break;
      }
      records.push_back(std::move(record));
      judged.push_back(&candidate);
    }
    CAIRN_ASSIGN_OR_RETURN(const auto decisions,
                           state::DecideRetention(policy, records));
    for (size_t i = 0; i < judged.size(); ++i) {
      judged[i]->keep = decisions[i].keep;
      judged[i]->reason = decisions[i].reason;
    }
    return OkStatus();
  }

  void Print(Console& console) const {
    Table table({{""}, {"CHECKPOINT"}, {"WHY"}});
    std::vector<std::vector<std::string>> rows;
    size_t removed = 0;
    for (const Candidate& candidate : candidates_) {
      rows.push_back({candidate.keep ? "keep" : "remove",
                      Printable(candidate.listed), candidate.reason});
      table.Measure(rows.back());
      if (!candidate.keep) ++removed;
    }
    for (const auto& row : rows) console.out << table.Row(row) << "\n";
    console.out << Count(removed, "checkpoint") << " "
                << (options_.dry_run ? "would be removed" : "removed") << "\n";
  }

  // The state file first, so that it never names what is gone.
  Status Apply() const {
    CheckpointState after = state_;
    after.all_model_checkpoint_paths.clear();
    after.all_model_checkpoint_timestamps.clear();
    bool all_timed = !state_.all_model_checkpoint_timestamps.empty();
    for (const Candidate& candidate : candidates_) {
      if (!candidate.keep) continue;
      after.all_model_checkpoint_paths.push_back(candidate.listed);
      after.all_model_checkpoint_timestamps.push_back(candidate.timestamp);
      all_timed &= candidate.has_timestamp;
    }
    if (!all_timed) after.all_model_checkpoint_timestamps.clear();
    CAIRN_RETURN_IF_ERROR(
        state::WriteCheckpointState(fs_, place_.dir, after, place_.file_name));
    Status result;
    for (const Candidate& candidate : candidates_) {
      if (candidate.keep || !candidate.is_there) continue;
      result.Update(Remove(candidate.path));
    }
    return result;
  }

  bool removes_any() const {
    return std::any_of(candidates_.begin(), candidates_.end(),
                       [](const Candidate& c) { return !c.keep; });
  }

 private:
  Status AddCandidate(const std::string& listed, const double* time) {
    Candidate candidate;
    candidate.listed = listed;
    candidate.path = JoinPath(place_.dir, listed);
    CAIRN_ASSIGN_OR_RETURN(candidate.is_there,
                           state::FindCheckpoint(fs_, candidate.path));
    candidate.has_timestamp = time != nullptr;
    if (time != nullptr) {
      candidate.timestamp = *time;
    } else {
      CAIRN_ASSIGN_OR_RETURN(const auto mtime,
                             state::CheckpointMtime(fs_, candidate.path));
      candidate.timestamp = mtime.value_or(0);
    }
    candidates_.push_back(std::move(candidate));
    return OkStatus();
  }

  // Whether the policy has a say.
  bool Judge(Candidate& candidate) const {
    const bool is_latest = candidate.listed == state_.model_checkpoint_path;
    if (!candidate.is_there && !is_latest) {
      candidate.keep = false;
      candidate.reason = "it is not there";
      return false;
    }
    if (Plain(DirName(candidate.path)) != Plain(place_.dir)) {
      candidate.reason = "outside the directory";
      return false;
    }
    return true;
  }

  StatusOr<state::CheckpointMetrics> ReadMetrics(
      const state::RetentionPolicy& policy) const {
    if (state::RetentionMetrics(policy).empty()) {
      return state::CheckpointMetrics();
    }
    const bool named = !options_.metrics.empty();
    return state::ReadMetricsFile(
        fs_,
        named ? options_.metrics : JoinPath(place_.dir, state::kMetricsFile));
  }

  Status Remove(const std::string& path) const {
    const bool is_v1 = !fs_.Exists(path + ".index");
    return is_v1 ? state::RemoveV1Checkpoint(fs_, path,
                                             state::RemoveMeta::kWithMeta,
                                             options_.meta_suffix)
                 : state::RemoveCheckpoint(fs_, path,
                                           state::RemoveMeta::kWithMeta,
                                           options_.meta_suffix);
  }

  FileSystem& fs_;
  const StatePlace place_;
  const PruneOptions& options_;
  CheckpointState state_;
  size_t latest_at_ = SIZE_MAX;
  std::vector<Candidate> candidates_;  // oldest first, the latest last
};

}  // namespace

void DeclarePrune(CLI::App& verb, PruneOptions& options) {
  verb.add_option("DIR", options.path,
                  "A directory with a checkpoint file, or that file")
      ->required();
  verb.add_option("--policy", options.policy,
                  "What to keep: latest:N, every:N steps, every:T with unit s, "
                  "m, h or d, best:N:METRIC:max or :min, all; joined by , "
                  "(any) and + (all)")
      ->required()
      ->type_name("POLICY");
  verb.add_option("--metrics", options.metrics,
                  "JSON file of the checkpoints' metrics (default: "
                  "checkpoint.metrics.json in DIR)")
      ->type_name("FILE");
  verb.add_option("--meta-suffix", options.meta_suffix,
                  "Suffix of the meta graphs to remove (default: meta)")
      ->type_name("TEXT");
  verb.add_flag("--dry-run", options.dry_run, "Show it, remove nothing");
  verb.footer(
      "Only checkpoints that the file lists and that are in DIR are removed,\n"
      "and never the latest. Listed ones that are gone leave the list.\n"
      "\n"
      "Examples:\n"
      "  cairn state prune tf_ckpt --policy latest:3 --dry-run\n"
      "  cairn state prune tf_ckpt --policy 'latest:2,every:1h'\n"
      "  cairn state prune tf_ckpt --policy 'best:1:accuracy:max'\n"
      "\n"
      "Exit status: 0 done; 1 a file is damaged; 2 wrong use or not readable\n"
      "or removable.");
}

int RunPrune(FileSystem& fs, const PruneOptions& options, Console& console) {
  const StatusOr<StatePlace> place = FindStateFile(fs, options.path);
  if (!place.ok()) return Report(place.status(), console);
  Pruning pruning(fs, *place, options);
  Status status = pruning.Load();
  if (status.ok()) status = pruning.Decide();
  if (!status.ok()) return Report(status, console);
  if (!options.dry_run && pruning.removes_any()) {
    status = pruning.Apply();
    if (!status.ok()) return Report(status, console);
  }
  pruning.Print(console);
  return kExitOk;
}

}  // namespace cairn::cli
