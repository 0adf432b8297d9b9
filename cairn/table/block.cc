// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile block can do, and the check, made once when the block is made:
//   claim more restarts than fit                     Init: R <= (n - 4) / 4
//   point a restart outside, or out of order         Init: ascending from 0
//   point a restart into the middle of an entry      CheckEntries: meets each
//   share bytes at a restart, or more than there are CheckEntries
//   let lengths run past the entries, or wrap        ReadEntry: 64-bit sums
//   repeat or disorder keys                          CheckEntries
//   share a long key among many entries              SharedKey: a step costs
//                                                    what it does not share
// What would lead outside the block is checked at each step again.
#include "cairn/table/block.h"

#include <algorithm>
#include <utility>

#include "cairn/base/cursor.h"
#include "cairn/base/endian.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/table/format.h"

namespace cairn::table {
namespace {

struct Lengths {
  uint32_t shared;
  uint32_t unshared;
  uint32_t value;
};

// The lengths at the start of `bytes`; returns how many bytes they take, 0 if
// malformed.
size_t ReadLengths(std::string_view bytes, Lengths* lengths) {
  if (bytes.size() >= 3) {
    const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
    if ((p[0] | p[1] | p[2]) < 0x80) {  // nearly all entries
      *lengths = {p[0], p[1], p[2]};
      return 3;
    }
  }
  Cursor in(bytes);
  if (!in.ReadVarint32(&lengths->shared) ||
      !in.ReadVarint32(&lengths->unshared) ||
      !in.ReadVarint32(&lengths->value)) {
    return 0;
  }
  return in.position();
}

struct Entry {
  size_t shared;
  std::string_view unshared;
  std::string_view value;
  size_t end;  // offset of what follows
};

// The entry at `offset`; returns what is wrong with it, or null.
const char* ReadEntry(std::string_view entries, size_t offset, Entry* entry) {
  if (offset >= entries.size()) return "no bytes";
  Lengths lengths;
  const size_t length = ReadLengths(entries.substr(offset), &lengths);
  if (length == 0) return "malformed lengths";
  const size_t body = offset + length;
  if (uint64_t{lengths.unshared} + lengths.value > entries.size() - body) {
    return "lengths beyond the block";
  }
  entry->shared = lengths.shared;
  entry->unshared = entries.substr(body, lengths.unshared);
  entry->value = entries.substr(body + lengths.unshared, lengths.value);
  entry->end = body + lengths.unshared + lengths.value;
  return nullptr;
}

constexpr const char* kPrefixTooLong = "a prefix longer than the key";
constexpr const char* kRestartInside = "a restart point inside an entry before";

Status BadEntry(const char* what, size_t offset) {
  return DataLossError(
      StrCat("bad block contents: ", what, ", entry at ", offset));
}

}  // namespace

bool SharedKey::Advance(size_t shared, std::string_view unshared) {
  if (shared > view_.size()) return false;
  if (shared == 0) {
    view_ = unshared;
    return true;
  }
  if (view_.data() == buffer_.data()) {
    buffer_.resize(shared);
  } else {
    buffer_.assign(view_.substr(0, shared));
  }
  buffer_.append(unshared);
  view_ = buffer_;
  return true;
}

// --- Block ---

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
  return CheckEntries();
}

Status Block::CheckEntries() {
  SharedKey key;
  uint32_t next_restart = 0;
  size_t run = 0;
  for (size_t offset = 0; offset < entries_.size();) {
    Entry entry;
    if (const char* wrong = ReadEntry(entries_, offset, &entry)) {
      return BadEntry(wrong, offset);
    }
    if (next_restart < num_restarts_ && restart(next_restart) <= offset) {
      if (restart(next_restart) < offset) {
        return BadEntry(kRestartInside, offset);
      }
      if (entry.shared != 0) {
        return BadEntry("a shared prefix at a restart point", offset);
      }
      ++next_restart;
      run = 0;
    }
    longest_run_ = std::max(longest_run_, ++run);
    if (entry.shared > key.view().size()) {
      return BadEntry(kPrefixTooLong, offset);
    }
    // The prefixes are equal, so what follows them decides.
    if (offset > 0 && entry.unshared <= key.view().substr(entry.shared)) {
      return BadEntry("a key that is not above the one before", offset);
    }
    if (!key.Advance(entry.shared, entry.unshared)) {
      return BadEntry(kPrefixTooLong, offset);
    }
    offset = entry.end;
  }
  if (!entries_.empty() && next_restart != num_restarts_) {
    return BadEntry(kRestartInside, entries_.size());
  }
  return OkStatus();
}

// --- BlockIterator ---

void BlockIterator::Reset(std::shared_ptr<const Block> block) {
  block_ = std::move(block);
  key_.Clear();
  value_ = {};
  offset_ = next_ = 0;
  valid_ = false;
  status_ = OkStatus();
}

void BlockIterator::Fail(const char* what, size_t offset) {
  valid_ = false;
  status_ = GuardMemory("a block", [&] { return BadEntry(what, offset); });
}

void BlockIterator::ToRestart(uint32_t index) {
  next_ = block_->restart(index);
  key_.Clear();
  status_ = OkStatus();
}

void BlockIterator::SeekToFirst() {
  if (block_ == nullptr) return;
  ToRestart(0);
  Next();
}

void BlockIterator::SeekToLast() {
  if (block_ == nullptr) return;
  ToRestart(block_->num_restarts() - 1);
  do {
    Next();
  } while (valid_ && next_ < block_->entries().size());
}

void BlockIterator::Next() {
  const std::string_view entries = block_->entries();
  valid_ = false;
  if (next_ >= entries.size()) return;
  Entry entry;
  if (const char* wrong = ReadEntry(entries, next_, &entry)) {
    return Fail(wrong, next_);
  }
  bool fits = true;
  const Status memory = GuardMemory("a block", [&] {
    fits = key_.Advance(entry.shared, entry.unshared);
    return OkStatus();
  });
  if (!memory.ok()) {
    status_ = memory;
    return;
  }
  if (!fits) return Fail(kPrefixTooLong, next_);
  value_ = entry.value;
  offset_ = next_;
  next_ = entry.end;
  valid_ = true;
}

void BlockIterator::Seek(std::string_view target) {
  if (block_ == nullptr) return;
  // The last restart whose key is below the target, or the first one.
  uint32_t low = 0;
  uint32_t high = block_->num_restarts() - 1;
  while (low < high) {
    const uint32_t middle = low + (high - low + 1) / 2;
    Entry entry;
    const size_t offset = block_->restart(middle);
    if (const char* wrong = ReadEntry(block_->entries(), offset, &entry)) {
      return Fail(wrong, offset);
    }
    if (entry.unshared < target) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  ToRestart(low);
  do {
    Next();
  } while (valid_ && key_.view() < target);
}

}  // namespace cairn::table
