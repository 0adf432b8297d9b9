// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// NearestKeys: what somebody who typed a key that is not there may have meant.
// Thread-safe.
#ifndef CAIRN_INSPECT_NEAREST_H_
#define CAIRN_INSPECT_NEAREST_H_

#include <string>
#include <string_view>
#include <vector>

#include "cairn/inspect/source.h"

namespace cairn::inspect {

// At most `limit` keys of `source`, the likeliest first: those in which
// `wanted` stands whole, by its end or its beginning, then those that differ
// from it in few characters. Empty when nothing is near. Walks all keys.
std::vector<std::string> NearestKeys(const CheckpointSource& source,
                                     std::string_view wanted, size_t limit);

// Insertions, deletions and replacements that turn `a` into `b`, or `bound` if
// it takes at least so many. O(bound * length).
size_t EditDistance(std::string_view a, std::string_view b, size_t bound);

}  // namespace cairn::inspect

#endif  // CAIRN_INSPECT_NEAREST_H_
