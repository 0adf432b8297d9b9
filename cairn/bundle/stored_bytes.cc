// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/bundle/stored_bytes.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "cairn/base/cursor.h"
#include "cairn/base/strings.h"

namespace cairn::bundle {

StoredBytes::StoredBytes(Shards::Lease lease, uint64_t offset, uint64_t size,
                         Mapping mapping)
    : lease_(std::move(lease)), is_file_(true), offset_(offset), size_(size) {
  if (mapping == Mapping::kNever) return;
  if (const auto file = lease_.file().Mapped()) {
    mapped_ =
        file->substr(static_cast<size_t>(offset), static_cast<size_t>(size));
  }
}

Status StoredBytes::ReadAt(uint64_t position, size_t size, char* out) const {
  if (is_file_) return lease_.file().ReadAt(offset_ + position, size, out);
  std::memcpy(out, mapped_->data() + position, size);
  return OkStatus();
}

StatusOr<std::string_view> StoredBytes::Get(uint64_t position, size_t size,
                                            std::string& buffer) const {
  if (mapped_.has_value()) {
    return mapped_->substr(static_cast<size_t>(position), size);
  }
  try {
    buffer.resize(size);
  } catch (const std::bad_alloc&) {
    return ResourceExhaustedError(StrCat("no memory for ", size, " bytes"));
  }
  CAIRN_RETURN_IF_ERROR(ReadAt(position, size, buffer.data()));
  return std::string_view(buffer);
}

Status ByteWindow::Fill(size_t wanted) {
  if (window_.size() >= wanted || next_ == end_) return OkStatus();
  // What was not taken is read once more: that is a few bytes.
  const uint64_t from = next_ - window_.size();
  const auto size =
      static_cast<size_t>(std::min<uint64_t>(kChunkBytes, end_ - from));
  CAIRN_ASSIGN_OR_RETURN(window_, stored_.Get(from, size, buffer_));
  next_ = from + size;
  return OkStatus();
}

Status ByteWindow::ReadVarint64(uint64_t* value) {
  CAIRN_RETURN_IF_ERROR(Fill(kMaxVarint64Bytes));
  Cursor in(window_);
  if (!in.ReadVarint64(value)) return DataLossError("malformed varint");
  window_ = in.rest();
  return OkStatus();
}

Status ByteWindow::ReadFixed32(std::string* bytes) {
  CAIRN_RETURN_IF_ERROR(Fill(4));
  if (window_.size() < 4) return DataLossError("4 bytes expected");
  bytes->assign(window_.substr(0, 4));
  window_.remove_prefix(4);
  return OkStatus();
}

Status ByteWindow::Take(uint64_t limit, std::string_view* part) {
  CAIRN_RETURN_IF_ERROR(Fill(1));
  *part = window_.substr(
      0, static_cast<size_t>(std::min<uint64_t>(limit, window_.size())));
  window_.remove_prefix(part->size());
  return OkStatus();
}

}  // namespace cairn::bundle
