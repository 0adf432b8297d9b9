// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/bundle/records.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>

#include "cairn/base/endian.h"

namespace cairn::bundle {
namespace {

constexpr size_t kBlockBytes = size_t{1} << 20;
constexpr size_t kFirstSlots = 64;

// The eight bytes of a key at `depth` as a number that orders as they do; zeros
// behind its end.
uint64_t WordAt(std::string_view key, size_t depth) {
  char bytes[8] = {};
  if (depth < key.size()) key.copy(bytes, 8, depth);
  return ByteSwap(LoadLittleEndian<uint64_t>(bytes));
}

struct Sortable {
  uint64_t word;
  const std::pair<std::string_view, std::string_view>* record;
};

}  // namespace

std::string_view RecordTable::Keep(std::string_view bytes) {
  if (bytes.empty()) return {};
  char* place;
  if (bytes.size() > kBlockBytes / 4) {
    blocks_.push_back(std::make_unique<char[]>(bytes.size()));
    place = blocks_.back().get();
  } else {
    if (bytes.size() > block_left_) {
      // Not make_unique, which would clear it.
      blocks_.emplace_back(new char[kBlockBytes]);
      block_next_ = blocks_.back().get();
      block_left_ = kBlockBytes;
    }
    place = block_next_;
    block_next_ += bytes.size();
    block_left_ -= bytes.size();
  }
  std::memcpy(place, bytes.data(), bytes.size());
  return {place, bytes.size()};
}

size_t RecordTable::FindSlot(std::string_view key, uint64_t hash) const {
  const size_t mask = slots_.size() - 1;
  for (size_t i = static_cast<size_t>(hash) & mask;; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.record == 0) return i;
    if (slot.hash == static_cast<uint32_t>(hash >> 32) &&
        records_[slot.record - 1].key == key) {
      return i;
    }
  }
}

void RecordTable::Grow() {
  slots_.assign(std::max(kFirstSlots, 2 * slots_.size()), Slot());
  const size_t mask = slots_.size() - 1;
  for (size_t r = 0; r < records_.size(); ++r) {
    const uint64_t hash = std::hash<std::string_view>()(records_[r].key);
    size_t i = static_cast<size_t>(hash) & mask;
    while (slots_[i].record != 0) i = (i + 1) & mask;
    slots_[i] = {static_cast<uint32_t>(hash >> 32),
                 static_cast<uint32_t>(r + 1)};
  }
}

size_t RecordTable::Insert(std::string_view key) {
  if (2 * (records_.size() + 1) > slots_.size()) Grow();
  const uint64_t hash = std::hash<std::string_view>()(key);
  const size_t i = FindSlot(key, hash);
  if (slots_[i].record != 0) return kTaken;
  records_.push_back({Keep(key), {}});
  slots_[i] = {static_cast<uint32_t>(hash >> 32),
               static_cast<uint32_t>(records_.size())};
  return records_.size() - 1;
}

bool RecordTable::Contains(std::string_view key) const {
  if (slots_.empty()) return false;
  return slots_[FindSlot(key, std::hash<std::string_view>()(key))].record != 0;
}

void RecordTable::SetValue(size_t record, std::string_view value) {
  records_[record].value = Keep(value);
}

std::vector<std::pair<std::string_view, std::string_view>> RecordTable::Sorted()
    const {
  using Pair = std::pair<std::string_view, std::string_view>;
  std::vector<Pair> pairs;
  pairs.reserve(records_.size());
  for (const Record& record : records_) {
    pairs.emplace_back(record.key, record.value);
  }
  const auto by_key = [](const Pair& a, const Pair& b) {
    return a.first < b.first;
  };
  // Mostly the tensors were added in order.
  if (std::ranges::is_sorted(pairs, by_key)) return pairs;
  // Keys have long beginnings in common: those are skipped, and the eight bytes
  // after them, kept beside the pointer, decide most comparisons.
  std::string_view common = pairs[0].first;
  for (const Pair& pair : pairs) {
    const auto ends = std::ranges::mismatch(common, pair.first);
    common = common.substr(0, static_cast<size_t>(ends.in1 - common.begin()));
  }
  std::vector<Sortable> order;
  order.reserve(pairs.size());
  for (const Pair& pair : pairs) {
    order.push_back({WordAt(pair.first, common.size()), &pair});
  }
  std::ranges::sort(order, [](const Sortable& a, const Sortable& b) {
    if (a.word != b.word) return a.word < b.word;
    return a.record->first < b.record->first;
  });
  std::vector<Pair> sorted;
  sorted.reserve(pairs.size());
  for (const Sortable& item : order) sorted.push_back(*item.record);
  return sorted;
}

}  // namespace cairn::bundle
