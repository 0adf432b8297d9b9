// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/object/preemption.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn::object {
namespace {

// A handler has nothing but what is static. -1: nothing is watched.
std::atomic<int> write_end{-1};
static_assert(std::atomic<int>::is_always_lock_free);

void OnSignal(int /*signal*/) {
  const int saved_errno = errno;
  const int fd = write_end.load();
  // A full pipe is a pipe that is readable.
  if (fd >= 0 && write(fd, "", 1) < 0) errno = 0;
  errno = saved_errno;
}

}  // namespace

struct PreemptionSignal::Impl {
  int signal = 0;
  int fds[2] = {-1, -1};
  struct sigaction before = {};

  ~Impl() {
    for (const int fd : fds) {
      if (fd >= 0) close(fd);
    }
  }
};

StatusOr<std::unique_ptr<PreemptionSignal>> PreemptionSignal::Watch(
    int signal) {
  auto impl = std::make_unique<Impl>();
  impl->signal = signal;
  if (pipe2(impl->fds, O_CLOEXEC | O_NONBLOCK) != 0) {
    return ResourceExhaustedError(
        StrCat("no pipe for a signal: ", std::strerror(errno)));
  }
  int nothing = -1;
  if (!write_end.compare_exchange_strong(nothing, impl->fds[1])) {
    return FailedPreconditionError("a signal is watched already");
  }
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  if (sigaction(signal, &action, &impl->before) != 0) {
    write_end = -1;
    return InvalidArgumentError(
        StrCat("signal ", signal, ": ", std::strerror(errno)));
  }
  return std::unique_ptr<PreemptionSignal>(
      new PreemptionSignal(std::move(impl)));
}

PreemptionSignal::PreemptionSignal(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}

PreemptionSignal::~PreemptionSignal() {
  sigaction(impl_->signal, &impl_->before, nullptr);
  write_end = -1;
}

bool PreemptionSignal::requested() const {
  pollfd readable = {impl_->fds[0], POLLIN, 0};
  return poll(&readable, 1, 0) > 0 && (readable.revents & POLLIN) != 0;
}

int PreemptionSignal::descriptor() const { return impl_->fds[0]; }

}  // namespace cairn::object
