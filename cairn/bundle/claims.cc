// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/bundle/claims.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/entry.h"

namespace cairn::bundle {

std::string Claims::Text(const BundleReader& reader) const {
  return StrCat(Escape(IndexPath(reader.prefix()), 4096),
                ": its entries claim ", claimed,
                " bytes, it and its data files have ", stored);
}

StatusOr<Claims> CountClaims(const BundleReader& reader) {
  constexpr int64_t kUnknown = -1;
  Claims claims{.claimed = 0, .stored = reader.index_size()};
  std::vector<int64_t> file_size(
      static_cast<size_t>(reader.header().num_shards), kUnknown);
  const auto it = reader.NewIterator();
  for (; it->Valid(); it->Next()) {
    const StatusOr<BundleEntry> entry = it->entry();
    if (!entry.ok() || !entry->slices.empty() || entry->size <= 0) continue;
    int64_t& end = file_size[static_cast<size_t>(entry->shard_id)];
    if (end == kUnknown) {
      const auto file = reader.ShardFileOf(entry->shard_id);
      if (absl::IsResourceExhausted(file.status())) return file.status();
      end = file.ok() ? static_cast<int64_t>(file->size) : 0;
      claims.stored += static_cast<uint64_t>(end);
    }
    if (entry->size > end || entry->offset > end - entry->size) continue;
    const auto size = static_cast<uint64_t>(entry->size);
    const uint64_t room = std::numeric_limits<uint64_t>::max() - claims.claimed;
    claims.claimed += std::min(size, room);
  }
  if (absl::IsResourceExhausted(it->status())) return it->status();
  return claims;
}

Status CheckClaims(const BundleReader& reader) {
  CAIRN_ASSIGN_OR_RETURN(const Claims claims, CountClaims(reader));
  if (claims.claimed <= claims.limit()) return OkStatus();
  return DataLossError(StrCat(claims.Text(reader), ": not read, at most ",
                              kMaxTimesClaimed, " times as many are"));
}

}  // namespace cairn::bundle
