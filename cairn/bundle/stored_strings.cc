// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Layout: see stored_strings.h.
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
    crc =
        ExtendWithLength(crc, s.size(), DataType::kString, Endianness::kLittle);
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
    crc = ExtendWithLength(crc, s.size(), DataType::kVariant,
                           Endianness::kLittle);
    crc = ExtendCrc32c(crc, s);
    const std::string checksum = Fixed32(MaskCrc32c(crc));
    CAIRN_RETURN_IF_ERROR(out.Add(checksum));
    crc = ExtendCrc32c(crc, checksum);
  }
  return crc;
}

}  // namespace

uint32_t ExtendWithLength(uint32_t crc, uint64_t length, DataType dtype,
                          Endianness endianness) {
  if (dtype != DataType::kVariant && length <= 0xffffffff) {
    return ExtendWithNumber(crc, static_cast<uint32_t>(length), endianness);
  }
  return ExtendWithNumber(crc, length, endianness);
}

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

}  // namespace cairn::bundle
