// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/bundle/records.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include "cairn/base/strings.h"

namespace cairn::bundle {
namespace {

TEST(RecordTable, KnowsItsKeys) {
  RecordTable records;
  EXPECT_FALSE(records.Contains("a"));
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(records.Insert(StrCat("key", i)), static_cast<size_t>(i));
  }
  EXPECT_EQ(records.Insert("key7"), RecordTable::kTaken);
  EXPECT_TRUE(records.Contains("key999"));
  EXPECT_FALSE(records.Contains("key1000"));
  EXPECT_FALSE(records.Contains(""));
  EXPECT_EQ(records.key(500), "key500");
  EXPECT_EQ(records.size(), 1000u);
}

// Long beginnings in common, zeros at the ends, one key the beginning of many
// others: what sorting by words of eight bytes could get wrong.
TEST(RecordTable, SortsByUnsignedBytes) {
  std::mt19937 random(1);
  const std::string bytes("\0\0\1a\x7f\x80\xff", 7);
  std::set<std::string> keys;
  for (int i = 0; i < 20000; ++i) {
    std::string key(random() % 3 * 8, '\0');
    for (size_t n = random() % 20; n > 0; --n) key += bytes[random() % 7];
    keys.insert(StrCat("model/", key));
  }
  for (size_t n = 0; n < 100; ++n) {
    keys.insert("model/" + std::string(n, '\0'));
  }
  keys.insert(std::string(400000, 'k'));
  std::vector<std::string> shuffled(keys.begin(), keys.end());
  std::shuffle(shuffled.begin(), shuffled.end(), random);
  RecordTable records;
  for (const std::string& key : shuffled) {
    records.SetValue(records.Insert(key), StrCat("value of ", key));
  }
  const auto sorted = records.Sorted();
  ASSERT_EQ(sorted.size(), keys.size());
  auto expected = keys.begin();
  for (const auto& [key, value] : sorted) {
    ASSERT_EQ(key, *expected);
    ASSERT_EQ(value, StrCat("value of ", *expected));
    ++expected;
  }
}

}  // namespace
}  // namespace cairn::bundle
