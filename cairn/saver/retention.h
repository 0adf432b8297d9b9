// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// CheckpointList: which checkpoints a Saver remembers, and which of them go.
//
// Of this room only. Not thread-safe.
#ifndef CAIRN_SAVER_RETENTION_H_
#define CAIRN_SAVER_RETENTION_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace cairn::saver {

class CheckpointList {
 public:
  // `max_to_keep` 0: nothing is remembered.
  CheckpointList(int max_to_keep, double keep_every_n_hours, double now);

  // Paths, oldest first; pending and kept ones are not in it.
  std::vector<std::string> paths() const;

  // Puts `path` at the end, and the oldest one aside if that makes too many: at
  // most one, however many too many there are. A path that is there already
  // moves.
  void Record(const std::string& path, double now);
  // Takes the list as it is, (path, time) oldest first. What was put aside
  // before is not touched.
  void Set(std::vector<std::pair<std::string, double>> checkpoints);

  // Lets go of those put aside: keeps one for ever whose time is past the next
  // time to keep, calls `remove` for the others. Where that returns false the
  // checkpoint stays aside for the next call.
  void Evict(const std::function<bool(const std::string& path)>& remove);

 private:
  struct Kept {
    std::string path;
    double time;  // Unix seconds
  };
  const int max_to_keep_;
  const double keep_interval_;  // seconds
  double next_keep_time_;
  std::vector<Kept> last_;     // oldest first
  std::vector<Kept> pending_;  // no longer listed, not removed yet
};

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_RETENTION_H_
