// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/message_bytes.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/unknown_field_set.h>

#include <climits>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/graph/meta_graph.h"

namespace cairn::graph {
namespace {

namespace pb = google::protobuf;

// Keeps the first message of the text parser, which else goes to stderr.
class FirstError : public pb::io::ErrorCollector {
 public:
  void AddError(int line, pb::io::ColumnNumber column,
                const std::string& message) override {
    if (!text.empty()) return;
    text = StrCat("line ", line + 1, ", column ", column + 1, ": ",
                  Escape(message));
  }
  void AddWarning(int, pb::io::ColumnNumber, const std::string&) override {}
  std::string text;
};

// "MetaGraphDef.7" for a field without a name in `message` or, but for what any
// message packs, below it; "" if there is none.
std::string FindUnknownField(const pb::Message& message) {
  const pb::Reflection& reflection = *message.GetReflection();
  const auto& unknown = reflection.GetUnknownFields(message);
  const pb::Descriptor& type = *message.GetDescriptor();
  if (!unknown.empty()) {
    return StrCat(type.name(), ".", unknown.field(0).number());
  }
  std::vector<const pb::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  std::string found;
  for (const auto* field : fields) {
    if (field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      found = FindUnknownField(reflection.GetMessage(message, field));
    }
    const int size =
        field->is_repeated() ? reflection.FieldSize(message, field) : 0;
    for (int i = 0; i < size && found.empty(); ++i) {
      found =
          FindUnknownField(reflection.GetRepeatedMessage(message, field, i));
    }
    if (!found.empty()) break;
  }
  return found;
}

}  // namespace

bool ParseBinary(std::string_view bytes, pb::Message* message) {
  // Strings that are not UTF-8 make the parser write to stderr.
  const pb::LogSilencer silencer;
  pb::io::CodedInputStream stream(
      reinterpret_cast<const uint8_t*>(bytes.data()),
      static_cast<int>(bytes.size()));
  stream.SetTotalBytesLimit(INT_MAX);
  stream.SetRecursionLimit(MetaGraph::kMaxDepth);
  return message->ParseFromCodedStream(&stream) &&
         stream.ConsumedEntireMessage();
}

bool ParseText(std::string_view text, pb::Message* message,
               std::string* error) {
  // The tokenizer takes NUL for the end of the text.
  if (text.find('\0') != std::string_view::npos) {
    *error = "there are NUL bytes";
    return false;
  }
  FirstError errors;
  pb::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.SetRecursionLimit(MetaGraph::kMaxDepth);
  parser.AllowUnknownField(true);
  pb::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  if (parser.Parse(&stream, message)) return true;
  *error = errors.text;
  return false;
}

std::string SerializeMessage(const pb::MessageLite& message) {
  std::string bytes;
  {
    pb::io::StringOutputStream stream(&bytes);
    pb::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&out);
  }
  return bytes;
}

StatusOr<std::string> PrintMessage(const pb::Message& message) {
  if (const std::string where = FindUnknownField(message); !where.empty()) {
    return FailedPreconditionError(
        StrCat("as text, ", where,
               " would be lost: only the binary form carries fields whose "
               "names are not known here"));
  }
  std::string text;
  if (!pb::TextFormat::PrintToString(message, &text)) {
    return InternalError("cannot print a message");
  }
  return text;
}

}  // namespace cairn::graph
