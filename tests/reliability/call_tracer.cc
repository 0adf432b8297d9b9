// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "call_tracer.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>

namespace cairn::reliability {
namespace {

constexpr long kOptions =
    PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;

// A stop tells neither whether a call begins or ends nor, of a thread that was
// taken in the middle of one, can that be counted.
bool AtEntry(pid_t thread) {
  __ptrace_syscall_info info = {};
  const long size = ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info);
  return size > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

// The signal that a stopped thread is to get when it goes on.
int ToDeliver(int status) {
  const bool event = status >> 16 != 0;
  const int signal = WSTOPSIG(status);
  return event || signal == (SIGTRAP | 0x80) ? 0 : signal;
}

void GoOn(pid_t thread, int signal) {
  // A thread that died meanwhile is told of by waitpid.
  ptrace(PTRACE_SYSCALL, thread, nullptr, static_cast<long>(signal));
}

}  // namespace

bool CanTrace() {
  const pid_t child = fork();
  if (child == 0) {
    raise(SIGSTOP);
    _exit(0);
  }
  CallTracer tracer(child);
  const bool can = tracer.Attach();
  tracer.Kill();
  return can;
}

bool CallTracer::Attach() {
  int status = 0;
  if (waitpid(child_, &status, WUNTRACED) != child_ || !WIFSTOPPED(status)) {
    return false;
  }
  std::error_code error;
  const std::filesystem::directory_iterator threads(
      "/proc/" + std::to_string(child_) + "/task", error);
  for (const auto& entry : threads) {
    const std::string name = entry.path().filename();
    pid_t thread = 0;
    std::from_chars(name.data(), name.data() + name.size(), thread);
    if (ptrace(PTRACE_SEIZE, thread, nullptr, kOptions) != 0) return false;
  }
  return !error && kill(child_, SIGCONT) == 0;
}

bool CallTracer::RunToCall(int n) {
  int status = 0;
  while (true) {
    const pid_t thread = waitpid(-1, &status, __WALL);
    if (thread < 0) return false;
    if (!WIFSTOPPED(status)) {
      if (thread == child_) return false;
      continue;
    }
    const bool call = WSTOPSIG(status) == (SIGTRAP | 0x80);
    if (call && AtEntry(thread) && --n == 0) return true;
    GoOn(thread, ToDeliver(status));
  }
}

void CallTracer::Kill() {
  kill(child_, SIGKILL);
  // A traced process's end is not told before that of its last other thread.
  while (waitpid(-1, nullptr, __WALL) > 0) {
  }
}

}  // namespace cairn::reliability
