// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// LevelDB's own reader of the same table format, as a second opinion. Built
// only where the library is installed.
#ifndef CAIRN_FUZZ_LEVELDB_TABLE_H_
#define CAIRN_FUZZ_LEVELDB_TABLE_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::fuzz {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// Whether LevelDB is here to be asked.
bool HaveLevelDb();

// All entries, checksums verified; nothing if LevelDB refuses any part. Only
// for files that IsSafeForLevelDb (repair.h): LevelDB believes handles, restart
// offsets and sums of lengths, and runs out of memory or of the block on
// others.
std::optional<Pairs> ReadWithLevelDb(std::string_view file);

}  // namespace cairn::fuzz

#endif  // CAIRN_FUZZ_LEVELDB_TABLE_H_
