// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "fuzz/repair.h"

#include <cstring>
#include <string>

#include "cairn/base/cursor.h"
#include "cairn/table/format.h"

namespace cairn::fuzz {
namespace {

// Walks entries for as long as they make sense.
void VisitEntries(std::span<char> contents, const EntryVisitor& visit) {
  Cursor in({contents.data(), contents.size()});
  std::string key;
  uint32_t shared, unshared, value_size;
  std::string_view suffix, value;
  while (in.ReadVarint32(&shared) && in.ReadVarint32(&unshared) &&
         in.ReadVarint32(&value_size) && shared <= key.size() &&
         in.ReadBytes(unshared, &suffix) && in.ReadBytes(value_size, &value)) {
    key.resize(shared);
    key += suffix;
    visit(key, contents.subspan(in.position() - value_size, value_size));
  }
}

void RepairBlock(std::span<char> file, const table::BlockHandle& handle) {
  if (!table::HandleFits(handle, file.size())) return;
  const std::string_view stored(file.data() + handle.offset, handle.size);
  char* const after = file.data() + handle.offset + handle.size;
  const auto type =
      static_cast<table::Compression>(static_cast<uint8_t>(*after));
  const std::string trailer = table::BlockTrailer(stored, type);
  std::memcpy(after, trailer.data(), trailer.size());
}

std::span<char> Contents(std::span<char> file,
                         const table::BlockHandle& handle) {
  if (!table::HandleFits(handle, file.size())) return {};
  return file.subspan(handle.offset, handle.size);
}

}  // namespace

void RepairTable(std::span<char> file, const EntryVisitor& visit) {
  if (file.size() < table::kFooterSize) return;
  const auto tail = file.last(table::kFooterSize);
  const auto footer =
      table::DecodeFooter({tail.data(), tail.size()}, file.size());
  if (!footer.ok()) return;
  VisitEntries(Contents(file, footer->index),
               [&](std::string_view, std::span<char> value) {
                 Cursor in({value.data(), value.size()});
                 table::BlockHandle handle;
                 if (!table::ReadHandle(in, &handle)) return;
                 if (visit) VisitEntries(Contents(file, handle), visit);
                 RepairBlock(file, handle);
               });
  RepairBlock(file, footer->metaindex);
  RepairBlock(file, footer->index);
}

}  // namespace cairn::fuzz
