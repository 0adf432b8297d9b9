// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Interrupt: while it lives, the first SIGINT, SIGTERM or SIGHUP requests a
// stop instead of ending the process, so that a verb that writes can take its
// unfinished files away. A second one ends the process as ever.
//
//   Interrupt interrupt;
//   options.supervision.stop = interrupt.token();
//   const auto report = CopyCheckpoint(...);
//   if (interrupt.signal() != 0) ...  // which one came
//
// One at a time in a process. Signals that are ignored stay so.
#ifndef CAIRN_CLI_INTERRUPT_H_
#define CAIRN_CLI_INTERRUPT_H_

#include <stop_token>
#include <thread>

namespace cairn::cli {

class Interrupt {
 public:
  Interrupt();
  // Sets the earlier handlers in again.
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return stop_.get_token(); }
  // 0 when none has come.
  int signal() const;
  // To be called when a verb was stopped and has tidied up: the process ends by
  // the signal, when its output is written, so that a shell's loop ends too.
  void EndBySignalLater() const;

 private:
  // A stop cannot be requested by a handler: this thread does, when the handler
  // has written into the pipe.
  std::stop_source stop_;
  int pipe_[2] = {-1, -1};
  std::thread waiter_;
};

// Does what EndBySignalLater asked for, if it did.
void EndBySignalIfAsked();

}  // namespace cairn::cli

#endif  // CAIRN_CLI_INTERRUPT_H_
