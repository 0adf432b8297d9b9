// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Gets a fuzzer past the checksums of a table, to the code that they guard.
//
// RepairTable makes the checksums of a mutated table right again. MutateTable
// takes a table apart, changes a record, the order or the layout, and writes it
// anew with right checksums, which reaches what is inside the values.
#ifndef CAIRN_FUZZ_REPAIR_H_
#define CAIRN_FUZZ_REPAIR_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/choices.h"
#include "fuzz/target.h"

namespace cairn::fuzz {

// Does what it can: blocks that the footer and the index still lead to.
void RepairTable(std::span<char> file);

// Whether LevelDB, which trusts a file more than we do, survives this one: the
// handles are right, blocks start at their beginning, lengths do not wrap.
bool IsSafeForLevelDb(std::string_view file);

struct Record {
  std::string key;
  std::string value;
};

// False when the file is too damaged to tell.
bool ReadRecords(std::string_view file, std::vector<Record>* records);

struct TableLayout {
  size_t records_per_block = 1000;
  size_t restart_interval = 16;
  bool compressed = false;
};
// In whatever order the records are, also a wrong one.
std::string WriteRecords(const std::vector<Record>& records,
                         const TableLayout& layout);

// Changes one value.
using ValueMutator = std::function<void(Record& record, SmallRandom& random)>;
// A third of the time by bytes and RepairTable, else by records.
void MutateTable(std::string& file, size_t max, SmallRandom& random,
                 ByteMutator bytes, const ValueMutator& mutate_value);

}  // namespace cairn::fuzz

#endif  // CAIRN_FUZZ_REPAIR_H_
