// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile data record can do, and the check:
//   break the encoding, or give a field another type  WireReader, AddNumbers
//   belong to another tensor or piece                 CheckOwner
//   hold more or fewer values than the piece has      Parse
//   hold numbers beyond their type                    CountVarints
//   claim a huge piece of few bytes                   MayHold
// A field that is not known is skipped, of a repeated scalar the last counts, a
// message given in two parts is merged, as protobuf does; so the values may be
// spread over several messages, and are walked where they stand.
#include "cairn/v1/values.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "cairn/base/cursor.h"
#include "cairn/base/endian.h"
#include "cairn/base/strings.h"
#include "cairn/base/wire.h"
#include "cairn/tensor/shape_wire.h"

namespace cairn::v1 {
namespace {

enum class Encoding { kFixed32, kFixed64, kVarint, kBytes };

// How an element type stands in a TensorProto.
struct Storage {
  DataType dtype;
  uint32_t field;
  Encoding encoding;
  int numbers;       // per element
  int max_bytes;     // TensorFlow's bound, per element (MaxBytesPerElement)
  int64_t min, max;  // of a varint
};

template <typename T>
constexpr int64_t kMin = std::numeric_limits<T>::min();
template <typename T>
constexpr int64_t kMax = std::numeric_limits<T>::max();

constexpr Storage kStorages[] = {
    {DataType::kFloat, 5, Encoding::kFixed32, 1, 4, 0, 0},
    {DataType::kDouble, 6, Encoding::kFixed64, 1, 8, 0, 0},
    {DataType::kInt32, 7, Encoding::kVarint, 1, 10, kMin<int32_t>,
     kMax<int32_t>},
    {DataType::kInt16, 7, Encoding::kVarint, 1, 10, kMin<int16_t>,
     kMax<int16_t>},
    {DataType::kInt8, 7, Encoding::kVarint, 1, 10, kMin<int8_t>, kMax<int8_t>},
    {DataType::kUint16, 7, Encoding::kVarint, 1, 3, 0, kMax<uint16_t>},
    {DataType::kUint8, 7, Encoding::kVarint, 1, 2, 0, kMax<uint8_t>},
    {DataType::kQint8, 7, Encoding::kVarint, 1, 10, kMin<int8_t>, kMax<int8_t>},
    {DataType::kQuint8, 7, Encoding::kVarint, 1, 2, 0, kMax<uint8_t>},
    {DataType::kQint32, 7, Encoding::kVarint, 1, 10, kMin<int32_t>,
     kMax<int32_t>},
    {DataType::kString, 8, Encoding::kBytes, 1, 10, 0, 0},
    {DataType::kComplex64, 9, Encoding::kFixed32, 2, 8, 0, 0},
    {DataType::kInt64, 10, Encoding::kVarint, 1, 10, kMin<int64_t>,
     kMax<int64_t>},
    {DataType::kBool, 11, Encoding::kVarint, 1, 1, 0, 1},
    {DataType::kComplex128, 12, Encoding::kFixed64, 2, 16, 0, 0},
    {DataType::kHalf, 13, Encoding::kVarint, 1, 3, 0, kMax<uint16_t>},
};

const Storage* FindStorage(DataType dtype) {
  const auto found = std::ranges::find(kStorages, dtype, &Storage::dtype);
  return found == std::end(kStorages) ? nullptr : found;
}

int NumberSize(const Storage& storage) {
  switch (storage.encoding) {
    case Encoding::kFixed32:
      return 4;
    case Encoding::kFixed64:
      return 8;
    case Encoding::kVarint:
      return 1;  // at least
    case Encoding::kBytes:
      return 2;  // tag and length
  }
  return 1;
}

// --- writing ---

// A bool as it is in memory: any byte but 0 is true.
enum class BoolByte : uint8_t {};

// The number of T at `from`, as the varint of its 64-bit value.
template <typename T>
uint64_t LoadNumber(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  if constexpr (std::is_same_v<T, BoolByte>) return value != BoolByte{0};
  return static_cast<uint64_t>(static_cast<int64_t>(value));
}

template <typename T>
uint64_t VarintsLength(std::string_view elements) {
  uint64_t length = 0;
  for (size_t i = 0; i < elements.size(); i += sizeof(T)) {
    length += static_cast<uint64_t>(VarintLength(LoadNumber<T>(&elements[i])));
  }
  return length;
}

template <typename T>
void PutVarints(std::string& out, std::string_view elements) {
  for (size_t i = 0; i < elements.size(); i += sizeof(T)) {
    PutVarint(out, LoadNumber<T>(&elements[i]));
  }
}

// Calls `f` with a value of the C++ type in which varints of `dtype` are kept.
template <typename F>
auto WithNumberType(DataType dtype, F f) {
  switch (dtype) {
    case DataType::kInt32:
    case DataType::kQint32:
      return f(int32_t{});
    case DataType::kInt16:
      return f(int16_t{});
    case DataType::kInt8:
    case DataType::kQint8:
      return f(int8_t{});
    case DataType::kUint16:
    case DataType::kHalf:
      return f(uint16_t{});
    case DataType::kUint8:
    case DataType::kQuint8:
      return f(uint8_t{});
    case DataType::kBool:
      return f(BoolByte{});
    default:
      return f(int64_t{});
  }
}

// Appends elements of fixed-size numbers, which stand little-endian.
void PutFixed(std::string& out, DataType dtype, std::string_view elements) {
  const size_t begin = out.size();
  out.append(elements);
  if (!kLittleEndianHost) {
    SwapElements(dtype, {out.data() + begin, elements.size()});
  }
}

uint64_t StringBytes(const TensorView& part) {
  uint64_t bytes = 0;
  for (const std::string& value : part.strings()) bytes += value.size();
  return bytes;
}

// Bytes of a length-delimited field of `length` bytes; fields up to 15.
uint64_t FieldLength(uint64_t length) {
  return 1 + static_cast<uint64_t>(VarintLength(length)) + length;
}

void PutHeader(std::string& out, uint32_t field, uint64_t length) {
  PutTag(out, field, kWireBytes);
  PutVarint(out, length);
}

// The packed values of `part`: how many bytes, and the bytes.
uint64_t PackedLength(const Storage& storage, const TensorView& part) {
  if (storage.encoding != Encoding::kVarint) return part.bytes().size();
  return WithNumberType(part.dtype(), [&](auto number) {
    return VarintsLength<decltype(number)>(part.bytes());
  });
}

void PutPacked(std::string& out, const Storage& storage,
               const TensorView& part) {
  if (storage.encoding != Encoding::kVarint) {
    return PutFixed(out, part.dtype(), part.bytes());
  }
  WithNumberType(part.dtype(), [&](auto number) {
    PutVarints<decltype(number)>(out, part.bytes());
  });
}

uint64_t ProtoLength(const Storage& storage, const TensorView& part,
                     uint64_t* packed) {
  *packed = 0;
  if (part.num_elements() == 0) return 0;
  if (part.dtype() != DataType::kString) {
    *packed = PackedLength(storage, part);
    return FieldLength(*packed);
  }
  uint64_t length = 0;
  for (const std::string& value : part.strings()) {
    length += FieldLength(value.size());
  }
  return length;
}

std::string EncodeOwner(std::string_view name, const TensorSlice& slice) {
  std::string owner;
  if (!name.empty()) PutMessage(owner, 1, name);
  PutMessage(owner, 2, EncodeSlice(slice));
  return owner;
}

// --- reading ---

// Calls `f` with a reader at each field of each TensorProto of the record,
// false from it ends the walk; `other` with each other field of a SavedSlice.
template <typename F, typename Other>
bool WalkRecord(std::string_view record, Other other, F f) {
  WireReader outer(record);
  while (outer.Next()) {
    if (outer.field() == 1) return false;  // a meta message
    if (outer.field() != 2) continue;
    if (!outer.is(kWireBytes)) return false;
    WireReader saved(outer.bytes());
    while (saved.Next()) {
      if (saved.field() > 3) continue;
      if (!saved.is(kWireBytes)) return false;
      if (saved.field() != 3) {
        other(saved);
        continue;
      }
      WireReader proto(saved.bytes());
      while (proto.Next()) {
        if (!f(proto)) return false;
      }
      if (!proto.ok()) return false;
    }
    if (!saved.ok()) return false;
  }
  return outer.ok();
}

// The numbers in the field that `in` is at: a run of them if packed, else one.
// False when the field is of a wrong type or torn; then nothing can be said.
class Counter {
 public:
  explicit Counter(const Storage& storage) : storage_(storage) {}

  bool Add(const WireReader& in) {
    switch (storage_.encoding) {
      case Encoding::kFixed32:
        return AddFixed(in, kWireFixed32, 4);
      case Encoding::kFixed64:
        return AddFixed(in, kWireFixed64, 8);
      case Encoding::kBytes:
        ++count_;
        return in.is(kWireBytes);
      case Encoding::kVarint:
        return AddVarints(in);
    }
    return false;
  }

  uint64_t count() const { return count_; }
  bool in_range() const { return in_range_; }
  int64_t beyond() const { return beyond_; }

 private:
  bool AddFixed(const WireReader& in, WireType single, size_t size) {
    if (in.is(single)) {
      ++count_;
      return true;
    }
    count_ += in.bytes().size() / size;
    return in.is(kWireBytes) && in.bytes().size() % size == 0;
  }

  bool AddVarints(const WireReader& in) {
    if (in.is(kWireVarint)) {
      AddVarint(in.number());
      return true;
    }
    if (!in.is(kWireBytes)) return false;
    Cursor packed(in.bytes());
    while (!packed.empty()) {
      uint64_t number;
      if (!packed.ReadVarint64(&number)) return false;
      AddVarint(number);
    }
    return true;
  }

  void AddVarint(uint64_t number) {
    ++count_;
    const auto value = static_cast<int64_t>(number);
    if (value >= storage_.min && value <= storage_.max) return;
    in_range_ = false;
    beyond_ = value;
  }

  const Storage& storage_;
  uint64_t count_ = 0;
  bool in_range_ = true;
  int64_t beyond_ = 0;
};

template <typename T>
char* StoreNumber(char* out, uint64_t number) {
  const auto value = static_cast<T>(number);
  std::memcpy(out, &value, sizeof value);
  return out + sizeof value;
}

template <typename T>
char* CopyVarints(const WireReader& in, char* out) {
  if (in.is(kWireVarint)) return StoreNumber<T>(out, in.number());
  Cursor packed(in.bytes());
  uint64_t number;
  while (packed.ReadVarint64(&number)) out = StoreNumber<T>(out, number);
  return out;
}

char* CopyFixed(const WireReader& in, const Storage& storage, char* out) {
  if (in.is(kWireBytes)) {
    if (!in.bytes().empty()) {
      std::memcpy(out, in.bytes().data(), in.bytes().size());
    }
    return out + in.bytes().size();
  }
  if (storage.encoding == Encoding::kFixed32) {
    StoreLittleEndian(out, static_cast<uint32_t>(in.number()));
    return out + 4;
  }
  StoreLittleEndian(out, in.number());
  return out + 8;
}

// DataLoss unless the record says that it is that piece's.
Status CheckOwner(std::string_view name, const TensorSlice& slice,
                  std::string_view found_name, std::string_view found_slice) {
  if (found_name != name) {
    return DataLossError(
        StrCat("the record is of the tensor ", Escape(found_name)));
  }
  CAIRN_ASSIGN_OR_RETURN(const TensorSlice found, DecodeSlice(found_slice));
  if (found == slice) return OkStatus();
  return DataLossError(StrCat("the record is of the piece ", found.ToString()));
}

}  // namespace

bool IsStorable(DataType dtype) { return FindStorage(dtype) != nullptr; }

Status CheckStorable(DataType dtype) {
  if (IsStorable(dtype)) return OkStatus();
  return InvalidArgumentError(StrCat("Saving data type ", DataTypeName(dtype),
                                     " not supported by the V1 format"));
}

Status CheckRecordSize(std::string_view name, const TensorSlice& slice,
                       DataType dtype, int64_t elements,
                       uint64_t string_bytes) {
  const Storage* const storage = FindStorage(dtype);
  if (storage == nullptr) return CheckStorable(dtype);
  // As tensorflow/core/util/tensor_slice_writer.cc: what is known so far, room
  // for the message's own bytes, and each element at its largest.
  constexpr uint64_t kHeaderBytes = 1 << 10;
  const uint64_t known = EncodeOwner(name, slice).size() + kHeaderBytes;
  const auto count = static_cast<uint64_t>(elements);
  const auto each = static_cast<uint64_t>(storage->max_bytes);
  const bool fits = count <= kMaxRecordEstimate / each &&
                    string_bytes <= kMaxRecordEstimate &&
                    known + count * each + string_bytes <= kMaxRecordEstimate;
  if (fits) return OkStatus();
  return InvalidArgumentError(
      StrCat("Tensor slice is too large to serialize: ", elements,
             " elements of ", DataTypeName(dtype), " may take more than ",
             kMaxRecordEstimate, " bytes"));
}

StatusOr<std::string> EncodeRecord(std::string_view name,
                                   const TensorSlice& slice,
                                   const TensorView& part) {
  CAIRN_RETURN_IF_ERROR(CheckStorable(part.dtype()));
  const Storage& storage = *FindStorage(part.dtype());
  CAIRN_RETURN_IF_ERROR(
      CheckRecordSize(name, slice, part.dtype(), part.num_elements(),
                      part.holds_strings() ? StringBytes(part) : 0));
  const std::string owner = EncodeOwner(name, slice);
  uint64_t packed;
  const uint64_t proto = ProtoLength(storage, part, &packed);
  const uint64_t saved = owner.size() + FieldLength(proto);
  std::string record;
  record.reserve(FieldLength(saved));
  PutHeader(record, 2, saved);
  record.append(owner);
  PutHeader(record, 3, proto);
  if (part.num_elements() == 0) return record;
  if (part.holds_strings()) {
    for (const std::string& value : part.strings()) {
      PutMessage(record, storage.field, value);
    }
  } else {
    PutHeader(record, storage.field, packed);
    PutPacked(record, storage, part);
  }
  return record;
}

StatusOr<StoredValues> StoredValues::Parse(std::string_view record,
                                           std::string_view name,
                                           const TensorSlice& slice,
                                           DataType dtype, int64_t elements) {
  CAIRN_RETURN_IF_ERROR(CheckStorable(dtype));
  const Storage& storage = *FindStorage(dtype);
  std::string_view found_name;
  std::string found_slice;
  Counter counter(storage);
  const bool ok = WalkRecord(
      record,
      [&](const WireReader& in) {
        if (in.field() == 1) found_name = in.bytes();
        if (in.field() == 2) found_slice.append(in.bytes());
      },
      [&](const WireReader& in) {
        return in.field() != storage.field || counter.Add(in);
      });
  if (!ok) return DataLossError("malformed SavedTensorSlices");
  CAIRN_RETURN_IF_ERROR(CheckOwner(name, slice, found_name, found_slice));
  const uint64_t wanted =
      static_cast<uint64_t>(elements) * static_cast<uint64_t>(storage.numbers);
  if (static_cast<uint64_t>(elements) > record.size() ||
      counter.count() != wanted) {
    return DataLossError(StrCat("the record holds ", counter.count(),
                                " values, expected ", wanted));
  }
  if (!counter.in_range()) {
    return DataLossError(StrCat("the value ", counter.beyond(),
                                " does not fit ", DataTypeName(dtype)));
  }
  return StoredValues(record, dtype);
}

void StoredValues::CopyTo(char* out) const {
  const Storage& storage = *FindStorage(dtype_);
  char* const begin = out;
  WalkRecord(
      record_, [](const WireReader&) {},
      [&](const WireReader& in) {
        if (in.field() != storage.field) return true;
        if (storage.encoding == Encoding::kVarint) {
          out = WithNumberType(dtype_, [&](auto number) {
            return CopyVarints<decltype(number)>(in, out);
          });
        } else {
          out = CopyFixed(in, storage, out);
        }
        return true;
      });
  if (!kLittleEndianHost && storage.encoding != Encoding::kVarint) {
    SwapElements(dtype_, {begin, static_cast<size_t>(out - begin)});
  }
}

void StoredValues::CopyTo(std::span<std::string> out) const {
  size_t i = 0;
  WalkRecord(
      record_, [](const WireReader&) {},
      [&](const WireReader& in) {
        if (in.field() == FindStorage(dtype_)->field) out[i++] = in.bytes();
        return true;
      });
}

bool MayHold(std::string_view record, DataType dtype, int64_t elements) {
  const Storage* const storage = FindStorage(dtype);
  if (storage == nullptr) return false;
  const auto each = static_cast<uint64_t>(NumberSize(*storage)) *
                    static_cast<uint64_t>(storage->numbers);
  return static_cast<uint64_t>(elements) <= record.size() / each;
}

}  // namespace cairn::v1
