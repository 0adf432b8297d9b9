// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The meta record of a V1 file, under the key "": which tensors there are, and
// of which pieces. Bytes: docs/formats/v1.md.
//
//   SavedTensorSlices      1 meta: SavedTensorSliceMeta
//   SavedTensorSliceMeta   1 tensor (repeated): SavedSliceMeta, 2 versions
//   SavedSliceMeta         1 name, 2 shape, 3 type, 4 slice (repeated)
//   VersionDef             1 producer, 2 min_consumer, 3 bad_consumers
#ifndef CAIRN_V1_META_H_
#define CAIRN_V1_META_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/tensor/dtype.h"
#include "cairn/tensor/shape.h"
#include "cairn/tensor/slice.h"

namespace cairn::v1 {

// The version this code writes, and the newest it reads.
inline constexpr int32_t kV1Version = 1;
// Extents of all pieces of one tensor; more are refused. 256 bytes of memory
// for each at most, whatever the file's size.
inline constexpr size_t kMaxExtents = size_t{1} << 18;

// SavedSliceMeta: one tensor and the pieces of it that this file has.
struct TensorMeta {
  std::string name;
  DataType dtype = DataType::kInvalid;
  Shape shape;  // of the whole tensor
  std::vector<TensorSlice> slices;
};

struct Versions {
  int32_t producer = 0;
  int32_t min_consumer = 0;
  bool disallows_us = false;  // bad_consumers has kV1Version
};

// A tensor's message within the record and its name within the message: enough
// to find it without decoding.
struct TensorRef {
  std::string_view message;
  std::string_view name;
};

// Calls `visit` for each tensor in the order stored. DataLoss for malformed
// bytes, for a record without a meta message or with data.
Status WalkMeta(std::string_view record, Versions* versions,
                const std::function<void(const TensorRef&)>& visit);
// FailedPrecondition when the file asks for a newer reader.
Status CheckVersions(const Versions& versions);
// DataLoss: malformed, an element type that the format cannot hold, a shape
// that is none, no slices, slices outside the shape. Unimplemented: more than
// kMaxExtents.
StatusOr<TensorMeta> DecodeTensorMeta(std::string_view message);

// The record TensorFlow writes: the tensors in the order given, versions last.
std::string EncodeMeta(std::span<const TensorMeta> tensors);

}  // namespace cairn::v1

#endif  // CAIRN_V1_META_H_
