// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Stops a child process at its n-th system call, by whichever thread.
#ifndef CAIRN_TESTS_RELIABILITY_CALL_TRACER_H_
#define CAIRN_TESTS_RELIABILITY_CALL_TRACER_H_

#include <sys/types.h>

namespace cairn::reliability {

// Whether this process may trace a child.
bool CanTrace();

// Of a child that stops itself with SIGSTOP when it is to be traced, the only
// child meanwhile.
class CallTracer {
 public:
  explicit CallTracer(pid_t child) : child_(child) {}

  // Waits for that stop, takes the threads there are, and those that they
  // create, and lets them go on. False if the child ended or may not be traced.
  bool Attach();
  // Lets it run to the entry of its n-th system call (1 = the first), which is
  // not begun. False if it ended before.
  bool RunToCall(int n);
  // Kills the child and waits for the end of all its threads.
  void Kill();

 private:
  const pid_t child_;
};

}  // namespace cairn::reliability

#endif  // CAIRN_TESTS_RELIABILITY_CALL_TRACER_H_
