// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Messages from bytes and into bytes, binary and text.
//
// Inside this room only. Thread-safe.
#ifndef CAIRN_GRAPH_MESSAGE_BYTES_H_
#define CAIRN_GRAPH_MESSAGE_BYTES_H_

#include <string>
#include <string_view>

#include "cairn/base/status.h"

namespace google::protobuf {
class Message;
class MessageLite;
}  // namespace google::protobuf

namespace cairn::graph {

// Whether `bytes`, at most MetaGraph::kMaxBytes of them, are such a message
// with at most MetaGraph::kMaxDepth messages in one another.
bool ParseBinary(std::string_view bytes, google::protobuf::Message* message);
// The same for text; `error` says why not.
bool ParseText(std::string_view text, google::protobuf::Message* message,
               std::string* error);

// Maps are sorted: the same message always gives the same bytes.
std::string SerializeMessage(const google::protobuf::MessageLite& message);
// FailedPrecondition when a field has no name that text could give.
StatusOr<std::string> PrintMessage(const google::protobuf::Message& message);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_MESSAGE_BYTES_H_
