// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a table. It opens or not; keys ascend; what the iterator shows,
// Get and Seek find; a mapped file and a read one are the same; LevelDB reads
// what we read; and written again it holds the same.
#include <algorithm>
#include <array>
#include <utility>

#include "cairn/base/memory_file_system.h"
#include "cairn/table/table.h"
#include "cairn/table/table_builder.h"
#include "fuzz/leveldb_table.h"
#include "fuzz/repair.h"
#include "fuzz/target.h"
#include "fuzz/unmapped_file_system.h"
#include "fuzz/wire_mutator.h"

namespace cairn::fuzz {
namespace {

using table::Table;

struct Reading {
  Status open;
  Status walk;
  Pairs pairs;
  Status status() const { return open.ok() ? walk : open; }
};

Status Find(const Table& opened, const Reading& reading) {
  // Also where the walk met damage later on.
  for (const auto& [key, value] : reading.pairs) {
    const auto found = opened.Get(key);
    Require(found.ok() && found->bytes == value);
  }
  Table::Iterator it(opened);
  it.Seek("m");
  if (!reading.walk.ok()) return OkStatus();
  const auto first = std::ranges::lower_bound(reading.pairs, std::string("m"),
                                              {}, &Pairs::value_type::first);
  Require(it.Valid() == (first != reading.pairs.end()));
  Require(!it.Valid() || (it.key() == first->first));
  return it.status();
}

Reading Read(FileSystem& fs, const std::string& path) {
  Reading reading;
  auto file = fs.OpenForReading(path);
  Require(file.ok());
  const auto opened = Table::Open(*std::move(file));
  reading.open = opened.status();
  if (!opened.ok()) return reading;
  Table::Iterator it(**opened);
  for (it.SeekToFirst(); it.Valid(); it.Next()) {
    Require(reading.pairs.empty() || reading.pairs.back().first < it.key());
    reading.pairs.emplace_back(it.key(), it.value());
  }
  reading.walk = it.status();
  Require(Find(**opened, reading).ok());
  return reading;
}

// What LevelDB lets pass and we do not: each would let a search miss a key.
bool IsStricter(const Status& walk) {
  static constexpr std::array<std::string_view, 4> kReasons = {
      "restart",          // an array that does not describe the entries
      "above",            // keys that do not ascend, in a block or across
      "without entries",  // a data block that is empty
      "claim to hold",    // a compressed block that grows beyond reason
  };
  const std::string text(Message(walk));
  return std::ranges::any_of(kReasons, [&](std::string_view reason) {
    return text.find(reason) != std::string::npos;
  });
}

void CompareWithLevelDb(std::string_view file, const Reading& ours) {
  if (!HaveLevelDb() || !ours.open.ok() || !IsSafeForLevelDb(file)) return;
  const auto theirs = ReadWithLevelDb(file);
  if (ours.walk.ok()) {
    Require(theirs.has_value() && *theirs == ours.pairs);
  } else if (theirs.has_value()) {
    Require(IsStricter(ours.walk));
  }
}

void WriteAgain(const Pairs& pairs) {
  std::string written;
  table::TableBuilder builder(&written, {.block_size = 64});
  for (const auto& [key, value] : pairs) {
    Require(builder.Add(key, value).ok());
  }
  Require(builder.Finish().ok());
  MemoryFileSystem fs;
  fs.Put("again", written);
  const Reading again = Read(fs, "again");
  Require(again.status().ok() && again.pairs == pairs);
  CompareWithLevelDb(written, again);
}

Status Run(std::string_view input) {
  MemoryFileSystem fs;
  fs.Put("t", std::string(input));
  const Reading mapped = Read(fs, "t");
  UnmappedFileSystem unmapped(fs);
  const Reading read = Read(unmapped, "t");
  Require(mapped.open == read.open && mapped.walk == read.walk &&
          mapped.pairs == read.pairs);
  CompareWithLevelDb(input, mapped);
  if (mapped.status().ok()) WriteAgain(mapped.pairs);
  return mapped.status();
}

void Mutate(std::string& input, size_t max, uint32_t seed, ByteMutator bytes) {
  SmallRandom random(seed);
  MutateTable(input, max, random, bytes, [&](Record& record, SmallRandom& r) {
    MutateWire(record.value, r, bytes);
  });
}

}  // namespace

const Target kTableTarget = {"table", Run, Mutate};

}  // namespace cairn::fuzz
