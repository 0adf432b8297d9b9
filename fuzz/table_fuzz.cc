// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a table: it opens or not; keys ascend; what the iterator shows,
// Get finds.
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/memory_file_system.h"
#include "cairn/table/table.h"
#include "fuzz/memory_file.h"
#include "fuzz/repair.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size,
                                          size_t max_size, unsigned seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  // Some inputs keep their wrong checksums: those have to be noticed too.
  if (seed % 8 != 0) {
    cairn::fuzz::RepairTable({reinterpret_cast<char*>(data), size});
  }
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using cairn::fuzz::Require;
  cairn::MemoryFileSystem fs;
  cairn::fuzz::PutFile(fs, "t", {reinterpret_cast<const char*>(data), size});
  auto file = fs.OpenForReading("t");
  Require(file.ok());
  const auto table = cairn::table::Table::Open(*std::move(file));
  if (!table.ok()) return 0;
  std::vector<std::pair<std::string, std::string>> entries;
  cairn::table::Table::Iterator it(**table);
  for (it.SeekToFirst(); it.Valid(); it.Next()) {
    Require(entries.empty() || entries.back().first < it.key());
    entries.emplace_back(it.key(), it.value());
  }
  // A search steps over entries that the walk looked at: where the walk met
  // damage behind a right checksum, it may answer otherwise.
  for (const auto& [key, value] : entries) {
    const auto found = (*table)->Get(key);
    if (it.status().ok()) Require(found.ok() && found->bytes == value);
  }
  it.Seek("m");
  return 0;
}
