// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// ShardedFilename: how TensorFlow names one of several files.
#ifndef CAIRN_BASE_SHARDED_FILENAME_H_
#define CAIRN_BASE_SHARDED_FILENAME_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn {

// "<name>-00003-of-00008"; larger numbers take more digits.
std::string ShardedFilename(std::string_view name, int32_t shard,
                            int32_t num_shards);

}  // namespace cairn

#endif  // CAIRN_BASE_SHARDED_FILENAME_H_
