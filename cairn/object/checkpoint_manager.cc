// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
#include "cairn/object/checkpoint_manager.h"

#include <utility>

#include "cairn/base/strings.h"
#include "cairn/object/manager_directory.h"

namespace cairn::object {
namespace {

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

CheckpointManager::~CheckpointManager() {
  const Status error = Sync();
  if (!error.ok() && options_.log) options_.log(error);
}

const std::string& CheckpointManager::directory() const {
  return directory_->path();
}

void CheckpointManager::AddNote(std::string text) {
  if (text.empty()) return;
  const std::lock_guard lock(mutex_);
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
  return TakeOverLists();
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

// The latest is that of the manager's directory, when the save comes to it: one
// in the background may follow another that is not committed yet.
SaveOptions CheckpointManager::OptionsOf(const ManagedSave& save) const {
  SaveOptions options = save.options;
  if (!options.incremental) options.incremental = options_.incremental;
  if (options.incremental && options.incremental->directory.empty()) {
    options.incremental->directory = directory().empty() ? "." : directory();
  }
  return options;
}

StatusOr<std::string> CheckpointManager::Save(std::optional<int64_t> number,
                                              CheckInterval check_interval) {
  return Save({.number = number, .check_interval = check_interval});
}

StatusOr<std::string> CheckpointManager::Save(const ManagedSave& save) {
  std::optional<int64_t> step;
  CAIRN_ASSIGN_OR_RETURN(const bool due, IsDue(save.check_interval, &step));
  if (!due) return "";
  checkpoint_->WaitForAsync();
  CAIRN_RETURN_IF_ERROR(BeginWriting());
  CAIRN_ASSIGN_OR_RETURN(std::string path, checkpoint_->WriteNumbered(
                                               directory_->prefix(),
                                               save.number, OptionsOf(save)));
  CAIRN_RETURN_IF_ERROR(RecordSaved(path, save.metrics));
  if (step) last_step_ = step;
  return path;
}

StatusOr<AsyncSave> CheckpointManager::SaveAsync(
    const ManagedSave& save, const AsyncSaveOptions& options) {
  std::optional<int64_t> step;
  CAIRN_ASSIGN_OR_RETURN(const bool due, IsDue(save.check_interval, &step));
  if (!due) return AsyncSave::NotStarted(OkStatus());
  if (!checkpoint_->WaitForRoom(options)) return AsyncSave::LeftOut();
  if (!directory_->locked()) checkpoint_->WaitForAsync();
  CAIRN_RETURN_IF_ERROR(BeginWriting());
  CAIRN_ASSIGN_OR_RETURN(
      const std::string path,
      checkpoint_->NextPath(directory_->prefix(), save.number));
  CAIRN_ASSIGN_OR_RETURN(
      AsyncSave started,
      checkpoint_->StartAsync(path, options, OptionsOf(save),
                              [this, path, metrics = save.metrics] {
                                return RecordSaved(path, metrics);
                              }));
  if (step) last_step_ = step;
  return started;
}

Status CheckpointManager::Sync() { return checkpoint_->Sync(); }

StatusOr<std::string> CheckpointManager::SaveBeforeEnd(PendingSaves pending) {
  if (pending == PendingSaves::kAbandon) checkpoint_->AbandonAsync();
  const Status earlier = Sync();
  if (pending == PendingSaves::kAbandon || !earlier.ok()) {
    last_step_.reset();  // what was saved of this step may have come to nothing
  }
  return Save(std::nullopt, CheckInterval::kNo);
}

std::optional<std::string> CheckpointManager::latest_checkpoint() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

std::string CheckpointManager::note() const {
  const std::lock_guard lock(mutex_);
  return note_;
}

std::vector<std::string> CheckpointManager::checkpoints() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> paths;
  for (const Tracked& tracked : tracked_) paths.push_back(tracked.path);
  return paths;
}

}  // namespace cairn::object
