// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// In which order and into which shards a copy's tensors go.
#ifndef CAIRN_CONVERT_LAYOUT_H_
#define CAIRN_CONVERT_LAYOUT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cairn/bundle/entry.h"
#include "cairn/tensor/slice.h"

namespace cairn::convert {

// One stored thing: a tensor, or a piece of a partitioned one.
struct Item {
  std::string name;  // of the tensor
  // Of a piece, as it is spelled; also set for a V1 tensor stored whole with
  // its extents written out.
  std::optional<TensorSlice> slice;
  int32_t shard = 0;
  int64_t bytes = 0;  // about, as stored
  Shape full_shape;   // of a piece: its tensor's
  // Where the source has it; of V1's, the dtype and, as the shard, the file.
  bundle::BundleEntry entry;
  size_t piece = 0;  // which one of its tensor
};

// Gives each item its shard, in the order they are in. Requires num_shards >= 1
// or max_shard_size >= 1, not both. Returns how many shards are used; fewer
// than num_shards when there are fewer items.
int32_t Distribute(std::vector<Item>& items, int32_t num_shards,
                   int64_t max_shard_size);

}  // namespace cairn::convert

#endif  // CAIRN_CONVERT_LAYOUT_H_
