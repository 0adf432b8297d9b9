// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Text for messages: StrCat joins strings and numbers; Escape makes any bytes
// printable; IsUtf8 tells whether a key may be shown as it is.
//
// Standard-library types only, so that every room can use it in a header.
#ifndef CAIRN_BASE_STRINGS_H_
#define CAIRN_BASE_STRINGS_H_

#include <charconv>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

namespace strings_internal {
inline void Append(std::string& out, std::string_view text) { out += text; }
inline void Append(std::string& out, const char* text) { out += text; }
inline void Append(std::string& out, char c) { out += c; }
inline void Append(std::string& out, bool b) { out += b ? "true" : "false"; }
template <std::integral T>
void Append(std::string& out, T value) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}
// Shortest digits that read back as the same number.
template <std::floating_point T>
void Append(std::string& out, T value) {
  char buffer[64];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}
}  // namespace strings_internal

// The arguments' texts, one after another.
template <typename... Args>
std::string StrCat(const Args&... args) {
  std::string out;
  (strings_internal::Append(out, args), ...);
  return out;
}

// `value` in lower-case hexadecimal, at least `width` digits.
std::string Hex(uint64_t value, int width = 0);

// Lower-case hexadecimal of each byte.
std::string HexBytes(std::string_view bytes);

// `bytes` for a message: UTF-8 text as it is, control characters and bytes that
// are not UTF-8 as \xNN, backslash as \\; cut after `limit` bytes with "...".
std::string Escape(std::string_view bytes, size_t limit = 200);

// Whether `bytes` is well-formed UTF-8 (no surrogates, no overlong forms).
bool IsUtf8(std::string_view bytes);

// RFC 4648 base64 with padding.
std::string Base64(std::string_view bytes);

std::string Join(std::span<const std::string> parts,
                 std::string_view separator);

// The pieces of `text` between `separator`s; "" gives one empty piece.
std::vector<std::string_view> Split(std::string_view text, char separator);

// `value` as TensorFlow's Python prints it in a `checkpoint` file: the shortest
// digits that round-trip, ".0" when integral, exponent form as Python's repr
// (fixed for exponents -4 to 15, else d.ddde+XX).
std::string PythonRepr(double value);

// "1,234,567".
std::string WithThousands(uint64_t value);

}  // namespace cairn

#endif  // CAIRN_BASE_STRINGS_H_
