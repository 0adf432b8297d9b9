// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/state/checkpoints_iterator.h"

#include <chrono>
#include <cmath>
#include <thread>

#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::state {
namespace {

double Now(Clock* clock) {
  return (clock != nullptr ? *clock : SystemClock()).Now();
}

void Sleep(const std::function<void(double)>& sleep, double seconds) {
  if (sleep != nullptr) return sleep(seconds);
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

}  // namespace

StatusOr<std::optional<std::string>> WaitForNewCheckpoint(
    FileSystem& fs, const std::string& dir, const std::string& last,
    const WaitOptions& options) {
  using Found = std::optional<std::string>;
  return GuardMemory(dir, [&]() -> StatusOr<Found> {
    // Would never pass the time, or not in the right direction.
    if (!(options.seconds_to_sleep > 0) ||
        !std::isfinite(options.seconds_to_sleep)) {
      return InvalidArgumentError(StrCat("seconds_to_sleep is ",
                                         options.seconds_to_sleep,
                                         "; it must be a positive number"));
    }
    const double start = Now(options.clock);
    while (true) {
      StatusOr<std::string> latest = StrictLatestCheckpoint(fs, dir);
      if (latest.ok() && *latest != last) return Found(*std::move(latest));
      if (!latest.ok() && !absl::IsNotFound(latest.status())) {
        return latest.status();
      }
      if (options.timeout_secs &&
          Now(options.clock) + options.seconds_to_sleep >
              start + *options.timeout_secs) {
        return Found();
      }
      Sleep(options.sleep, options.seconds_to_sleep);
    }
  });
}

StatusOr<std::optional<std::string>> CheckpointsIterator::Next() {
  using Found = std::optional<std::string>;
  if (is_done_) return Found();
  if (!last_.empty()) {
    const double left =
        given_at_ + options_.min_interval_secs - Now(options_.clock);
    if (left > 0) Sleep(options_.sleep, left);
  }
  WaitOptions wait;
  wait.timeout_secs = options_.timeout_secs;
  wait.clock = options_.clock;
  wait.sleep = options_.sleep;
  while (true) {
    CAIRN_ASSIGN_OR_RETURN(Found found,
                           WaitForNewCheckpoint(fs_, dir_, last_, wait));
    if (found) {
      last_ = *found;
      given_at_ = Now(options_.clock);
      return found;
    }
    if (options_.timeout_fn == nullptr || options_.timeout_fn()) {
      is_done_ = true;
      return Found();
    }
  }
}

}  // namespace cairn::state
