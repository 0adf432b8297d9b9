// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The messages are read and written by hand: they are few and small, and there
// may be a million of them. What a hostile index can do, and the check:
//   break the encoding, or give a field another type  WireReader
//   wrap 32-bit fields                                ToInt32
//   name an element type that no file can hold        CheckDtype
//   negative, too many, overflowing dimensions        DecodeShape
//   negative places, or ones beyond int64             CheckPlace
//   a size that is not the shape's                    CheckPlace
//   slices outside the shape                          CheckSlices
// A field that is not known is skipped, of a repeated one the last counts, and
// a message given in two parts is merged, as protobuf does.
#include "cairn/bundle/entry.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "cairn/base/cursor.h"
#include "cairn/base/endian.h"
#include "cairn/base/sharded_filename.h"
#include "cairn/base/strings.h"
#include "cairn/base/wire.h"
#include "cairn/tensor/shape_wire.h"

namespace cairn::bundle {
namespace {

Status Malformed(std::string_view message) {
  return DataLossError(StrCat("malformed ", message));
}

// --- reading ---

bool ReadVersion(std::string_view bytes, BundleHeader* header) {
  WireReader in(bytes);
  while (in.Next()) {
    int32_t value;
    if (in.field() == 1 && !in.ToInt32(&header->producer)) return false;
    if (in.field() == 2 && !in.ToInt32(&header->min_consumer)) return false;
    if (in.field() != 3) continue;
    if (in.is(kWireVarint)) {
      if (!in.ToInt32(&value)) return false;
      header->bad_consumers.push_back(value);
      continue;
    }
    if (!in.is(kWireBytes)) return false;
    Cursor packed(in.bytes());
    while (!packed.empty()) {
      uint64_t number;
      if (!packed.ReadVarint64(&number)) return false;
      header->bad_consumers.push_back(static_cast<int32_t>(number));
    }
  }
  return in.ok();
}

// What stands in an entry, before anything is checked.
struct RawEntry {
  int32_t dtype = 0;
  std::string_view shape;  // TensorShapeProto
  std::string joined;      // owns `shape` if it came in parts
};

void TakeShape(std::string_view bytes, RawEntry* raw) {
  if (raw->shape.empty()) {
    raw->shape = bytes;
  } else {
    raw->joined = StrCat(raw->shape, bytes);
    raw->shape = raw->joined;
  }
}

Status ReadFields(std::string_view bytes, RawEntry* raw, BundleEntry* entry) {
  WireReader in(bytes);
  bool good = true;
  while (good && in.Next()) {
    switch (in.field()) {
      case 1:
        good = in.ToInt32(&raw->dtype);
        break;
      case 2:
        good = in.is(kWireBytes);
        TakeShape(in.bytes(), raw);
        break;
      case 3:
        good = in.ToInt32(&entry->shard_id);
        break;
      case 4:
        good = in.ToInt64(&entry->offset);
        break;
      case 5:
        good = in.ToInt64(&entry->size);
        break;
      case 6:
        good = in.is(kWireFixed32);
        entry->masked_crc32c = static_cast<uint32_t>(in.number());
        break;
      case 7: {
        if (!in.is(kWireBytes)) return Malformed("BundleEntryProto");
        CAIRN_ASSIGN_OR_RETURN(TensorSlice slice, DecodeSlice(in.bytes()));
        entry->slices.push_back(std::move(slice));
        break;
      }
      default:
        break;
    }
  }
  return good && in.ok() ? OkStatus() : Malformed("BundleEntryProto");
}

// --- checking ---

Status CheckDtype(int32_t number, BundleEntry* entry) {
  const auto dtype = DataTypeFromNumber(number);
  if (!dtype.has_value() || *dtype == DataType::kResource) {
    return DataLossError(
        StrCat("dtype ", number, " cannot stand in a checkpoint"));
  }
  entry->dtype = *dtype;
  return OkStatus();
}

Status CheckSlices(const BundleEntry& entry) {
  for (const TensorSlice& slice : entry.slices) {
    const StatusOr<Shape> part = slice.Apply(entry.shape);
    if (!part.ok()) return DataLossError(Message(part.status()));
  }
  return OkStatus();
}

// Least bytes that the elements take: strings have a length each and one
// checksum, variants a length and a checksum each.
bool SizeFits(const BundleEntry& entry, std::string* expected) {
  const int64_t count = entry.shape.num_elements();
  if (entry.dtype == DataType::kString) {
    *expected = StrCat("at least ", count, " + 4");
    return entry.size >= 4 && entry.size - 4 >= count;
  }
  if (entry.dtype == DataType::kVariant) {
    *expected = StrCat("at least 5 * ", count);
    return count == 0 ? entry.size == 0 : entry.size / 5 >= count;
  }
  const StatusOr<int64_t> bytes =
      ByteSize(entry.shape, DataTypeSize(entry.dtype));
  *expected = bytes.ok() ? StrCat(*bytes) : Message(bytes.status());
  return bytes.ok() && *bytes == entry.size;
}

Status CheckPlace(const BundleEntry& entry) {
  if (entry.shard_id < 0 || entry.offset < 0 || entry.size < 0 ||
      entry.offset > std::numeric_limits<int64_t>::max() - entry.size) {
    return DataLossError(StrCat("bad place: shard ", entry.shard_id,
                                ", offset ", entry.offset, ", size ",
                                entry.size));
  }
  std::string expected;
  if (SizeFits(entry, &expected)) return OkStatus();
  return DataLossError(StrCat("Invalid size in bundle entry: stored size ",
                              entry.size, "; expected size ", expected, " for ",
                              DataTypeName(entry.dtype),
                              entry.shape.ToString()));
}

}  // namespace

StatusOr<BundleHeader> DecodeHeader(std::string_view bytes) {
  BundleHeader header;
  header.num_shards = 0;
  header.producer = 0;
  WireReader in(bytes);
  bool good = true;
  int32_t endianness = 0;
  while (good && in.Next()) {
    if (in.field() == 1) good = in.ToInt32(&header.num_shards);
    if (in.field() == 2) good = in.ToInt32(&endianness);
    if (in.field() == 3) {
      good = in.is(kWireBytes) && ReadVersion(in.bytes(), &header);
    }
  }
  if (!good || !in.ok()) return Malformed("BundleHeaderProto");
  if (header.num_shards < 1 || header.num_shards > kMaxShards) {
    return DataLossError(StrCat("bad header: ", header.num_shards,
                                " shards, expected 1 to ", kMaxShards));
  }
  if (endianness != 0 && endianness != 1) {
    return DataLossError(
        StrCat("bad header: endianness ", endianness, ", expected 0 or 1"));
  }
  header.endianness = static_cast<Endianness>(endianness);
  return header;
}

StatusOr<BundleEntry> DecodeEntry(std::string_view bytes) {
  RawEntry raw;
  BundleEntry entry;
  CAIRN_RETURN_IF_ERROR(ReadFields(bytes, &raw, &entry));
  CAIRN_RETURN_IF_ERROR(CheckDtype(raw.dtype, &entry));
  CAIRN_ASSIGN_OR_RETURN(entry.shape, DecodeShape(raw.shape));
  if (entry.slices.empty()) {
    CAIRN_RETURN_IF_ERROR(CheckPlace(entry));
    return entry;
  }
  // Its pieces have places. What stands here as one is ignored, as TensorFlow
  // does, so that nobody uses a number that was not checked.
  entry.offset = entry.size = 0;
  entry.masked_crc32c = 0;
  entry.shard_id = std::max(entry.shard_id, 0);
  CAIRN_RETURN_IF_ERROR(CheckSlices(entry));
  return entry;
}

std::string EncodeHeader(const BundleHeader& header) {
  std::string version;
  PutNumber(version, 1, header.producer);
  PutNumber(version, 2, header.min_consumer);
  if (!header.bad_consumers.empty()) {
    std::string packed;
    for (const int32_t consumer : header.bad_consumers) {
      PutVarint(packed, static_cast<uint64_t>(int64_t{consumer}));
    }
    PutMessage(version, 3, packed);
  }
  std::string out;
  PutNumber(out, 1, header.num_shards);
  PutNumber(out, 2, static_cast<int64_t>(header.endianness));
  PutMessage(out, 3, version);
  return out;
}

std::string EncodeEntry(const BundleEntry& entry) {
  std::string out;
  out.reserve(64);
  PutNumber(out, 1, static_cast<int64_t>(entry.dtype));
  PutMessage(out, 2, EncodeShape(entry.shape));
  PutNumber(out, 3, entry.shard_id);
  if (entry.slices.empty()) {
    PutNumber(out, 4, entry.offset);
    PutNumber(out, 5, entry.size);
    if (entry.masked_crc32c != 0) {
      PutTag(out, 6, kWireFixed32);
      PutFixed32(out, entry.masked_crc32c);
    }
  }
  for (const TensorSlice& slice : entry.slices) {
    PutMessage(out, 7, EncodeSlice(slice));
  }
  return out;
}

std::string IndexPath(std::string_view prefix) {
  return StrCat(prefix, ".index");
}

std::string DataPath(std::string_view prefix, int32_t shard,
                     int32_t num_shards) {
  return ShardedFilename(StrCat(prefix, ".data"), shard, num_shards);
}

}  // namespace cairn::bundle
