// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// A save: the checkpoint's files, durable; the state file with the list as it
// will be, durable; only then the surplus checkpoints' files go. TensorFlow
// writes the state file twice, before and after removing, and syncs nothing.
//
// With a policy that judges by metrics, their file is written before the state
// file: what it says too much does no harm.
#include "cairn/object/checkpoint_manager.h"

#include <algorithm>
#include <set>
#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/strings.h"
#include "cairn/object/manager_directory.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/state/metrics_file.h"

namespace cairn::object {
namespace {

constexpr double kSecondsPerHour = 3600;

Status CheckOptions(const CheckpointManagerOptions& options) {
  if (options.max_to_keep && *options.max_to_keep <= 0) {
    return InvalidArgumentError(
        StrCat("Expected a positive integer or `None` for `max_to_keep`, got ",
               *options.max_to_keep, "."));
  }
  if (options.checkpoint_interval && options.step_counter == nullptr) {
    return InvalidArgumentError(
        "`step_counter` should be passed if `checkpoint_interval` is not "
        "None.");
  }
  if (options.step_counter != nullptr) {
    CAIRN_RETURN_IF_ERROR(Annotate(
        IntegerScalar(options.step_counter->value()).status(), "step_counter"));
  }
  if (options.checkpoint_name.empty() ||
      options.checkpoint_name.ends_with('/')) {
    return InvalidArgumentError(StrCat("checkpoint_name '",
                                       Escape(options.checkpoint_name),
                                       "' does not name a file"));
  }
  if (!options.retention) return OkStatus();
  if (options.max_to_keep || options.keep_checkpoint_every_n_hours) {
    return InvalidArgumentError(
        "a retention policy stands instead of max_to_keep and "
        "keep_checkpoint_every_n_hours, not beside them");
  }
  return state::CheckRetentionPolicy(*options.retention);
}

template <typename T>
int64_t First(const TensorView& tensor) {
  return static_cast<int64_t>(tensor.data<T>()[0]);
}

}  // namespace

StatusOr<int64_t> IntegerScalar(const TensorView& tensor) {
  if (tensor.is_valid() && tensor.shape().rank() == 0) {
    switch (tensor.dtype()) {
      case DataType::kInt64:
        return First<int64_t>(tensor);
      case DataType::kInt32:
        return First<int32_t>(tensor);
      case DataType::kInt16:
        return First<int16_t>(tensor);
      case DataType::kInt8:
        return First<int8_t>(tensor);
      case DataType::kUint32:
        return First<uint32_t>(tensor);
      case DataType::kUint16:
        return First<uint16_t>(tensor);
      case DataType::kUint8:
        return First<uint8_t>(tensor);
      default:
        break;
    }
  }
  return InvalidArgumentError(StrCat(
      "expected an integer scalar, got ",
      tensor.is_valid()
          ? StrCat(DataTypeName(tensor.dtype()), " ", tensor.shape().ToString())
          : "no tensor"));
}

StatusOr<std::unique_ptr<CheckpointManager>> CheckpointManager::Create(
    Checkpoint* checkpoint, std::string directory,
    CheckpointManagerOptions options) {
  CAIRN_RETURN_IF_ERROR(CheckOptions(options));
  if (!directory.empty()) {
    const StatusOr<FileInfo> info = checkpoint->file_system().Stat(directory);
    if (info.ok() && info->kind != FileInfo::Kind::kDirectory) {
      return FailedPreconditionError(
          StrCat(Escape(directory), " is not a directory"));
    }
  }
  std::unique_ptr<CheckpointManager> manager(new CheckpointManager(
      checkpoint, std::move(directory), std::move(options)));
  if (manager->options_.lock == DirectoryLock::kRequired) {
    CAIRN_ASSIGN_OR_RETURN(std::string swept, manager->directory_->Sweep());
    manager->AddNote(std::move(swept));
  }
  CAIRN_RETURN_IF_ERROR(manager->Recover());
  return manager;
}

CheckpointManager::CheckpointManager(Checkpoint* checkpoint,
                                     std::string directory,
                                     CheckpointManagerOptions options)
    : checkpoint_(checkpoint),
      options_(std::move(options)),
      directory_(std::make_unique<internal::ManagerDirectory>(
          checkpoint->file_system(), std::move(directory),
          options_.checkpoint_name,
          [checkpoint](const std::string& prefix) {
            return checkpoint->RemoveSaverFiles(prefix);
          })),
      last_step_(options_.last_checkpoint_step) {
  if (options_.clock == nullptr) options_.clock = &SystemClock();
}

CheckpointManager::~CheckpointManager() = default;

const std::string& CheckpointManager::directory() const {
  return directory_->path();
}

void CheckpointManager::AddNote(std::string text) {
  if (text.empty()) return;
  note_ = note_.empty() ? std::move(text) : StrCat(note_, "; ", text);
}

Status CheckpointManager::BeginWriting() {
  if (options_.lock == DirectoryLock::kNone) return OkStatus();
  const bool was_locked = directory_->locked();
  CAIRN_RETURN_IF_ERROR(directory_->Lock());
  if (was_locked) return OkStatus();
  CAIRN_ASSIGN_OR_RETURN(std::string swept, directory_->Sweep());
  AddNote(std::move(swept));
  if (StateText() == state_text_) return OkStatus();
  AddNote(StrCat(Escape(directory()),
                 ": another manager has saved here since this one was made; "
                 "its list was taken over"));
  tracked_.clear();
  latest_.reset();
  return Recover();
}

StatusOr<bool> CheckpointManager::IsDue(CheckInterval check,
                                        std::optional<int64_t>* step) const {
  if (!options_.checkpoint_interval) return true;
  CAIRN_ASSIGN_OR_RETURN(*step, IntegerScalar(options_.step_counter->value()));
  if (!last_step_) return true;
  if (**step == *last_step_) return false;
  if (check == CheckInterval::kNo) return true;
  if (**step < *last_step_) return false;
  // Unsigned: the difference may be no int64.
  return *options_.checkpoint_interval <= 0 ||
         static_cast<uint64_t>(**step) - static_cast<uint64_t>(*last_step_) >=
             static_cast<uint64_t>(*options_.checkpoint_interval);
}

StatusOr<std::string> CheckpointManager::Save(std::optional<int64_t> number,
                                              CheckInterval check_interval) {
  return Save({.number = number, .check_interval = check_interval});
}

StatusOr<std::string> CheckpointManager::Save(const ManagedSave& save) {
  std::optional<int64_t> step;
  CAIRN_ASSIGN_OR_RETURN(const bool due, IsDue(save.check_interval, &step));
  if (!due) return "";
  CAIRN_RETURN_IF_ERROR(BeginWriting());
  CAIRN_ASSIGN_OR_RETURN(std::string path,
                         checkpoint_->WriteNumbered(directory_->prefix(),
                                                    save.number, save.options));
  CAIRN_RETURN_IF_ERROR(RecordSaved(path, save.metrics));
  if (step) last_step_ = step;
  return path;
}

Status CheckpointManager::RecordSaved(const std::string& path,
                                      const state::Metrics& metrics) {
  std::erase_if(tracked_, [&](const Tracked& t) { return t.path == path; });
  std::erase(unremoved_, path);
  tracked_.push_back({path, options_.clock->Now(), metrics});
  latest_ = path;
  CAIRN_ASSIGN_OR_RETURN(Sifted sifted, Sift());
  CAIRN_RETURN_IF_ERROR(WriteLists(sifted));
  tracked_ = std::move(sifted.kept);
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

std::vector<std::string> CheckpointManager::checkpoints() const {
  std::vector<std::string> paths;
  for (const Tracked& tracked : tracked_) paths.push_back(tracked.path);
  return paths;
}

}  // namespace cairn::object
