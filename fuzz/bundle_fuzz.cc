// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a checkpoint of one shard: each entry is read in every way, and
// a view shows what a copy holds. The input is the size of the index (fixed32),
// the index, and the data file.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/crc32c.h"
#include "cairn/base/endian.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/bundle/entry.h"
#include "cairn/bundle/reader.h"
#include "fuzz/memory_file.h"
#include "fuzz/repair.h"

namespace {

using cairn::bundle::BundleEntry;

struct Parts {
  std::span<char> index, data;
};

Parts Split(std::span<char> input) {
  if (input.size() < 4) return {};
  const auto size = cairn::LoadLittleEndian<uint32_t>(input.data());
  const auto rest = input.subspan(4);
  const size_t index_size = size < rest.size() ? size : rest.size();
  return {rest.first(index_size), rest.subspan(index_size)};
}

// Puts the checksum of the entry's bytes into the stored entry. Its field, a
// fixed32 with tag 0x35, is the last one of an entry without slices.
void RepairEntry(std::span<char> data, std::span<char> stored) {
  const auto entry = cairn::bundle::DecodeEntry({stored.data(), stored.size()});
  if (!entry.ok() || entry->dtype == cairn::DataType::kString) return;
  if (stored.size() < 5 || stored[stored.size() - 5] != 0x35) return;
  const auto offset = static_cast<uint64_t>(entry->offset);
  const auto size = static_cast<uint64_t>(entry->size);
  if (offset > data.size() || size > data.size() - offset) return;
  const uint32_t crc = cairn::Crc32c({data.data() + offset, size});
  cairn::StoreLittleEndian(stored.data() + stored.size() - 4,
                           cairn::MaskCrc32c(crc));
}

void ReadInEveryWay(const cairn::bundle::BundleReader& reader,
                    const std::string& key, const BundleEntry& entry) {
  using cairn::fuzz::Require;
  const bool checked = reader.Check(key, entry).ok();
  const auto tensor = reader.Read(key);
  const auto view = reader.View(key);
  if (view.ok()) {
    Require(checked && tensor.ok() &&
            cairn::BitwiseEqual(*view, tensor->view()));
  }
  reader.ReadRaw(entry).status().IgnoreError();
  reader.ReadSlice(key, cairn::TensorSlice(entry.shape.rank()))
      .status()
      .IgnoreError();
}

}  // namespace

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size,
                                          size_t max_size, unsigned seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  if (seed % 8 == 0) return size;
  const Parts parts = Split({reinterpret_cast<char*>(data), size});
  cairn::fuzz::RepairTable(parts.index,
                           [&](std::string_view, std::span<char> value) {
                             RepairEntry(parts.data, value);
                           });
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string input(reinterpret_cast<const char*>(data), size);
  const Parts parts = Split(input);
  cairn::MemoryFileSystem fs;
  cairn::fuzz::PutFile(fs, cairn::bundle::IndexPath("p"),
                       {parts.index.data(), parts.index.size()});
  cairn::fuzz::PutFile(fs, cairn::bundle::DataPath("p", 0, 1),
                       {parts.data.data(), parts.data.size()});
  const auto reader = cairn::bundle::BundleReader::Open(fs, "p");
  if (!reader.ok()) return 0;
  for (const auto it = (*reader)->NewIterator(); it->Valid(); it->Next()) {
    const std::string key(it->key());
    const auto entry = it->entry();
    if (entry.ok()) ReadInEveryWay(**reader, key, *entry);
  }
  return 0;
}
