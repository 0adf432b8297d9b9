// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// BundleReader from inside: what its parts share. Opening and the index are in
// reader.cc, the bytes of one tensor in entry_reading.cc, many tensors at once
// in many_reader.cc.
#ifndef CAIRN_BUNDLE_READER_IMPL_H_
#define CAIRN_BUNDLE_READER_IMPL_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "cairn/base/endian.h"
#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/bundle/entry.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/shards.h"
#include "cairn/bundle/stored_bytes.h"
#include "cairn/table/table.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/tensor.h"

namespace cairn::bundle {

// One stored piece of a tensor and the part of it that is wanted.
struct Piece {
  BundleEntry entry;
  TensorSlice where;   // resolved
  TensorSlice wanted;  // common part with what is read
};

struct BundleReader::Impl {
  FileSystem* fs;
  std::string prefix;
  Mapping mapping = Mapping::kAllowed;
  std::unique_ptr<table::Table> table;
  BundleHeader header;
  std::unique_ptr<Shards> shards;
  // Entries that Verify::kOnce need not verify again.
  using Place = std::tuple<int32_t, int64_t, int64_t, uint32_t>;
  mutable std::mutex mutex;
  mutable std::set<Place> verified;

  // --- the index ---
  Status ReadHeader();
  // The status, or Unavailable if it came from the index being replaced.
  Status IndexStatus(const Status& status) const;
  // With the key, or the place of the bytes, in front.
  Status InIndex(const Status& status, std::string_view key) const;
  Status InData(const Status& status, const BundleEntry& entry) const;
  StatusOr<BundleEntry> CheckedEntry(std::string_view key,
                                     std::string_view value) const;
  StatusOr<BundleEntry> Lookup(std::string_view key) const;

  // --- one entry's bytes ---
  bool needs_swap(DataType dtype) const {
    return (header.endianness == Endianness::kLittle) != kLittleEndianHost &&
           DataTypeSize(dtype) > 0 && Info(dtype).swap_unit > 1;
  }
  // The bytes, which lie within their file.
  StatusOr<StoredBytes> BytesOf(const BundleEntry& entry) const;
  // Reads the part into `out`, in the host's byte order; returns the checksum
  // of its stored bytes. `position` and `size` are multiples of the element's.
  StatusOr<uint32_t> ReadPart(const BundleEntry& entry,
                              const StoredBytes& stored, uint64_t position,
                              size_t size, char* out) const;
  Status ReadFixed(const BundleEntry& entry, char* out) const;
  Status VerifyFixed(const BundleEntry& entry) const;
  StatusOr<Tensor> ReadWhole(const BundleEntry& entry) const;
  Status VisitEntry(const BundleEntry& entry, const StringVisitor& visit) const;
  Status StreamFixed(const BundleEntry& entry, bool swap,
                     const ByteSink& sink) const;
  Status CheckEntry(std::string_view key, const BundleEntry& entry) const;

  // --- comparing (comparing.cc) ---
  StatusOr<bool> Holds(const BundleEntry& entry, const TensorView& value,
                       const TensorSlice& box,
                       BundleReader::Compare compare) const;
  StatusOr<bool> HoldsStrings(const BundleEntry& entry, const TensorView& value,
                              BundleReader::Compare compare) const;
  StatusOr<bool> HoldsBytes(const BundleEntry& entry, const TensorView& value,
                            const TensorSlice& box) const;

  // --- regions ---
  StatusOr<Piece> FindPiece(std::string_view key, const BundleEntry& full,
                            const TensorSlice& slice) const;
  StatusOr<std::vector<Piece>> FindPieces(std::string_view key,
                                          const BundleEntry& full,
                                          const TensorSlice& region) const;
  // A whole piece's runs, verified; those alone that are wanted, unverified.
  Status CopyVerified(const Piece& piece, const TensorSlice& region,
                      char* out) const;
  Status CopyUnverified(const Piece& piece, const TensorSlice& region,
                        char* out) const;
  Status CopyFixed(const Piece& piece, const TensorSlice& region, Verify verify,
                   char* out) const;
  Status CopyStrings(const Piece& piece, const TensorSlice& region,
                     std::vector<std::string>& out) const;
  Status ReadRegionInto(std::string_view key, const BundleEntry& full,
                        const TensorSlice& region, Verify verify,
                        char* out) const;
  StatusOr<Tensor> ReadRegion(std::string_view key, const BundleEntry& full,
                              const TensorSlice& region, Verify verify) const;
  StatusOr<Tensor> ReadEntry(std::string_view key,
                             const BundleEntry& entry) const;
  // InvalidArgument unless a part of that shape has a fixed size, `size`.
  Status CheckTarget(const BundleEntry& entry, const Shape& shape,
                     size_t size) const;
  Status ReadEntryInto(std::string_view key, const BundleEntry& entry,
                       std::span<char> out) const;
  Status StreamPieces(std::string_view key, const BundleEntry& full,
                      const ByteSink& sink) const;
};

inline TensorSlice AllOf(const Shape& shape) {
  return TensorSlice(shape.rank()).Resolve(shape);
}

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_READER_IMPL_H_
