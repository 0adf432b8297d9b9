// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "fuzz/bundle_repair.h"

#include <span>
#include <string>
#include <string_view>

#include "cairn/base/crc32c.h"
#include "cairn/base/cursor.h"
#include "cairn/base/endian.h"
#include "cairn/bundle/entry.h"
#include "fuzz/repair.h"
#include "fuzz/wire_mutator.h"

namespace cairn::fuzz {
namespace {

using bundle::BundleEntry;

// The part of its data file that an entry means, or nothing.
std::span<char> DataOf(std::vector<ArchivedFile>& files,
                       const std::string& prefix, int32_t shards,
                       const BundleEntry& entry) {
  if (entry.shard_id < 0 || entry.shard_id >= shards) return {};
  ArchivedFile* const file =
      FindFile(files, bundle::DataPath(prefix, entry.shard_id, shards));
  const auto offset = static_cast<uint64_t>(entry.offset);
  const auto size = static_cast<uint64_t>(entry.size);
  if (file == nullptr || offset > file->contents.size() ||
      size > file->contents.size() - offset) {
    return {};
  }
  return std::span<char>(file->contents)
      .subspan(static_cast<size_t>(offset), static_cast<size_t>(size));
}

void PutLength(std::string& out, uint64_t length, bool wide) {
  if (wide || length > 0xffffffff) {
    PutFixed64(out, length);
  } else {
    PutFixed32(out, static_cast<uint32_t>(length));
  }
}

// Puts the length checksum into the data and returns the entry's checksum.
uint32_t RepairStrings(std::span<char> stored, int64_t count) {
  Cursor in({stored.data(), stored.size()});
  std::string lengths;
  for (int64_t i = 0; i < count; ++i) {
    uint64_t length;
    if (!in.ReadVarint64(&length)) return 0;
    PutLength(lengths, length, false);
  }
  std::span<char> rest = stored.subspan(in.position());
  if (rest.size() < 4) return 0;
  const uint32_t crc = Crc32c(lengths);
  StoreLittleEndian(rest.data(), MaskCrc32c(crc));
  return ExtendCrc32c(crc, {rest.data(), rest.size()});
}

uint32_t RepairVariants(std::span<char> stored, int64_t count) {
  uint32_t crc = 0;
  Cursor in({stored.data(), stored.size()});
  for (int64_t i = 0; i < count; ++i) {
    uint64_t length;
    std::string_view value;
    if (!in.ReadVarint64(&length) || !in.ReadBytes(length, &value)) return crc;
    std::string prefix;
    PutLength(prefix, length, true);
    crc = ExtendCrc32c(ExtendCrc32c(crc, prefix), value);
    const size_t at = in.position();
    if (!in.Skip(4)) return crc;
    StoreLittleEndian(stored.data() + at, MaskCrc32c(crc));
    crc = ExtendCrc32c(crc, {stored.data() + at, 4});
  }
  return crc;
}

// Not re-encoded: what an entry has beyond its meaning stays. A later field
// wins, so the right checksum (tag 0x35) goes to the end.
void RepairEntry(std::vector<ArchivedFile>& files, const std::string& prefix,
                 int32_t shards, std::string& value) {
  const auto entry = bundle::DecodeEntry(value);
  if (!entry.ok() || !entry->slices.empty()) return;
  const std::span<char> stored = DataOf(files, prefix, shards, *entry);
  if (stored.size() != static_cast<uint64_t>(entry->size)) return;
  uint32_t crc = 0;
  if (entry->dtype == DataType::kString) {
    crc = RepairStrings(stored, entry->shape.num_elements());
  } else if (entry->dtype == DataType::kVariant) {
    crc = RepairVariants(stored, entry->shape.num_elements());
  } else {
    crc = Crc32c({stored.data(), stored.size()});
  }
  if (MaskCrc32c(crc) == entry->masked_crc32c) return;
  if (value.size() >= 5 && value[value.size() - 5] == 0x35) {
    value.resize(value.size() - 5);
  }
  value += '\x35';
  PutFixed32(value, MaskCrc32c(crc));
}

void RepairEntries(std::vector<ArchivedFile>& files, ArchivedFile& index) {
  std::vector<Record> records;
  if (!ReadRecords(index.contents, &records) || records.empty()) return;
  const auto header = bundle::DecodeHeader(records.front().value);
  const std::string prefix =
      index.name.substr(0, index.name.size() - sizeof(".index") + 1);
  const int32_t shards = header.ok() ? header->num_shards : 1;
  bool changed = false;
  for (Record& record : records) {
    if (record.key.empty()) continue;
    const std::string before = record.value;
    RepairEntry(files, prefix, shards, record.value);
    changed |= record.value != before;
  }
  if (changed) index.contents = WriteRecords(records, {});
}

}  // namespace

void MutateBundle(std::vector<ArchivedFile>& files, ArchivedFile& index,
                  size_t max, SmallRandom& random, ByteMutator bytes) {
  if (random.OneIn(4)) {
    ArchivedFile& file = files[random.Below(files.size())];
    if (&file != &index) MutateText(file.contents, max, bytes);
    RepairEntries(files, index);
    return;
  }
  MutateTable(index.contents, max, random, bytes,
              [&](Record& record, SmallRandom& r) {
                MutateWire(record.value, r, bytes);
              });
  if (!random.OneIn(4)) RepairEntries(files, index);
}

}  // namespace cairn::fuzz
