// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The bytes of one tensor. What a hostile bundle can do, and the check:
//   place a tensor outside its data file            BytesOf, before allocating
//   change data bytes                               checksum before use
//   list pieces that overlap, or leave gaps         ChoosePieces
//   list pieces that differ from their own entries  FindPiece
//   claim a huge tensor of few bytes in pieces      FindPieces: not more bytes
//                                                   than the data files have
// Reads go through ReadAt, straight into their destination: that is faster than
// copying from a mapping, whose pages have to be made present first. Bytes that
// are only checksummed are taken from the mapping.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <new>
#include <numeric>
#include <utility>
#include <vector>

#include "cairn/base/crc32c.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader_impl.h"
#include "cairn/bundle/string_reading.h"
#include "cairn/tensor/box_runs.h"
#include "cairn/tensor/pieces.h"
#include "cairn/tensor/slice_key.h"

namespace cairn::bundle {
namespace {

// Entries that Verify::kOnce remembers.
constexpr size_t kMaxVerified = size_t{1} << 16;
// What StreamPieces puts together at a time.
constexpr int64_t kBlockBytes = int64_t{4} << 20;

// Which of the slices stand in the list before: their bytes are checked once.
std::vector<bool> RepeatedSlices(const std::vector<TensorSlice>& slices) {
  const auto as_pair = [](const SliceExtent& extent) {
    return std::pair(extent.start, extent.length);
  };
  const auto less = [&](uint32_t a, uint32_t b) {
    if (slices[a] == slices[b]) return a < b;
    return std::ranges::lexicographical_compare(
        slices[a].extents(), slices[b].extents(), {}, as_pair, as_pair);
  };
  std::vector<uint32_t> sorted(slices.size());
  std::iota(sorted.begin(), sorted.end(), 0u);
  std::ranges::sort(sorted, less);
  std::vector<bool> repeated(slices.size());
  for (size_t i = 1; i < sorted.size(); ++i) {
    if (slices[sorted[i]] == slices[sorted[i - 1]]) repeated[sorted[i]] = true;
  }
  return repeated;
}

}  // namespace

// --- one entry ---

StatusOr<StoredBytes> BundleReader::Impl::BytesOf(
    const BundleEntry& entry) const {
  if (entry.shard_id < 0 || entry.shard_id >= header.num_shards ||
      entry.offset < 0 || entry.size < 0) {
    return InvalidArgumentError("the entry is not of this checkpoint");
  }
  CAIRN_ASSIGN_OR_RETURN(Shards::Lease lease,
                         shards->Get(entry.shard_id, header.num_shards));
  const auto offset = static_cast<uint64_t>(entry.offset);
  const auto size = static_cast<uint64_t>(entry.size);
  const uint64_t end = lease.file().size();
  if (offset > end || size > end - offset) {
    return InData(DataLossError(StrCat("the file ends at ", end)), entry);
  }
  return StoredBytes(std::move(lease), offset, size, mapping);
}

StatusOr<uint32_t> BundleReader::Impl::ReadPart(const BundleEntry& entry,
                                                const StoredBytes& stored,
                                                uint64_t position, size_t size,
                                                char* out) const {
  const bool swap = needs_swap(entry.dtype);
  uint32_t crc = 0;
  for (size_t done = 0; done < size;) {
    const size_t n = std::min(kChunkBytes, size - done);
    CAIRN_RETURN_IF_ERROR(stored.ReadAt(position + done, n, out + done));
    crc = ExtendCrc32c(crc, {out + done, n});
    if (swap) SwapElements(entry.dtype, {out + done, n});
    done += n;
  }
  return crc;
}

Status BundleReader::Impl::ReadFixed(const BundleEntry& entry,
                                     char* out) const {
  CAIRN_ASSIGN_OR_RETURN(const StoredBytes stored, BytesOf(entry));
  CAIRN_ASSIGN_OR_RETURN(
      const uint32_t crc,
      ReadPart(entry, stored, 0, static_cast<size_t>(entry.size), out));
  return InData(CompareChecksum(entry, crc), entry);
}

Status BundleReader::Impl::VerifyFixed(const BundleEntry& entry) const {
  return StreamFixed(entry, false, [](std::string_view) { return OkStatus(); });
}

Status BundleReader::Impl::StreamFixed(const BundleEntry& entry, bool swap,
                                       const ByteSink& sink) const {
  CAIRN_ASSIGN_OR_RETURN(const StoredBytes stored, BytesOf(entry));
  uint32_t crc = 0;
  std::string buffer;
  std::string swapped;
  for (uint64_t done = 0; done < stored.size();) {
    const auto n = static_cast<size_t>(
        std::min<uint64_t>(kChunkBytes, stored.size() - done));
    CAIRN_ASSIGN_OR_RETURN(std::string_view bytes, stored.Get(done, n, buffer));
    crc = ExtendCrc32c(crc, bytes);
    if (swap) {
      swapped.assign(bytes);
      SwapElements(entry.dtype, swapped);
      bytes = swapped;
    }
    CAIRN_RETURN_IF_ERROR(sink(bytes));
    done += n;
  }
  return InData(CompareChecksum(entry, crc), entry);
}

Status BundleReader::Impl::VisitEntry(const BundleEntry& entry,
                                      const StringVisitor& visit) const {
  CAIRN_ASSIGN_OR_RETURN(const StoredBytes stored, BytesOf(entry));
  return InData(VisitStoredStrings(entry, header.endianness, stored, visit),
                entry);
}

StatusOr<Tensor> BundleReader::Impl::ReadWhole(const BundleEntry& entry) const {
  // The size fits the shape and the file, so the memory is the file's at most,
  // or a std::string for each byte.
  CAIRN_ASSIGN_OR_RETURN(const StoredBytes stored, BytesOf(entry));
  if (IsFixedSize(entry.dtype)) {
    CAIRN_ASSIGN_OR_RETURN(
        Tensor tensor, Tensor::CreateUninitialized(entry.dtype, entry.shape));
    CAIRN_RETURN_IF_ERROR(ReadFixed(entry, tensor.mutable_bytes().data()));
    return tensor;
  }
  std::vector<std::string> strings;
  CAIRN_RETURN_IF_ERROR(InData(
      CollectStrings(entry, header.endianness, stored, &strings), entry));
  return Tensor::OfStrings(entry.shape, std::move(strings), entry.dtype);
}

Status BundleReader::Impl::CheckEntry(std::string_view key,
                                      const BundleEntry& entry) const {
  if (!entry.slices.empty()) {
    const std::vector<bool> repeated = RepeatedSlices(entry.slices);
    for (size_t i = 0; i < entry.slices.size(); ++i) {
      if (repeated[i]) continue;
      CAIRN_ASSIGN_OR_RETURN(const Piece piece,
                             FindPiece(key, entry, entry.slices[i]));
      CAIRN_RETURN_IF_ERROR(CheckEntry(key, piece.entry));
    }
    return OkStatus();
  }
  return IsFixedSize(entry.dtype) ? VerifyFixed(entry)
                                  : VisitEntry(entry, nullptr);
}

// --- pieces ---

StatusOr<Piece> BundleReader::Impl::FindPiece(std::string_view key,
                                              const BundleEntry& full,
                                              const TensorSlice& slice) const {
  StatusOr<BundleEntry> entry = Lookup(EncodeTensorNameSlice(key, slice));
  if (absl::IsNotFound(entry.status())) {
    return DataLossError(StrCat(Escape(prefix, 4096), ": tensor ", Escape(key),
                                ": its piece ", slice.ToString(),
                                " is missing from the index"));
  }
  if (!entry.ok()) return entry.status();
  const StatusOr<Shape> shape = slice.Apply(full.shape);
  if (!shape.ok()) return InIndex(shape.status(), key);
  if (entry->dtype != full.dtype || !entry->slices.empty() ||
      entry->shape != *shape) {
    return InIndex(DataLossError(StrCat(
                       "piece ", slice.ToString(), " should be ",
                       DataTypeName(full.dtype), shape->ToString(), " but is ",
                       DataTypeName(entry->dtype), entry->shape.ToString())),
                   key);
  }
  return Piece{*std::move(entry), slice.Resolve(full.shape), {}};
}

// The pieces that hold `region`, each element once.
StatusOr<std::vector<Piece>> BundleReader::Impl::FindPieces(
    std::string_view key, const BundleEntry& full,
    const TensorSlice& region) const {
  if (full.slices.empty()) {
    std::vector<Piece> whole;
    whole.push_back({full, AllOf(full.shape), region});
    CAIRN_RETURN_IF_ERROR(BytesOf(full).status());
    return whole;
  }
  StatusOr<std::vector<ChosenPiece>> chosen =
      ChoosePieces(full.shape, full.slices, region);
  if (!chosen.ok()) return InIndex(chosen.status(), key);
  std::vector<Piece> pieces;
  uint64_t stored_bytes = 0;
  std::map<int32_t, uint64_t> file_bytes;
  for (ChosenPiece& choice : *chosen) {
    CAIRN_ASSIGN_OR_RETURN(Piece piece,
                           FindPiece(key, full, full.slices[choice.index]));
    CAIRN_RETURN_IF_ERROR(BytesOf(piece.entry).status());
    CAIRN_ASSIGN_OR_RETURN(
        const Shards::Lease lease,
        shards->Get(piece.entry.shard_id, header.num_shards));
    file_bytes[piece.entry.shard_id] = lease.file().size();
    stored_bytes += static_cast<uint64_t>(piece.entry.size);
    piece.wanted = std::move(choice.wanted);
    pieces.push_back(std::move(piece));
  }
  uint64_t available = 0;
  for (const auto& [shard, bytes] : file_bytes) available += bytes;
  if (stored_bytes > available) {
    return InIndex(
        DataLossError(StrCat("its pieces claim ", stored_bytes,
                             " bytes, their data files have ", available)),
        key);
  }
  return pieces;
}

Status BundleReader::Impl::CopyVerified(const Piece& piece,
                                        const TensorSlice& region,
                                        char* out) const {
  const BundleEntry& entry = piece.entry;
  const auto unit = static_cast<uint64_t>(DataTypeSize(entry.dtype));
  const bool swap = needs_swap(entry.dtype);
  BoxRuns runs(piece.wanted, piece.where, region);
  if (static_cast<uint64_t>(runs.length()) * unit ==
      static_cast<uint64_t>(entry.size)) {
    return ReadFixed(entry, out + static_cast<uint64_t>(runs.to()) * unit);
  }
  // The runs ascend, and so do the chunks.
  uint64_t position = 0;
  return StreamFixed(entry, false, [&](std::string_view chunk) {
    const uint64_t end = position + chunk.size();
    for (; runs.Valid(); runs.Next()) {
      const uint64_t from = static_cast<uint64_t>(runs.from()) * unit;
      const uint64_t to = static_cast<uint64_t>(runs.to()) * unit;
      const uint64_t stop = from + static_cast<uint64_t>(runs.length()) * unit;
      if (from >= end) break;
      const uint64_t first = std::max(from, position);
      const auto n = static_cast<size_t>(std::min(stop, end) - first);
      char* const target = out + to + (first - from);
      std::memcpy(target, chunk.data() + (first - position), n);
      if (swap) SwapElements(entry.dtype, {target, n});
      if (stop > end) break;  // goes on in the next chunk
    }
    position = end;
    return OkStatus();
  });
}

Status BundleReader::Impl::CopyUnverified(const Piece& piece,
                                          const TensorSlice& region,
                                          char* out) const {
  const BundleEntry& entry = piece.entry;
  const auto unit = static_cast<uint64_t>(DataTypeSize(entry.dtype));
  const bool swap = needs_swap(entry.dtype);
  CAIRN_ASSIGN_OR_RETURN(const StoredBytes stored, BytesOf(entry));
  // Of short runs that are not far apart, many are read at once.
  std::string buffer;
  uint64_t begin = 0;
  uint64_t end = 0;
  for (BoxRuns runs(piece.wanted, piece.where, region); runs.Valid();
       runs.Next()) {
    const uint64_t from = static_cast<uint64_t>(runs.from()) * unit;
    const auto n =
        static_cast<size_t>(runs.length()) * static_cast<size_t>(unit);
    char* const target = out + static_cast<uint64_t>(runs.to()) * unit;
    if (stored.mapped().has_value()) {
      std::memcpy(target, stored.mapped()->data() + from, n);
    } else if (n >= kChunkBytes / 4) {
      CAIRN_RETURN_IF_ERROR(stored.ReadAt(from, n, target));
    } else {
      if (from < begin || from + n > end) {
        begin = from;
        end = std::min<uint64_t>(from + kChunkBytes / 4, stored.size());
        CAIRN_RETURN_IF_ERROR(
            stored.Get(begin, static_cast<size_t>(end - begin), buffer)
                .status());
      }
      std::memcpy(target, buffer.data() + (from - begin), n);
    }
    if (swap) SwapElements(entry.dtype, {target, n});
  }
  return OkStatus();
}

Status BundleReader::Impl::CopyFixed(const Piece& piece,
                                     const TensorSlice& region, Verify verify,
                                     char* out) const {
  const BundleEntry& entry = piece.entry;
  const Place place(entry.shard_id, entry.offset, entry.size,
                    entry.masked_crc32c);
  if (verify == Verify::kOnce) {
    const std::lock_guard<std::mutex> lock(mutex);
    if (verified.contains(place)) verify = Verify::kNone;
  }
  if (verify == Verify::kNone) return CopyUnverified(piece, region, out);
  CAIRN_RETURN_IF_ERROR(CopyVerified(piece, region, out));
  if (verify == Verify::kOnce) {
    const std::lock_guard<std::mutex> lock(mutex);
    if (verified.size() < kMaxVerified) verified.insert(place);
  }
  return OkStatus();
}

Status BundleReader::Impl::CopyStrings(const Piece& piece,
                                       const TensorSlice& region,
                                       std::vector<std::string>& out) const {
  BoxRuns runs(piece.wanted, piece.where, region);
  try {
    return VisitEntry(piece.entry, [&](const StringPart& part) {
      if (part.offset == 0) {
        while (runs.Valid() && part.index >= runs.from() + runs.length()) {
          runs.Next();
        }
      }
      if (!runs.Valid() || part.index < runs.from()) return OkStatus();
      out[static_cast<size_t>(runs.to() + part.index - runs.from())].append(
          part.bytes);
      return OkStatus();
    });
  } catch (const std::bad_alloc&) {
    return InData(ResourceExhaustedError("no memory for its strings"),
                  piece.entry);
  }
}

// --- regions ---

Status BundleReader::Impl::ReadRegionInto(std::string_view key,
                                          const BundleEntry& full,
                                          const TensorSlice& region,
                                          Verify verify, char* out) const {
  CAIRN_ASSIGN_OR_RETURN(const std::vector<Piece> pieces,
                         FindPieces(key, full, region));
  CAIRN_ASSIGN_OR_RETURN(const Shape shape, region.Apply(full.shape));
  if (shape.num_elements() == 0) return OkStatus();
  for (const Piece& piece : pieces) {
    CAIRN_RETURN_IF_ERROR(CopyFixed(piece, region, verify, out));
  }
  return OkStatus();
}

StatusOr<Tensor> BundleReader::Impl::ReadRegion(std::string_view key,
                                                const BundleEntry& full,
                                                const TensorSlice& region,
                                                Verify verify) const {
  // Before anything is allocated.
  CAIRN_ASSIGN_OR_RETURN(const std::vector<Piece> pieces,
                         FindPieces(key, full, region));
  CAIRN_ASSIGN_OR_RETURN(const Shape shape, region.Apply(full.shape));
  CAIRN_ASSIGN_OR_RETURN(Tensor tensor,
                         Tensor::CreateUninitialized(full.dtype, shape));
  if (shape.num_elements() == 0) return tensor;
  for (const Piece& piece : pieces) {
    CAIRN_RETURN_IF_ERROR(
        IsFixedSize(full.dtype)
            ? CopyFixed(piece, region, verify, tensor.mutable_bytes().data())
            : CopyStrings(piece, region, tensor.strings()));
  }
  return tensor;
}

StatusOr<Tensor> BundleReader::Impl::ReadEntry(std::string_view key,
                                               const BundleEntry& entry) const {
  if (entry.slices.empty()) return ReadWhole(entry);
  return ReadRegion(key, entry, AllOf(entry.shape), Verify::kChecksum);
}

Status BundleReader::Impl::CheckTarget(const BundleEntry& entry,
                                       const Shape& shape, size_t size) const {
  if (!IsFixedSize(entry.dtype)) {
    return InvalidArgumentError(StrCat("it is of dtype ",
                                       DataTypeName(entry.dtype),
                                       ", which has no fixed size"));
  }
  const StatusOr<int64_t> bytes = ByteSize(shape, DataTypeSize(entry.dtype));
  if (bytes.ok() && static_cast<uint64_t>(*bytes) == size) return OkStatus();
  return InvalidArgumentError(
      StrCat("it is ", DataTypeName(entry.dtype), shape.ToString(),
             ", the memory for it has ", size, " bytes"));
}

Status BundleReader::Impl::ReadEntryInto(std::string_view key,
                                         const BundleEntry& entry,
                                         std::span<char> out) const {
  CAIRN_RETURN_IF_ERROR(CheckTarget(entry, entry.shape, out.size()));
  if (entry.slices.empty()) return ReadFixed(entry, out.data());
  return ReadRegionInto(key, entry, AllOf(entry.shape), Verify::kChecksum,
                        out.data());
}

// Blocks of whole rows, or of parts of one row, and so on inwards: consecutive
// bytes of the tensor that are a slice of it.
Status BundleReader::Impl::StreamPieces(std::string_view key,
                                        const BundleEntry& full,
                                        const ByteSink& sink) const {
  const int64_t unit = DataTypeSize(full.dtype);
  const Shape& shape = full.shape;
  if (shape.num_elements() == 0) return OkStatus();
  // Afterwards the parts are read without looking at their checksums again.
  CAIRN_RETURN_IF_ERROR(FindPieces(key, full, AllOf(shape)).status());
  CAIRN_RETURN_IF_ERROR(CheckEntry(key, full));
  // From dimension `cut` on inwards, one index takes `row` elements.
  int cut = shape.rank();
  int64_t row = 1;
  while (cut > 0 && row <= kBlockBytes / unit) row *= shape.dim(--cut);
  std::vector<SliceExtent> extents = AllOf(shape).extents();
  if (cut >= shape.rank()) {  // a scalar
    extents.clear();
  } else {
    row /= shape.dim(cut);
  }
  const int64_t step = std::max<int64_t>(1, kBlockBytes / (row * unit));
  for (int d = 0; d < cut; ++d) extents[static_cast<size_t>(d)] = {0, 1};
  std::string block;
  for (;;) {
    const int64_t rows = cut < shape.rank() ? shape.dim(cut) : 1;
    for (int64_t start = 0; start < rows; start += step) {
      const int64_t count = std::min(step, rows - start);
      if (cut < shape.rank())
        extents[static_cast<size_t>(cut)] = {start, count};
      CAIRN_ASSIGN_OR_RETURN(const TensorSlice region,
                             TensorSlice::Create(extents));
      block.resize(static_cast<size_t>(count * row * unit));
      CAIRN_RETURN_IF_ERROR(
          ReadRegionInto(key, full, region, Verify::kNone, block.data()));
      CAIRN_RETURN_IF_ERROR(sink(block));
    }
    int d = cut - 1;
    for (; d >= 0; --d) {
      SliceExtent& extent = extents[static_cast<size_t>(d)];
      if (++extent.start < shape.dim(d)) break;
      extent.start = 0;
    }
    if (d < 0) return OkStatus();
  }
}

}  // namespace cairn::bundle
