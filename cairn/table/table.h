// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Table: an immutable sorted map in a file (docs/formats/table.md), for
// reading.
//
//   CAIRN_ASSIGN_OR_RETURN(auto table, Table::Open(std::move(file)));
//   CAIRN_ASSIGN_OR_RETURN(PinnedValue value, table->Get("key"));
//   Table::Iterator it(*table);
//   for (it.SeekToFirst(); it.Valid(); it.Next()) Use(it.key(), it.value());
//   CAIRN_RETURN_IF_ERROR(it.status());
//
// Opening reads the footer, the index block and the (empty) metaindex block; a
// lookup reads one block more. A block's checksum is verified before anything
// in it is used, and a damaged block is an error of whoever meets it: no key is
// ever reported missing because of it. Uncompressed blocks of a mapped file are
// used in place.
//
// Thread rule: a Table may be used from several threads, an Iterator from one.
#ifndef CAIRN_TABLE_TABLE_H_
#define CAIRN_TABLE_TABLE_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/table/block.h"
#include "cairn/table/format.h"

namespace cairn::table {

// A value and what keeps its memory, besides the table.
struct PinnedValue {
  std::string_view bytes;
  std::shared_ptr<const Block> block;
};

class Table {
 public:
  class Iterator;

  // DataLoss when the file is no table.
  static StatusOr<std::unique_ptr<Table>> Open(
      std::unique_ptr<RandomAccessFile> file);

  const RandomAccessFile& file() const { return *file_; }

  // NotFound without the key. Valid as long as the table and the result.
  StatusOr<PinnedValue> Get(std::string_view key) const;

 private:
  explicit Table(std::unique_ptr<RandomAccessFile> file)
      : file_(std::move(file)) {}
  Status ReadFooterAndIndex();
  Status CheckIndex() const;
  StatusOr<std::shared_ptr<const Block>> LoadBlock(
      const BlockHandle& handle) const;
  // LoadBlock, remembering blocks that were checked.
  StatusOr<std::shared_ptr<const Block>> DataBlock(
      const BlockHandle& handle) const;
  StatusOr<BlockHandle> HandleOf(const BlockIterator& index) const;
  Status AtBlock(const Status& status, uint64_t offset) const;
  Status InFile(const Status& status) const;

  std::unique_ptr<RandomAccessFile> file_;
  std::shared_ptr<const Block> index_;

  // Checked blocks by offset: all that are used in place, and others up to
  // kMaxCachedBytes.
  struct CheckedBlock {
    uint64_t size;
    std::shared_ptr<const Block> block;
  };
  mutable std::mutex mutex_;
  mutable std::unordered_map<uint64_t, CheckedBlock> blocks_;
  mutable size_t cached_bytes_ = 0;
};

// Memory for blocks that cannot be used in place.
inline constexpr size_t kMaxCachedBytes = size_t{8} << 20;

// Walks the keys in ascending order. The table must outlive it.
class Table::Iterator {
 public:
  // Not at an entry until a Seek.
  explicit Iterator(const Table& table);

  bool Valid() const { return data_.Valid(); }
  // Not OK when damage ended the walk.
  const Status& status() const { return status_; }
  std::string_view key() const { return data_.key(); }  // until the next move
  // Until the next move; for a mapped, uncompressed table as long as the table.
  std::string_view value() const { return data_.value(); }

  void SeekToFirst();
  // The first key >= target.
  void Seek(std::string_view target);
  // Requires Valid.
  void Next() {
    data_.Next();
    if (!data_.Valid()) ToNextBlock();
  }

 private:
  bool LoadData();
  void ToNextBlock();
  void Fail(Status status);

  const Table* table_;
  BlockIterator index_;
  BlockIterator data_;
  uint64_t data_offset_ = 0;
  Status status_;
};

}  // namespace cairn::table

#endif  // CAIRN_TABLE_TABLE_H_
