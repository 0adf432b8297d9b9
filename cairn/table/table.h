// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Table: an immutable sorted map in a file (docs/formats/table.md), for
// reading.
//
//   CAIRN_ASSIGN_OR_RETURN(auto table, Table::Open(std::move(file)));
//   CAIRN_ASSIGN_OR_RETURN(PinnedValue value, table->Get("key"));
//   Table::Iterator it(*table);
//   for (it.SeekToPrefix("a/"); it.Valid(); it.Next()) Use(it.key());
//   CAIRN_RETURN_IF_ERROR(it.status());
//
// Opening reads the footer, the index block and the metaindex block; a lookup
// reads one block more. The first use of a block verifies its checksum, every
// entry in it, and that its keys lie between the index keys around it. So on
// any file at all: what a walk shows, Get and Seek find; what a walk passes
// without showing, Get calls NotFound; and a damaged block is an error of
// whoever meets it, never a key that is missing.
//
// Not read, so that damage there goes unnoticed: bytes between blocks (writers
// leave none) and the blocks that a metaindex names, such as LevelDB's filters.
//
// Thread rule: a Table may be used from several threads, an Iterator from one.
#ifndef CAIRN_TABLE_TABLE_H_
#define CAIRN_TABLE_TABLE_H_

#include <cstdint>
#include <list>
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

// Blocks are kept in memory up to the first of these and the file's size, of
// which the second (or what Open is told) counts at most: all of a file of
// 1 GiB.
inline constexpr uint64_t kMinCacheBytes = uint64_t{32} << 20;
inline constexpr uint64_t kMaxCacheBytes = uint64_t{1} << 30;
// A block with more entries in a row without a restart is searched in a copy
// that has more restarts (writers put one at every 16th entry), which may take
// twice the block's size and the second of these.
inline constexpr size_t kMaxRestartRun = 1024;
inline constexpr size_t kMaxCopyBytes = size_t{1} << 20;

// A value and what keeps its memory, besides the table.
struct PinnedValue {
  std::string_view bytes;
  std::shared_ptr<const Block> block;
};

class Table {
 public:
  class Iterator;

  // How the file is read. kMap uses uncompressed blocks in place if the file
  // can be mapped; but if another process shortens the file meanwhile, the
  // system ends this one (SIGBUS). kRead is for files that others may rewrite
  // in place: that is an error then.
  enum class Access { kMap, kRead };

  // DataLoss when the file is no table. `max_cache_bytes`: 0 for a file that is
  // read once, in order.
  static StatusOr<std::unique_ptr<Table>> Open(
      std::unique_ptr<RandomAccessFile> file, Access access = Access::kMap,
      uint64_t max_cache_bytes = kMaxCacheBytes);

  const RandomAccessFile& file() const { return *file_; }

  // NotFound without the key. Valid as long as the table and the result.
  StatusOr<PinnedValue> Get(std::string_view key) const;

 private:
  Table(std::unique_ptr<RandomAccessFile> file, Access access,
        uint64_t max_cache_bytes);
  Status ReadFooterAndIndex();
  Status CheckIndex() const;
  Status ReadBlock(const BlockHandle& handle, std::unique_ptr<char[]>* owned,
                   std::string_view* bytes) const;
  // The block, checked in itself.
  StatusOr<std::shared_ptr<const Block>> LoadBlock(
      const BlockHandle& handle) const;
  // The block that `index` is at, also checked against the index, from the
  // cache if it is there.
  StatusOr<std::shared_ptr<const Block>> DataBlock(
      const BlockIterator& index) const;
  Status CheckPlace(const std::shared_ptr<const Block>& block,
                    const BlockIterator& index) const;
  std::shared_ptr<const Block> FindCached(const BlockHandle& handle) const;
  void Cache(const BlockHandle& handle,
             const std::shared_ptr<const Block>& block) const;
  StatusOr<BlockHandle> HandleOf(const BlockIterator& index) const;
  Status IndexStatus(const BlockIterator& index) const;
  Status AtBlock(const Status& status, uint64_t offset) const;
  Status InFile(const Status& status) const;

  std::unique_ptr<RandomAccessFile> file_;
  const Access access_;
  const uint64_t cache_limit_;
  std::shared_ptr<const Block> index_;

  // Checked data blocks, the most recently used one in front.
  struct CachedBlock {
    BlockHandle handle;
    std::shared_ptr<const Block> block;
  };
  mutable std::mutex mutex_;
  mutable std::list<CachedBlock> cached_;
  mutable std::unordered_map<uint64_t, std::list<CachedBlock>::iterator>
      by_offset_;
  mutable uint64_t cached_bytes_ = 0;
};

// Walks the keys in ascending order. The table must outlive it.
class Table::Iterator {
 public:
  // Not at an entry until a Seek.
  explicit Iterator(const Table& table);

  bool Valid() const {
    return data_.Valid() && data_.key().starts_with(prefix_);
  }
  // Not OK when damage ended the walk.
  const Status& status() const { return status_; }
  // Both until the next move.
  std::string_view key() const { return data_.key(); }
  std::string_view value() const { return data_.value(); }

  void SeekToFirst() { Seek({}); }
  // The first key >= target.
  void Seek(std::string_view target);
  // The first key that starts with `prefix`; the walk ends after the last one.
  void SeekToPrefix(std::string_view prefix);
  // Requires Valid.
  void Next() {
    data_.Next();
    if (!data_.Valid()) ToNextBlock();
  }

 private:
  bool LoadData();
  void ToNextBlock();
  void Fail(Status status);
  // Makes missing memory a failure of the walk.
  template <typename F>
  void Guarded(F&& move);

  const Table* table_;
  BlockIterator index_;
  BlockIterator data_;
  std::string prefix_;
  Status status_;
};

}  // namespace cairn::table

#endif  // CAIRN_TABLE_TABLE_H_
