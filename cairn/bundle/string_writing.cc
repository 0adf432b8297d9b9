// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Layout: see stored_strings.h.
#include "cairn/bundle/string_writing.h"

#include <algorithm>
#include <utility>

#include "cairn/base/crc32c.h"
#include "cairn/base/cursor.h"
#include "cairn/base/endian.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/stored_strings.h"

namespace cairn::bundle {
namespace {

constexpr size_t kPieceBytes = size_t{64} << 10;
constexpr size_t kChecksumBytes = 4;

using Sink = std::function<Status(std::string_view)>;

// The number's bytes in that order.
template <typename T>
std::string_view Ordered(T value, Endianness endianness, char* buffer) {
  if (endianness == Endianness::kBig) value = ByteSwap(value);
  StoreLittleEndian(buffer, value);
  return {buffer, sizeof value};
}

// Gathers small pieces, so that a million short strings are not a million
// calls.
class Gatherer {
 public:
  explicit Gatherer(const Sink& sink) : sink_(sink) {}
  Status Add(std::string_view bytes) {
    if (pending_.size() + bytes.size() > kPieceBytes) {
      CAIRN_RETURN_IF_ERROR(Flush());
    }
    if (bytes.size() >= kPieceBytes) return sink_(bytes);
    pending_.append(bytes);
    return OkStatus();
  }
  Status AddVarint(uint64_t value) {
    PutVarint(pending_, value);
    return pending_.size() < kPieceBytes ? OkStatus() : Flush();
  }
  Status Flush() {
    const Status status = pending_.empty() ? OkStatus() : sink_(pending_);
    pending_.clear();
    return status;
  }

 private:
  const Sink& sink_;
  std::string pending_;
};

// Large strings are checksummed piece by piece, while in the cache.
Status AddString(const std::string& string, Gatherer& out, uint32_t* crc) {
  std::string_view rest = string;
  do {
    const std::string_view piece = rest.substr(0, kPieceBytes);
    rest.remove_prefix(piece.size());
    *crc = ExtendCrc32c(*crc, piece);
    CAIRN_RETURN_IF_ERROR(out.Add(piece));
  } while (!rest.empty());
  return OkStatus();
}

Status AddChecksum(Endianness endianness, Gatherer& out, uint32_t* crc) {
  char buffer[kChecksumBytes];
  const std::string_view bytes = Ordered(MaskCrc32c(*crc), endianness, buffer);
  *crc = ExtendCrc32c(*crc, bytes);
  return out.Add(bytes);
}

StatusOr<uint32_t> WritePlain(std::span<const std::string> strings,
                              Endianness endianness, Gatherer& out) {
  uint32_t crc = 0;
  for (const std::string& s : strings) {
    CAIRN_RETURN_IF_ERROR(out.AddVarint(s.size()));
    crc = ExtendWithLength(crc, s.size(), DataType::kString, endianness);
  }
  CAIRN_RETURN_IF_ERROR(AddChecksum(endianness, out, &crc));
  for (const std::string& s : strings) {
    CAIRN_RETURN_IF_ERROR(AddString(s, out, &crc));
  }
  return crc;
}

StatusOr<uint32_t> WriteVariants(std::span<const std::string> strings,
                                 Gatherer& out) {
  uint32_t crc = 0;
  for (const std::string& s : strings) {
    CAIRN_RETURN_IF_ERROR(out.AddVarint(s.size()));
    crc = ExtendWithLength(crc, s.size(), DataType::kVariant,
                           Endianness::kLittle);
    CAIRN_RETURN_IF_ERROR(AddString(s, out, &crc));
    CAIRN_RETURN_IF_ERROR(AddChecksum(Endianness::kLittle, out, &crc));
  }
  return crc;
}

uint64_t VarintSize(uint64_t value) {
  uint64_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

}  // namespace

uint64_t StoredSize(DataType dtype, std::span<const std::string> strings) {
  uint64_t size = 0;
  for (const std::string& s : strings) size += VarintSize(s.size()) + s.size();
  return size +
         kChecksumBytes * (dtype == DataType::kVariant ? strings.size() : 1);
}

StatusOr<uint32_t> WriteStrings(DataType dtype,
                                std::span<const std::string> strings,
                                const Sink& sink, Endianness endianness) {
  Gatherer out(sink);
  uint32_t crc = 0;
  if (dtype == DataType::kVariant) {
    if (endianness == Endianness::kBig) {
      return UnimplementedError("variants in a big-endian bundle");
    }
    CAIRN_ASSIGN_OR_RETURN(crc, WriteVariants(strings, out));
  } else {
    CAIRN_ASSIGN_OR_RETURN(crc, WritePlain(strings, endianness, out));
  }
  CAIRN_RETURN_IF_ERROR(out.Flush());
  return crc;
}

// --- StringTranscoder ---

StringTranscoder::StringTranscoder(const BundleEntry& entry, Endianness source,
                                   Endianness target, Sink sink)
    : dtype_(entry.dtype),
      count_(static_cast<uint64_t>(entry.shape.num_elements())),
      left_(static_cast<uint64_t>(entry.size)),
      source_(source),
      target_(target),
      sink_(std::move(sink)) {
  if (count_ > 0) return;
  part_ = dtype_ == DataType::kVariant ? Part::kDone : Part::kChecksum;
}

Status StringTranscoder::Give(std::string_view bytes) {
  return bytes.empty() ? OkStatus() : sink_(bytes);
}

void StringTranscoder::ExtendBoth(std::string_view bytes) {
  // The same bytes, but only in one byte order the same number so far.
  const bool same = source_crc_ == target_crc_;
  source_crc_ = ExtendCrc32c(source_crc_, bytes);
  target_crc_ = same ? source_crc_ : ExtendCrc32c(target_crc_, bytes);
}

Status StringTranscoder::Append(std::string_view bytes) {
  if (bytes.size() > left_) {
    return DataLossError(
        StrCat(bytes.size() - left_, " bytes more than the entry's size"));
  }
  left_ -= bytes.size();
  while (!bytes.empty()) {
    switch (part_) {
      case Part::kLengths:
        CAIRN_RETURN_IF_ERROR(TakeLengthByte(bytes.front()));
        bytes.remove_prefix(1);
        // What is left counts the rest of `bytes` too.
        if (shift_ == 0 && to_copy_ > left_ + bytes.size()) {
          return DataLossError(StrCat("string ", index_ - 1, " of ", count_,
                                      ": length beyond the entry"));
        }
        break;
      case Part::kChecksum: {
        const size_t n =
            std::min(bytes.size(), kChecksumBytes - checksum_.size());
        checksum_.append(bytes.substr(0, n));
        bytes.remove_prefix(n);
        if (checksum_.size() == kChecksumBytes) {
          CAIRN_RETURN_IF_ERROR(FinishChecksum());
        }
        break;
      }
      case Part::kBytes: {
        const auto n =
            static_cast<size_t>(std::min<uint64_t>(bytes.size(), to_copy_));
        ExtendBoth(bytes.substr(0, n));
        CAIRN_RETURN_IF_ERROR(Give(bytes.substr(0, n)));
        bytes.remove_prefix(n);
        to_copy_ -= n;
        if (to_copy_ == 0) {
          part_ = dtype_ == DataType::kVariant ? Part::kChecksum : Part::kDone;
        }
        break;
      }
      case Part::kDone:
        return DataLossError(StrCat(bytes.size(),
                                    " bytes left over after the last of ",
                                    count_, " elements"));
    }
  }
  CAIRN_RETURN_IF_ERROR(Give(varints_));
  varints_.clear();
  return OkStatus();
}

Status StringTranscoder::TakeLengthByte(char byte) {
  const auto bits = static_cast<uint64_t>(static_cast<uint8_t>(byte) & 0x7f);
  if (shift_ > 63 || (shift_ == 63 && bits > 1)) {
    return DataLossError(
        StrCat("string ", index_, " of ", count_, ": malformed length"));
  }
  if (varints_.size() >= kPieceBytes) {
    CAIRN_RETURN_IF_ERROR(Give(varints_));
    varints_.clear();
  }
  varints_ += byte;
  length_ |= bits << shift_;
  shift_ += 7;
  return (static_cast<uint8_t>(byte) & 0x80) != 0 ? OkStatus() : FinishLength();
}

Status StringTranscoder::FinishLength() {
  if (length_ > UINT64_MAX - to_copy_) {
    return DataLossError(
        StrCat("string ", index_, " of ", count_, ": length beyond the entry"));
  }
  to_copy_ += length_;
  source_crc_ = ExtendWithLength(source_crc_, length_, dtype_, source_);
  target_crc_ = ExtendWithLength(target_crc_, length_, dtype_, target_);
  length_ = 0;
  shift_ = 0;
  ++index_;
  const bool is_variant = dtype_ == DataType::kVariant;
  if (!is_variant && index_ < count_) return OkStatus();
  CAIRN_RETURN_IF_ERROR(Give(varints_));
  varints_.clear();
  part_ = is_variant && to_copy_ > 0 ? Part::kBytes : Part::kChecksum;
  return OkStatus();
}

Status StringTranscoder::FinishChecksum() {
  auto stored = LoadLittleEndian<uint32_t>(checksum_.data());
  if (source_ == Endianness::kBig) stored = ByteSwap(stored);
  if (UnmaskCrc32c(stored) != source_crc_) {
    return DataLossError(
        StrCat(dtype_ == DataType::kVariant ? "The checksum of a variant"
                                            : "The length checksum",
               " does not match: stored ", Hex(UnmaskCrc32c(stored), 8),
               ", computed ", Hex(source_crc_, 8)));
  }
  source_crc_ = ExtendCrc32c(source_crc_, checksum_);
  char buffer[kChecksumBytes];
  const std::string_view bytes =
      Ordered(MaskCrc32c(target_crc_), target_, buffer);
  target_crc_ = ExtendCrc32c(target_crc_, bytes);
  CAIRN_RETURN_IF_ERROR(Give(bytes));
  checksum_.clear();
  if (dtype_ == DataType::kVariant) {
    part_ = index_ < count_ ? Part::kLengths : Part::kDone;
  } else {
    part_ = to_copy_ > 0 ? Part::kBytes : Part::kDone;
  }
  return OkStatus();
}

Status StringTranscoder::Finish() {
  if (part_ == Part::kDone && left_ == 0) return OkStatus();
  return DataLossError(StrCat("the stored bytes end early: ", left_,
                              " bytes and ", count_ - index_,
                              " elements are missing"));
}

}  // namespace cairn::bundle
