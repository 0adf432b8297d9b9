// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/interrupt.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>

namespace cairn::cli {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

// A handler has nothing but what is static.
std::atomic<int> write_end{-1};
std::atomic<int> caught{0};
int ends_by = 0;
static_assert(std::atomic<int>::is_always_lock_free);
std::array<struct sigaction, kSignals.size()> before;

void OnSignal(int signal) {
  const int saved_errno = errno;
  caught = signal;
  const int fd = write_end.load();
  // The pipe is empty or full; full is as good.
  if (fd >= 0 && write(fd, "", 1) < 0) errno = 0;
  errno = saved_errno;
}

}  // namespace

Interrupt::Interrupt() {
  if (pipe2(pipe_, O_CLOEXEC) != 0) return;  // then signals do as ever
  caught = 0;
  write_end = pipe_[1];
  waiter_ = std::thread([this] {
    char byte;
    ssize_t got;
    do {
      got = read(pipe_[0], &byte, 1);
    } while (got < 0 && errno == EINTR);
    if (got == 1) stop_.request_stop();
  });
  for (size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], nullptr, &before[i]);
    if (before[i].sa_handler == SIG_IGN) continue;
    struct sigaction action = {};
    action.sa_handler = OnSignal;
    action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    sigaction(kSignals[i], &action, nullptr);
  }
}

Interrupt::~Interrupt() {
  if (pipe_[0] < 0) return;
  for (size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &before[i], nullptr);
  }
  write_end = -1;
  close(pipe_[1]);  // the waiter reads the end
  waiter_.join();
  close(pipe_[0]);
}

int Interrupt::signal() const { return caught; }

void Interrupt::EndBySignalLater() const { ends_by = caught; }

void EndBySignalIfAsked() {
  if (ends_by == 0) return;
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  sigaction(ends_by, &action, nullptr);
  raise(ends_by);
}

}  // namespace cairn::cli
