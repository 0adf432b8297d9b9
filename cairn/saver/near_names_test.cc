// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/saver/near_names.h"

#include <gtest/gtest.h>

namespace cairn::saver {
namespace {

std::string Hint(std::string_view wanted, std::vector<std::string_view> names) {
  NearNames near(wanted);
  for (std::string_view name : names) near.Consider(name);
  return near.Hint();
}

TEST(NearNames, FindsTheSameNameInAnotherScope) {
  EXPECT_EQ(Hint("conv2d/kernel", {"net/conv2d/kernel", "net/conv2d/bias"}),
            "; did you mean net/conv2d/kernel?");
  EXPECT_EQ(Hint("net/w", {"w", "v"}), "; did you mean w?");
}

TEST(NearNames, PutsAnotherCaseBeforeATypingError) {
  EXPECT_EQ(Hint("Dense/kernel", {"denses/kernel", "dense/kernel"}),
            "; did you mean dense/kernel, denses/kernel?");
}

TEST(NearNames, ListsAtMostThree) {
  EXPECT_EQ(Hint("dense_9/w", {"dense_1/w", "dense_2/w", "dense_3/w",
                               "dense_4/w", "dense_99/w"}),
            "; did you mean dense_1/w, dense_2/w, dense_3/w?");
}

TEST(NearNames, SaysNothingOfUnlikeNames) {
  EXPECT_EQ(Hint("w", {"conv2d/kernel", "b", "", "xyz"}), "");
  EXPECT_EQ(Hint("kernel", {}), "");
}

TEST(NearNames, StandsLongAndStrangeNames) {
  const std::string long_name(100000, 'x');
  EXPECT_EQ(Hint(long_name, {"x", long_name + "y"}), "");
  EXPECT_EQ(Hint("a/w", {"b\n/a/w"}), "; did you mean b\\x0a/a/w?");
}

TEST(NearNames, StopsComparingAfterManyNamesButStillSeesScopes) {
  NearNames near("dense/kernel");
  for (int i = 0; i < 200000; ++i) near.Consider("xxxxx/kernel");
  near.Consider("dense/kernels");
  EXPECT_EQ(near.Hint(), "");
  near.Consider("net/dense/kernel");
  EXPECT_EQ(near.Hint(), "; did you mean net/dense/kernel?");
}

}  // namespace
}  // namespace cairn::saver
