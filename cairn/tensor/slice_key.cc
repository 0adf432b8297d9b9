// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Slice keys: the key of one piece of a partitioned tensor, in an encoding
// whose byte order is the order of (name, rank, extents).
//
//   key      Num(0) String(name) Num(rank) { Signed(start) Signed(length) } *
//   rank
//            a whole dimension is start 0, length -1
//   Num      one byte n, then the value in n big-endian bytes, none of them
//            leading zeros
//   String   00 -> 00 ff, ff -> ff 00, others as they are; then 00 01
//   Signed   n bytes, the fewest for which the value fits 7n-1 bits and a sign:
//            of 8n bits n ones, a zero, and the value; all inverted if negative
//
// A key that does not encode back to itself is refused.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/cursor.h"
#include "cairn/base/strings.h"
#include "cairn/tensor/slice_key.h"

namespace cairn {
namespace {

constexpr int kMaxSignedBytes = 10;

void PutNum(std::string& out, uint64_t value) {
  int bytes = 0;
  while (bytes < 8 && (value >> (8 * bytes)) != 0) ++bytes;
  out += static_cast<char>(bytes);
  while (bytes > 0) out += static_cast<char>(value >> (8 * --bytes));
}

void PutString(std::string& out, std::string_view text) {
  for (const char c : text) {
    out += c;
    if (c == '\0') out += '\xff';
    if (c == '\xff') out += '\0';
  }
  out += '\0';
  out += '\x01';
}

// How many of the first bits are ones (of an encoded non-negative number: its
// length in bytes), as masks over the first two bytes.
std::pair<uint8_t, uint8_t> LengthBits(int bytes) {
  const uint32_t ones = 0xffffu << (16 - bytes);
  return {static_cast<uint8_t>(ones >> 8), static_cast<uint8_t>(ones)};
}

void PutSigned(std::string& out, int64_t value) {
  const uint8_t invert = value < 0 ? 0xff : 0;
  const auto magnitude = static_cast<uint64_t>(value < 0 ? ~value : value);
  int bytes = 1;
  while (7 * bytes - 1 < 64 && (magnitude >> (7 * bytes - 1)) != 0) ++bytes;
  const auto [first, second] = LengthBits(bytes);
  for (int i = 0; i < bytes; ++i) {
    const int shift = 8 * (bytes - 1 - i);
    uint8_t byte = shift >= 64 ? 0 : static_cast<uint8_t>(magnitude >> shift);
    if (i == 0) byte |= first;
    if (i == 1) byte |= second;
    out += static_cast<char>(byte ^ invert);
  }
}

bool ReadNum(Cursor& in, uint64_t* value) {
  std::string_view bytes;
  if (!in.ReadBytes(1, &bytes)) return false;
  const auto length = static_cast<uint8_t>(bytes[0]);
  if (length > 8 || !in.ReadBytes(length, &bytes)) return false;
  *value = 0;
  for (const char c : bytes) *value = *value << 8 | static_cast<uint8_t>(c);
  return true;
}

bool ReadString(Cursor& in, std::string* text) {
  const std::string_view bytes = in.rest();
  size_t i = 0;
  while (i + 1 < bytes.size()) {
    const char c = bytes[i];
    const char next = bytes[i + 1];
    if (c == '\0' && next == '\x01') return in.Skip(i + 2);
    *text += c;
    ++i;
    if (c != '\0' && c != '\xff') continue;
    if (next != (c == '\0' ? '\xff' : '\0')) return false;
    ++i;
  }
  return false;
}

bool ReadSigned(Cursor& in, int64_t* value) {
  const std::string_view bytes = in.rest();
  if (bytes.empty()) return false;
  const uint8_t invert = (bytes[0] & 0x80) != 0 ? 0 : 0xff;
  const auto at = [&](size_t i) {
    return static_cast<uint8_t>(static_cast<uint8_t>(bytes[i]) ^ invert);
  };
  int length = 0;
  const uint32_t two =
      uint32_t{at(0)} << 8 | (bytes.size() > 1 ? at(1) : uint8_t{0});
  while (length < 16 && (two & (0x8000u >> length)) != 0) ++length;
  if (length > kMaxSignedBytes || static_cast<size_t>(length) > bytes.size()) {
    return false;
  }
  const auto [first, second] = LengthBits(length);
  uint64_t magnitude = 0;
  for (int i = 0; i < length; ++i) {
    uint8_t byte = at(static_cast<size_t>(i));
    if (i == 0) byte &= static_cast<uint8_t>(~first);
    if (i == 1) byte &= static_cast<uint8_t>(~second);
    if (i < length - 8 && byte != 0) return false;  // more than 64 bits
    magnitude = magnitude << 8 | byte;
  }
  if ((magnitude >> 63) != 0) return false;
  *value = static_cast<int64_t>(magnitude);
  if (invert != 0) *value = ~*value;
  return in.Skip(static_cast<uint64_t>(length));
}

// The parts of a key; false if it is none.
bool ReadKey(std::string_view key, std::string* name,
             std::vector<SliceExtent>* extents) {
  Cursor in(key);
  uint64_t zero;
  uint64_t rank;
  if (!ReadNum(in, &zero) || zero != 0 || !ReadString(in, name) ||
      !ReadNum(in, &rank) || rank > static_cast<uint64_t>(kMaxRank)) {
    return false;
  }
  for (uint64_t d = 0; d < rank; ++d) {
    SliceExtent extent;
    if (!ReadSigned(in, &extent.start) || !ReadSigned(in, &extent.length)) {
      return false;
    }
    extents->push_back(extent);
  }
  return in.empty();
}

}  // namespace

std::string EncodeTensorNameSlice(std::string_view name,
                                  const TensorSlice& slice) {
  std::string key;
  PutNum(key, 0);
  PutString(key, name);
  PutNum(key, static_cast<uint64_t>(slice.rank()));
  for (const SliceExtent& extent : slice.extents()) {
    PutSigned(key, extent.start);
    PutSigned(key, extent.length);
  }
  return key;
}

StatusOr<TensorNameSlice> DecodeTensorNameSlice(std::string_view key) {
  TensorNameSlice result;
  std::vector<SliceExtent> extents;
  const auto wrong = [&](std::string_view why) {
    return DataLossError(
        StrCat("slice key ", HexBytes(key.substr(0, 64)), ": ", why));
  };
  if (!ReadKey(key, &result.name, &extents)) return wrong("malformed");
  StatusOr<TensorSlice> slice = TensorSlice::Create(std::move(extents));
  if (!slice.ok()) return wrong(Message(slice.status()));
  result.slice = *std::move(slice);
  if (EncodeTensorNameSlice(result.name, result.slice) != key) {
    return wrong("not in its shortest form");
  }
  return result;
}

bool IsSliceKey(std::string_view key) {
  return key.starts_with('\0') && DecodeTensorNameSlice(key).ok();
}

}  // namespace cairn
