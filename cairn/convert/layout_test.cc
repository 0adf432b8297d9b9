// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/convert/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace cairn::convert {
namespace {

using ::testing::ElementsAre;

std::vector<int32_t> Shards(const std::vector<int64_t>& sizes,
                            int32_t num_shards, int64_t max_shard_size,
                            int32_t expected) {
  std::vector<Item> items(sizes.size());
  for (size_t i = 0; i < sizes.size(); ++i) items[i].bytes = sizes[i];
  EXPECT_EQ(Distribute(items, num_shards, max_shard_size), expected);
  std::vector<int32_t> shards;
  for (const Item& item : items) shards.push_back(item.shard);
  return shards;
}

TEST(Distribute, MakesShardsOfAboutEqualSize) {
  EXPECT_THAT(Shards({4, 4, 4, 4}, 2, 0, 2), ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(Shards({1, 1, 1, 9}, 2, 0, 2), ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(Shards({9, 1, 1, 1}, 2, 0, 2), ElementsAre(0, 1, 1, 1));
  EXPECT_THAT(Shards({5, 5, 5}, 1, 0, 1), ElementsAre(0, 0, 0));
}

TEST(Distribute, LeavesNoShardEmpty) {
  EXPECT_THAT(Shards({100, 0, 0, 0}, 4, 0, 4), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(Shards({0, 0, 0, 100}, 4, 0, 4), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(Shards({0, 0, 0}, 3, 0, 3), ElementsAre(0, 1, 2));
  EXPECT_THAT(Shards({7, 7}, 5, 0, 2), ElementsAre(0, 1));
  EXPECT_THAT(Shards({}, 5, 0, 1), ElementsAre());
}

TEST(Distribute, BeginsAShardBeforeItWouldGetTooLarge) {
  EXPECT_THAT(Shards({4, 4, 4, 4}, 0, 8, 2), ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(Shards({4, 5, 1}, 0, 8, 2), ElementsAre(0, 1, 1));
  EXPECT_THAT(Shards({3, 20, 3}, 0, 8, 3), ElementsAre(0, 1, 2));
  EXPECT_THAT(Shards({20, 0, 1}, 0, 8, 2), ElementsAre(0, 0, 1));
}

TEST(Distribute, SurvivesSizesWhoseSumOverflows) {
  constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();
  EXPECT_THAT(Shards({kHuge, kHuge, kHuge, kHuge}, 2, 0, 2),
              ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(Shards({kHuge, kHuge}, 0, 8, 2), ElementsAre(0, 1));
  EXPECT_THAT(Shards({kHuge, kHuge}, 0, kHuge, 2), ElementsAre(0, 1));
}

}  // namespace
}  // namespace cairn::convert
