// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What hostile bytes can do, and the check: a length that is cut off or beyond
// the entry (ByteWindow, CheckLengths), lengths whose sum wraps or is not what
// is left (CheckLengths), bytes left over (VisitVariants), checksums that do
// not match. The number of elements was compared with the entry's size when
// that was decoded.
#include "cairn/bundle/string_reading.h"

#include <new>
#include <stdexcept>

#include "cairn/base/crc32c.h"
#include "cairn/base/endian.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/stored_strings.h"

namespace cairn::bundle {
namespace {

Status Mismatch(std::string_view what, uint32_t stored, uint32_t computed) {
  return DataLossError(StrCat(what, " does not match: stored ",
                              Hex(UnmaskCrc32c(stored), 8), ", computed ",
                              Hex(computed, 8)));
}

Status BadLength(std::string_view what, uint64_t index, uint64_t count) {
  return DataLossError(StrCat(what, " ", index, " of ", count,
                              ": length malformed or beyond the entry"));
}

// `length` bytes into the checksum and, as element `index`, to `visit`.
Status VisitElement(uint64_t index, uint64_t length, ByteWindow& in,
                    const StringVisitor& visit, uint32_t* crc) {
  StringPart part{static_cast<int64_t>(index), length, 0, {}};
  while (part.offset < length) {
    CAIRN_RETURN_IF_ERROR(in.Take(length - part.offset, &part.bytes));
    *crc = ExtendCrc32c(*crc, part.bytes);
    if (visit != nullptr) CAIRN_RETURN_IF_ERROR(visit(part));
    part.offset += part.bytes.size();
  }
  return length == 0 && visit != nullptr ? visit(part) : OkStatus();
}

// Takes the lengths at the front, whose sum must be what follows them and the
// checksum, into the checksum. They are read once more to cut the strings, so
// that they need no memory.
Status CheckLengths(uint64_t count, Endianness endianness, ByteWindow& in,
                    uint32_t* crc) {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t length = 0;
    const Status read = in.ReadVarint64(&length);
    if (!read.ok() && !absl::IsDataLoss(read)) return read;
    const uint64_t rest = in.rest();
    if (!read.ok() || length > rest || sum > rest - length) {
      return BadLength("string", i, count);
    }
    sum += length;
    *crc = ExtendWithLength(*crc, length, DataType::kString, endianness);
  }
  if (in.rest() >= 4 && in.rest() - 4 == sum) return OkStatus();
  return DataLossError(
      StrCat("strings take ", sum, " + 4 bytes, the entry has ", in.rest()));
}

Status VisitPlain(uint64_t count, Endianness endianness,
                  const StoredBytes& stored, const StringVisitor& visit,
                  uint32_t* crc) {
  ByteWindow in(stored, 0, stored.size());
  CAIRN_RETURN_IF_ERROR(CheckLengths(count, endianness, in, crc));
  std::string checksum;
  CAIRN_RETURN_IF_ERROR(in.ReadFixed32(&checksum));
  auto expected = LoadLittleEndian<uint32_t>(checksum.data());
  if (endianness == Endianness::kBig) expected = ByteSwap(expected);
  if (UnmaskCrc32c(expected) != *crc) {
    return Mismatch("The length checksum", expected, *crc);
  }
  *crc = ExtendCrc32c(*crc, checksum);
  if (visit == nullptr) return VisitElement(0, in.rest(), in, visit, crc);
  ByteWindow lengths(stored, 0, in.position() - 4);
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t length = 0;
    CAIRN_RETURN_IF_ERROR(lengths.ReadVarint64(&length));
    // The file may have been written to since CheckLengths.
    if (length > in.rest()) return BadLength("string", i, count);
    CAIRN_RETURN_IF_ERROR(VisitElement(i, length, in, visit, crc));
  }
  return OkStatus();
}

Status VisitVariants(uint64_t count, const StoredBytes& stored,
                     const StringVisitor& visit, uint32_t* crc) {
  ByteWindow in(stored, 0, stored.size());
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t length = 0;
    const Status read = in.ReadVarint64(&length);
    if (!read.ok() && !absl::IsDataLoss(read)) return read;
    if (!read.ok() || in.rest() < 4 || length > in.rest() - 4) {
      return BadLength("variant", i, count);
    }
    *crc =
        ExtendWithLength(*crc, length, DataType::kVariant, Endianness::kLittle);
    CAIRN_RETURN_IF_ERROR(VisitElement(i, length, in, visit, crc));
    std::string checksum;
    CAIRN_RETURN_IF_ERROR(in.ReadFixed32(&checksum));
    const auto expected = LoadLittleEndian<uint32_t>(checksum.data());
    if (UnmaskCrc32c(expected) != *crc) {
      return Mismatch(StrCat("The checksum of variant ", i), expected, *crc);
    }
    *crc = ExtendCrc32c(*crc, checksum);
  }
  if (in.rest() == 0) return OkStatus();
  return DataLossError(
      StrCat(in.rest(), " bytes left over after ", count, " variants"));
}

}  // namespace

Status CompareChecksum(const BundleEntry& entry, uint32_t computed) {
  if (UnmaskCrc32c(entry.masked_crc32c) == computed) return OkStatus();
  return Mismatch("Checksum", entry.masked_crc32c, computed);
}

Status VisitStoredStrings(const BundleEntry& entry, Endianness endianness,
                          const StoredBytes& stored,
                          const StringVisitor& visit) {
  const auto count = static_cast<uint64_t>(entry.shape.num_elements());
  uint32_t crc = 0;
  if (entry.dtype == DataType::kVariant) {
    if (endianness == Endianness::kBig) {
      return UnimplementedError(
          "variants in big-endian bundles are not supported");
    }
    CAIRN_RETURN_IF_ERROR(VisitVariants(count, stored, visit, &crc));
  } else {
    CAIRN_RETURN_IF_ERROR(VisitPlain(count, endianness, stored, visit, &crc));
  }
  return CompareChecksum(entry, crc);
}

Status CollectStrings(const BundleEntry& entry, Endianness endianness,
                      const StoredBytes& stored,
                      std::vector<std::string>* strings) {
  const auto count = static_cast<uint64_t>(entry.shape.num_elements());
  const auto no_memory = [count] {
    return ResourceExhaustedError(StrCat("no memory for ", count, " strings"));
  };
  try {
    strings->reserve(static_cast<size_t>(count));
    return VisitStoredStrings(
        entry, endianness, stored, [&](const StringPart& part) {
          if (part.offset == 0) {
            strings->emplace_back();
            if (part.length > part.bytes.size()) {
              strings->back().reserve(static_cast<size_t>(part.length));
            }
          }
          strings->back().append(part.bytes);
          return OkStatus();
        });
  } catch (const std::bad_alloc&) {
    return no_memory();
  } catch (const std::length_error&) {
    return no_memory();
  }
}

Status ReadStrings(const BundleEntry& entry, Endianness endianness,
                   std::string_view stored, std::vector<std::string>* strings) {
  const StoredBytes bytes(stored);
  return strings == nullptr
             ? VisitStoredStrings(entry, endianness, bytes, nullptr)
             : CollectStrings(entry, endianness, bytes, strings);
}

}  // namespace cairn::bundle
