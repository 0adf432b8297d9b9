// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/interrupt.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <semaphore>

namespace cairn::cli {
namespace {

TEST(Interrupt, RequestsAStopAtEachOfItsSignals) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    Interrupt interrupt;
    EXPECT_EQ(interrupt.signal(), 0);
    EXPECT_FALSE(interrupt.token().stop_requested());
    std::binary_semaphore stopped(0);
    const std::stop_callback on_stop(interrupt.token(),
                                     [&] { stopped.release(); });
    raise(signal);
    stopped.acquire();
    EXPECT_EQ(interrupt.signal(), signal);
  }
}

TEST(Interrupt, LeavesHandlersAsTheyWere) {
  struct sigaction mine = {}, now = {};
  mine.sa_handler = [](int) {};
  struct sigaction before = {};
  sigaction(SIGINT, &mine, &before);
  { Interrupt interrupt; }
  sigaction(SIGINT, &before, &now);
  EXPECT_EQ(now.sa_handler, mine.sa_handler);
}

TEST(Interrupt, LetsIgnoredSignalsBeIgnored) {
  struct sigaction ignored = {}, before = {};
  ignored.sa_handler = SIG_IGN;
  sigaction(SIGHUP, &ignored, &before);
  {
    Interrupt interrupt;
    raise(SIGHUP);
    EXPECT_EQ(interrupt.signal(), 0);
  }
  sigaction(SIGHUP, &before, nullptr);
}

}  // namespace
}  // namespace cairn::cli
