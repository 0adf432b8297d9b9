// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a CheckpointManager makes of a directory it finds, and of checkpoints it
// cannot read.
#include <algorithm>
#include <set>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/object/checkpoint_manager.h"
#include "cairn/object/manager_directory.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/state/metrics_file.h"

namespace cairn::object {
namespace {

// Errors that another checkpoint does not have because this one does.
bool IsOfThisCheckpoint(const Status& status) {
  return absl::IsNotFound(status) || absl::IsDataLoss(status) ||
         absl::IsOutOfRange(status);
}

// How often a restore begins again because others have saved meanwhile.
constexpr int kMaxRereads = 100;

bool MayPass(const Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status);
}

}  // namespace

Status CheckpointManager::Recover() {
  const double now = options_.clock->Now();
  state_text_ = StateText();
  const StatusOr<state::CheckpointState> state =
      state::GetCheckpointState(fs(), directory());
  if (state.ok()) {
    CAIRN_RETURN_IF_ERROR(RecoverFromState(*state, now));
    return RecoverMetrics();
  }
  if (MayPass(state.status())) return state.status();
  const std::string why =
      absl::IsNotFound(state.status()) ? "" : Message(state.status());
  if (options_.recovery == Recovery::kFallBack) {
    CAIRN_RETURN_IF_ERROR(RecoverFromFiles(now, why));
    return RecoverMetrics();
  }
  if (state::ReadCheckpointState(fs(), directory()).ok()) {
    return InvalidArgumentError(
        StrCat("Invalid checkpoint state loaded from ", Escape(directory())));
  }
  last_preserved_timestamp_ = now - 1;
  AddNote(why);
  return OkStatus();
}

Status CheckpointManager::RecoverFromState(const state::CheckpointState& state,
                                           double now) {
  latest_ = state.model_checkpoint_path;
  last_preserved_timestamp_ = state.last_preserved_timestamp;
  if (now < last_preserved_timestamp_) {
    AddNote(StrCat("the clock returned a value ",
                   last_preserved_timestamp_ - now,
                   " seconds behind the last preserved checkpoint timestamp"));
    last_preserved_timestamp_ = now;
  }
  const std::vector<std::string>& paths = state.all_model_checkpoint_paths;
  std::vector<double> timestamps = state.all_model_checkpoint_timestamps;
  const bool by_policy = options_.retention.has_value();
  if (timestamps.empty()) {
    timestamps.assign(paths.size(), last_preserved_timestamp_);
    if (!paths.empty() && !by_policy) {
      AddNote(StrCat(Escape(directory()),
                     ": the state file has no timestamps: the checkpoints it "
                     "names are not tracked and will not be removed"));
    }
  }
  for (size_t i = 0; i < std::min(paths.size(), timestamps.size()); ++i) {
    const double timestamp = std::min(timestamps[i], now);
    // A policy keeps all that it wants listed, so that all listed are tracked.
    if (!by_policy && !(timestamp > last_preserved_timestamp_)) continue;
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
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> own,
                         directory_->ListOwn());
  for (const std::string& path : own) {
    const StatusOr<FileInfo> info = fs().Stat(bundle::IndexPath(path));
    if (!info.ok()) continue;  // gone meanwhile
    tracked_.push_back({path, std::min(info->mtime, now)});
  }
  if (tracked_.empty()) {
    AddNote(why);
    return OkStatus();
  }
  latest_ = tracked_.back().path;
  for (const Tracked& tracked : tracked_) {
    last_preserved_timestamp_ =
        std::min(last_preserved_timestamp_, tracked.timestamp - 1);
  }
  AddNote(StrCat(why.empty()
                     ? StrCat("there is no state file in ", Escape(directory()))
                     : why,
                 ": took over ", tracked_.size(),
                 " checkpoints found there, the latest ", Escape(*latest_)));
  return OkStatus();
}

// A broken file must not keep anybody from saving: what has no metrics is kept.
Status CheckpointManager::RecoverMetrics() {
  if (!options_.retention) return OkStatus();
  const StatusOr<state::CheckpointMetrics> metrics =
      state::ReadMetricsFile(fs(), JoinPath(directory(), state::kMetricsFile));
  if (absl::IsNotFound(metrics.status())) return OkStatus();
  if (MayPass(metrics.status())) return metrics.status();
  if (!metrics.ok()) {
    AddNote(StrCat(Message(metrics.status()),
                   ": the metrics of earlier checkpoints are not known"));
    return OkStatus();
  }
  for (Tracked& tracked : tracked_) {
    for (const auto& [name, values] : *metrics) {
      if (JoinPath(directory(), name) == tracked.path) tracked.metrics = values;
    }
  }
  return OkStatus();
}

// The latest, then the others, newest first; those that are not listed last.
StatusOr<std::vector<std::string>> CheckpointManager::Candidates() const {
  std::vector<std::string> candidates;
  if (latest_) candidates.push_back(*latest_);
  if (options_.recovery == Recovery::kAsTensorFlow) return candidates;
  std::set<std::string> known(candidates.begin(), candidates.end());
  for (auto it = tracked_.rbegin(); it != tracked_.rend(); ++it) {
    if (known.insert(it->path).second) candidates.push_back(it->path);
  }
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> own,
                         directory_->ListOwn());
  for (auto it = own.rbegin(); it != own.rend(); ++it) {
    if (known.insert(*it).second) candidates.push_back(*it);
  }
  return candidates;
}

Status CheckpointManager::TakeOverLists() {
  {
    const std::lock_guard lock(mutex_);
    tracked_.clear();
    latest_.reset();
  }
  return Recover();
}

bool CheckpointManager::OthersHaveSaved() const {
  return !directory_->locked() && StateText() != state_text_;
}

StatusOr<std::optional<std::string>> CheckpointManager::RestoreOrInitialize(
    std::optional<LoadStatus>* status) {
  checkpoint_->WaitForAsync();
  for (int rereads = 0; latest_; ++rereads) {
    CAIRN_ASSIGN_OR_RETURN(std::optional<std::string> path,
                           RestoreNewest(rereads < kMaxRereads, status));
    if (path) return path;
    // What is latest is for the new list to say: among the files there may be
    // one that its writer has not reported yet.
    CAIRN_RETURN_IF_ERROR(TakeOverLists());
  }
  if (options_.init_fn) CAIRN_RETURN_IF_ERROR(options_.init_fn());
  return std::optional<std::string>();
}

StatusOr<std::optional<std::string>> CheckpointManager::RestoreNewest(
    bool may_be_evicted, std::optional<LoadStatus>* status) {
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> candidates,
                         Candidates());
  Status first;
  std::string passed_over;
  for (const std::string& path : candidates) {
    StatusOr<LoadStatus> restored = checkpoint_->Restore(path);
    if (!restored.ok()) {
      const bool is_gone = IsOfThisCheckpoint(restored.status());
      if (may_be_evicted &&
          (is_gone || absl::IsUnavailable(restored.status())) &&
          OthersHaveSaved()) {
        return std::optional<std::string>();
      }
      first.Update(restored.status());
      if (!is_gone) return first;
      passed_over =
          StrCat(passed_over, passed_over.empty() ? "" : ", ", Escape(path));
      continue;
    }
    if (!passed_over.empty()) {
      AddNote(StrCat("restored ", Escape(path), "; not readable: ", passed_over,
                     " (", Message(first), ")"));
      latest_ = path;
    }
    if (options_.checkpoint_interval) {
      CAIRN_ASSIGN_OR_RETURN(last_step_,
                             IntegerScalar(options_.step_counter->value()));
    }
    if (status != nullptr) *status = *std::move(restored);
    return std::optional<std::string>(path);
  }
  return first;
}

}  // namespace cairn::object
