// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Block: the sorted, prefix-compressed entries of one table block, read in
// place.
//
//   entry    varint32 shared, varint32 unshared, varint32 value size,
//            unshared key bytes, value bytes
//   block    entry*, fixed32 restart offset * R, fixed32 R
//
// An entry's key is the first `shared` bytes of the previous key and then its
// own. At a restart offset shared is 0, so a search can start there.
//
// A Block is immutable and may be shared by threads; a BlockIterator belongs to
// one at a time.
#ifndef CAIRN_TABLE_BLOCK_H_
#define CAIRN_TABLE_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "cairn/base/status.h"

namespace cairn::table {

class Block {
 public:
  // Borrows `contents`. DataLoss when the restart array does not fit or is not
  // ascending from 0 within the entries.
  static StatusOr<std::shared_ptr<const Block>> Create(
      std::string_view contents);
  // Owns them.
  static StatusOr<std::shared_ptr<const Block>> Create(
      std::unique_ptr<char[]> contents, size_t size);

  std::string_view entries() const { return entries_; }
  uint32_t num_restarts() const { return num_restarts_; }
  uint32_t restart(uint32_t i) const;
  // Bytes this block keeps in memory of its own.
  size_t owned_bytes() const { return owned_ == nullptr ? 0 : owned_size_; }

 private:
  Block() = default;
  Status Init(std::string_view contents);

  std::unique_ptr<char[]> owned_;
  size_t owned_size_ = 0;
  std::string_view entries_;
  const char* restarts_ = nullptr;
  uint32_t num_restarts_ = 0;
};

// Walks a block's entries. After an error it is not Valid and status() says
// why.
class BlockIterator {
 public:
  BlockIterator() = default;  // at no block: not Valid, OK
  explicit BlockIterator(std::shared_ptr<const Block> block)
      : block_(std::move(block)) {}

  bool Valid() const { return valid_; }
  const Status& status() const { return status_; }
  std::string_view key() const { return key_; }      // until the next move
  std::string_view value() const { return value_; }  // as long as the block
  const std::shared_ptr<const Block>& block() const { return block_; }

  void SeekToFirst();
  // The first entry whose key is >= target.
  void Seek(std::string_view target);
  // Requires Valid.
  void Next();

 private:
  void ToRestart(uint32_t index);
  void Fail(const char* what);

  std::shared_ptr<const Block> block_;
  std::string key_;
  std::string_view value_;
  size_t next_ = 0;            // offset of the entry after the current one
  uint32_t next_restart_ = 0;  // first restart at or after next_
  bool first_ = true;          // no entry was read since the last jump
  bool valid_ = false;
  Status status_;
};

}  // namespace cairn::table

#endif  // CAIRN_TABLE_BLOCK_H_
