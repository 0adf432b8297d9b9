// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/bundle/records.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <span>

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

using Pair = std::pair<std::string_view, std::string_view>;

struct Sortable {
  uint64_t word;
  const Pair* record;
  std::string_view key() const { return record->first; }
};

// Groups of at most so many are compared whole.
constexpr size_t kFewRecords = 24;

// Sorts by the keys, which are the same up to `depth`: by the eight bytes
// there, kept beside the pointers, and then, where those are the same, by the
// next eight. Most comparisons so need no look at a key, which is a cache miss.
void SortByKey(std::span<Sortable> all, size_t depth) {
  struct Range {
    std::span<Sortable> records;
    size_t depth;
  };
  std::vector<Range> ranges = {{all, depth}};
  while (!ranges.empty()) {
    const auto [records, from] = ranges.back();
    ranges.pop_back();
    if (records.size() <= kFewRecords) {
      std::ranges::sort(records, {}, &Sortable::key);
      continue;
    }
    for (Sortable& item : records) item.word = WordAt(item.key(), from);
    std::ranges::sort(records, {}, &Sortable::word);
    for (size_t begin = 0, end; begin < records.size(); begin = end) {
      end = begin + 1;
      while (end < records.size() && records[end].word == records[begin].word) {
        ++end;
      }
      // Keys that end here, among zeros, come before those that go on.
      const size_t next = from + 8;
      const std::span<Sortable> group = records.subspan(begin, end - begin);
      if (group.size() == 1) continue;
      const auto longer = std::partition(
          group.begin(), group.end(),
          [&](const Sortable& item) { return item.key().size() <= next; });
      std::ranges::sort(group.begin(), longer, {},
                        [](const Sortable& item) { return item.key().size(); });
      ranges.push_back({{longer, group.end()}, next});
    }
  }
}

uint32_t HashOf(std::string_view key) {
  const uint64_t hash = std::hash<std::string_view>()(key);
  return static_cast<uint32_t>(hash ^ hash >> 32);
}

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
      blocks_.push_back(std::unique_ptr<char[]>(new char[kBlockBytes]));
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

size_t RecordTable::FindSlot(std::string_view key, uint32_t hash) const {
  const size_t mask = slots_.size() - 1;
  for (size_t i = hash & mask;; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.record == 0 ||
        (slot.hash == hash && records_[slot.record - 1].key == key)) {
      return i;
    }
  }
}

void RecordTable::Grow() {
  std::vector<Slot> old = std::exchange(slots_, {});
  slots_.resize(std::max(kFirstSlots, 2 * old.size()));
  const size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.record == 0) continue;
    size_t i = slot.hash & mask;
    while (slots_[i].record != 0) i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

size_t RecordTable::Insert(std::string_view key) {
  if (2 * (records_.size() + 1) > slots_.size()) Grow();
  const uint32_t hash = HashOf(key);
  const size_t i = FindSlot(key, hash);
  if (slots_[i].record != 0) return kTaken;
  records_.push_back({Keep(key), {}});
  slots_[i] = {hash, static_cast<uint32_t>(records_.size())};
  return records_.size() - 1;
}

bool RecordTable::Contains(std::string_view key) const {
  return !slots_.empty() && slots_[FindSlot(key, HashOf(key))].record != 0;
}

void RecordTable::SetValue(size_t record, std::string_view value) {
  records_[record].value = Keep(value);
}

std::vector<std::pair<std::string_view, std::string_view>> RecordTable::Sorted()
    const {
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
  std::string_view common = pairs[0].first;
  for (const Pair& pair : pairs) {
    const auto ends = std::ranges::mismatch(common, pair.first);
    common = common.substr(0, static_cast<size_t>(ends.in1 - common.begin()));
  }
  std::vector<Sortable> order;
  order.reserve(pairs.size());
  for (const Pair& pair : pairs) order.push_back({0, &pair});
  SortByKey(order, common.size());
  std::vector<Pair> sorted;
  sorted.reserve(pairs.size());
  for (const Sortable& item : order) sorted.push_back(*item.record);
  return sorted;
}

}  // namespace cairn::bundle
