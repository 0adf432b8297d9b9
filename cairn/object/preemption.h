// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// PreemptionSignal: notices that the process is to end soon (SIGTERM), so that
// a training loop can save once more and leave in order.
//
//   CAIRN_ASSIGN_OR_RETURN(auto preemption, PreemptionSignal::Watch(SIGTERM));
//   while (training) {
//     ... a step ...
//     if (preemption->requested()) {
//       return manager->SaveBeforeEnd(PendingSaves::kFinish).status();
//     }
//   }
//
// The handler writes one byte into a pipe and does nothing else; the signal no
// longer ends the process while this object lives.
#ifndef CAIRN_OBJECT_PREEMPTION_H_
#define CAIRN_OBJECT_PREEMPTION_H_

#include <memory>

#include "cairn/base/status.h"

namespace cairn::object {

class PreemptionSignal {
 public:
  // FailedPrecondition if this process watches a signal already.
  static StatusOr<std::unique_ptr<PreemptionSignal>> Watch(int signal);
  // Sets the earlier handler in again.
  ~PreemptionSignal();
  PreemptionSignal(const PreemptionSignal&) = delete;
  PreemptionSignal& operator=(const PreemptionSignal&) = delete;

  // Whether the signal has come. From any thread.
  bool requested() const;
  // Becomes readable when it comes, for poll; only to be waited for.
  int descriptor() const;

 private:
  struct Impl;
  explicit PreemptionSignal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::object

#endif  // CAIRN_OBJECT_PREEMPTION_H_
