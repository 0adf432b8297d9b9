// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The tensor in a TensorProto: constants of graphs.
//
// Inside this room only.
#ifndef CAIRN_SESSION_TENSOR_PROTO_H_
#define CAIRN_SESSION_TENSOR_PROTO_H_

#include <cstdint>

#include "cairn/base/status.h"
#include "cairn/tensor/tensor.h"

namespace cairn::proto {
class TensorProto;
}  // namespace cairn::proto

namespace cairn::session {

// InvalidArgument for a message that is no tensor (a dtype that is none or a
// reference or resource, a shape that is not known, more values than elements,
// raw bytes of another size); ResourceExhausted, before memory is taken, for a
// tensor of more than `max_bytes`: a few values may stand for any number of
// elements.
StatusOr<Tensor> DecodeTensor(const proto::TensorProto& message,
                              int64_t max_bytes);

}  // namespace cairn::session

#endif  // CAIRN_SESSION_TENSOR_PROTO_H_
