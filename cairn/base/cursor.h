// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Cursor: reads varints, fixed-width integers and byte runs from a buffer and
// never past its end. PutVarint: the writing side.
//
// A varint holds 7 bits a byte, lowest first; the high bit says that another
// byte follows: 300 is ac 02. At most 5 bytes for 32 bits, 10 for 64; a longer
// one, or one whose value does not fit, is refused.
//
//   Cursor in(bytes);
//   uint64_t size;
//   std::string_view body;
//   if (!in.ReadVarint64(&size) || !in.ReadBytes(size, &body)) return
//   DataLoss...
#ifndef CAIRN_BASE_CURSOR_H_
#define CAIRN_BASE_CURSOR_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn {

inline constexpr int kMaxVarint64Bytes = 10;

class Cursor {
 public:
  explicit Cursor(std::string_view bytes)
      : begin_(bytes.data()), rest_(bytes) {}

  // Each returns false, and leaves the position alone, when the bytes left are
  // too few or malformed.
  [[nodiscard]] bool ReadVarint32(uint32_t* value);
  [[nodiscard]] bool ReadVarint64(uint64_t* value);
  [[nodiscard]] bool ReadFixed32(uint32_t* value);
  [[nodiscard]] bool ReadFixed64(uint64_t* value);
  [[nodiscard]] bool ReadBytes(uint64_t size, std::string_view* bytes);
  // varint64 length, then that many bytes.
  [[nodiscard]] bool ReadLengthPrefixed(std::string_view* bytes);
  [[nodiscard]] bool Skip(uint64_t size);

  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  // Bytes consumed so far.
  size_t position() const { return static_cast<size_t>(rest_.data() - begin_); }

 private:
  const char* begin_;
  std::string_view rest_;
};

// Appends `value` as a varint.
void PutVarint(std::string& out, uint64_t value);
// Bytes PutVarint appends for `value`.
int VarintLength(uint64_t value);

}  // namespace cairn

#endif  // CAIRN_BASE_CURSOR_H_
