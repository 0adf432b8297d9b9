// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The bytes of the data files: fixed-size elements in the bundle's byte order,
// strings and variants as string_writing.h makes them, then zeros up to the
// alignment. The checksum is computed in the pass that writes.
#include <algorithm>
#include <span>
#include <utility>

#include "cairn/base/crc32c.h"
#include "cairn/bundle/string_writing.h"
#include "cairn/bundle/writer_impl.h"

namespace cairn::bundle {
namespace {

// on_progress is called after so many bytes or tensors.
constexpr uint64_t kBytesPerReport = uint64_t{8} << 20;
constexpr uint64_t kTensorsPerReport = 1024;

}  // namespace

Status BundleWriter::Impl::Append(ShardWriting& shard, std::string_view bytes) {
  CAIRN_RETURN_IF_ERROR(Stopped());
  CAIRN_RETURN_IF_ERROR(shard.file->Append(bytes));
  shard.offset += static_cast<int64_t>(bytes.size());
  Count(bytes.size(), 0);
  return OkStatus();
}

void BundleWriter::Impl::Count(uint64_t bytes, uint64_t tensors) {
  const uint64_t bytes_before = bytes_done.fetch_add(bytes);
  const uint64_t tensors_before = tensors_done.fetch_add(tensors);
  if (options.supervision.on_progress == nullptr) return;
  if ((bytes_before + bytes) / kBytesPerReport !=
          bytes_before / kBytesPerReport ||
      (tensors_before + tensors) / kTensorsPerReport !=
          tensors_before / kTensorsPerReport) {
    Report(false);
  }
}

void BundleWriter::Impl::Report(bool is_last) {
  if (options.supervision.on_progress == nullptr) return;
  std::unique_lock lock(report_mutex, std::defer_lock);
  // Another thread is telling already.
  if (!is_last && !lock.try_lock()) return;
  if (is_last) lock.lock();
  reported.bytes = bytes_done;
  reported.tensors = tensors_done;
  if (is_last) {
    reported.total_bytes = reported.bytes;
    reported.total_tensors = reported.tensors;
  }
  options.supervision.on_progress(reported);
}

StatusOr<uint32_t> BundleWriter::Impl::AppendFixed(ShardWriting& shard,
                                                   DataType dtype,
                                                   std::string_view bytes) {
  uint32_t crc = 0;
  std::string swapped;
  while (!bytes.empty()) {
    std::string_view chunk = bytes.substr(0, kChunkBytes);
    bytes.remove_prefix(chunk.size());
    if (must_swap(dtype)) {
      swapped = chunk;
      SwapElements(dtype, swapped);
      chunk = swapped;
    }
    crc = ExtendCrc32c(crc, chunk);
    CAIRN_RETURN_IF_ERROR(Append(shard, chunk));
  }
  return crc;
}

Status BundleWriter::Impl::AppendPadding(ShardWriting& shard) {
  int64_t left =
      (options.data_alignment - shard.offset % options.data_alignment) %
      options.data_alignment;
  if (left == 0) return OkStatus();
  const std::string zeros(
      static_cast<size_t>(std::min<int64_t>(left, kChunkBytes)), '\0');
  while (left > 0) {
    const auto n = std::min<int64_t>(left, kChunkBytes);
    CAIRN_RETURN_IF_ERROR(Append(
        shard, std::string_view(zeros).substr(0, static_cast<size_t>(n))));
    left -= n;
  }
  return OkStatus();
}

Status BundleWriter::Impl::Write(const Request& request,
                                 const TensorView& tensor) {
  CAIRN_ASSIGN_OR_RETURN(Place place, Begin(request));
  ShardWriting& shard = *place.shard;
  uint32_t crc = 0;
  if (tensor.holds_strings()) {
    CAIRN_ASSIGN_OR_RETURN(
        crc, WriteStrings(
                 tensor.dtype(), tensor.strings(),
                 [&](std::string_view bytes) { return Append(shard, bytes); },
                 options.endianness));
  } else {
    CAIRN_ASSIGN_OR_RETURN(crc,
                           AppendFixed(shard, tensor.dtype(), tensor.bytes()));
  }
  return Complete(place, crc);
}

// --- bytes of another bundle ---

StatusOr<uint32_t> BundleWriter::Impl::CopyFixed(ShardWriting& shard,
                                                 const BundleEntry& entry,
                                                 Endianness source,
                                                 const StoredBytesSource& bytes,
                                                 uint32_t* source_crc) {
  const bool swap =
      source != options.endianness && Info(entry.dtype).swap_unit > 1;
  const auto element = static_cast<size_t>(DataTypeSize(entry.dtype));
  auto left = static_cast<uint64_t>(entry.size);
  uint32_t target_crc = 0;
  std::string buffer;  // bytes to be swapped, the last element perhaps cut off
  const auto flush = [&] {
    const size_t whole = buffer.size() / element * element;
    SwapElements(entry.dtype, std::span(buffer).first(whole));
    const std::string_view swapped = std::string_view(buffer).substr(0, whole);
    target_crc = ExtendCrc32c(target_crc, swapped);
    const Status status = Append(shard, swapped);
    buffer.erase(0, whole);
    return status;
  };
  const auto take = [&](std::string_view piece) -> Status {
    if (piece.size() > left) {
      return DataLossError(
          StrCat(piece.size() - left, " bytes more than the entry's size"));
    }
    left -= piece.size();
    while (!piece.empty()) {
      const std::string_view chunk = piece.substr(0, kChunkBytes);
      piece.remove_prefix(chunk.size());
      *source_crc = ExtendCrc32c(*source_crc, chunk);
      if (swap) {
        buffer.append(chunk);
        CAIRN_RETURN_IF_ERROR(flush());
      } else {
        CAIRN_RETURN_IF_ERROR(Append(shard, chunk));
      }
    }
    return OkStatus();
  };
  CAIRN_RETURN_IF_ERROR(bytes(take));
  if (left > 0) {
    return DataLossError(
        StrCat("the stored bytes end early: ", left, " are missing"));
  }
  return swap ? target_crc : *source_crc;
}

StatusOr<uint32_t> BundleWriter::Impl::CopyStrings(
    ShardWriting& shard, const BundleEntry& entry, Endianness source,
    const StoredBytesSource& bytes, uint32_t* source_crc) {
  if (entry.dtype == DataType::kVariant &&
      (source == Endianness::kBig || options.endianness == Endianness::kBig)) {
    return UnimplementedError(
        "variants in big-endian bundles are not supported");
  }
  StringTranscoder transcoder(
      entry, source, options.endianness,
      [&](std::string_view piece) { return Append(shard, piece); });
  CAIRN_RETURN_IF_ERROR(
      bytes([&](std::string_view piece) { return transcoder.Append(piece); }));
  CAIRN_RETURN_IF_ERROR(transcoder.Finish());
  *source_crc = transcoder.source_crc();
  return transcoder.target_crc();
}

Status BundleWriter::Impl::WriteStored(const Request& request,
                                       const BundleEntry& entry,
                                       Endianness source,
                                       const StoredBytesSource& bytes) {
  CAIRN_ASSIGN_OR_RETURN(Place place, Begin(request));
  uint32_t source_crc = 0;
  const StatusOr<uint32_t> crc =
      IsFixedSize(entry.dtype)
          ? CopyFixed(*place.shard, entry, source, bytes, &source_crc)
          : CopyStrings(*place.shard, entry, source, bytes, &source_crc);
  const std::string context = StrCat("tensor ", Escape(request.key));
  if (!crc.ok()) return Annotate(crc.status(), context);
  const uint32_t expected = UnmaskCrc32c(entry.masked_crc32c);
  if (source_crc != expected) {
    return DataLossError(StrCat(context, ": Checksum does not match: stored ",
                                Hex(expected, 8), ", computed ",
                                Hex(source_crc, 8)));
  }
  return Complete(place, *crc);
}

// --- streams ---

Status BundleWriter::Stream::Impl::Append(std::string_view bytes) {
  const DataType dtype = place.entry.dtype;
  if (bytes.size() > static_cast<uint64_t>(left)) {
    return InvalidArgumentError(StrCat(
        "tensor ", Escape(place.shard->key), ": ",
        bytes.size() - static_cast<uint64_t>(left),
        " bytes more than its shape ", place.entry.shape.ToString(), " has"));
  }
  left -= static_cast<int64_t>(bytes.size());
  const bool swap = writer->must_swap(dtype);
  const auto element = static_cast<size_t>(DataTypeSize(dtype));
  while (!bytes.empty()) {
    std::string_view chunk = bytes.substr(0, kChunkBytes);
    bytes.remove_prefix(chunk.size());
    size_t whole = 0;
    if (swap) {
      buffer.append(chunk);
      whole = buffer.size() / element * element;
      SwapElements(dtype, std::span(buffer).first(whole));
      chunk = std::string_view(buffer).substr(0, whole);
    }
    crc = ExtendCrc32c(crc, chunk);
    CAIRN_RETURN_IF_ERROR(writer->Append(*place.shard, chunk));
    buffer.erase(0, whole);
  }
  return OkStatus();
}

Status BundleWriter::Stream::Impl::Finish() {
  if (left > 0) {
    return InvalidArgumentError(StrCat(
        "tensor ", Escape(place.shard->key), ": ", left, " bytes of its shape ",
        place.entry.shape.ToString(), " are missing"));
  }
  return writer->Complete(place, crc);
}

}  // namespace cairn::bundle
