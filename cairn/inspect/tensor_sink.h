// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// How every CheckpointSource gives a tensor's bytes to a sink.
#ifndef CAIRN_INSPECT_TENSOR_SINK_H_
#define CAIRN_INSPECT_TENSOR_SINK_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/base/status.h"
#include "cairn/inspect/source.h"
#include "cairn/tensor/tensor.h"

namespace cairn::inspect {

// The bytes in runs of at most a megabyte, so that progress moves.
Status SinkInRuns(std::string_view bytes, const CheckpointSource::Sink& sink);
// As CheckpointSource::Stream says, for numbers and strings.
Status SinkTensor(const TensorView& tensor, const CheckpointSource::Sink& sink);

// Gives strings to a sink, each after its length, as
// CheckpointSource::Stream says. Short ones are gathered into larger runs.
class StringSink {
 public:
  explicit StringSink(const CheckpointSource::Sink& sink) : sink_(sink) {}
  // The next string will have so many bytes.
  Status Begin(uint64_t length);
  // The next bytes of that string.
  Status Append(std::string_view bytes);
  // What is not given away yet; after the last string.
  Status Flush();

 private:
  const CheckpointSource::Sink& sink_;
  std::string run_;
};

// A whole tensor was asked for, which cannot be the caller's mistake: if its
// pieces do not make one, the file is wrong.
Status BlameFile(Status status);

}  // namespace cairn::inspect

#endif  // CAIRN_INSPECT_TENSOR_SINK_H_
