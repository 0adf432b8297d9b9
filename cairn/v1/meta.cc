// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile meta record can do, and the check:
//   break the encoding, or give a field another type  WireReader
//   be an empty message, or another record's           WalkMeta
//   ask for a newer reader                             CheckVersions
//   list a million tensors                             WalkMeta decodes none
//   name an element type the format cannot hold        ReadFields
//   negative, too many, overflowing dimensions         DecodeShape
//   slices of another rank or outside the shape        ReadSlices
//   a million slices of one tensor                     kMaxExtents
// A field that is not known is skipped, of a repeated scalar the last counts, a
// message given in two parts is merged, as protobuf does.
#include "cairn/v1/meta.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "cairn/base/cursor.h"
#include "cairn/base/strings.h"
#include "cairn/base/wire.h"
#include "cairn/tensor/shape_wire.h"
#include "cairn/v1/values.h"

namespace cairn::v1 {
namespace {

Status Malformed(std::string_view message) {
  return DataLossError(StrCat("malformed ", message));
}

// Looks for kV1Version in a repeated int32 field, packed or not.
bool ReadBadConsumers(const WireReader& in, Versions* versions) {
  int32_t value;
  if (in.ToInt32(&value)) {
    versions->disallows_us |= value == kV1Version;
    return true;
  }
  if (!in.is(kWireBytes)) return false;
  Cursor packed(in.bytes());
  while (!packed.empty()) {
    uint64_t number;
    if (!packed.ReadVarint64(&number)) return false;
    versions->disallows_us |= number == uint64_t{kV1Version};
  }
  return true;
}

bool ReadVersions(std::string_view bytes, Versions* versions) {
  WireReader in(bytes);
  while (in.Next()) {
    switch (in.field()) {
      case 1:
        if (!in.ToInt32(&versions->producer)) return false;
        break;
      case 2:
        if (!in.ToInt32(&versions->min_consumer)) return false;
        break;
      case 3:
        if (!ReadBadConsumers(in, versions)) return false;
        break;
    }
  }
  return in.ok();
}

bool ReadName(std::string_view message, std::string_view* name) {
  WireReader in(message);
  *name = {};
  while (in.Next()) {
    if (in.field() != 1) continue;
    if (!in.is(kWireBytes)) return false;
    *name = in.bytes();
  }
  return in.ok();
}

Status WalkTensors(std::string_view meta, Versions* versions,
                   const std::function<void(const TensorRef&)>& visit) {
  WireReader in(meta);
  while (in.Next()) {
    if (in.field() == 1) {
      TensorRef tensor;
      if (!in.is(kWireBytes) || !ReadName(in.bytes(), &tensor.name)) {
        return Malformed("SavedSliceMeta");
      }
      tensor.message = in.bytes();
      visit(tensor);
    } else if (in.field() == 2) {
      if (!in.is(kWireBytes) || !ReadVersions(in.bytes(), versions)) {
        return Malformed("VersionDef");
      }
    }
  }
  return in.ok() ? OkStatus() : Malformed("SavedTensorSliceMeta");
}

// All but the slices. Shapes are tiny, so the parts of one are copied together.
Status ReadFields(std::string_view message, TensorMeta* meta) {
  std::string shape;
  int32_t dtype = 0;
  WireReader in(message);
  while (in.Next()) {
    switch (in.field()) {
      case 1:
        if (!in.is(kWireBytes)) return Malformed("SavedSliceMeta");
        meta->name = in.bytes();
        break;
      case 2:
        if (!in.is(kWireBytes)) return Malformed("SavedSliceMeta");
        shape.append(in.bytes());
        break;
      case 3:
        if (!in.ToInt32(&dtype)) return Malformed("SavedSliceMeta");
        break;
    }
  }
  if (!in.ok()) return Malformed("SavedSliceMeta");
  const std::optional<DataType> known = DataTypeFromNumber(dtype);
  if (!known || !IsStorable(*known)) {
    return DataLossError(
        StrCat("a tensor of dtype ",
               known ? DataTypeName(*known) : std::to_string(dtype),
               ", which a V1 file cannot hold"));
  }
  meta->dtype = *known;
  CAIRN_ASSIGN_OR_RETURN(meta->shape, DecodeShape(shape));
  return OkStatus();
}

Status ReadSlices(std::string_view message, TensorMeta* meta) {
  const auto rank = static_cast<size_t>(meta->shape.rank());
  WireReader in(message);
  while (in.Next()) {
    if (in.field() != 4) continue;
    if (!in.is(kWireBytes)) return Malformed("SavedSliceMeta");
    if ((meta->slices.size() + 1) * std::max<size_t>(rank, 1) > kMaxExtents) {
      return UnimplementedError(
          StrCat("more than ", meta->slices.size(), " pieces of rank ", rank));
    }
    CAIRN_ASSIGN_OR_RETURN(TensorSlice slice, DecodeSlice(in.bytes()));
    const StatusOr<Shape> part = slice.Apply(meta->shape);
    if (!part.ok()) return DataLossError(Message(part.status()));
    meta->slices.push_back(std::move(slice));
  }
  if (!meta->slices.empty()) return OkStatus();
  return DataLossError("a tensor without any slice");
}

}  // namespace

Status WalkMeta(std::string_view record, Versions* versions,
                const std::function<void(const TensorRef&)>& visit) {
  WireReader in(record);
  bool found = false;
  while (in.Next()) {
    if (in.field() == 1) {
      if (!in.is(kWireBytes)) return Malformed("SavedTensorSlices");
      found = true;
      CAIRN_RETURN_IF_ERROR(WalkTensors(in.bytes(), versions, visit));
    } else if (in.field() == 2) {
      return DataLossError("the first record holds data, not the meta message");
    }
  }
  if (!in.ok()) return Malformed("SavedTensorSlices");
  if (found) return OkStatus();
  return DataLossError("the first record has no meta message");
}

Status CheckVersions(const Versions& versions) {
  if (versions.min_consumer > kV1Version) {
    return FailedPreconditionError(
        StrCat("Checkpoint min consumer version ", versions.min_consumer,
               " above current version ", kV1Version));
  }
  if (versions.disallows_us) {
    return FailedPreconditionError(
        StrCat("Checkpoint disallows consumer version ", kV1Version));
  }
  return OkStatus();
}

StatusOr<TensorMeta> DecodeTensorMeta(std::string_view message) {
  TensorMeta meta;
  Status status = ReadFields(message, &meta);
  if (status.ok()) status = ReadSlices(message, &meta);
  if (!status.ok()) {
    return Annotate(status, StrCat("tensor ", Escape(meta.name)));
  }
  return meta;
}

std::string EncodeMeta(std::span<const TensorMeta> tensors) {
  std::string meta;
  std::string item;
  for (const TensorMeta& tensor : tensors) {
    item.clear();
    if (!tensor.name.empty()) PutMessage(item, 1, tensor.name);
    PutMessage(item, 2, EncodeShape(tensor.shape));
    PutNumber(item, 3, static_cast<int32_t>(tensor.dtype));
    for (const TensorSlice& slice : tensor.slices) {
      PutMessage(item, 4, EncodeSlice(slice));
    }
    PutMessage(meta, 1, item);
  }
  std::string versions;
  PutNumber(versions, 1, kV1Version);
  PutMessage(meta, 2, versions);
  std::string record;
  PutMessage(record, 1, meta);
  return record;
}

}  // namespace cairn::v1
