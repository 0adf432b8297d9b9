// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/compute/context.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace cairn::compute {
namespace {

TEST(Context, CoversEachIndexOnceForAnyThreadsAndCost) {
  for (const int threads : {1, 2, 5}) {
    Context context({.threads = threads});
    for (const int64_t count : {0, 1, 2, 3, 19, 1000}) {
      for (const int64_t cost : {int64_t{1}, int64_t{100000}, INT64_MAX}) {
        std::vector<std::atomic<int>> seen(static_cast<size_t>(count));
        context.ParallelFor(count, cost, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
        });
        for (const auto& times : seen) EXPECT_EQ(times, 1);
      }
    }
  }
}

}  // namespace
}  // namespace cairn::compute
