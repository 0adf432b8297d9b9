// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// CRC-32C (Castagnoli: reflected polynomial 0x82F63B78, initial value and final
// XOR 0xffffffff) and the masking that every checksum stored in a checkpoint
// goes through.
//
// Extend(Crc32c(a), b) == Crc32c(a + b). Functions are thread-safe.
#ifndef CAIRN_BASE_CRC32C_H_
#define CAIRN_BASE_CRC32C_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace cairn {

// The checksum of the bytes `crc` was computed over, followed by `bytes`.
uint32_t ExtendCrc32c(uint32_t crc, std::string_view bytes);
inline uint32_t Crc32c(std::string_view bytes) {
  return ExtendCrc32c(0, bytes);
}

// Crc32c(a + b) from Crc32c(a), Crc32c(b) and the length of b, in
// O(log(length)): lets threads checksum parts of one tensor.
uint32_t CombineCrc32c(uint32_t crc_a, uint32_t crc_b, uint64_t length_b);

// A stored checksum is rotated and offset, so that the checksum of data which
// contains checksums is not degenerate.
constexpr uint32_t MaskCrc32c(uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}
constexpr uint32_t UnmaskCrc32c(uint32_t masked) {
  const uint32_t rotated = masked - 0xa282ead8u;
  return (rotated >> 17) | (rotated << 15);
}

// One way of computing the checksum.
struct Crc32cVariant {
  const char* name;  // "portable", "isal"
  uint32_t (*extend)(uint32_t crc, const char* data, size_t size);
};
// The variants this build and this processor can run, the fastest first; the
// first is the one ExtendCrc32c uses.
const std::vector<Crc32cVariant>& Crc32cVariants();

}  // namespace cairn

#endif  // CAIRN_BASE_CRC32C_H_
