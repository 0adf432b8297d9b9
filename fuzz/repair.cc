// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "fuzz/repair.h"

#include <snappy.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "cairn/base/cursor.h"
#include "cairn/base/endian.h"
#include "cairn/table/format.h"

namespace cairn::fuzz {
namespace {

// Walks entries for as long as they make sense.
template <typename Visit>
void VisitEntries(std::string_view contents, const Visit& visit) {
  Cursor in(contents);
  std::string key;
  uint32_t shared, unshared, value_size;
  std::string_view suffix, value;
  while (in.ReadVarint32(&shared) && in.ReadVarint32(&unshared) &&
         in.ReadVarint32(&value_size) && shared <= key.size() &&
         in.ReadBytes(unshared, &suffix) && in.ReadBytes(value_size, &value)) {
    key.resize(shared);
    key += suffix;
    visit(key, value);
  }
}

// The stored bytes of a block, or none.
std::string_view StoredBlock(std::string_view file,
                             const table::BlockHandle& handle) {
  if (!table::HandleFits(handle, file.size())) return {};
  return file.substr(handle.offset, handle.size);
}

// The contents of a block, uncompressed; nothing if they are too damaged.
std::string Contents(std::string_view file, const table::BlockHandle& handle) {
  const std::string_view stored = StoredBlock(file, handle);
  std::string contents(stored);
  if (stored.data() != nullptr && stored.data()[stored.size()] == 1) {
    size_t size = 0;
    if (!snappy::GetUncompressedLength(stored.data(), stored.size(), &size) ||
        size > size_t{1} << 20 ||
        !snappy::Uncompress(stored.data(), stored.size(), &contents)) {
      return "";
    }
  }
  return contents;
}

// Where the restart array of these contents begins, if it fits.
std::optional<size_t> RestartArray(std::string_view contents) {
  if (contents.size() < 4) return std::nullopt;
  const uint64_t count =
      LoadLittleEndian<uint32_t>(contents.data() + contents.size() - 4);
  const uint64_t array = 4 * (count + 1);
  if (array > contents.size()) return std::nullopt;
  return contents.size() - static_cast<size_t>(array);
}

std::string Entries(std::string_view file, const table::BlockHandle& handle) {
  std::string contents = Contents(file, handle);
  if (const auto array = RestartArray(contents)) contents.resize(*array);
  return contents;
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

bool FindFooter(std::string_view file, table::Footer* footer) {
  if (file.size() < table::kFooterSize) return false;
  const auto found = table::DecodeFooter(
      file.substr(file.size() - table::kFooterSize), file.size());
  if (found.ok()) *footer = *found;
  return found.ok();
}

// The handles of the data blocks.
std::vector<table::BlockHandle> DataBlocks(std::string_view file,
                                           const table::Footer& footer) {
  std::vector<table::BlockHandle> handles;
  VisitEntries(Entries(file, footer.index),
               [&](std::string_view, std::string_view value) {
                 Cursor in(value);
                 table::BlockHandle handle;
                 if (table::ReadHandle(in, &handle)) handles.push_back(handle);
               });
  return handles;
}

// A block that also takes keys in the wrong order.
class AnyBlock {
 public:
  explicit AnyBlock(size_t restart_interval) : interval_(restart_interval) {}

  void Add(std::string_view key, std::string_view value) {
    size_t shared = 0;
    if (count_++ % interval_ == 0) {
      restarts_.push_back(static_cast<uint32_t>(entries_.size()));
    } else {
      const size_t limit = std::min(key.size(), last_.size());
      while (shared < limit && key[shared] == last_[shared]) ++shared;
    }
    PutVarint(entries_, shared);
    PutVarint(entries_, key.size() - shared);
    PutVarint(entries_, value.size());
    entries_ += key.substr(shared);
    entries_ += value;
    last_ = key;
  }

  // Appends contents and trailer to `file`, and says where.
  table::BlockHandle AppendTo(std::string& file, bool compressed) {
    if (restarts_.empty()) restarts_.push_back(0);
    for (const uint32_t restart : restarts_) PutFixed32(entries_, restart);
    PutFixed32(entries_, static_cast<uint32_t>(restarts_.size()));
    std::string stored = entries_;
    if (compressed) {
      snappy::Compress(entries_.data(), entries_.size(), &stored);
    }
    const table::BlockHandle handle{file.size(), stored.size()};
    file += stored;
    file += table::BlockTrailer(stored, compressed ? table::Compression::kSnappy
                                                   : table::Compression::kNone);
    return handle;
  }

 private:
  size_t interval_;
  size_t count_ = 0;
  std::string entries_;
  std::string last_;
  std::vector<uint32_t> restarts_;
};

void ChangeRecords(std::vector<Record>& records, SmallRandom& random,
                   ByteMutator bytes, const ValueMutator& mutate_value) {
  if (records.empty()) {
    records.emplace_back();
    return;
  }
  Record& record = records[random.Below(records.size())];
  Record& other = records[random.Below(records.size())];
  switch (random.Below(10)) {
    case 0:
      MutateText(record.key, record.key.size() + 16, bytes);
      break;
    case 1:
      record.value = other.value;
      break;
    case 2:
      records.erase(records.begin() +
                    static_cast<ptrdiff_t>(random.Below(records.size())));
      break;
    case 3: {
      Record copy = record;
      if (!random.OneIn(4)) copy.key += static_cast<char>(random.Next());
      records.push_back(std::move(copy));
      break;
    }
    case 4:
      std::swap(record.key, other.key);
      break;
    default:
      mutate_value(record, random);
  }
}

// Whether LevelDB would go on where a varint of `bits` bits cannot be read: it
// drops the bits that are too many for the type.
bool IsTruncatedVarint(const Cursor& in, size_t bits) {
  const std::string_view rest = in.rest();
  const auto is_last = [](char c) { return (c & 0x80) == 0; };
  const auto last = std::ranges::find_if(rest, is_last);
  return last != rest.end() &&
         last - rest.begin() < static_cast<ptrdiff_t>((bits + 6) / 7);
}

// Whether every reader takes the entries' lengths for the same numbers, and no
// two of them wrap when added in 32 bits, up to where any reader stops.
bool LengthsAdd(std::string_view entries) {
  Cursor in(entries);
  size_t key_size = 0;
  while (!in.empty()) {
    uint32_t lengths[3];
    for (uint32_t& length : lengths) {
      if (!in.ReadVarint32(&length)) return !IsTruncatedVarint(in, 32);
    }
    const auto [shared, unshared, value_size] = lengths;
    const uint64_t sum = uint64_t{unshared} + value_size;
    if (sum > 0xffffffff) return false;
    if (shared > key_size || !in.Skip(sum)) break;
    key_size = shared + unshared;
  }
  return true;
}

bool IsPlainBlock(std::string_view file, const table::BlockHandle& handle) {
  const std::string contents = Contents(file, handle);
  const auto array = RestartArray(contents);
  if (!array || *array + 8 > contents.size()) return false;
  return LoadLittleEndian<uint32_t>(contents.data() + *array) == 0 &&
         LengthsAdd(std::string_view(contents).substr(0, *array));
}

}  // namespace

bool IsSafeForLevelDb(std::string_view file) {
  table::Footer footer;
  if (!FindFooter(file, &footer) || !IsPlainBlock(file, footer.index)) {
    return false;
  }
  bool safe = true;
  VisitEntries(Entries(file, footer.index), [&](std::string_view,
                                                std::string_view value) {
    Cursor in(value);
    uint64_t number;
    for (int i = 0; i < 2 && safe; ++i) {
      safe = in.ReadVarint64(&number) || !IsTruncatedVarint(in, 64);
    }
  });
  return safe &&
         std::ranges::all_of(DataBlocks(file, footer), [&](const auto& handle) {
           return table::HandleFits(handle, file.size()) &&
                  IsPlainBlock(file, handle);
         });
}

void RepairTable(std::span<char> file) {
  const std::string_view bytes(file.data(), file.size());
  table::Footer footer;
  if (!FindFooter(bytes, &footer)) return;
  for (const auto& handle : DataBlocks(bytes, footer)) {
    RepairBlock(file, handle);
  }
  RepairBlock(file, footer.metaindex);
  RepairBlock(file, footer.index);
}

bool ReadRecords(std::string_view file, std::vector<Record>* records) {
  table::Footer footer;
  if (!FindFooter(file, &footer)) return false;
  size_t budget = size_t{4} << 20;  // many handles may name one block
  for (const auto& handle : DataBlocks(file, footer)) {
    const std::string entries = Entries(file, handle);
    if (entries.size() > budget) return false;
    budget -= entries.size();
    VisitEntries(entries, [&](std::string_view key, std::string_view value) {
      records->push_back({std::string(key), std::string(value)});
    });
  }
  return true;
}

std::string WriteRecords(const std::vector<Record>& records,
                         const TableLayout& layout) {
  std::string file;
  AnyBlock index(1);
  for (size_t i = 0; i < records.size(); i += layout.records_per_block) {
    const size_t end = std::min(i + layout.records_per_block, records.size());
    AnyBlock block(layout.restart_interval);
    for (size_t j = i; j < end; ++j) {
      block.Add(records[j].key, records[j].value);
    }
    std::string handle;
    table::AppendHandle(handle, block.AppendTo(file, layout.compressed));
    index.Add(records[end - 1].key, handle);
  }
  table::Footer footer;
  footer.metaindex = AnyBlock(1).AppendTo(file, false);
  footer.index = index.AppendTo(file, false);
  return file + table::EncodeFooter(footer);
}

void MutateTable(std::string& file, size_t max, SmallRandom& random,
                 ByteMutator bytes, const ValueMutator& mutate_value) {
  std::vector<Record> records;
  if (random.OneIn(3) || !ReadRecords(file, &records)) {
    MutateText(file, max, bytes);
    RepairTable({file.data(), file.size()});
    return;
  }
  ChangeRecords(records, random, bytes, mutate_value);
  if (!random.OneIn(8)) {
    std::ranges::stable_sort(records, {}, &Record::key);
  }
  TableLayout layout;
  if (random.OneIn(4)) layout.records_per_block = 1 + random.Below(8);
  if (random.OneIn(4)) layout.restart_interval = 1 + random.Below(4);
  layout.compressed = random.OneIn(8);
  file = WriteRecords(records, layout);
}

}  // namespace cairn::fuzz
