// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// How the files of a V1 checkpoint are named: `<path>` for a single one, with
// no suffix, else `<path>-00000-of-00002` and so on. TensorFlow's state file
// and its Saver name a sharded one by the pattern `<path>-?????-of-00002`.
#ifndef CAIRN_V1_SHARD_NAMES_H_
#define CAIRN_V1_SHARD_NAMES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/sharded_filename.h"
#include "cairn/base/status.h"

namespace cairn::v1 {

// More shards than a pattern's five digits can number are refused.
inline constexpr int32_t kMaxShards = 100000;

// "<path>-?????-of-00008"
std::string ShardedPattern(std::string_view path, int32_t num_shards);

// What a shard's name or a pattern says.
struct ShardedName {
  std::string path;              // what all the names start with
  std::optional<int32_t> shard;  // none in a pattern
  int32_t num_shards = 0;
};
// Nothing for a name that is neither: the numbers have five digits, there is at
// least one shard, and the shard is below their number.
std::optional<ShardedName> ParseShardedName(std::string_view name);

// The files a path stands for. Names are literal but for the `?????` of a
// pattern.
struct V1Files {
  std::string path;        // a file, or the pattern of a sharded checkpoint
  std::string prefix;      // what the files' names start with
  int32_t num_shards = 0;  // 0: the single file `path`
  // Of shard `i`, 0 for a single file.
  std::string File(int32_t i) const;
  int32_t num_files() const { return num_shards == 0 ? 1 : num_shards; }
};

// `path` may be a file, a pattern, the name of one shard, or what the shards'
// names start with. Looks at names only. NotFound: nothing is there;
// InvalidArgument: shards of several numbers are, so that only a pattern can
// say which are meant.
StatusOr<V1Files> FindV1Files(FileSystem& fs, const std::string& path);

// Whether at least one of the files is there.
bool AnyFileExists(FileSystem& fs, const V1Files& files);

}  // namespace cairn::v1

#endif  // CAIRN_V1_SHARD_NAMES_H_
