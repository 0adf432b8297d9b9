// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// StoredBytes: the bytes of one entry in its data file. ByteWindow: reads them
// one after another in constant memory, wherever they are.
//
//   ByteWindow in(stored, 0, stored.size());
//   uint64_t length;
//   CAIRN_RETURN_IF_ERROR(in.ReadVarint64(&length));
//   while (length > 0) {
//     std::string_view part;
//     CAIRN_RETURN_IF_ERROR(in.Take(length, &part));
//     length -= part.size();
//   }
//
// Several threads may read one StoredBytes; a ByteWindow belongs to one.
#ifndef CAIRN_BUNDLE_STORED_BYTES_H_
#define CAIRN_BUNDLE_STORED_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "cairn/base/status.h"
#include "cairn/bundle/shards.h"

namespace cairn::bundle {

// Bytes read and checksummed together, small enough to stay in the cache; a
// multiple of every element's size.
inline constexpr size_t kChunkBytes = size_t{256} << 10;

class StoredBytes {
 public:
  // Memory, which must outlive this.
  explicit StoredBytes(std::string_view bytes)
      : size_(bytes.size()), mapped_(bytes) {}
  // `size` bytes of a file, which has them.
  StoredBytes(Shards::Lease lease, uint64_t offset, uint64_t size,
              Mapping mapping);

  uint64_t size() const { return size_; }
  // All of them, in place.
  const std::optional<std::string_view>& mapped() const { return mapped_; }
  // Requires position + size <= size(). Never touches a mapping while the file
  // can be read.
  Status ReadAt(uint64_t position, size_t size, char* out) const;
  // In place, or read into `buffer`.
  StatusOr<std::string_view> Get(uint64_t position, size_t size,
                                 std::string& buffer) const;

 private:
  Shards::Lease lease_;
  bool is_file_ = false;
  uint64_t offset_ = 0;
  uint64_t size_ = 0;
  std::optional<std::string_view> mapped_;
};

class ByteWindow {
 public:
  // Of the bytes from `begin` to `end`.
  ByteWindow(const StoredBytes& stored, uint64_t begin, uint64_t end)
      : stored_(stored), next_(begin), end_(end) {}

  uint64_t rest() const { return end_ - next_ + window_.size(); }
  // Of the next byte.
  uint64_t position() const { return next_ - window_.size(); }
  // DataLoss when malformed or cut off.
  Status ReadVarint64(uint64_t* value);
  // DataLoss when there are fewer.
  Status ReadFixed32(std::string* bytes);
  // Some of the next bytes, at least one and at most `limit`, which must be
  // positive and not above rest(). Valid until the next call.
  Status Take(uint64_t limit, std::string_view* part);

 private:
  // Makes at least `wanted` bytes available, or all that are left.
  Status Fill(size_t wanted);

  const StoredBytes& stored_;
  uint64_t next_;  // what the window holds ends here
  const uint64_t end_;
  std::string_view window_;  // not taken yet
  std::string buffer_;
};

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_STORED_BYTES_H_
