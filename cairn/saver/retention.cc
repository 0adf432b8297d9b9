// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/saver/retention.h"

namespace cairn::saver {
namespace {

constexpr double kSecondsPerHour = 3600.0;

}  // namespace

CheckpointList::CheckpointList(int max_to_keep, double keep_every_n_hours,
                               double now)
    : max_to_keep_(max_to_keep),
      keep_interval_(keep_every_n_hours * kSecondsPerHour),
      next_keep_time_(now + keep_interval_) {}

std::vector<std::string> CheckpointList::paths() const {
  std::vector<std::string> paths;
  for (const Kept& kept : last_) paths.push_back(kept.path);
  return paths;
}

void CheckpointList::Record(const std::string& path, double now) {
  const auto is_this = [&](const Kept& kept) { return kept.path == path; };
  // Saved anew, it must not be removed for its former life.
  std::erase_if(pending_, is_this);
  if (max_to_keep_ == 0) return;
  std::erase_if(last_, is_this);
  last_.push_back({path, now});
  if (last_.size() > static_cast<size_t>(max_to_keep_)) {
    pending_.push_back(std::move(last_.front()));
    last_.erase(last_.begin());
  }
}

void CheckpointList::Set(
    std::vector<std::pair<std::string, double>> checkpoints) {
  last_.clear();
  for (auto& [path, time] : checkpoints) {
    last_.push_back({std::move(path), time});
  }
}

void CheckpointList::Evict(
    const std::function<bool(const std::string& path)>& remove) {
  std::erase_if(pending_, [&](const Kept& kept) {
    if (kept.time > next_keep_time_) {
      next_keep_time_ += keep_interval_;
      return true;
    }
    return remove(kept.path);
  });
}

}  // namespace cairn::saver
