// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What the index of a TensorBundle holds: one header under the key "" and one
// entry per key. Bytes: docs/formats/tensor_bundle.md.
#ifndef CAIRN_BUNDLE_ENTRY_H_
#define CAIRN_BUNDLE_ENTRY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/tensor/dtype.h"
#include "cairn/tensor/shape.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/slice_key.h"

namespace cairn::bundle {

// The version this code writes, and the newest it reads.
inline constexpr int32_t kBundleVersion = 1;
// A header that claims more shards is refused.
inline constexpr int32_t kMaxShards = 1 << 20;

enum class Endianness { kLittle = 0, kBig = 1 };

// BundleHeaderProto.
struct BundleHeader {
  int32_t num_shards = 1;
  Endianness endianness = Endianness::kLittle;
  int32_t producer = kBundleVersion;
  int32_t min_consumer = 0;
  std::vector<int32_t> bad_consumers;
};

// BundleEntryProto.
struct BundleEntry {
  DataType dtype = DataType::kInvalid;
  Shape shape;
  int32_t shard_id = 0;
  int64_t offset = 0;          // in the shard's data file
  int64_t size = 0;            // bytes stored there
  uint32_t masked_crc32c = 0;  // as stored; UnmaskCrc32c gives the checksum
  // Non-empty for a tensor stored in pieces: then shard_id, offset, size and
  // checksum mean nothing and each piece has an entry of its own under
  // EncodeTensorNameSlice(key, slice). A merge leaves a shard_id here all the
  // same, so it is written.
  std::vector<TensorSlice> slices;
};

// A data file that is there.
struct ShardFile {
  std::string path;
  uint64_t id = 0;  // FileInfo::id
  uint64_t size = 0;
  Endianness endianness = Endianness::kLittle;
};

// DataLoss names what is malformed; the caller adds file and key.
StatusOr<BundleHeader> DecodeHeader(std::string_view bytes);
StatusOr<BundleEntry> DecodeEntry(std::string_view bytes);
// The bytes TensorFlow writes for the same values.
std::string EncodeHeader(const BundleHeader& header);
std::string EncodeEntry(const BundleEntry& entry);

// "<prefix>.index"
std::string IndexPath(std::string_view prefix);
// "<prefix>.data-00003-of-00008"
std::string DataPath(std::string_view prefix, int32_t shard,
                     int32_t num_shards);

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_ENTRY_H_
