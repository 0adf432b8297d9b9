// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// RecordTable: the keys and values of an index that is being made. A million
// records cost a few allocations, not millions. For the bundle room only.
//
//   RecordTable records;
//   const size_t w = records.Insert("w");          // kTaken if it is there
//   records.SetValue(w, EncodeEntry(entry));
//   for (const auto& [key, value] : records.Sorted()) builder.Add(key, value);
//
// Not thread-safe.
#ifndef CAIRN_BUNDLE_RECORDS_H_
#define CAIRN_BUNDLE_RECORDS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::bundle {

class RecordTable {
 public:
  static constexpr size_t kTaken = SIZE_MAX;

  // A new record, without a value yet; kTaken if the key is there.
  size_t Insert(std::string_view key);
  bool Contains(std::string_view key) const;
  // At most once for each record.
  void SetValue(size_t record, std::string_view value);
  // Valid as long as the table.
  std::string_view key(size_t record) const { return records_[record].key; }
  size_t size() const { return records_.size(); }

  // All records in ascending order of the keys' unsigned bytes. The views are
  // valid as long as the table.
  std::vector<std::pair<std::string_view, std::string_view>> Sorted() const;

 private:
  struct Record {
    std::string_view key;
    std::string_view value;
  };
  struct Slot {
    uint32_t hash = 0;
    uint32_t record = 0;  // index + 1; 0: free
  };
  std::string_view Keep(std::string_view bytes);
  // The slot that holds `key`, or the free one where it belongs.
  size_t FindSlot(std::string_view key, uint32_t hash) const;
  void Grow();

  std::vector<Record> records_;
  std::vector<Slot> slots_;  // a power of two, at most half of them taken
  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t block_left_ = 0;
  char* block_next_ = nullptr;
};

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_RECORDS_H_
