// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Layout of the file: see format.h; of a block: block.h. A data block is cut
// when it has reached block_size, or before an entry of at least twice that
// (that rule is TensorFlow's, tsl/lib/io/table_builder.cc; LevelDB has only the
// first). The index has one entry per data block: a key at or above its last
// and below the next block's first, and its handle; every index entry is a
// restart.
#include "cairn/table/table_builder.h"

#include <snappy.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"

namespace cairn::table {
namespace {

constexpr size_t kMaxLength = 0x7fffffff;

}  // namespace

std::string ShortestSeparator(std::string_view a, std::string_view b) {
  const size_t shorter = std::min(a.size(), b.size());
  size_t d = 0;
  while (d < shorter && a[d] == b[d]) ++d;
  if (d == shorter) return std::string(a);
  const auto at_a = static_cast<unsigned char>(a[d]);
  const auto at_b = static_cast<unsigned char>(b[d]);
  if (at_a == 0xff || at_a + 1 >= at_b) return std::string(a);
  std::string key(a.substr(0, d + 1));
  key[d] = static_cast<char>(at_a + 1);
  return key;
}

std::string ShortSuccessor(std::string_view a) {
  const size_t i = a.find_first_not_of('\xff');
  if (i == std::string_view::npos) return std::string(a);
  std::string key(a.substr(0, i + 1));
  key[i] = static_cast<char>(static_cast<unsigned char>(key[i]) + 1);
  return key;
}

TableBuilder::TableBuilder(WritableFile* file, const TableOptions& options)
    : options_(options),
      file_(file),
      data_(std::max(options.restart_interval, 1)),
      index_(1) {
  CheckOptions();
}

TableBuilder::TableBuilder(std::string* out, const TableOptions& options)
    : options_(options),
      out_(out),
      data_(std::max(options.restart_interval, 1)),
      index_(1) {
  CheckOptions();
}

void TableBuilder::CheckOptions() {
  if (options_.restart_interval < 1 ||
      options_.block_size > kMaxBlockSize / 2) {
    status_ = InvalidArgumentError(StrCat(
        "a table cannot have a restart interval of ", options_.restart_interval,
        " and blocks of ", options_.block_size, " bytes"));
  }
}

Status TableBuilder::Fail(Status status) {
  if (status_.ok()) status_ = std::move(status);
  return status_;
}

Status TableBuilder::Append(std::string_view bytes) {
  if (out_ != nullptr) {
    out_->append(bytes);
  } else if (Status s = file_->Append(bytes); !s.ok()) {
    return Fail(std::move(s));
  }
  offset_ += bytes.size();
  return OkStatus();
}

void TableBuilder::AddPendingIndexEntry(const std::string& separator) {
  if (!has_pending_) return;
  std::string handle;
  AppendHandle(handle, pending_);
  index_.Add(separator, handle);
  has_pending_ = false;
}

std::string_view TableBuilder::what() const {
  return file_ == nullptr ? std::string_view("a table") : file_->path();
}

Status TableBuilder::Add(std::string_view key, std::string_view value) {
  Status status = GuardMemory(what(), [&] { return AddOrThrow(key, value); });
  // After Finish it is the caller who is wrong, not the table.
  return status.ok() || finished_ ? status : Fail(std::move(status));
}

Status TableBuilder::AddOrThrow(std::string_view key, std::string_view value) {
  CAIRN_RETURN_IF_ERROR(status_);
  if (finished_) {
    return FailedPreconditionError("the table is finished");
  }
  if (num_entries_ > 0 && key <= last_key_) {
    return Fail(InvalidArgumentError(StrCat("keys must ascend: \"", Escape(key),
                                            "\" was added after \"",
                                            Escape(last_key_), "\"")));
  }
  if (key.size() > kMaxLength || value.size() > kMaxLength) {
    return Fail(InvalidArgumentError(
        StrCat("entry \"", Escape(key), "\" is too large: key of ", key.size(),
               " bytes, value of ", value.size(), ", at most ", kMaxLength)));
  }
  if (key.size() + value.size() >= 2 * options_.block_size && !data_.empty()) {
    CAIRN_RETURN_IF_ERROR(Flush());
  }
  if (has_pending_) AddPendingIndexEntry(ShortestSeparator(last_key_, key));
  data_.Add(key, value);
  last_key_.assign(key);
  ++num_entries_;
  if (data_.size() >= options_.block_size) return Flush();
  return OkStatus();
}

Status TableBuilder::Flush() {
  if (data_.empty()) return OkStatus();
  CAIRN_RETURN_IF_ERROR(WriteBlock(data_, &pending_));
  has_pending_ = true;
  return OkStatus();
}

Status TableBuilder::WriteBlock(BlockBuilder& block, BlockHandle* handle) {
  std::string_view stored = block.Finish();
  if (stored.size() > kMaxBlockSize) {
    return Fail(InvalidArgumentError(
        StrCat("block of ", stored.size(), " bytes is too large")));
  }
  Compression type = Compression::kNone;
  std::string compressed;
  if (options_.compression == Compression::kSnappy) {
    snappy::Compress(stored.data(), stored.size(), &compressed);
    if (compressed.size() < stored.size() - stored.size() / 8) {
      stored = compressed;
      type = Compression::kSnappy;
    }
  }
  *handle = {offset_, stored.size()};
  CAIRN_RETURN_IF_ERROR(Append(stored));
  CAIRN_RETURN_IF_ERROR(Append(BlockTrailer(stored, type)));
  block.Clear();
  return OkStatus();
}

Status TableBuilder::Finish() {
  const bool was_finished = finished_;
  Status status = GuardMemory(what(), [&] { return FinishOrThrow(); });
  return status.ok() || was_finished ? status : Fail(std::move(status));
}

Status TableBuilder::FinishOrThrow() {
  CAIRN_RETURN_IF_ERROR(status_);
  if (finished_) {
    return FailedPreconditionError("the table is finished");
  }
  finished_ = true;
  CAIRN_RETURN_IF_ERROR(Flush());
  Footer footer;
  BlockBuilder metaindex(1);
  CAIRN_RETURN_IF_ERROR(WriteBlock(metaindex, &footer.metaindex));
  if (has_pending_) AddPendingIndexEntry(ShortSuccessor(last_key_));
  CAIRN_RETURN_IF_ERROR(WriteBlock(index_, &footer.index));
  return Append(EncodeFooter(footer));
}

}  // namespace cairn::table
