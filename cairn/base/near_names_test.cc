// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/base/near_names.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {
namespace {

std::string Hint(std::string_view wanted, std::vector<std::string_view> names) {
  NearNames near(wanted);
  for (std::string_view name : names) near.Consider(name);
  return near.Hint();
}

// The whole table, for comparison.
size_t PlainDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1,
                                        std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      cost[i][j] = std::min({cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
                             cost[i - 1][j] + 1, cost[i][j - 1] + 1});
    }
  }
  return cost[a.size()][b.size()];
}

TEST(EditDistance, MatchesTheWholeTableUpToTheBound) {
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    std::string a, b;
    for (auto* text : {&a, &b}) {
      text->resize(random() % 9);
      for (char& c : *text) c = static_cast<char>('a' + random() % 3);
    }
    const size_t bound = random() % 8;
    EXPECT_EQ(EditDistance(a, b, bound), std::min(PlainDistance(a, b), bound))
        << a << " " << b << " " << bound;
  }
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

TEST(NearNames, PutsTheShortestThatContainTheTextFirst) {
  EXPECT_EQ(Hint("kernel",
                 {"dense_1/kernel", "kernal", "dense/kernel", "my_kernel_2"}),
            "; did you mean my_kernel_2, dense/kernel, dense_1/kernel?");
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
  near.Consider("dense/kernal");
  EXPECT_EQ(near.Hint(), "");
  near.Consider("net/dense/kernel");
  EXPECT_EQ(near.Hint(), "; did you mean net/dense/kernel?");
}

}  // namespace
}  // namespace cairn
