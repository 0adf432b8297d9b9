// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What hostile bytes can do, and the check: a length that is cut off or beyond
// the entry (Cursor), lengths whose sum wraps or is not what is left
// (ReadLengths), bytes left over (ReadVariants), checksums that do not match.
// The number of elements was compared with the entry's size when that was
// decoded.
#include "cairn/bundle/stored_strings.h"

#include <new>

#include "cairn/base/crc32c.h"
#include "cairn/base/cursor.h"
#include "cairn/base/endian.h"
#include "cairn/base/strings.h"

namespace cairn::bundle {
namespace {

constexpr size_t kPieceBytes = size_t{64} << 10;

template <typename T>
uint32_t ExtendWithNumber(uint32_t crc, T value, Endianness endianness) {
  if (endianness == Endianness::kBig) value = ByteSwap(value);
  char bytes[sizeof value];
  StoreLittleEndian(bytes, value);
  return ExtendCrc32c(crc, {bytes, sizeof bytes});
}

uint32_t ExtendWithLength(uint32_t crc, uint64_t length,
                          Endianness endianness) {
  if (length <= 0xffffffff) {
    return ExtendWithNumber(crc, static_cast<uint32_t>(length), endianness);
  }
  return ExtendWithNumber(crc, length, endianness);
}

// Gathers small pieces, so that a million short strings are not a million
// calls.
class Gatherer {
 public:
  explicit Gatherer(const ByteSink& sink) : sink_(sink) {}
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
  const ByteSink& sink_;
  std::string pending_;
};

std::string Fixed32(uint32_t value) {
  std::string bytes;
  PutFixed32(bytes, value);
  return bytes;
}

StatusOr<uint32_t> WritePlain(std::span<const std::string> strings,
                              Gatherer& out) {
  uint32_t crc = 0;
  for (const std::string& s : strings) {
    CAIRN_RETURN_IF_ERROR(out.AddVarint(s.size()));
    crc = ExtendWithLength(crc, s.size(), Endianness::kLittle);
  }
  const std::string checksum = Fixed32(MaskCrc32c(crc));
  CAIRN_RETURN_IF_ERROR(out.Add(checksum));
  crc = ExtendCrc32c(crc, checksum);
  for (const std::string& s : strings) {
    CAIRN_RETURN_IF_ERROR(out.Add(s));
    crc = ExtendCrc32c(crc, s);
  }
  return crc;
}

StatusOr<uint32_t> WriteVariants(std::span<const std::string> strings,
                                 Gatherer& out) {
  uint32_t crc = 0;
  for (const std::string& s : strings) {
    CAIRN_RETURN_IF_ERROR(out.AddVarint(s.size()));
    CAIRN_RETURN_IF_ERROR(out.Add(s));
    crc = ExtendWithNumber(crc, uint64_t{s.size()}, Endianness::kLittle);
    crc = ExtendCrc32c(crc, s);
    const std::string checksum = Fixed32(MaskCrc32c(crc));
    CAIRN_RETURN_IF_ERROR(out.Add(checksum));
    crc = ExtendCrc32c(crc, checksum);
  }
  return crc;
}

Status Mismatch(std::string_view what, uint32_t stored, uint32_t computed) {
  return DataLossError(StrCat(what, " does not match: stored ",
                              Hex(UnmaskCrc32c(stored), 8), ", computed ",
                              Hex(computed, 8)));
}

// Takes the lengths at the front, whose sum must be what follows them and the
// checksum, into the checksum. They are read once more to cut the strings, so
// that they need no memory.
Status CheckLengths(uint64_t count, Endianness endianness, Cursor& in,
                    uint32_t* crc) {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t length = 0;
    const bool read = in.ReadVarint64(&length);
    const uint64_t rest = in.rest().size();
    if (!read || length > rest || sum > rest - length) {
      return DataLossError(StrCat("string ", i, " of ", count,
                                  ": length malformed or beyond the entry"));
    }
    sum += length;
    *crc = ExtendWithLength(*crc, length, endianness);
  }
  if (in.rest().size() == sum + 4) return OkStatus();
  return DataLossError(StrCat("strings take ", sum,
                              " + 4 bytes, the entry has ", in.rest().size()));
}

void CutStrings(uint64_t count, Cursor lengths, std::string_view bytes,
                std::vector<std::string>* strings) {
  strings->reserve(static_cast<size_t>(count));
  Cursor in(bytes);
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t length = 0;
    std::string_view string;
    if (!lengths.ReadVarint64(&length) || !in.ReadBytes(length, &string)) {
      return;  // CheckLengths has seen to it
    }
    strings->emplace_back(string);
  }
}

Status ReadPlain(uint64_t count, Endianness endianness, std::string_view stored,
                 std::vector<std::string>* strings, uint32_t* crc) {
  Cursor in(stored);
  CAIRN_RETURN_IF_ERROR(CheckLengths(count, endianness, in, crc));
  const std::string_view checksum = in.rest().substr(0, 4);
  auto expected = LoadLittleEndian<uint32_t>(checksum.data());
  if (endianness == Endianness::kBig) expected = ByteSwap(expected);
  if (UnmaskCrc32c(expected) != *crc) {
    return Mismatch("The length checksum", expected, *crc);
  }
  const std::string_view bytes = in.rest().substr(4);
  *crc = ExtendCrc32c(ExtendCrc32c(*crc, checksum), bytes);
  if (strings != nullptr) CutStrings(count, Cursor(stored), bytes, strings);
  return OkStatus();
}

Status ReadVariants(uint64_t count, std::string_view stored,
                    std::vector<std::string>* strings, uint32_t* crc) {
  Cursor in(stored);
  for (uint64_t i = 0; i < count; ++i) {
    std::string_view bytes;
    std::string_view checksum;
    if (!in.ReadLengthPrefixed(&bytes) || !in.ReadBytes(4, &checksum)) {
      return DataLossError(StrCat("variant ", i, " of ", count,
                                  ": length malformed or beyond the entry"));
    }
    *crc = ExtendWithNumber(*crc, uint64_t{bytes.size()}, Endianness::kLittle);
    *crc = ExtendCrc32c(*crc, bytes);
    const auto expected = LoadLittleEndian<uint32_t>(checksum.data());
    if (UnmaskCrc32c(expected) != *crc) {
      return Mismatch(StrCat("The checksum of variant ", i), expected, *crc);
    }
    *crc = ExtendCrc32c(*crc, checksum);
    if (strings != nullptr) strings->emplace_back(bytes);
  }
  if (in.empty()) return OkStatus();
  return DataLossError(
      StrCat(in.rest().size(), " bytes left over after ", count, " variants"));
}

}  // namespace

StatusOr<uint32_t> WriteStrings(DataType dtype,
                                std::span<const std::string> strings,
                                const ByteSink& sink) {
  Gatherer out(sink);
  CAIRN_ASSIGN_OR_RETURN(const uint32_t crc, dtype == DataType::kVariant
                                                 ? WriteVariants(strings, out)
                                                 : WritePlain(strings, out));
  CAIRN_RETURN_IF_ERROR(out.Flush());
  return crc;
}

Status CompareChecksum(const BundleEntry& entry, uint32_t computed) {
  if (UnmaskCrc32c(entry.masked_crc32c) == computed) return OkStatus();
  return Mismatch("Checksum", entry.masked_crc32c, computed);
}

Status ReadStrings(const BundleEntry& entry, Endianness endianness,
                   std::string_view stored, std::vector<std::string>* strings) {
  const auto count = static_cast<uint64_t>(entry.shape.num_elements());
  uint32_t crc = 0;
  try {
    if (entry.dtype == DataType::kVariant) {
      if (endianness == Endianness::kBig) {
        return UnimplementedError("variants of a big-endian bundle");
      }
      CAIRN_RETURN_IF_ERROR(ReadVariants(count, stored, strings, &crc));
    } else {
      CAIRN_RETURN_IF_ERROR(
          ReadPlain(count, endianness, stored, strings, &crc));
    }
  } catch (const std::bad_alloc&) {
    return ResourceExhaustedError(StrCat("no memory for ", count, " strings"));
  }
  return CompareChecksum(entry, crc);
}

}  // namespace cairn::bundle
