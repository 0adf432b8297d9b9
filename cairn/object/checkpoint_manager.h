// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// CheckpointManager: keeps the newest checkpoints of a directory, as
// tf.train.CheckpointManager does.
//
//   CAIRN_ASSIGN_OR_RETURN(auto manager, CheckpointManager::Create(
//       &checkpoint, "tf_ckpt_v2", {.max_to_keep = 3}));
//   if (manager->latest_checkpoint()) checkpoint.Restore(...);
//   CAIRN_ASSIGN_OR_RETURN(std::string path, manager->Save());
//
// A checkpoint is listed in the `checkpoint` file only when its files are
// durable, and an older one is removed only when the new list is.
//
// Not thread-safe.
#ifndef CAIRN_OBJECT_CHECKPOINT_MANAGER_H_
#define CAIRN_OBJECT_CHECKPOINT_MANAGER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cairn/base/clock.h"
#include "cairn/base/status.h"
#include "cairn/object/checkpoint.h"

namespace cairn::object {

struct CheckpointManagerOptions {
  // Newest checkpoints to keep; nullopt: all. Must be positive.
  std::optional<int> max_to_keep = std::nullopt;
  // Besides those, keep one for every so many hours.
  std::optional<double> keep_checkpoint_every_n_hours = std::nullopt;
  std::string checkpoint_name = "ckpt";
  Clock* clock = nullptr;  // null: the system's
};

class CheckpointManager {
 public:
  // Reads the directory's state file; makes nothing yet. When the file is
  // absent, empty or broken, the directory's own `<checkpoint_name>-<number>`
  // are taken over with their files' times, and note() says so. A state file
  // without timestamps (from Checkpoint::Save) leaves the older checkpoints
  // untracked: they are never removed, as in TensorFlow. InvalidArgument for
  // options out of range. `checkpoint` must outlive the manager.
  static StatusOr<std::unique_ptr<CheckpointManager>> Create(
      Checkpoint* checkpoint, std::string directory,
      CheckpointManagerOptions options);

  // Saves `<directory>/<checkpoint_name>-<number>`; without a number, the
  // checkpoint's save_counter, which counts up in any case. A number that is
  // tracked already is overwritten and becomes the newest. When it fails after
  // the checkpoint was written, that one is tracked all the same, and nothing
  // is removed that the state file may still name.
  StatusOr<std::string> Save(std::optional<int64_t> number = std::nullopt);

  // Tracked checkpoints, oldest first.
  std::vector<std::string> checkpoints() const;
  // As recorded, whether or not it still exists.
  std::optional<std::string> latest_checkpoint() const { return latest_; }
  const std::string& directory() const { return directory_; }
  // What was odd about the directory or the clock when it was opened; "" as a
  // rule.
  const std::string& note() const { return note_; }

 private:
  struct Tracked {
    std::string path;
    double timestamp;
  };

  CheckpointManager(Checkpoint* checkpoint, std::string directory,
                    CheckpointManagerOptions options);
  Status Recover();
  Status RecoverFromFiles(double now, const std::string& why);
  // Takes what is too many off the front of `tracked`; returns what of it is
  // not to be kept for good.
  std::vector<std::string> TakeSurplus(std::vector<Tracked>* tracked,
                                       double* last_preserved) const;
  Status WriteState(const std::vector<Tracked>& tracked,
                    double last_preserved) const;
  FileSystem& fs() const { return checkpoint_->file_system(); }

  Checkpoint* checkpoint_;
  std::string directory_;
  CheckpointManagerOptions options_;
  std::string prefix_;  // <directory>/<checkpoint_name>
  std::vector<Tracked> tracked_;
  std::optional<std::string> latest_;
  double last_preserved_timestamp_ = 0;
  std::string note_;
};

}  // namespace cairn::object

#endif  // CAIRN_OBJECT_CHECKPOINT_MANAGER_H_
