// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// How a long operation says how far it is, and is told to stop.
//
//   std::stop_source stop;
//   Supervision supervision;
//   supervision.on_progress = [](const Progress& p) { Show(p.bytes); };
//   supervision.stop = stop.get_token();
//   reader->ReadAll(sink, {.supervision = supervision});
//   // elsewhere: stop.request_stop();  ->  the operation returns Cancelled
#ifndef CAIRN_BASE_PROGRESS_H_
#define CAIRN_BASE_PROGRESS_H_

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string_view>

#include "cairn/base/status.h"
#include "cairn/base/strings.h"

namespace cairn {

struct Progress {
  uint64_t tensors = 0;  // finished
  uint64_t bytes = 0;    // read or written
  // 0 while unknown.
  uint64_t total_tensors = 0;
  uint64_t total_bytes = 0;
};

struct Supervision {
  // Called now and then, never by two threads at once, and with numbers that
  // do not go down. It must not call back into the operation.
  std::function<void(const Progress&)> on_progress;
  std::stop_token stop;
};

// Cancelled, naming `what`, once a stop was requested.
inline Status CheckStop(const Supervision& supervision, std::string_view what) {
  if (!supervision.stop.stop_requested()) return OkStatus();
  return CancelledError(StrCat(what, ": cancelled"));
}

}  // namespace cairn

#endif  // CAIRN_BASE_PROGRESS_H_
