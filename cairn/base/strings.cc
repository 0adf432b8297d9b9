// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/base/strings.h"

#include <cmath>

namespace cairn {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) & 0xc0) == 0x80; }

// Length of the well-formed UTF-8 sequence `bytes` starts with, 0 if there is
// none (Unicode 15, table 3-7).
size_t Utf8SequenceLength(std::string_view bytes) {
  if (bytes.empty()) return 0;
  const uint8_t lead = static_cast<uint8_t>(bytes[0]);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (bytes.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!IsContinuation(bytes[i])) return 0;
  }
  const uint8_t second = static_cast<uint8_t>(bytes[1]);
  if (lead == 0xe0 && second < 0xa0) return 0;  // overlong
  if (lead == 0xed && second > 0x9f) return 0;  // surrogate
  if (lead == 0xf0 && second < 0x90) return 0;  // overlong
  if (lead == 0xf4 && second > 0x8f) return 0;  // beyond U+10FFFF
  return length;
}

void AppendHexByte(std::string& out, char c) {
  const uint8_t byte = static_cast<uint8_t>(c);
  out += kHexDigits[byte >> 4];
  out += kHexDigits[byte & 0xf];
}

// C0 and DEL in one byte, C1 (U+0080..U+009F) in two.
bool IsControl(std::string_view sequence) {
  const uint8_t lead = static_cast<uint8_t>(sequence[0]);
  if (sequence.size() == 1) return lead < 0x20 || lead == 0x7f;
  return lead == 0xc2 && static_cast<uint8_t>(sequence[1]) < 0xa0;
}

}  // namespace

std::string Hex(uint64_t value, int width) {
  char buffer[16];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, 16).ptr;
  std::string digits(buffer, end);
  if (width > 0 && digits.size() < static_cast<size_t>(width)) {
    digits.insert(0, static_cast<size_t>(width) - digits.size(), '0');
  }
  return digits;
}

std::string HexBytes(std::string_view bytes) {
  std::string out;
  out.reserve(2 * bytes.size());
  for (const char c : bytes) AppendHexByte(out, c);
  return out;
}

std::string Escape(std::string_view bytes, size_t limit) {
  std::string out;
  size_t i = 0;
  while (i < bytes.size()) {
    const size_t length = Utf8SequenceLength(bytes.substr(i));
    const std::string_view piece = bytes.substr(i, length == 0 ? 1 : length);
    if (i + piece.size() > limit) return out += "...";
    if (length == 0 || IsControl(piece)) {
      for (const char c : piece) {
        out += "\\x";
        AppendHexByte(out, c);
      }
    } else if (piece == "\\") {
      out += "\\\\";
    } else {
      out += piece;
    }
    i += piece.size();
  }
  return out;
}

bool IsUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t length = Utf8SequenceLength(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string Base64(std::string_view bytes) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view group = bytes.substr(i, 3);
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) {
      bits =
          bits << 8 | (k < group.size() ? static_cast<uint8_t>(group[k]) : 0);
    }
    for (size_t k = 0; k < 4; ++k) {
      out += k <= group.size() ? kAlphabet[(bits >> (18 - 6 * k)) & 0x3f] : '=';
    }
  }
  return out;
}

std::string Join(std::span<const std::string> parts,
                 std::string_view separator) {
  std::string out;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += separator;
    out += parts[i];
  }
  return out;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const size_t end = text.find(separator);
    pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

std::string PythonRepr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  // to_chars gives the shortest digits as [-]d[.ddd]e±XX; the notation is then
  // chosen as float.__repr__ does.
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value,
                                 std::chars_format::scientific)
                       .ptr;
  const std::string_view text(buffer, static_cast<size_t>(end - buffer));
  const size_t e = text.find('e');
  std::string digits;
  for (const char c : text.substr(0, e)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  int exponent = 0;
  const char* exponent_begin = buffer + e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(exponent_begin, end, exponent);

  const std::string sign = text[0] == '-' ? "-" : "";
  if (exponent < -4 || exponent >= 16) {
    const int magnitude = exponent < 0 ? -exponent : exponent;
    return StrCat(sign, digits[0], digits.size() > 1 ? "." : "",
                  digits.substr(1), exponent < 0 ? "e-" : "e+",
                  magnitude < 10 ? "0" : "", magnitude);
  }
  if (exponent < 0) {
    return StrCat(sign, "0.",
                  std::string(static_cast<size_t>(-exponent - 1), '0'), digits);
  }
  const size_t integral = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= integral) {
    digits.append(integral - digits.size(), '0');
    return StrCat(sign, digits, ".0");
  }
  return StrCat(sign, digits.substr(0, integral), ".", digits.substr(integral));
}

std::string WithThousands(uint64_t value) {
  std::string digits = StrCat(value);
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

}  // namespace cairn
