// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile block can do, and the check:
//   claim more restarts than fit                     Init: R <= (n - 4) / 4
//   point a restart outside, or out of order         Init: ascending from 0
//   point a restart into the middle of an entry      Next: must meet each one
//   share bytes at a restart, or more than there are Next
//   let lengths run past the entries, or wrap        Next: 64-bit sums
//   repeat or disorder keys                          Next: strictly ascending
#include "cairn/table/block.h"

#include <utility>

#include "cairn/base/cursor.h"
#include "cairn/base/endian.h"
#include "cairn/base/strings.h"
#include "cairn/table/format.h"

namespace cairn::table {
namespace {

struct EntryHeader {
  uint32_t shared;
  uint32_t unshared;
  uint32_t value_size;
};

// The header at the start of `bytes`; returns its length, 0 if malformed.
size_t ReadHeader(std::string_view bytes, EntryHeader* header) {
  if (bytes.size() >= 3) {
    const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
    if ((p[0] | p[1] | p[2]) < 0x80) {  // nearly all entries
      *header = {p[0], p[1], p[2]};
      return 3;
    }
  }
  Cursor in(bytes);
  if (!in.ReadVarint32(&header->shared) ||
      !in.ReadVarint32(&header->unshared) ||
      !in.ReadVarint32(&header->value_size)) {
    return 0;
  }
  return in.position();
}

}  // namespace

StatusOr<std::shared_ptr<const Block>> Block::Create(
    std::string_view contents) {
  std::shared_ptr<Block> block(new Block);
  CAIRN_RETURN_IF_ERROR(block->Init(contents));
  return std::shared_ptr<const Block>(std::move(block));
}

StatusOr<std::shared_ptr<const Block>> Block::Create(
    std::unique_ptr<char[]> contents, size_t size) {
  std::shared_ptr<Block> block(new Block);
  block->owned_ = std::move(contents);
  block->owned_size_ = size;
  CAIRN_RETURN_IF_ERROR(block->Init({block->owned_.get(), size}));
  return std::shared_ptr<const Block>(std::move(block));
}

uint32_t Block::restart(uint32_t i) const {
  return LoadLittleEndian<uint32_t>(restarts_ + size_t{i} * 4);
}

Status Block::Init(std::string_view contents) {
  const size_t n = contents.size();
  if (n < 4 || n > kMaxBlockSize) {
    return DataLossError(StrCat("bad block contents: ", n,
                                " bytes cannot hold a restart array"));
  }
  num_restarts_ = LoadLittleEndian<uint32_t>(contents.data() + n - 4);
  if (num_restarts_ == 0 || num_restarts_ > (n - 4) / 4) {
    return DataLossError(StrCat("bad block contents: ", num_restarts_,
                                " restarts in a block of ", n, " bytes"));
  }
  const size_t limit = n - 4 - size_t{num_restarts_} * 4;
  entries_ = contents.substr(0, limit);
  restarts_ = contents.data() + limit;
  for (uint32_t i = 0; i < num_restarts_; ++i) {
    const uint32_t offset = restart(i);
    // The first one is listed even if there is no entry.
    const bool good =
        i == 0 ? offset == 0 : offset > restart(i - 1) && offset < limit;
    if (good) continue;
    return DataLossError(StrCat("bad block contents: restart ", i, " of ",
                                num_restarts_, " is at ", offset,
                                ", entries end at ", limit));
  }
  return OkStatus();
}

void BlockIterator::Fail(const char* what) {
  valid_ = false;
  status_ = DataLossError(
      StrCat("bad block contents: ", what, " in the entry at ", next_));
}

void BlockIterator::ToRestart(uint32_t index) {
  next_ = block_->restart(index);
  next_restart_ = index;
  first_ = true;
  key_.clear();
  status_ = OkStatus();
}

void BlockIterator::SeekToFirst() {
  if (block_ == nullptr) return;
  ToRestart(0);
  Next();
}

void BlockIterator::Next() {
  const std::string_view entries = block_->entries();
  if (next_ >= entries.size()) {
    valid_ = false;
    if (!entries.empty() && next_restart_ != block_->num_restarts()) {
      Fail("a restart point inside an entry");
    }
    return;
  }
  EntryHeader header;
  const size_t length = ReadHeader(entries.substr(next_), &header);
  if (length == 0) return Fail("malformed lengths");
  const size_t body = next_ + length;
  const uint64_t left = entries.size() - body;
  if (uint64_t{header.unshared} + header.value_size > left) {
    return Fail("lengths beyond the block");
  }
  if (next_restart_ < block_->num_restarts()) {
    const uint32_t restart = block_->restart(next_restart_);
    if (restart == next_) {
      if (header.shared != 0) return Fail("a shared prefix at a restart point");
      ++next_restart_;
    } else if (restart < next_) {
      return Fail("a restart point inside an entry");
    }
  }
  if (header.shared > key_.size()) return Fail("a prefix longer than the key");
  const std::string_view unshared = entries.substr(body, header.unshared);
  // The prefixes are equal, so what follows them decides.
  if (!first_ && unshared <= std::string_view(key_).substr(header.shared)) {
    return Fail("a key that is not above the one before");
  }
  key_.resize(header.shared);
  key_.append(unshared);
  value_ = entries.substr(body + header.unshared, header.value_size);
  next_ = body + header.unshared + header.value_size;
  first_ = false;
  valid_ = true;
}

void BlockIterator::Seek(std::string_view target) {
  if (block_ == nullptr) return;
  // The last restart whose key is below the target, or the first one.
  uint32_t low = 0;
  uint32_t high = block_->num_restarts() - 1;
  while (low < high) {
    const uint32_t middle = low + (high - low + 1) / 2;
    ToRestart(middle);
    Next();
    if (!valid_) {
      if (status_.ok()) Fail("no entry at a restart point");
      return;
    }
    if (key_ < target) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  ToRestart(low);
  do {
    Next();
  } while (valid_ && key_ < target);
}

}  // namespace cairn::table
