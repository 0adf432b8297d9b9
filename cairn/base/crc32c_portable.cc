// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Slicing by 8. Table k holds the remainder of each byte followed by k zero
// bytes, so that the remainders of eight bytes are found at once and XORed.
#include <array>

#include "cairn/base/crc32c_variants.h"
#include "cairn/base/endian.h"

namespace cairn::crc32c_internal {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78u;  // reflected

using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables MakeTables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1) ^ ((remainder & 1) ? kPolynomial : 0);
    }
    tables[0][byte] = remainder;
  }
  for (size_t k = 1; k < tables.size(); ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

uint32_t ExtendByte(uint32_t remainder, char byte) {
  return (remainder >> 8) ^
         kTables[0][(remainder ^ static_cast<uint8_t>(byte)) & 0xff];
}

}  // namespace

uint32_t ExtendPortable(uint32_t crc, const char* data, size_t size) {
  uint32_t remainder = ~crc;
  for (; size >= 8; data += 8, size -= 8) {
    const uint64_t word = LoadLittleEndian<uint64_t>(data) ^ remainder;
    remainder = 0;
    for (size_t i = 0; i < 8; ++i) {
      remainder ^= kTables[7 - i][(word >> (8 * i)) & 0xff];
    }
  }
  for (; size > 0; ++data, --size) remainder = ExtendByte(remainder, *data);
  return ~remainder;
}

}  // namespace cairn::crc32c_internal
