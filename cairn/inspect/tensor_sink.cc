// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/tensor_sink.h"

#include <utility>

#include "cairn/base/endian.h"

namespace cairn::inspect {
namespace {

constexpr size_t kRunBytes = size_t{1} << 20;
// Strings are gathered into runs of about this size.
constexpr size_t kGatheredBytes = size_t{64} << 10;

}  // namespace

Status SinkInRuns(std::string_view bytes, const CheckpointSource::Sink& sink) {
  while (!bytes.empty()) {
    const std::string_view run = bytes.substr(0, kRunBytes);
    CAIRN_RETURN_IF_ERROR(sink(run));
    bytes.remove_prefix(run.size());
  }
  return OkStatus();
}

Status StringSink::Begin(uint64_t length) {
  if (run_.size() >= kGatheredBytes) CAIRN_RETURN_IF_ERROR(Flush());
  PutFixed64(run_, length);
  return OkStatus();
}

Status StringSink::Append(std::string_view bytes) {
  if (bytes.size() < kGatheredBytes) {
    run_.append(bytes);
    return run_.size() < kGatheredBytes ? OkStatus() : Flush();
  }
  CAIRN_RETURN_IF_ERROR(Flush());
  return SinkInRuns(bytes, sink_);
}

Status StringSink::Flush() {
  if (run_.empty()) return OkStatus();
  const Status status = sink_(run_);
  run_.clear();
  return status;
}

Status SinkTensor(const TensorView& tensor,
                  const CheckpointSource::Sink& sink) {
  if (tensor.holds_strings()) {
    StringSink strings(sink);
    for (const std::string& value : tensor.strings()) {
      CAIRN_RETURN_IF_ERROR(strings.Begin(value.size()));
      CAIRN_RETURN_IF_ERROR(strings.Append(value));
    }
    return strings.Flush();
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
