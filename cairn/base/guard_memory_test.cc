// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/base/guard_memory.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace cairn {
namespace {

// Not a constant for the compiler, which warns of sizes that cannot be.
volatile size_t beyond = std::numeric_limits<size_t>::max();

Status TakeTooMuch() { throw std::bad_alloc(); }

TEST(GuardMemory, PassesOnWhatTheCallReturns) {
  EXPECT_TRUE(GuardMemory("f", [] { return OkStatus(); }).ok());
  EXPECT_EQ(GuardMemory("f", [] { return DataLossError("torn"); }),
            DataLossError("torn"));
  const StatusOr<std::unique_ptr<int>> held =
      GuardMemory("f", []() -> StatusOr<std::unique_ptr<int>> {
        return std::make_unique<int>(7);
      });
  ASSERT_TRUE(held.ok());
  EXPECT_EQ(**held, 7);
}

TEST(GuardMemory, MakesMissingMemoryAStatusThatNamesTheFile) {
  EXPECT_EQ(GuardMemory("dir/f\n", TakeTooMuch),
            ResourceExhaustedError("dir/f\\x0a: out of memory"));
}

TEST(GuardMemory, MakesAnImpossibleSizeAStatus) {
  const StatusOr<int> result = GuardMemory("f", []() -> StatusOr<int> {
    std::vector<int> list;
    list.reserve(beyond);
    return 1;
  });
  EXPECT_EQ(result.status(),
            ResourceExhaustedError("f: a size beyond what memory can hold"));
}

TEST(GuardMemory, RunsDestructorsOnTheWay) {
  const auto counted = std::make_shared<int>();
  EXPECT_FALSE(GuardMemory("f", [counted]() -> Status {
                 const std::shared_ptr<int> local = counted;
                 return TakeTooMuch();
               }).ok());
  EXPECT_EQ(counted.use_count(), 1);
}

}  // namespace
}  // namespace cairn
