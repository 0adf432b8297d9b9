// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Protobuf's wire format by hand, for the few small messages of which a file
// may hold a million.
//
//   WireReader in(bytes);
//   while (in.Next()) {
//     if (in.field() == 1 && !in.ToInt64(&size)) return Malformed();
//   }
//   if (!in.ok()) return Malformed();
//
// A field is a varint tag (number << 3 | wire type) and a value. Groups are
// refused: no message here ever had one. The reader never leaves its bytes and
// does not recurse; what nests is the caller's doing.
//
// Writing as protobuf does: fields in order of their numbers, numbers equal to
// 0 left out, messages that are set written even when empty.
#ifndef CAIRN_BASE_WIRE_H_
#define CAIRN_BASE_WIRE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/base/cursor.h"

namespace cairn {

enum WireType : uint32_t {
  kWireVarint = 0,
  kWireFixed64 = 1,
  kWireBytes = 2,
  kWireFixed32 = 5
};

// One field at a time of a serialized message.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : in_(bytes) {}

  // False at the end and for malformed bytes; ok() tells which.
  bool Next();
  bool ok() const { return ok_; }
  uint32_t field() const { return field_; }
  bool is(WireType type) const { return type_ == type; }
  uint64_t number() const { return number_; }  // of a varint or fixed field
  std::string_view bytes() const { return bytes_; }  // of a kWireBytes field

  // The varint's value; false for another wire type, or one beyond 32 bits.
  [[nodiscard]] bool ToInt32(int32_t* value) const;
  [[nodiscard]] bool ToInt64(int64_t* value) const;

 private:
  bool ReadValue(uint32_t type);

  Cursor in_;
  bool ok_ = true;
  uint32_t field_ = 0;
  uint32_t type_ = 0;
  uint64_t number_ = 0;
  std::string_view bytes_;
};

void PutTag(std::string& out, uint32_t field, WireType type);
// Nothing for 0.
void PutNumber(std::string& out, uint32_t field, int64_t value);
// A string, bytes or an encoded message.
void PutMessage(std::string& out, uint32_t field, std::string_view message);

}  // namespace cairn

#endif  // CAIRN_BASE_WIRE_H_
