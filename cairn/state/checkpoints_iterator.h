// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Waiting for checkpoints that another program writes: TensorFlow's
// wait_for_new_checkpoint and checkpoints_iterator.
//
//   CheckpointsIterator it(fs, "train_dir", {.timeout_secs = 600});
//   while (true) {
//     CAIRN_ASSIGN_OR_RETURN(const std::optional<std::string> path, it.Next());
//     if (!path) break;  // nothing new for ten minutes
//     Evaluate(*path);
//   }
//
// Only the newest checkpoint is seen: those that came and went meanwhile are
// passed over. Not thread-safe.
#ifndef CAIRN_STATE_CHECKPOINTS_ITERATOR_H_
#define CAIRN_STATE_CHECKPOINTS_ITERATOR_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "cairn/base/clock.h"
#include "cairn/base/file_system.h"
#include "cairn/base/status.h"

namespace cairn::state {

struct WaitOptions {
  // How often to look, in seconds.
  double seconds_to_sleep = 1;
  // Gives up before a sleep that would end later than this after the call;
  // none: waits for ever.
  std::optional<double> timeout_secs = std::nullopt;
  Clock* clock = nullptr;  // null: the system's
  // Passes the time; null: puts the thread to sleep.
  std::function<void(double seconds)> sleep = nullptr;
};

// The latest checkpoint of `dir` (StrictLatestCheckpoint) once it is there and
// is not `last`; nothing if the time is up first. A state file that names no
// checkpoint is an error.
StatusOr<std::optional<std::string>> WaitForNewCheckpoint(
    FileSystem& fs, const std::string& dir, const std::string& last = "",
    const WaitOptions& options = {});

struct IteratorOptions {
  // At least so long from one checkpoint to the next.
  double min_interval_secs = 0;
  std::optional<double> timeout_secs = std::nullopt;  // for each
  // Asked when the time is up: true ends the walk, false waits once more. None:
  // the walk ends.
  std::function<bool()> timeout_fn = nullptr;
  Clock* clock = nullptr;
  std::function<void(double seconds)> sleep = nullptr;
};

class CheckpointsIterator {
 public:
  CheckpointsIterator(FileSystem& fs, std::string dir, IteratorOptions options)
      : fs_(fs), dir_(std::move(dir)), options_(std::move(options)) {}

  // The next checkpoint, nothing at the end.
  StatusOr<std::optional<std::string>> Next();

 private:
  FileSystem& fs_;
  const std::string dir_;
  const IteratorOptions options_;
  std::string last_;
  double given_at_ = 0;  // when `last_` was, Unix seconds
  bool is_done_ = false;
};

}  // namespace cairn::state

#endif  // CAIRN_STATE_CHECKPOINTS_ITERATOR_H_
