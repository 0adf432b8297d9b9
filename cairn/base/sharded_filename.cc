// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/base/sharded_filename.h"

#include "cairn/base/strings.h"

namespace cairn {
namespace {

std::string FiveDigits(int32_t number) {
  std::string text = StrCat(number);
  if (text.size() < 5) text.insert(0, 5 - text.size(), '0');
  return text;
}

}  // namespace

std::string ShardedFilename(std::string_view name, int32_t shard,
                            int32_t num_shards) {
  return StrCat(name, "-", FiveDigits(shard), "-of-", FiveDigits(num_shards));
}

}  // namespace cairn
