// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/nearest.h"

#include "cairn/base/near_names.h"

namespace cairn::inspect {

std::vector<std::string> NearestKeys(const CheckpointSource& source,
                                     std::string_view wanted, size_t limit) {
  NearNames near(wanted, limit);
  for (auto it = source.NewIterator(); it->Valid(); it->Next()) {
    near.Consider(it->key());
  }
  return near.Names();
}

}  // namespace cairn::inspect
