// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The messages are read and written by hand: they are few and small, and there
// may be a million of them. What a hostile index can do, and the check:
//   break the encoding, or give a field another type  ProtoReader
//   wrap 32-bit fields                                ToInt32
//   name an element type that no file can hold        CheckDtype
//   negative, too many, overflowing dimensions        Shape::Create
//   negative places, or ones beyond int64             CheckPlace
//   a size that is not the shape's                    CheckPlace
//   slices outside the shape                          CheckSlices
// A field that is not known is skipped, of a repeated one the last counts, and
// a message given in two parts is merged, as protobuf does.
#include "cairn/bundle/entry.h"

#include <cstdint>
#include <limits>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "cairn/base/cursor.h"
#include "cairn/base/endian.h"
#include "cairn/base/strings.h"

namespace cairn::bundle {
namespace {

using Dims = absl::InlinedVector<int64_t, 8>;

enum WireType : uint32_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kFixed32 = 5
};

// One field at a time of a serialized message.
class ProtoReader {
 public:
  explicit ProtoReader(std::string_view bytes) : in_(bytes) {}

  // False at the end and for malformed bytes; ok() tells which.
  bool Next() {
    if (in_.empty()) return false;
    uint32_t tag;
    ok_ = in_.ReadVarint32(&tag) && tag >> 3 != 0 && ReadValue(tag & 7);
    field_ = tag >> 3;
    return ok_;
  }
  bool ok() const { return ok_; }
  uint32_t field() const { return field_; }
  bool is(WireType type) const { return type_ == type; }
  uint64_t number() const { return number_; }  // of a varint or fixed field
  std::string_view bytes() const { return bytes_; }

 private:
  bool ReadValue(uint32_t type) {
    type_ = type;
    switch (type) {
      case kVarint:
        return in_.ReadVarint64(&number_);
      case kFixed64:
        return in_.ReadFixed64(&number_);
      case kBytes:
        return in_.ReadLengthPrefixed(&bytes_);
      case kFixed32: {
        uint32_t value;
        if (!in_.ReadFixed32(&value)) return false;
        number_ = value;
        return true;
      }
      default:
        return false;  // groups: no message here ever had one
    }
  }

  Cursor in_;
  bool ok_ = true;
  uint32_t field_ = 0;
  uint32_t type_ = 0;
  uint64_t number_ = 0;
  std::string_view bytes_;
};

Status Malformed(std::string_view message) {
  return DataLossError(StrCat("malformed ", message));
}

bool ToInt32(const ProtoReader& in, int32_t* value) {
  const auto wide = static_cast<int64_t>(in.number());
  *value = static_cast<int32_t>(wide);
  return in.is(kVarint) && *value == wide;
}

bool ToInt64(const ProtoReader& in, int64_t* value) {
  *value = static_cast<int64_t>(in.number());
  return in.is(kVarint);
}

// --- reading ---

bool ReadVersion(std::string_view bytes, BundleHeader* header) {
  ProtoReader in(bytes);
  while (in.Next()) {
    int32_t value;
    if (in.field() == 1 && !ToInt32(in, &header->producer)) return false;
    if (in.field() == 2 && !ToInt32(in, &header->min_consumer)) return false;
    if (in.field() != 3) continue;
    if (in.is(kVarint)) {
      if (!ToInt32(in, &value)) return false;
      header->bad_consumers.push_back(value);
      continue;
    }
    if (!in.is(kBytes)) return false;
    Cursor packed(in.bytes());
    while (!packed.empty()) {
      uint64_t number;
      if (!packed.ReadVarint64(&number)) return false;
      header->bad_consumers.push_back(static_cast<int32_t>(number));
    }
  }
  return in.ok();
}

bool ReadDim(std::string_view bytes, int64_t* size) {
  ProtoReader in(bytes);
  *size = 0;
  while (in.Next()) {
    if (in.field() == 1 && !ToInt64(in, size)) return false;
    if (in.field() == 2 && !in.is(kBytes)) return false;
  }
  return in.ok();
}

bool ReadShape(std::string_view bytes, Dims* dims, bool* unknown_rank) {
  ProtoReader in(bytes);
  while (in.Next()) {
    if (in.field() == 2) {
      int64_t size;
      if (!in.is(kBytes) || !ReadDim(in.bytes(), &size)) return false;
      // One too many is kept, for Shape::Create to refuse.
      if (dims->size() <= static_cast<size_t>(kMaxRank)) dims->push_back(size);
    } else if (in.field() == 3) {
      if (!in.is(kVarint)) return false;
      *unknown_rank = in.number() != 0;
    }
  }
  return in.ok();
}

bool ReadExtent(std::string_view bytes, SliceExtent* extent) {
  ProtoReader in(bytes);
  while (in.Next()) {
    if (in.field() == 1 && !ToInt64(in, &extent->start)) return false;
    if (in.field() == 2) {
      // Absent means all; -1 is how a key says it, not a message.
      if (!ToInt64(in, &extent->length) || extent->length < 0) return false;
    }
  }
  return in.ok();
}

StatusOr<TensorSlice> ReadSlice(std::string_view bytes) {
  ProtoReader in(bytes);
  std::vector<SliceExtent> extents;
  while (in.Next()) {
    if (in.field() != 1) continue;
    SliceExtent extent;
    if (!in.is(kBytes) || !ReadExtent(in.bytes(), &extent)) {
      return Malformed("TensorSliceProto");
    }
    if (extents.size() <= static_cast<size_t>(kMaxRank)) {
      extents.push_back(extent);
    }
  }
  if (!in.ok()) return Malformed("TensorSliceProto");
  StatusOr<TensorSlice> slice = TensorSlice::Create(std::move(extents));
  if (!slice.ok()) return DataLossError(Message(slice.status()));
  return slice;
}

// What stands in an entry, before anything is checked.
struct RawEntry {
  int32_t dtype = 0;
  Dims dims;
  bool unknown_rank = false;
};

Status ReadFields(std::string_view bytes, RawEntry* raw, BundleEntry* entry) {
  ProtoReader in(bytes);
  bool good = true;
  while (good && in.Next()) {
    switch (in.field()) {
      case 1:
        good = ToInt32(in, &raw->dtype);
        break;
      case 2:
        good = in.is(kBytes) &&
               ReadShape(in.bytes(), &raw->dims, &raw->unknown_rank);
        break;
      case 3:
        good = ToInt32(in, &entry->shard_id);
        break;
      case 4:
        good = ToInt64(in, &entry->offset);
        break;
      case 5:
        good = ToInt64(in, &entry->size);
        break;
      case 6:
        good = in.is(kFixed32);
        entry->masked_crc32c = static_cast<uint32_t>(in.number());
        break;
      case 7: {
        if (!in.is(kBytes)) return Malformed("BundleEntryProto");
        CAIRN_ASSIGN_OR_RETURN(TensorSlice slice, ReadSlice(in.bytes()));
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

// --- writing ---

void PutTag(std::string& out, uint32_t field, WireType type) {
  PutVarint(out, field << 3 | type);
}

void PutNumber(std::string& out, uint32_t field, int64_t value) {
  if (value == 0) return;
  PutTag(out, field, kVarint);
  PutVarint(out, static_cast<uint64_t>(value));
}

void PutMessage(std::string& out, uint32_t field, std::string_view message) {
  PutTag(out, field, kBytes);
  PutVarint(out, message.size());
  out.append(message);
}

std::string EncodeShape(const Shape& shape) {
  std::string out;
  for (const int64_t dim : shape.dims()) {
    std::string item;
    PutNumber(item, 1, dim);
    PutMessage(out, 2, item);
  }
  return out;
}

std::string EncodeSlice(const TensorSlice& slice) {
  std::string out;
  for (const SliceExtent& extent : slice.extents()) {
    std::string item;
    PutNumber(item, 1, extent.start);
    if (!extent.is_all()) {
      PutTag(item, 2, kVarint);
      PutVarint(item, static_cast<uint64_t>(extent.length));
    }
    PutMessage(out, 1, item);
  }
  return out;
}

}  // namespace

StatusOr<BundleHeader> DecodeHeader(std::string_view bytes) {
  BundleHeader header;
  header.num_shards = 0;
  header.producer = 0;
  ProtoReader in(bytes);
  bool good = true;
  int32_t endianness = 0;
  while (good && in.Next()) {
    if (in.field() == 1) good = ToInt32(in, &header.num_shards);
    if (in.field() == 2) good = ToInt32(in, &endianness);
    if (in.field() == 3) {
      good = in.is(kBytes) && ReadVersion(in.bytes(), &header);
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
  if (raw.unknown_rank) {
    return DataLossError("Invalid tensor shape: unknown rank");
  }
  StatusOr<Shape> shape = Shape::Create(raw.dims);
  if (!shape.ok()) {
    return DataLossError(
        StrCat("Invalid tensor shape: ", Message(shape.status())));
  }
  entry.shape = *std::move(shape);
  CAIRN_RETURN_IF_ERROR(entry.slices.empty() ? CheckPlace(entry)
                                             : CheckSlices(entry));
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
  PutNumber(out, 1, static_cast<int64_t>(entry.dtype));
  PutMessage(out, 2, EncodeShape(entry.shape));
  if (entry.slices.empty()) {
    PutNumber(out, 3, entry.shard_id);
    PutNumber(out, 4, entry.offset);
    PutNumber(out, 5, entry.size);
    if (entry.masked_crc32c != 0) {
      PutTag(out, 6, kFixed32);
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
  const auto padded = [](int32_t n) {
    std::string text = StrCat(n);
    if (text.size() < 5) text.insert(0, 5 - text.size(), '0');
    return text;
  };
  return StrCat(prefix, ".data-", padded(shard), "-of-", padded(num_shards));
}

}  // namespace cairn::bundle
