// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Layout: see block.h. The first restart (offset 0) is listed even for a block
// without entries, which is then 00000000 01000000.
#include "cairn/table/block_builder.h"

#include <algorithm>
#include <cassert>

#include "cairn/base/cursor.h"
#include "cairn/base/endian.h"

namespace cairn::table {

BlockBuilder::BlockBuilder(int restart_interval)
    : restart_interval_(restart_interval) {
  assert(restart_interval >= 1);
}

void BlockBuilder::Add(std::string_view key, std::string_view value) {
  size_t shared = 0;
  if (since_restart_ < restart_interval_) {
    const auto ends = std::mismatch(
        key.begin(),
        key.begin() +
            static_cast<std::ptrdiff_t>(std::min(key.size(), last_key_.size())),
        last_key_.begin());
    shared = static_cast<size_t>(ends.first - key.begin());
  } else {
    restarts_.push_back(static_cast<uint32_t>(entries_.size()));
    since_restart_ = 0;
  }
  PutVarint(entries_, shared);
  PutVarint(entries_, key.size() - shared);
  PutVarint(entries_, value.size());
  entries_.append(key.substr(shared));
  entries_.append(value);
  last_key_.resize(shared);
  last_key_.append(key.substr(shared));
  ++since_restart_;
}

std::string_view BlockBuilder::Finish() {
  for (const uint32_t restart : restarts_) PutFixed32(entries_, restart);
  PutFixed32(entries_, static_cast<uint32_t>(restarts_.size()));
  return entries_;
}

void BlockBuilder::Clear() {
  entries_.clear();
  restarts_.assign(1, 0);
  since_restart_ = 0;
  last_key_.clear();
}

}  // namespace cairn::table
