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
// A Block that exists is well-formed from end to end, so that a search, which
// looks at a few entries only, finds what a walk would show.
//
// A Block is immutable and may be shared by threads; a BlockIterator belongs to
// one at a time.
//
//   CAIRN_ASSIGN_OR_RETURN(auto block, Block::Create(contents));
//   BlockIterator it(block);
//   for (it.SeekToFirst(); it.Valid(); it.Next()) Use(it.key(), it.value());
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
  // Borrows `contents`. DataLoss unless every entry is well-formed, the keys
  // ascend strictly, and the restart offsets ascend from 0 and each is that of
  // an entry that shares nothing. Takes time proportional to the size.
  static StatusOr<std::shared_ptr<const Block>> Create(
      std::string_view contents);
  // Owns them.
  static StatusOr<std::shared_ptr<const Block>> Create(
      std::unique_ptr<char[]> contents, size_t size);

  std::string_view entries() const { return entries_; }
  uint32_t num_restarts() const { return num_restarts_; }
  uint32_t restart(uint32_t i) const;
  // The most entries between two restarts: what a search may have to step over.
  size_t longest_run() const { return longest_run_; }
  // Bytes this block keeps in memory of its own.
  size_t owned_bytes() const { return owned_ == nullptr ? 0 : owned_size_; }

 private:
  Block() = default;
  Status Init(std::string_view contents);
  Status CheckEntries();

  std::unique_ptr<char[]> owned_;
  size_t owned_size_ = 0;
  std::string_view entries_;
  const char* restarts_ = nullptr;
  uint32_t num_restarts_ = 0;
  size_t longest_run_ = 0;
};

// A key put together from what entries share. While an entry shares nothing,
// the key is the block's own memory.
class SharedKey {
 public:
  SharedKey() = default;
  SharedKey(const SharedKey&) = delete;  // the view may be of the buffer
  SharedKey& operator=(const SharedKey&) = delete;

  std::string_view view() const { return view_; }
  void Clear() { view_ = {}; }
  // False when there is less to share.
  [[nodiscard]] bool Advance(size_t shared, std::string_view unshared);

 private:
  std::string_view view_;  // of the block or of buffer_
  std::string buffer_;
};

// Walks a block's entries. No move reads outside the block, even if its memory
// is a mapped file that somebody changes meanwhile; then an iterator may come
// to an error: it is not Valid and status() says why.
class BlockIterator {
 public:
  BlockIterator() = default;  // at no block: not Valid, OK
  explicit BlockIterator(std::shared_ptr<const Block> block)
      : block_(std::move(block)) {}
  // As if newly made.
  void Reset(std::shared_ptr<const Block> block);

  bool Valid() const { return valid_; }
  const Status& status() const { return status_; }
  std::string_view key() const { return key_.view(); }  // until the next move
  std::string_view value() const { return value_; }     // as long as the block
  // Where the current entry starts.
  size_t offset() const { return offset_; }
  const std::shared_ptr<const Block>& block() const { return block_; }

  void SeekToFirst();
  void SeekToLast();
  // The first entry whose key is >= target.
  void Seek(std::string_view target);
  // Requires Valid.
  void Next();

 private:
  void ToRestart(uint32_t index);
  void Fail(const char* what, size_t offset);

  std::shared_ptr<const Block> block_;
  SharedKey key_;
  std::string_view value_;
  size_t offset_ = 0;  // of the current entry
  size_t next_ = 0;    // of the one after
  bool valid_ = false;
  Status status_;
};

}  // namespace cairn::table

#endif  // CAIRN_TABLE_BLOCK_H_
