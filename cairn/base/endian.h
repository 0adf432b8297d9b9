// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Fixed-width little-endian integers in byte buffers, on any host.
#ifndef CAIRN_BASE_ENDIAN_H_
#define CAIRN_BASE_ENDIAN_H_

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>

namespace cairn {

inline constexpr bool kLittleEndianHost =
    std::endian::native == std::endian::little;

template <std::unsigned_integral T>
constexpr T ByteSwap(T value) {
  if constexpr (sizeof(T) == 1) return value;
  T result = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    result = static_cast<T>((result << 8) | ((value >> (8 * i)) & 0xff));
  }
  return result;
}

// The integer stored little-endian at `p`, which need not be aligned.
template <std::unsigned_integral T>
T LoadLittleEndian(const char* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return kLittleEndianHost ? value : ByteSwap(value);
}

template <std::unsigned_integral T>
void StoreLittleEndian(char* p, T value) {
  if (!kLittleEndianHost) value = ByteSwap(value);
  std::memcpy(p, &value, sizeof value);
}

inline void PutFixed32(std::string& out, uint32_t value) {
  char buffer[4];
  StoreLittleEndian(buffer, value);
  out.append(buffer, 4);
}

inline void PutFixed64(std::string& out, uint64_t value) {
  char buffer[8];
  StoreLittleEndian(buffer, value);
  out.append(buffer, 8);
}

}  // namespace cairn

#endif  // CAIRN_BASE_ENDIAN_H_
