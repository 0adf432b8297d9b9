// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/nearest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "cairn/inspect/golden_manifest.h"

namespace cairn::inspect {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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

class NearestKeysTest : public testing::Test {
 protected:
  NearestKeysTest()
      : source_(CheckpointSource::Open(
            LocalFileSystem(),
            {TargetKind::kBundle, GoldenPath("seed/v1/epoch2/model"), ""})) {
    EXPECT_TRUE(source_.ok()) << source_.status();
  }
  std::vector<std::string> Near(std::string_view wanted) {
    return NearestKeys(**source_, wanted, 3);
  }
  StatusOr<std::unique_ptr<CheckpointSource>> source_;
};

TEST_F(NearestKeysTest, FindsTypingErrors) {
  EXPECT_EQ(Near("conv2d/kernal").front(), "conv2d/kernel");
  EXPECT_EQ(Near("dense_1/bais").front(), "dense_1/bias");
}

TEST_F(NearestKeysTest, PutsKeysThatContainTheTextFirst) {
  EXPECT_THAT(Near("kernel"),
              ElementsAre("dense/kernel", "conv2d/kernel", "dense_1/kernel"));
}

TEST_F(NearestKeysTest, SuggestsNothingForSomethingElse) {
  EXPECT_THAT(Near("zzzzzzzzzzzzzzzz"), IsEmpty());
  EXPECT_THAT(NearestKeys(**source_, "kernel", 0), IsEmpty());
}

}  // namespace
}  // namespace cairn::inspect
