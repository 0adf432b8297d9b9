// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile or damaged file can do, and the check:
//   be short, have another magic, wild handles     DecodeFooter, HandleOf
//   disorder the index, use a block twice          CheckIndex, when opening
//   change bytes of a block                        LoadBlock: checksum first
//   name an unknown compression                    LoadBlock
//   claim that a block grows to 4 GiB              LoadBlock:
//   kMaxSnappyExpansion break the structure inside a block             block.cc
//   order blocks wrongly, or repeat one            Iterator: keys ascend across
//                                                  blocks and stay within the
//                                                  index keys around them
//   end a block early                              ToNextBlock: an empty data
//                                                  block is refused
#include "cairn/table/table.h"

#include <snappy.h>

#include <new>
#include <utility>

#include "cairn/base/crc32c.h"
#include "cairn/base/endian.h"
#include "cairn/base/strings.h"

namespace cairn::table {
namespace {

StatusOr<std::shared_ptr<const Block>> Uncompress(std::string_view stored) {
  size_t size = 0;
  if (!snappy::GetUncompressedLength(stored.data(), stored.size(), &size) ||
      size > kMaxBlockSize || size / kMaxSnappyExpansion > stored.size()) {
    return DataLossError(StrCat("corrupted compressed block contents: ",
                                stored.size(), " bytes claim to hold ", size));
  }
  std::unique_ptr<char[]> bytes(new (std::nothrow) char[size]);
  if (bytes == nullptr) {
    return ResourceExhaustedError(StrCat("no memory for ", size, " bytes"));
  }
  if (!snappy::RawUncompress(stored.data(), stored.size(), bytes.get())) {
    return DataLossError("corrupted compressed block contents");
  }
  return Block::Create(std::move(bytes), size);
}

}  // namespace

StatusOr<std::unique_ptr<Table>> Table::Open(
    std::unique_ptr<RandomAccessFile> file) {
  std::unique_ptr<Table> table(new Table(std::move(file)));
  CAIRN_RETURN_IF_ERROR(table->ReadFooterAndIndex());
  return table;
}

Status Table::InFile(const Status& status) const {
  if (status.ok()) return status;
  return Annotate(status, file_->path());
}

Status Table::AtBlock(const Status& status, uint64_t offset) const {
  if (status.ok()) return status;
  return Annotate(status, StrCat(file_->path(), ": block at ", offset));
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

// Ascending keys, each with a block after the one before: so that no lookup is
// led astray and no block is used twice. One step per block, not per key.
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
  return Annotate(it.status(), StrCat(file_->path(), ": index block"));
}

StatusOr<std::shared_ptr<const Block>> Table::LoadBlock(
    const BlockHandle& handle) const {
  const auto size = static_cast<size_t>(handle.size);
  std::unique_ptr<char[]> owned;
  std::string_view bytes;
  if (const auto mapped = file_->Mapped()) {
    bytes = mapped->substr(static_cast<size_t>(handle.offset),
                           size + kBlockTrailerSize);
  } else {
    owned.reset(new (std::nothrow) char[size + kBlockTrailerSize]);
    if (owned == nullptr) {
      return AtBlock(
          ResourceExhaustedError(StrCat("no memory for ", size, " bytes")),
          handle.offset);
    }
    CAIRN_RETURN_IF_ERROR(AtBlock(
        file_->ReadAt(handle.offset, size + kBlockTrailerSize, owned.get()),
        handle.offset));
    bytes = {owned.get(), size + kBlockTrailerSize};
  }
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
  StatusOr<std::shared_ptr<const Block>> block =
      DataLossError(StrCat("bad block type ", int{type}));
  if (type == static_cast<uint8_t>(Compression::kNone)) {
    block = owned == nullptr ? Block::Create(contents)
                             : Block::Create(std::move(owned), size);
  } else if (type == static_cast<uint8_t>(Compression::kSnappy)) {
    block = Uncompress(contents);
  }
  if (!block.ok()) return AtBlock(block.status(), handle.offset);
  return block;
}

StatusOr<std::shared_ptr<const Block>> Table::DataBlock(
    const BlockHandle& handle) const {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = blocks_.find(handle.offset);
    // A handle with the same offset and another size is another block.
    if (found != blocks_.end() && found->second.size == handle.size) {
      return found->second.block;
    }
  }
  CAIRN_ASSIGN_OR_RETURN(std::shared_ptr<const Block> block, LoadBlock(handle));
  const std::lock_guard<std::mutex> lock(mutex_);
  const size_t bytes = block->owned_bytes();
  if (bytes > 0 && cached_bytes_ + bytes > kMaxCachedBytes) {
    std::erase_if(blocks_, [](const auto& item) {
      return item.second.block->owned_bytes() > 0;
    });
    cached_bytes_ = 0;
  }
  if (bytes <= kMaxCachedBytes &&
      blocks_.try_emplace(handle.offset, CheckedBlock{handle.size, block})
          .second) {
    cached_bytes_ += bytes;
  }
  return block;
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

StatusOr<PinnedValue> Table::Get(std::string_view key) const {
  BlockIterator index(index_);
  index.Seek(key);
  CAIRN_RETURN_IF_ERROR(
      Annotate(index.status(), StrCat(file_->path(), ": index block")));
  if (index.Valid()) {
    CAIRN_ASSIGN_OR_RETURN(const BlockHandle handle, HandleOf(index));
    CAIRN_ASSIGN_OR_RETURN(std::shared_ptr<const Block> block,
                           DataBlock(handle));
    BlockIterator data(block);
    data.Seek(key);
    CAIRN_RETURN_IF_ERROR(AtBlock(data.status(), handle.offset));
    if (data.Valid() && data.key() == key) {
      return PinnedValue{data.value(), std::move(block)};
    }
  }
  return NotFoundError(
      StrCat("Key ", Escape(key), " not found in ", file_->path()));
}

Table::Iterator::Iterator(const Table& table)
    : table_(&table), index_(table.index_) {}

void Table::Iterator::Fail(Status status) {
  data_ = BlockIterator();
  index_ = BlockIterator(table_->index_);
  status_ = std::move(status);
}

// Makes data_ an iterator of the block that index_ is at.
bool Table::Iterator::LoadData() {
  if (!index_.Valid()) {
    const Status status = Annotate(
        index_.status(), StrCat(table_->file_->path(), ": index block"));
    Fail(status);
    return false;
  }
  StatusOr<BlockHandle> handle = table_->HandleOf(index_);
  if (!handle.ok()) {
    Fail(handle.status());
    return false;
  }
  StatusOr<std::shared_ptr<const Block>> block = table_->DataBlock(*handle);
  if (!block.ok()) {
    Fail(block.status());
    return false;
  }
  data_offset_ = handle->offset;
  data_ = BlockIterator(*std::move(block));
  return true;
}

void Table::Iterator::SeekToFirst() {
  status_ = OkStatus();
  data_ = BlockIterator();
  index_.SeekToFirst();
  if (!LoadData()) return;
  data_.SeekToFirst();
  if (!data_.Valid()) ToNextBlock();
}

void Table::Iterator::Seek(std::string_view target) {
  status_ = OkStatus();
  data_ = BlockIterator();
  index_.Seek(target);
  if (!LoadData()) return;
  data_.Seek(target);
  // Beyond the block's last key but not beyond its index key: the next block's.
  if (!data_.Valid()) ToNextBlock();
}

// data_ has come to the end of its block or to damage in it.
void Table::Iterator::ToNextBlock() {
  if (!data_.status().ok()) {
    return Fail(table_->AtBlock(data_.status(), data_offset_));
  }
  const auto wrong = [this](const char* what) {
    Fail(table_->AtBlock(DataLossError(what), data_offset_));
  };
  if (data_.block()->entries().empty())
    return wrong("data block without entries");
  // key() still is the last key, all keys before it are below.
  const std::string separator(index_.key());
  if (data_.key() > separator)
    return wrong("a key above the block's index key");
  index_.Next();
  if (!LoadData()) return;
  data_.SeekToFirst();
  if (data_.Valid() && data_.key() <= separator) {
    return wrong("a key not above the previous block's index key");
  }
  if (!data_.Valid()) ToNextBlock();
}

}  // namespace cairn::table
