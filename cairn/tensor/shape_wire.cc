// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What hostile bytes can do, and the check:
//   break the encoding, or give a field another type   WireReader
//   give millions of dimensions                        one above kMaxRank kept
//   negative or overflowing dimensions                 Shape::Create
//   extents that are negative or overflow              TensorSlice::Create
#include "cairn/tensor/shape_wire.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "cairn/base/strings.h"
#include "cairn/base/wire.h"

namespace cairn {
namespace {

bool ReadDim(std::string_view bytes, int64_t* size) {
  WireReader in(bytes);
  *size = 0;
  while (in.Next()) {
    if (in.field() == 1 && !in.ToInt64(size)) return false;
    if (in.field() == 2 && !in.is(kWireBytes)) return false;
  }
  return in.ok();
}

bool ReadExtent(std::string_view bytes, SliceExtent* extent) {
  WireReader in(bytes);
  while (in.Next()) {
    if (in.field() == 1 && !in.ToInt64(&extent->start)) return false;
    if (in.field() == 2) {
      // Absent means all; -1 is how a key says it, not a message.
      if (!in.ToInt64(&extent->length) || extent->length < 0) return false;
    }
  }
  return in.ok();
}

Status MalformedShape() { return DataLossError("malformed TensorShapeProto"); }
Status MalformedSlice() { return DataLossError("malformed TensorSliceProto"); }

}  // namespace

StatusOr<Shape> DecodeShape(std::string_view bytes) {
  WireReader in(bytes);
  absl::InlinedVector<int64_t, 8> dims;
  while (in.Next()) {
    if (in.field() == 2) {
      int64_t size;
      if (!in.is(kWireBytes) || !ReadDim(in.bytes(), &size)) {
        return MalformedShape();
      }
      // One too many is kept, for Shape::Create to refuse.
      if (dims.size() <= static_cast<size_t>(kMaxRank)) dims.push_back(size);
    } else if (in.field() == 3) {
      if (!in.is(kWireVarint)) return MalformedShape();
      if (in.number() != 0) {
        return DataLossError("Invalid tensor shape: unknown rank");
      }
    }
  }
  if (!in.ok()) return MalformedShape();
  StatusOr<Shape> shape = Shape::Create(dims);
  if (shape.ok()) return shape;
  return DataLossError(
      StrCat("Invalid tensor shape: ", Message(shape.status())));
}

StatusOr<TensorSlice> DecodeSlice(std::string_view bytes) {
  WireReader in(bytes);
  std::vector<SliceExtent> extents;
  while (in.Next()) {
    if (in.field() != 1) continue;
    SliceExtent extent;
    if (!in.is(kWireBytes) || !ReadExtent(in.bytes(), &extent)) {
      return MalformedSlice();
    }
    if (extents.size() <= static_cast<size_t>(kMaxRank)) {
      extents.push_back(extent);
    }
  }
  if (!in.ok()) return MalformedSlice();
  StatusOr<TensorSlice> slice = TensorSlice::Create(std::move(extents));
  if (!slice.ok()) return DataLossError(Message(slice.status()));
  return slice;
}

std::string EncodeShape(const Shape& shape) {
  std::string out;
  std::string item;
  for (const int64_t dim : shape.dims()) {
    item.clear();
    PutNumber(item, 1, dim);
    PutMessage(out, 2, item);
  }
  return out;
}

std::string EncodeSlice(const TensorSlice& slice) {
  std::string out;
  std::string item;
  for (const SliceExtent& extent : slice.extents()) {
    item.clear();
    PutNumber(item, 1, extent.start);
    if (!extent.is_all()) {
      PutTag(item, 2, kWireVarint);
      PutVarint(item, static_cast<uint64_t>(extent.length));
    }
    PutMessage(out, 1, item);
  }
  return out;
}

}  // namespace cairn
