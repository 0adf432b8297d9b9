// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile or damaged file can do, and the check:
//   be short, have another magic, wild handles     DecodeFooter, HandleOf
//   disorder the index, use a block twice          CheckIndex, when opening
//   change bytes of a block                        LoadBlock: checksum first
//   name an unknown compression                    LoadBlock
//   claim that a block grows to 4 GiB              Uncompress:
//                                                  kMaxSnappyExpansion
//   break the structure inside a block             Block::Create: all of it
//   order blocks wrongly, or hold keys that the    CheckPlace
//   index promises elsewhere, or none
//   list a million entries without a restart       WithMoreRestarts
//   fill the memory with blocks                    Cache: cache_limit_
#include "cairn/table/table.h"

#include <snappy.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "cairn/base/crc32c.h"
#include "cairn/base/endian.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/table/block_builder.h"

namespace cairn::table {
namespace {

// What keeping a block costs besides its bytes, roughly.
constexpr uint64_t kBlockOverhead = 256;
// Of blocks that are copied to be searched.
constexpr int kCopyRestartInterval = 64;

StatusOr<std::unique_ptr<char[]>> Allocate(size_t size) {
  std::unique_ptr<char[]> bytes(new (std::nothrow) char[size]);
  if (bytes != nullptr) return bytes;
  return ResourceExhaustedError(StrCat("no memory for ", size, " bytes"));
}

StatusOr<std::shared_ptr<const Block>> Uncompress(std::string_view stored) {
  size_t size = 0;
  if (!snappy::GetUncompressedLength(stored.data(), stored.size(), &size) ||
      size > kMaxBlockSize || size / kMaxSnappyExpansion > stored.size()) {
    return DataLossError(StrCat("corrupted compressed block contents: ",
                                stored.size(), " bytes claim to hold ", size));
  }
  CAIRN_ASSIGN_OR_RETURN(std::unique_ptr<char[]> bytes, Allocate(size));
  if (!snappy::RawUncompress(stored.data(), stored.size(), bytes.get())) {
    return DataLossError("corrupted compressed block contents");
  }
  return Block::Create(std::move(bytes), size);
}

Status BadType(uint8_t type) {
  return DataLossError(
      StrCat("bad block type ", int{type},
             type == kZstd ? " (zstd, which TensorFlow's tables never have)"
                           : ", expected 0 (plain) or 1 (snappy)"));
}

// A search steps over the entries after a restart, so that looking up every key
// of a block without restarts would take quadratic time.
StatusOr<std::shared_ptr<const Block>> WithMoreRestarts(
    std::shared_ptr<const Block> block) {
  if (block->longest_run() <= kMaxRestartRun) return block;
  // Keys that share a very long one would make the copy huge, and the comparing
  // of them slow.
  const size_t limit = 2 * block->entries().size() + kMaxCopyBytes;
  size_t size = block->entries().size();
  size_t count = 0;
  BlockIterator it(block);
  for (it.SeekToFirst(); it.Valid(); it.Next()) {
    if (count++ % kCopyRestartInterval == 0) size += it.key().size();
    if (size <= limit) continue;
    return ResourceExhaustedError(
        StrCat("a block with ", block->longest_run(),
               " entries without a restart takes over ", limit, " bytes"));
  }
  BlockBuilder copy(kCopyRestartInterval);
  for (it.SeekToFirst(); it.Valid(); it.Next()) copy.Add(it.key(), it.value());
  CAIRN_RETURN_IF_ERROR(it.status());
  const std::string_view contents = copy.Finish();
  CAIRN_ASSIGN_OR_RETURN(std::unique_ptr<char[]> bytes,
                         Allocate(contents.size()));
  std::memcpy(bytes.get(), contents.data(), contents.size());
  return Block::Create(std::move(bytes), contents.size());
}

}  // namespace

Table::Table(std::unique_ptr<RandomAccessFile> file, Access access,
             uint64_t max_cache_bytes)
    : file_(std::move(file)),
      access_(access),
      cache_limit_(std::min({file_->size(), max_cache_bytes, kMaxCacheBytes}) +
                   kMinCacheBytes) {}

StatusOr<std::unique_ptr<Table>> Table::Open(
    std::unique_ptr<RandomAccessFile> file, Access access,
    uint64_t max_cache_bytes) {
  // Without memory the file is not moved from, nor its path lost.
  std::unique_ptr<Table> table(
      new (std::nothrow) Table(std::move(file), access, max_cache_bytes));
  if (table == nullptr) return NoMemoryError(file->path(), "out of memory");
  CAIRN_RETURN_IF_ERROR(GuardMemory(
      table->file_->path(), [&] { return table->ReadFooterAndIndex(); }));
  return table;
}

Status Table::InFile(const Status& status) const {
  if (status.ok()) return status;
  return Annotate(status, Escape(file_->path(), 4096));
}

Status Table::AtBlock(const Status& status, uint64_t offset) const {
  if (status.ok()) return status;
  return Annotate(status,
                  StrCat(Escape(file_->path(), 4096), ": block at ", offset));
}

Status Table::IndexStatus(const BlockIterator& index) const {
  if (index.status().ok()) return OkStatus();
  return Annotate(index.status(),
                  StrCat(Escape(file_->path(), 4096), ": index block"));
}

Status Table::ReadFooterAndIndex() {
  const uint64_t size = file_->size();
  char buffer[kFooterSize];
  size_t length = 0;
  if (size >= kFooterSize) {
    length = kFooterSize;
    CAIRN_RETURN_IF_ERROR(
        InFile(file_->ReadAt(size - kFooterSize, kFooterSize, buffer)));
  }
  StatusOr<Footer> footer = DecodeFooter({buffer, length}, size);
  if (!footer.ok()) return InFile(footer.status());
  // Of the metaindex nothing is used, but damage anywhere should be noticed.
  CAIRN_RETURN_IF_ERROR(LoadBlock(footer->metaindex).status());
  CAIRN_ASSIGN_OR_RETURN(index_, LoadBlock(footer->index));
  return CheckIndex();
}

// Blocks that follow one another, so that none is used twice. One step per
// block, not per key.
Status Table::CheckIndex() const {
  BlockIterator it(index_);
  uint64_t end = 0;
  for (it.SeekToFirst(); it.Valid(); it.Next()) {
    CAIRN_ASSIGN_OR_RETURN(const BlockHandle handle, HandleOf(it));
    if (handle.offset < end) {
      return InFile(DataLossError(
          StrCat("bad block handle: blocks out of order, one at ",
                 handle.offset, " follows one that ends at ", end)));
    }
    end = handle.offset + handle.size + kBlockTrailerSize;
  }
  return IndexStatus(it);
}

StatusOr<BlockHandle> Table::HandleOf(const BlockIterator& index) const {
  Cursor in(index.value());
  BlockHandle handle;
  if (!ReadHandle(in, &handle)) {  // bytes after it are allowed
    return InFile(DataLossError(StrCat("bad block handle in the index entry \"",
                                       Escape(index.key()), "\"")));
  }
  if (!HandleFits(handle, file_->size() - kFooterSize)) {
    return InFile(DataLossError(
        StrCat("bad block handle: offset ", handle.offset, ", size ",
               handle.size, " in a file of ", file_->size(), " bytes")));
  }
  return handle;
}

// --- blocks ---

// Contents and trailer, in place or in `owned`.
Status Table::ReadBlock(const BlockHandle& handle,
                        std::unique_ptr<char[]>* owned,
                        std::string_view* bytes) const {
  const size_t size = static_cast<size_t>(handle.size) + kBlockTrailerSize;
  if (access_ == Access::kMap) {
    if (const auto mapped = file_->Mapped()) {
      *bytes = mapped->substr(static_cast<size_t>(handle.offset), size);
      return OkStatus();
    }
  }
  CAIRN_ASSIGN_OR_RETURN(*owned, Allocate(size));
  *bytes = {owned->get(), size};
  return file_->ReadAt(handle.offset, size, owned->get());
}

StatusOr<std::shared_ptr<const Block>> Table::LoadBlock(
    const BlockHandle& handle) const {
  std::unique_ptr<char[]> owned;
  std::string_view bytes;
  CAIRN_RETURN_IF_ERROR(
      AtBlock(ReadBlock(handle, &owned, &bytes), handle.offset));
  const auto size = static_cast<size_t>(handle.size);
  const auto stored = LoadLittleEndian<uint32_t>(bytes.data() + size + 1);
  const uint32_t computed = Crc32c(bytes.substr(0, size + 1));
  if (UnmaskCrc32c(stored) != computed) {
    return AtBlock(DataLossError(StrCat("block checksum mismatch: stored ",
                                        Hex(UnmaskCrc32c(stored), 8),
                                        ", computed ", Hex(computed, 8))),
                   handle.offset);
  }
  const auto type = static_cast<uint8_t>(bytes[size]);
  const std::string_view contents = bytes.substr(0, size);
  StatusOr<std::shared_ptr<const Block>> block = BadType(type);
  if (type == static_cast<uint8_t>(Compression::kNone)) {
    block = owned == nullptr ? Block::Create(contents)
                             : Block::Create(std::move(owned), size);
  } else if (type == static_cast<uint8_t>(Compression::kSnappy)) {
    block = Uncompress(contents);
  }
  if (block.ok()) block = WithMoreRestarts(*std::move(block));
  if (!block.ok()) return AtBlock(block.status(), handle.offset);
  return block;
}

// The index says which keys the block has: those above the index key before and
// not above its own.
Status Table::CheckPlace(const std::shared_ptr<const Block>& block,
                         const BlockIterator& index) const {
  BlockIterator data(block);
  data.SeekToFirst();
  if (!data.Valid()) return DataLossError("data block without entries");
  BlockIterator owner(index_);
  owner.Seek(data.key());
  if (owner.Valid() && owner.offset() < index.offset()) {
    return DataLossError(StrCat("bad block: its first key \"",
                                Escape(data.key()),
                                "\" is not above the previous block's index "
                                "key \"",
                                Escape(owner.key()), "\""));
  }
  data.SeekToLast();
  if (data.Valid() && data.key() <= index.key()) return OkStatus();
  return DataLossError(StrCat("bad block: its last key \"", Escape(data.key()),
                              "\" is above the block's index key \"",
                              Escape(index.key()), "\""));
}

StatusOr<std::shared_ptr<const Block>> Table::DataBlock(
    const BlockIterator& index) const {
  CAIRN_ASSIGN_OR_RETURN(const BlockHandle handle, HandleOf(index));
  std::shared_ptr<const Block> block = FindCached(handle);
  if (block != nullptr) return block;
  CAIRN_ASSIGN_OR_RETURN(block, LoadBlock(handle));
  CAIRN_RETURN_IF_ERROR(AtBlock(CheckPlace(block, index), handle.offset));
  Cache(handle, block);
  return block;
}

std::shared_ptr<const Block> Table::FindCached(
    const BlockHandle& handle) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = by_offset_.find(handle.offset);
  // A handle with the same offset and another size is another block.
  if (found == by_offset_.end() || found->second->handle != handle) {
    return nullptr;
  }
  cached_.splice(cached_.begin(), cached_, found->second);
  return found->second->block;
}

void Table::Cache(const BlockHandle& handle,
                  const std::shared_ptr<const Block>& block) const {
  const auto cost = [](const Block& b) {
    return b.owned_bytes() + kBlockOverhead;
  };
  const std::lock_guard<std::mutex> lock(mutex_);
  if (by_offset_.contains(handle.offset)) return;  // another thread's
  std::list<CachedBlock> added;  // both or neither, if there is no memory
  added.push_front({handle, block});
  by_offset_.emplace(handle.offset, added.begin());
  cached_.splice(cached_.begin(), added);
  cached_bytes_ += cost(*block);
  while (cached_bytes_ > cache_limit_ && cached_.size() > 1) {
    cached_bytes_ -= cost(*cached_.back().block);
    by_offset_.erase(cached_.back().handle.offset);
    cached_.pop_back();
  }
}

// --- lookups ---

StatusOr<PinnedValue> Table::Get(std::string_view key) const {
  return GuardMemory(file_->path(), [&]() -> StatusOr<PinnedValue> {
    BlockIterator index(index_);
    index.Seek(key);
    CAIRN_RETURN_IF_ERROR(IndexStatus(index));
    if (index.Valid()) {
      CAIRN_ASSIGN_OR_RETURN(std::shared_ptr<const Block> block,
                             DataBlock(index));
      BlockIterator data(block);
      data.Seek(key);
      if (!data.status().ok()) {
        CAIRN_ASSIGN_OR_RETURN(const BlockHandle handle, HandleOf(index));
        return AtBlock(data.status(), handle.offset);
      }
      if (data.Valid() && data.key() == key) {
        return PinnedValue{data.value(), std::move(block)};
      }
    }
    return NotFoundError(StrCat("Key ", Escape(key), " not found in ",
                                Escape(file_->path(), 4096)));
  });
}

Table::Iterator::Iterator(const Table& table)
    : table_(&table), index_(table.index_) {}

void Table::Iterator::Fail(Status status) {
  data_.Reset(nullptr);
  status_ = std::move(status);
}

template <typename F>
void Table::Iterator::Guarded(F&& move) {
  Status status = GuardMemory(table_->file_->path(), [&] {
    move();
    return OkStatus();
  });
  if (!status.ok()) Fail(std::move(status));
}

// Makes data_ an iterator of the block that index_ is at.
bool Table::Iterator::LoadData() {
  if (!index_.Valid()) {
    Fail(table_->IndexStatus(index_));
    return false;
  }
  StatusOr<std::shared_ptr<const Block>> block = table_->DataBlock(index_);
  if (!block.ok()) {
    Fail(block.status());
    return false;
  }
  data_.Reset(*std::move(block));
  return true;
}

void Table::Iterator::Seek(std::string_view key) {
  Guarded([&] {
    const std::string target(key);  // it may be the current key
    status_ = OkStatus();
    prefix_.clear();
    index_.Seek(target);
    if (!LoadData()) return;
    data_.Seek(target);
    // Beyond the block's last key but not beyond its index key: the next
    // block's.
    if (!data_.Valid()) ToNextBlock();
  });
}

void Table::Iterator::SeekToPrefix(std::string_view prefix) {
  Guarded([&] {
    std::string copy(prefix);
    Seek(prefix);
    prefix_ = std::move(copy);
  });
}

// data_ has come to the end of its block or to damage in it.
void Table::Iterator::ToNextBlock() {
  Guarded([&] {
    if (!data_.status().ok()) {
      const StatusOr<BlockHandle> handle = table_->HandleOf(index_);
      const uint64_t offset = handle.ok() ? handle->offset : 0;
      return Fail(table_->AtBlock(data_.status(), offset));
    }
    index_.Next();
    if (LoadData()) data_.SeekToFirst();
  });
}

}  // namespace cairn::table
