// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Tensors as TensorProto, the way TensorFlow's Python spells constants.
//
// Inside this room only.
#ifndef CAIRN_GRAPH_TENSOR_PROTO_H_
#define CAIRN_GRAPH_TENSOR_PROTO_H_

#include "cairn/base/status.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/tensor/tensor.h"

namespace cairn::proto {
class TensorProto;
class TensorShapeProto;
}  // namespace cairn::proto

namespace cairn::graph {

void EncodeShape(const PartialShape& shape, proto::TensorShapeProto* out);
PartialShape DecodeShape(const proto::TensorShapeProto& shape);

// One element: in the dtype's own field; more: as raw bytes, strings always in
// theirs. With another `shape` than the tensor's own, which then must have one
// element, that element stands for all. InvalidArgument for variants.
Status EncodeTensor(const TensorView& tensor, const Shape& shape,
                    proto::TensorProto* out);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_TENSOR_PROTO_H_
