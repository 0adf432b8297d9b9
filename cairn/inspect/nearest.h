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

// At most `limit` keys of `source`, the likeliest first (NearNames). Empty when
// nothing is near. Walks all keys.
std::vector<std::string> NearestKeys(const CheckpointSource& source,
                                     std::string_view wanted, size_t limit);

}  // namespace cairn::inspect

#endif  // CAIRN_INSPECT_NEAREST_H_
