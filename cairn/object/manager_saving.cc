// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// After a checkpoint's files are durable: the state file with the list as it
// will be, durable; only then the surplus checkpoints' files go. TensorFlow
// writes the state file twice, before and after removing, and syncs nothing.
//
// With a policy that judges by metrics, their file is written before the state
// file: what it says too much does no harm.
//
// Runs in the thread that wrote the files. Only this code changes the lists
// while saves are under way, so that it locks when it changes them, not when it
// looks.
#include <algorithm>
#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/strings.h"
#include "cairn/object/checkpoint_manager.h"
#include "cairn/object/manager_directory.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/state/metrics_file.h"

namespace cairn::object {
namespace {

constexpr double kSecondsPerHour = 3600;

}  // namespace

Status CheckpointManager::RecordSaved(const std::string& path,
                                      const state::Metrics& metrics) {
  std::erase(unremoved_, path);
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(tracked_, [&](const Tracked& t) { return t.path == path; });
    tracked_.push_back({path, options_.clock->Now(), metrics});
    latest_ = path;
  }
  CAIRN_ASSIGN_OR_RETURN(Sifted sifted, Sift());
  CAIRN_RETURN_IF_ERROR(WriteLists(sifted));
  {
    const std::lock_guard lock(mutex_);
    tracked_ = std::move(sifted.kept);
  }
  last_preserved_timestamp_ = sifted.last_preserved;
  state_text_ = StateText();
  return Annotate(RemoveSurplus(std::move(sifted.surplus)),
                  StrCat(Escape(path),
                         " is saved, but an older checkpoint could not be "
                         "removed"));
}

StatusOr<CheckpointManager::Sifted> CheckpointManager::Sift() const {
  Sifted sifted;
  sifted.last_preserved = last_preserved_timestamp_;
  if (!options_.retention) {
    SiftByAge(&sifted);
    return sifted;
  }
  std::vector<state::RetentionRecord> records;
  for (const Tracked& t : tracked_) {
    records.push_back(
        {t.path, state::StepOfPath(t.path), t.timestamp, t.metrics});
  }
  CAIRN_ASSIGN_OR_RETURN(const std::vector<state::RetentionDecision> decisions,
                         state::DecideRetention(*options_.retention, records));
  for (size_t i = 0; i < tracked_.size(); ++i) {
    if (decisions[i].keep) {
      sifted.kept.push_back(tracked_[i]);
    } else {
      sifted.surplus.push_back(tracked_[i].path);
    }
  }
  return sifted;
}

void CheckpointManager::SiftByAge(Sifted* sifted) const {
  const size_t keep = options_.max_to_keep
                          ? std::min(static_cast<size_t>(*options_.max_to_keep),
                                     tracked_.size())
                          : tracked_.size();
  const auto end = tracked_.end() - static_cast<ptrdiff_t>(keep);
  sifted->kept.assign(end, tracked_.end());
  for (auto it = tracked_.begin(); it != end; ++it) {
    const std::optional<double>& hours = options_.keep_checkpoint_every_n_hours;
    if (hours &&
        it->timestamp - *hours * kSecondsPerHour >= sifted->last_preserved) {
      sifted->last_preserved = it->timestamp;  // its files stay, unlisted
    } else {
      sifted->surplus.push_back(it->path);
    }
  }
}

std::string CheckpointManager::StateText() const {
  return fs()
      .ReadFile(JoinPath(directory(), state::kDefaultStateFile),
                uint64_t{64} << 20)
      .value_or("");
}

Status CheckpointManager::WriteLists(const Sifted& sifted) const {
  std::vector<std::string> paths;
  std::vector<double> timestamps;
  state::CheckpointMetrics metrics;
  const std::string start =
      directory().empty() ? "" : JoinPath(directory(), "");
  for (const Tracked& t : sifted.kept) {
    paths.push_back(t.path);
    timestamps.push_back(t.timestamp);
    if (!t.metrics.empty()) {
      metrics[t.path.starts_with(start) ? t.path.substr(start.size())
                                        : t.path] = t.metrics;
    }
  }
  const std::string metrics_path = JoinPath(directory(), state::kMetricsFile);
  if (!metrics.empty() || fs().Exists(metrics_path)) {
    CAIRN_RETURN_IF_ERROR(
        WriteFileAtomically(fs(), metrics_path, state::FormatMetrics(metrics)));
  }
  CAIRN_ASSIGN_OR_RETURN(
      const state::CheckpointState state,
      state::MakeCheckpointState(directory(), *latest_, std::move(paths),
                                 std::move(timestamps), sifted.last_preserved,
                                 state::PathStyle::kRelative));
  return state::WriteCheckpointState(fs(), directory(), state);
}

// Also what could not be removed before.
Status CheckpointManager::RemoveSurplus(std::vector<std::string> surplus) {
  surplus.insert(surplus.begin(), unremoved_.begin(), unremoved_.end());
  unremoved_.clear();
  Status result;  // the first failure; the others are still tried
  for (const std::string& path : surplus) {
    if (!directory_->IsOwn(path) &&
        options_.foreign == ForeignCheckpoints::kNeverRemove) {
      AddNote(StrCat(Escape(path),
                     " is not listed any more, but stays: it has not this "
                     "manager's name"));
      continue;
    }
    const Status removed = directory_->Remove(path);
    if (!removed.ok()) unremoved_.push_back(path);
    result.Update(removed);
  }
  return result;
}

}  // namespace cairn::object
