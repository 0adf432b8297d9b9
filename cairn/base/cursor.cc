// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What hostile bytes can do here, and the check: a varint that never ends or
// runs past the buffer (ReadVarint), one whose value overflows (the last byte's
// bits), a length beyond the buffer (compared as uint64_t before any
// narrowing).
#include "cairn/base/cursor.h"

#include "cairn/base/endian.h"

namespace cairn {
namespace {

// Decodes a varint of at most `bits` bits. Returns its length, 0 if malformed.
size_t ParseVarint(std::string_view in, int bits, uint64_t* value) {
  uint64_t result = 0;
  size_t i = 0;
  for (int shift = 0; shift < bits && i < in.size(); shift += 7) {
    const uint8_t byte = static_cast<uint8_t>(in[i++]);
    const uint64_t payload = byte & 0x7f;
    if (shift + 7 > bits && (payload >> (bits - shift)) != 0) return 0;
    result |= payload << shift;
    if ((byte & 0x80) == 0) {
      *value = result;
      return i;
    }
  }
  return 0;
}

}  // namespace

bool Cursor::ReadVarint32(uint32_t* value) {
  uint64_t wide = 0;
  const size_t length = ParseVarint(rest_, 32, &wide);
  if (length == 0) return false;
  *value = static_cast<uint32_t>(wide);
  rest_.remove_prefix(length);
  return true;
}

bool Cursor::ReadVarint64(uint64_t* value) {
  const size_t length = ParseVarint(rest_, 64, value);
  if (length == 0) return false;
  rest_.remove_prefix(length);
  return true;
}

bool Cursor::ReadFixed32(uint32_t* value) {
  if (rest_.size() < sizeof *value) return false;
  *value = LoadLittleEndian<uint32_t>(rest_.data());
  rest_.remove_prefix(sizeof *value);
  return true;
}

bool Cursor::ReadFixed64(uint64_t* value) {
  if (rest_.size() < sizeof *value) return false;
  *value = LoadLittleEndian<uint64_t>(rest_.data());
  rest_.remove_prefix(sizeof *value);
  return true;
}

bool Cursor::ReadBytes(uint64_t size, std::string_view* bytes) {
  if (size > rest_.size()) return false;
  *bytes = rest_.substr(0, static_cast<size_t>(size));
  rest_.remove_prefix(static_cast<size_t>(size));
  return true;
}

bool Cursor::ReadLengthPrefixed(std::string_view* bytes) {
  Cursor ahead = *this;
  uint64_t size = 0;
  if (!ahead.ReadVarint64(&size) || !ahead.ReadBytes(size, bytes)) return false;
  *this = ahead;
  return true;
}

bool Cursor::Skip(uint64_t size) {
  std::string_view ignored;
  return ReadBytes(size, &ignored);
}

void PutVarint(std::string& out, uint64_t value) {
  char buffer[kMaxVarint64Bytes];
  size_t length = 0;
  for (; value >= 0x80; value >>= 7) {
    buffer[length++] = static_cast<char>(value | 0x80);
  }
  buffer[length++] = static_cast<char>(value);
  out.append(buffer, length);
}

int VarintLength(uint64_t value) {
  int length = 1;
  for (; value >= 0x80; value >>= 7) ++length;
  return length;
}

}  // namespace cairn
