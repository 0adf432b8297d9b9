// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The parts every table file has besides its blocks' contents: block handles,
// block trailers and the footer. See docs/formats/table.md.
//
//   file    data block* metaindex block, index block, footer
//   block   contents (n bytes), type (1), masked CRC-32C of both (4)
//   handle  varint64 offset, varint64 n
//   footer  metaindex handle, index handle, zeros up to 40 bytes, magic (8)
#ifndef CAIRN_TABLE_FORMAT_H_
#define CAIRN_TABLE_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/base/cursor.h"
#include "cairn/base/status.h"

namespace cairn::table {

inline constexpr uint64_t kTableMagic = 0xdb4775248b80fb57;
inline constexpr size_t kFooterSize = 48;
inline constexpr size_t kBlockTrailerSize = 5;
// Offsets inside a block are 32 bits wide.
inline constexpr uint64_t kMaxBlockSize = 0xffffffff;
// The densest Snappy element turns 3 bytes into 64, so no honest block claims
// more than this many times its stored size.
inline constexpr uint64_t kMaxSnappyExpansion = 22;

// How a block's contents are stored. The numbers stand in files.
enum class Compression : uint8_t { kNone = 0, kSnappy = 1 };
// What newer LevelDBs may write and no reader of checkpoints reads.
inline constexpr uint8_t kZstd = 2;

// Where a block's contents are; the trailer follows them.
struct BlockHandle {
  uint64_t offset = 0;
  uint64_t size = 0;  // of the contents
  friend bool operator==(const BlockHandle&, const BlockHandle&) = default;
};
void AppendHandle(std::string& out, const BlockHandle& handle);
[[nodiscard]] bool ReadHandle(Cursor& in, BlockHandle* handle);

struct Footer {
  BlockHandle metaindex;
  BlockHandle index;
};
std::string EncodeFooter(const Footer& footer);
// `bytes` are the last kFooterSize bytes of a file of `file_size` bytes.
// DataLoss: bad magic, malformed handles, padding that is not zero, a block
// outside the file.
StatusOr<Footer> DecodeFooter(std::string_view bytes, uint64_t file_size);

// Whether the block and its trailer end at or before `limit`.
bool HandleFits(const BlockHandle& handle, uint64_t limit);

// The trailer of a block with these stored contents.
std::string BlockTrailer(std::string_view stored, Compression type);

}  // namespace cairn::table

#endif  // CAIRN_TABLE_FORMAT_H_
