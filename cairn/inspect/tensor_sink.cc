// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/tensor_sink.h"

#include <string>
#include <utility>

#include "cairn/base/endian.h"

namespace cairn::inspect {
namespace {

constexpr size_t kRunBytes = size_t{1} << 20;

}  // namespace

Status SinkInRuns(std::string_view bytes, const CheckpointSource::Sink& sink) {
  while (!bytes.empty()) {
    const std::string_view run = bytes.substr(0, kRunBytes);
    CAIRN_RETURN_IF_ERROR(sink(run));
    bytes.remove_prefix(run.size());
  }
  return OkStatus();
}

Status SinkTensor(const TensorView& tensor,
                  const CheckpointSource::Sink& sink) {
  if (tensor.holds_strings()) {
    for (const std::string& value : tensor.strings()) {
      std::string length;
      PutFixed64(length, value.size());
      CAIRN_RETURN_IF_ERROR(sink(length));
      CAIRN_RETURN_IF_ERROR(SinkInRuns(value, sink));
    }
    return OkStatus();
  }
  if (kLittleEndianHost || Info(tensor.dtype()).swap_unit == 1) {
    return SinkInRuns(tensor.bytes(), sink);
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor swapped, Tensor::CopyOf(tensor));
  SwapElements(swapped.dtype(), swapped.mutable_bytes());
  return SinkInRuns(swapped.bytes(), sink);
}

Status BlameFile(Status status) {
  return absl::IsInvalidArgument(status) ? DataLossError(Message(status))
                                         : status;
}

}  // namespace cairn::inspect
