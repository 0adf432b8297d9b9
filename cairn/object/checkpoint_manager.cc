// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// A save: the checkpoint's files, durable; the state file with the list as it
// will be, durable; only then the surplus checkpoints' files go. TensorFlow
// writes the state file twice, before and after removing, and syncs nothing.
#include "cairn/object/checkpoint_manager.h"

#include <algorithm>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::object {
namespace {

constexpr double kSecondsPerHour = 3600;

// Whether `prefix` is `start`, a dash and a number.
bool IsNumbered(std::string_view prefix, std::string_view start) {
  if (!prefix.starts_with(start)) return false;
  prefix.remove_prefix(start.size());
  if (!prefix.starts_with('-')) return false;
  prefix.remove_prefix(1);
  if (prefix.starts_with('-')) prefix.remove_prefix(1);
  return !prefix.empty() &&
         prefix.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

StatusOr<std::unique_ptr<CheckpointManager>> CheckpointManager::Create(
    Checkpoint* checkpoint, std::string directory,
    CheckpointManagerOptions options) {
  if (options.max_to_keep && *options.max_to_keep <= 0) {
    return InvalidArgumentError(
        StrCat("Expected a positive integer or `None` for `max_to_keep`, got ",
               *options.max_to_keep, "."));
  }
  std::unique_ptr<CheckpointManager> manager(new CheckpointManager(
      checkpoint, std::move(directory), std::move(options)));
  CAIRN_RETURN_IF_ERROR(manager->Recover());
  return manager;
}

CheckpointManager::CheckpointManager(Checkpoint* checkpoint,
                                     std::string directory,
                                     CheckpointManagerOptions options)
    : checkpoint_(checkpoint),
      directory_(std::move(directory)),
      options_(std::move(options)),
      prefix_(JoinPath(directory_, options_.checkpoint_name)) {
  if (options_.clock == nullptr) options_.clock = &SystemClock();
}

Status CheckpointManager::Recover() {
  const double now = options_.clock->Now();
  const StatusOr<state::CheckpointState> state =
      state::GetCheckpointState(fs(), directory_);
  if (!state.ok()) {
    if (absl::IsUnavailable(state.status()) ||
        absl::IsResourceExhausted(state.status())) {
      return state.status();
    }
    return RecoverFromFiles(
        now, absl::IsNotFound(state.status()) ? "" : Message(state.status()));
  }
  latest_ = state->model_checkpoint_path;
  last_preserved_timestamp_ = state->last_preserved_timestamp;
  if (now < last_preserved_timestamp_) {
    note_ =
        StrCat("the clock returned a value ", last_preserved_timestamp_ - now,
               " seconds behind the last preserved checkpoint timestamp");
    last_preserved_timestamp_ = now;
  }
  const std::vector<std::string>& paths = state->all_model_checkpoint_paths;
  std::vector<double> timestamps = state->all_model_checkpoint_timestamps;
  if (timestamps.empty()) {
    timestamps.assign(paths.size(), last_preserved_timestamp_);
    if (!paths.empty() && note_.empty()) {
      note_ = StrCat(Escape(directory_),
                     ": the state file has no timestamps: the checkpoints it "
                     "names are not tracked and will not be removed");
    }
  }
  for (size_t i = 0; i < std::min(paths.size(), timestamps.size()); ++i) {
    const double timestamp = std::min(timestamps[i], now);
    if (!(timestamp > last_preserved_timestamp_)) continue;
    const auto same = std::ranges::find(tracked_, paths[i], &Tracked::path);
    if (same != tracked_.end()) {
      same->timestamp = timestamp;
    } else {
      tracked_.push_back({paths[i], timestamp});
    }
  }
  return OkStatus();
}

Status CheckpointManager::RecoverFromFiles(double now, const std::string& why) {
  last_preserved_timestamp_ = now - 1;
  const StatusOr<std::vector<std::string>> prefixes =
      state::ScanForCheckpoints(fs(), std::string(DirName(prefix_)));
  if (absl::IsNotFound(prefixes.status())) return OkStatus();
  CAIRN_RETURN_IF_ERROR(prefixes.status());
  for (const std::string& prefix : *prefixes) {
    if (!IsNumbered(prefix, prefix_)) continue;
    const StatusOr<FileInfo> info = fs().Stat(StrCat(prefix, ".index"));
    if (!info.ok()) continue;  // gone meanwhile
    tracked_.push_back({prefix, std::min(info->mtime, now)});
  }
  note_ = why;
  if (tracked_.empty()) return OkStatus();
  latest_ = tracked_.back().path;
  for (const Tracked& tracked : tracked_) {
    last_preserved_timestamp_ =
        std::min(last_preserved_timestamp_, tracked.timestamp - 1);
  }
  note_ = StrCat(why.empty()
                     ? StrCat("there is no state file in ", Escape(directory_))
                     : why,
                 ": took over ", tracked_.size(),
                 " checkpoints found there, the latest ", Escape(*latest_));
  return OkStatus();
}

StatusOr<std::string> CheckpointManager::Save(std::optional<int64_t> number) {
  CAIRN_ASSIGN_OR_RETURN(std::string path,
                         checkpoint_->WriteNumbered(prefix_, number));
  std::erase_if(tracked_, [&](const Tracked& t) { return t.path == path; });
  tracked_.push_back({path, options_.clock->Now()});
  latest_ = path;

  std::vector<Tracked> kept = tracked_;
  double last_preserved = last_preserved_timestamp_;
  const std::vector<std::string> surplus = TakeSurplus(&kept, &last_preserved);
  CAIRN_RETURN_IF_ERROR(WriteState(kept, last_preserved));
  tracked_ = std::move(kept);
  last_preserved_timestamp_ = last_preserved;

  Status removed;  // the first failure; the others are still tried
  for (const std::string& old : surplus) {
    removed.Update(
        state::RemoveCheckpoint(fs(), old, state::RemoveMeta::kKeep));
  }
  CAIRN_RETURN_IF_ERROR(
      Annotate(removed, StrCat(Escape(path),
                               " is saved, but an older checkpoint could "
                               "not be removed")));
  return path;
}

std::vector<std::string> CheckpointManager::TakeSurplus(
    std::vector<Tracked>* tracked, double* last_preserved) const {
  std::vector<std::string> surplus;
  if (!options_.max_to_keep) return surplus;
  const auto keep = static_cast<size_t>(*options_.max_to_keep);
  if (tracked->size() <= keep) return surplus;
  const auto end = tracked->end() - static_cast<ptrdiff_t>(keep);
  for (auto it = tracked->begin(); it != end; ++it) {
    const std::optional<double>& hours = options_.keep_checkpoint_every_n_hours;
    if (hours && it->timestamp - *hours * kSecondsPerHour >= *last_preserved) {
      *last_preserved = it->timestamp;  // its files stay, unlisted
    } else {
      surplus.push_back(it->path);
    }
  }
  tracked->erase(tracked->begin(), end);
  return surplus;
}

Status CheckpointManager::WriteState(const std::vector<Tracked>& tracked,
                                     double last_preserved) const {
  std::vector<std::string> paths;
  std::vector<double> timestamps;
  for (const Tracked& t : tracked) {
    paths.push_back(t.path);
    timestamps.push_back(t.timestamp);
  }
  CAIRN_ASSIGN_OR_RETURN(
      const state::CheckpointState state,
      state::MakeCheckpointState(directory_, *latest_, std::move(paths),
                                 std::move(timestamps), last_preserved,
                                 state::PathStyle::kRelative));
  return state::WriteCheckpointState(fs(), directory_, state);
}

std::vector<std::string> CheckpointManager::checkpoints() const {
  std::vector<std::string> paths;
  for (const Tracked& tracked : tracked_) paths.push_back(tracked.path);
  return paths;
}

}  // namespace cairn::object
