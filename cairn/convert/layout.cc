// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/convert/layout.h"

#include <algorithm>

namespace cairn::convert {
namespace {

// A new shard begins where the bytes so far reach the next multiple of the
// average, or where as many items are left as shards.
int32_t DistributeEvenly(std::vector<Item>& items, int32_t num_shards) {
  const auto count = static_cast<int32_t>(
      std::min<size_t>(static_cast<size_t>(num_shards), items.size()));
  // Doubles: the sum of sizes that a hostile index claims may exceed int64.
  double total = 0;
  for (const Item& item : items) total += static_cast<double>(item.bytes);
  double before = 0;
  int32_t shard = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    const auto middle = before + static_cast<double>(items[i].bytes) / 2;
    const auto left = static_cast<int32_t>(
        std::min<size_t>(items.size() - i, static_cast<size_t>(count)));
    const bool is_full = middle * count >= total * (shard + 1);
    const bool must_begin = i > 0 && left <= count - 1 - shard;
    if (shard + 1 < count && i > 0 && (is_full || must_begin)) ++shard;
    items[i].shard = shard;
    before += static_cast<double>(items[i].bytes);
  }
  return std::max(count, 1);
}

int32_t DistributeBySize(std::vector<Item>& items, int64_t max_shard_size) {
  int32_t shard = 0;
  int64_t used = 0;
  for (Item& item : items) {
    if (used > 0 && item.bytes > max_shard_size - used) {
      ++shard;
      used = 0;
    }
    item.shard = shard;
    used += std::min(item.bytes, max_shard_size);
  }
  return shard + 1;
}

}  // namespace

int32_t Distribute(std::vector<Item>& items, int32_t num_shards,
                   int64_t max_shard_size) {
  return num_shards > 0 ? DistributeEvenly(items, num_shards)
                        : DistributeBySize(items, max_shard_size);
}

}  // namespace cairn::convert
