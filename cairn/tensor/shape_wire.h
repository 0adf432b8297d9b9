// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// TensorShapeProto and TensorSliceProto, the two messages that stand in every
// entry of both checkpoint formats.
//
//   TensorShapeProto   2 dim (repeated): {1 size: int64, 2 name}; 3
//   unknown_rank TensorSliceProto   1 extent (repeated): {1 start: int64, 2
//   length: int64,
//                      absent for the whole dimension}
//
// A field that is not known is skipped. A message that a record gives in two
// parts is the concatenation of their bytes, as protobuf merges them.
#ifndef CAIRN_TENSOR_SHAPE_WIRE_H_
#define CAIRN_TENSOR_SHAPE_WIRE_H_

#include <string>
#include <string_view>

#include "cairn/base/status.h"
#include "cairn/tensor/shape.h"
#include "cairn/tensor/slice.h"

namespace cairn {

// DataLoss for malformed bytes, an unknown rank, and what Shape::Create
// refuses.
StatusOr<Shape> DecodeShape(std::string_view bytes);
// DataLoss for malformed bytes and what TensorSlice::Create refuses.
StatusOr<TensorSlice> DecodeSlice(std::string_view bytes);

// The bytes TensorFlow writes.
std::string EncodeShape(const Shape& shape);
std::string EncodeSlice(const TensorSlice& slice);

}  // namespace cairn

#endif  // CAIRN_TENSOR_SHAPE_WIRE_H_
