// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// CheckpointManager: keeps the checkpoints of a directory that are worth
// keeping, as tf.train.CheckpointManager does.
//
//   CAIRN_ASSIGN_OR_RETURN(auto manager, CheckpointManager::Create(
//       &checkpoint, "tf_ckpt_v2", {.max_to_keep = 3}));
//   CAIRN_RETURN_IF_ERROR(manager->RestoreOrInitialize().status());
//   CAIRN_ASSIGN_OR_RETURN(std::string path, manager->Save());
//
// A checkpoint is listed in the `checkpoint` file only when its files are
// durable, and an older one is removed only when the new list is. The manager
// that saves first locks the directory until it is destroyed (file
// `.cairn-lock`, which goes with it); reading takes no lock.
//
// Thread rule: one thread at a time, the Checkpoint's. Saves in the background
// (async_save.h) change checkpoints() and latest_checkpoint() when they are
// committed, whoever asks meanwhile.
#ifndef CAIRN_OBJECT_CHECKPOINT_MANAGER_H_
#define CAIRN_OBJECT_CHECKPOINT_MANAGER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cairn/base/clock.h"
#include "cairn/base/status.h"
#include "cairn/object/checkpoint.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/state/retention_policy.h"
#include "cairn/tensor/variable.h"

namespace cairn::object {

namespace internal {
class ManagerDirectory;
}

// Checkpoints that the state file lists under other names than this manager's.
enum class ForeignCheckpoints {
  kNeverRemove,  // listed until they are surplus, then forgotten; files stay
  kRemove,       // treated as its own, as TensorFlow's manager does
};
// What is done about a newest checkpoint, or a state file, that is not intact.
enum class Recovery {
  kFallBack,      // the next older checkpoint; the directory's files are listed
  kAsTensorFlow,  // errors; a state file that is no text counts as absent
};
enum class DirectoryLock { kRequired, kNone };
// Whether a save may be left out because the last one is too near.
enum class CheckInterval { kYes, kNo };

struct CheckpointManagerOptions {
  // Newest checkpoints to keep; nullopt: all. Must be positive.
  std::optional<int> max_to_keep = std::nullopt;
  // Besides those, keep one for every so many hours, unlisted.
  std::optional<double> keep_checkpoint_every_n_hours = std::nullopt;
  // May hold '/': the state file stays in the directory itself.
  std::string checkpoint_name = "ckpt";
  // An integer scalar, and how far it must have moved for the next save; must
  // outlive the manager.
  const Variable* step_counter = nullptr;
  std::optional<int64_t> checkpoint_interval = std::nullopt;
  // The step of the last save before this manager.
  std::optional<int64_t> last_checkpoint_step = std::nullopt;
  // What RestoreOrInitialize calls when there is nothing to restore.
  std::function<Status()> init_fn = nullptr;

  // --- beyond TensorFlow ---
  // Which checkpoints to keep, instead of max_to_keep and the hours. All that
  // it keeps are listed. A step is a checkpoint's number.
  std::optional<state::RetentionPolicy> retention = std::nullopt;
  // Of saves whose own options do not say.
  std::optional<IncrementalSave> incremental = std::nullopt;
  ForeignCheckpoints foreign = ForeignCheckpoints::kNeverRemove;
  Recovery recovery = Recovery::kFallBack;
  DirectoryLock lock = DirectoryLock::kRequired;
  Clock* clock = nullptr;  // null: the system's
  // Gets, when the manager is destroyed, the error of saves in the background
  // that nobody was told.
  std::function<void(const Status& error)> log = nullptr;
};

// What a process that has to end does with saves in the background.
enum class PendingSaves { kFinish, kAbandon };

// One save.
struct ManagedSave {
  // Instead of the checkpoint's save_counter, which counts up in any case.
  std::optional<int64_t> number = std::nullopt;
  CheckInterval check_interval = CheckInterval::kYes;
  // By which `retention` judges it; kept in the directory's metrics file.
  state::Metrics metrics = {};
  SaveOptions options = {};
};

class CheckpointManager {
 public:
  // Reads the directory's state file; makes nothing yet. When the file is
  // absent, empty or broken, the directory's own `<checkpoint_name>-<number>`
  // are taken over with their files' times, and note() says so. A state file
  // without timestamps (from Checkpoint::Save) leaves the older checkpoints
  // untracked: they are never removed, as in TensorFlow. What a killed save of
  // this manager's name left is removed. InvalidArgument for options out of
  // range, FailedPrecondition if `directory` is a file. `checkpoint` must
  // outlive the manager.
  static StatusOr<std::unique_ptr<CheckpointManager>> Create(
      Checkpoint* checkpoint, std::string directory,
      CheckpointManagerOptions options);
  ~CheckpointManager();

  // Saves `<directory>/<checkpoint_name>-<number>` and returns that path, or ""
  // when by the interval no save is due: also when the step is that of the last
  // save or has gone back. A number that is tracked already is overwritten and
  // becomes the newest. FailedPrecondition when another manager holds the
  // directory. When it fails after the checkpoint was written, that one is
  // tracked all the same, and nothing is removed that the state file may still
  // name; a failed save does not count as one of its step.
  StatusOr<std::string> Save(const ManagedSave& save);
  StatusOr<std::string> Save(
      std::optional<int64_t> number = std::nullopt,
      CheckInterval check_interval = CheckInterval::kYes);

  // Save in the background: `committed` is ready when the checkpoint is durable
  // and listed and what it makes surplus removed. Numbers are those of the one
  // save_counter; a save that fails in the background does count as one of its
  // step, for the next may have begun.
  StatusOr<AsyncSave> SaveAsync(const ManagedSave& save = {},
                                const AsyncSaveOptions& options = {});
  // Waits for all saves in the background; the errors nobody was told yet.
  Status Sync();
  // For a process that has to end: finishes the saves in the background or
  // makes them come to nothing, then saves once more, in the foreground and
  // whatever the interval says. Returns "" if the last save was of this very
  // step.
  StatusOr<std::string> SaveBeforeEnd(PendingSaves pending);

  // Restores the latest checkpoint and returns its path; when there is none,
  // calls init_fn, if given, and returns none. A checkpoint that is gone or
  // damaged is passed over for the next older one, and note() says so; it is an
  // error when none is readable. Other errors (a shape that differs) are the
  // latest checkpoint's. Asserts about the match are the caller's: see
  // `status`.
  StatusOr<std::optional<std::string>> RestoreOrInitialize(
      std::optional<LoadStatus>* status = nullptr);

  // Tracked checkpoints, oldest first.
  std::vector<std::string> checkpoints() const;
  // As recorded, whether or not it still exists.
  std::optional<std::string> latest_checkpoint() const;
  const std::string& directory() const;
  std::optional<int64_t> checkpoint_interval() const {
    return options_.checkpoint_interval;
  }
  // What was odd about the directory or the clock when it was opened, or about
  // the checkpoints when one was restored; "" as a rule.
  std::string note() const;

 private:
  struct Tracked {
    std::string path;
    double timestamp = 0;
    state::Metrics metrics = {};
  };
  // What follows from the list: who stays listed, whose files go.
  struct Sifted {
    std::vector<Tracked> kept;
    std::vector<std::string> surplus;
    double last_preserved = 0;
  };

  CheckpointManager(Checkpoint* checkpoint, std::string directory,
                    CheckpointManagerOptions options);
  Status Recover();
  Status RecoverFromState(const state::CheckpointState& state, double now);
  Status RecoverFromFiles(double now, const std::string& why);
  Status RecoverMetrics();
  // Forgets the lists and recovers them from the directory as it is now.
  Status TakeOverLists();
  // Whether the state file is another than this manager read or wrote.
  bool OthersHaveSaved() const;
  // The newest checkpoint that is readable; an error when none is. None with
  // `may_be_evicted`, when one is not and others have saved meanwhile.
  StatusOr<std::optional<std::string>> RestoreNewest(
      bool may_be_evicted, std::optional<LoadStatus>* status);
  void AddNote(std::string text);
  SaveOptions OptionsOf(const ManagedSave& save) const;
  // The text of the state file, by which a change by others is noticed.
  std::string StateText() const;
  Status BeginWriting();
  // The step now, if an interval is set and a save due; none if not due.
  StatusOr<bool> IsDue(CheckInterval check, std::optional<int64_t>* step) const;
  Status RecordSaved(const std::string& path, const state::Metrics& metrics);
  StatusOr<Sifted> Sift() const;
  void SiftByAge(Sifted* sifted) const;
  Status WriteLists(const Sifted& sifted) const;
  Status RemoveSurplus(std::vector<std::string> surplus);
  StatusOr<std::vector<std::string>> Candidates() const;
  FileSystem& fs() const { return checkpoint_->file_system(); }

  Checkpoint* checkpoint_;
  CheckpointManagerOptions options_;
  std::unique_ptr<internal::ManagerDirectory> directory_;
  mutable std::mutex mutex_;  // of what accessors look at: the next three
  std::vector<Tracked> tracked_;
  std::optional<std::string> latest_;
  std::string note_;
  double last_preserved_timestamp_ = 0;
  std::optional<int64_t> last_step_;
  std::vector<std::string> unremoved_;  // surplus that could not be removed
  std::string state_text_;              // as last read or written
};

// The value of an integer scalar of any width, such as a step counter.
// InvalidArgument for other tensors.
StatusOr<int64_t> IntegerScalar(const TensorView& tensor);

}  // namespace cairn::object

#endif  // CAIRN_OBJECT_CHECKPOINT_MANAGER_H_
