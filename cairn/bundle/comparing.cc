// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Whether a bundle holds a value that is in memory. The bytes are taken from
// the mapping, chunk by chunk, compared and, as long as they are the same,
// checksummed: a value that has changed costs little, for most of its bytes
// are never looked at.
#include <algorithm>
#include <cstring>
#include <string>

#include "cairn/base/crc32c.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader_impl.h"
#include "cairn/bundle/string_writing.h"
#include "cairn/tensor/box_runs.h"

namespace cairn::bundle {
namespace {

// Calls `take` with the bytes of `box` of `value`, in order, until it returns
// false or an error; whether it never did.
template <typename Take>
StatusOr<bool> WalkBytes(const TensorView& value, const TensorSlice& box,
                         Take take) {
  const TensorSlice all = AllOf(value.shape());
  const auto size = static_cast<size_t>(DataTypeSize(value.dtype()));
  for (BoxRuns runs(box, all, box); runs.Valid(); runs.Next()) {
    const std::string_view run =
        value.bytes().substr(static_cast<size_t>(runs.from()) * size,
                             static_cast<size_t>(runs.length()) * size);
    CAIRN_ASSIGN_OR_RETURN(const bool go_on, take(run));
    if (!go_on) return false;
  }
  return true;
}

StatusOr<uint32_t> ChecksumOf(const TensorView& value, const TensorSlice& box) {
  uint32_t crc = 0;
  CAIRN_RETURN_IF_ERROR(
      WalkBytes(value, box, [&](std::string_view run) -> StatusOr<bool> {
        crc = ExtendCrc32c(crc, run);
        return true;
      }).status());
  return crc;
}

}  // namespace

StatusOr<bool> BundleReader::Impl::HoldsBytes(const BundleEntry& entry,
                                              const TensorView& value,
                                              const TensorSlice& box) const {
  CAIRN_ASSIGN_OR_RETURN(const StoredBytes stored, BytesOf(entry));
  uint64_t position = 0;
  uint32_t crc = 0;
  std::string buffer;
  const auto compare = [&](std::string_view run) -> StatusOr<bool> {
    while (!run.empty()) {
      const std::string_view mine = run.substr(0, kChunkBytes);
      run.remove_prefix(mine.size());
      CAIRN_ASSIGN_OR_RETURN(const std::string_view theirs,
                             stored.Get(position, mine.size(), buffer));
      if (mine != theirs) return false;
      crc = ExtendCrc32c(crc, theirs);
      position += mine.size();
    }
    return true;
  };
  CAIRN_ASSIGN_OR_RETURN(const bool same, WalkBytes(value, box, compare));
  if (!same || crc == UnmaskCrc32c(entry.masked_crc32c)) return same;
  return InData(DataLossError(StrCat("Checksum does not match: stored ",
                                     Hex(UnmaskCrc32c(entry.masked_crc32c), 8),
                                     ", computed ", Hex(crc, 8))),
                entry);
}

StatusOr<bool> BundleReader::Impl::HoldsStrings(
    const BundleEntry& entry, const TensorView& value,
    BundleReader::Compare compare) const {
  const auto strings = value.strings();
  if (static_cast<uint64_t>(entry.size) != StoredSize(value.dtype(), strings)) {
    return false;
  }
  if (compare == BundleReader::Compare::kChecksum) {
    CAIRN_ASSIGN_OR_RETURN(
        const uint32_t crc,
        WriteStrings(
            value.dtype(), strings, [](std::string_view) { return OkStatus(); },
            header.endianness));
    return crc == UnmaskCrc32c(entry.masked_crc32c);
  }
  bool same = true;
  const Status visited = VisitEntry(entry, [&](const StringPart& part) {
    const std::string_view mine = strings[static_cast<size_t>(part.index)];
    same = mine.size() == part.length &&
           mine.substr(static_cast<size_t>(part.offset), part.bytes.size()) ==
               part.bytes;
    return same ? OkStatus() : CancelledError("ends the visit");
  });
  if (same) CAIRN_RETURN_IF_ERROR(visited);
  return same;
}

StatusOr<bool> BundleReader::Impl::Holds(const BundleEntry& entry,
                                         const TensorView& value,
                                         const TensorSlice& box,
                                         BundleReader::Compare compare) const {
  const StatusOr<Shape> shape = box.Apply(value.shape());
  if (!shape.ok() || entry.dtype != value.dtype() || entry.shape != *shape ||
      !entry.slices.empty() ||
      (header.endianness == Endianness::kLittle) != kLittleEndianHost) {
    return false;
  }
  if (value.holds_strings()) {
    return box.Covers(value.shape()) ? HoldsStrings(entry, value, compare)
                                     : false;
  }
  // A box without elements has no runs, and nothing to compare.
  if (shape->num_elements() == 0) return entry.size == 0;
  if (entry.size != shape->num_elements() * DataTypeSize(value.dtype())) {
    return false;
  }
  const TensorSlice resolved = box.Resolve(value.shape());
  if (compare == BundleReader::Compare::kBytes) {
    return HoldsBytes(entry, value, resolved);
  }
  CAIRN_ASSIGN_OR_RETURN(const uint32_t crc, ChecksumOf(value, resolved));
  return crc == UnmaskCrc32c(entry.masked_crc32c);
}

StatusOr<bool> BundleReader::Holds(const BundleEntry& entry,
                                   const TensorView& value,
                                   const TensorSlice& box,
                                   Compare compare) const {
  return GuardMemory(prefix(),
                     [&] { return impl_->Holds(entry, value, box, compare); });
}

StatusOr<ShardFile> BundleReader::ShardFileOf(int32_t shard) const {
  return GuardMemory(prefix(), [&]() -> StatusOr<ShardFile> {
    if (shard < 0 || shard >= header().num_shards) {
      return InvalidArgumentError(StrCat(Escape(prefix(), 4096), ": no shard ",
                                         shard, " of ", header().num_shards));
    }
    CAIRN_ASSIGN_OR_RETURN(const Shards::Lease lease,
                           impl_->shards->Get(shard, header().num_shards));
    const RandomAccessFile& file = lease.file();
    return ShardFile{file.path(), file.id(), file.size(), header().endianness};
  });
}

}  // namespace cairn::bundle
