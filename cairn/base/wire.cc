// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/base/wire.h"

namespace cairn {

bool WireReader::Next() {
  if (!ok_ || in_.empty()) return false;
  uint32_t tag;
  ok_ = in_.ReadVarint32(&tag) && tag >> 3 != 0 && ReadValue(tag & 7);
  field_ = tag >> 3;
  return ok_;
}

bool WireReader::ReadValue(uint32_t type) {
  type_ = type;
  switch (type) {
    case kWireVarint:
      return in_.ReadVarint64(&number_);
    case kWireFixed64:
      return in_.ReadFixed64(&number_);
    case kWireBytes:
      return in_.ReadLengthPrefixed(&bytes_);
    case kWireFixed32: {
      uint32_t value;
      if (!in_.ReadFixed32(&value)) return false;
      number_ = value;
      return true;
    }
    default:
      return false;
  }
}

bool WireReader::ToInt32(int32_t* value) const {
  const auto wide = static_cast<int64_t>(number_);
  *value = static_cast<int32_t>(wide);
  return is(kWireVarint) && *value == wide;
}

bool WireReader::ToInt64(int64_t* value) const {
  *value = static_cast<int64_t>(number_);
  return is(kWireVarint);
}

void PutTag(std::string& out, uint32_t field, WireType type) {
  PutVarint(out, field << 3 | type);
}

void PutNumber(std::string& out, uint32_t field, int64_t value) {
  if (value == 0) return;
  PutTag(out, field, kWireVarint);
  PutVarint(out, static_cast<uint64_t>(value));
}

void PutMessage(std::string& out, uint32_t field, std::string_view message) {
  PutTag(out, field, kWireBytes);
  PutVarint(out, message.size());
  out.append(message);
}

}  // namespace cairn
