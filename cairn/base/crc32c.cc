// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/base/crc32c.h"

#include "cairn/base/crc32c_variants.h"

namespace cairn {
namespace {

// Polynomials over GF(2) modulo the Castagnoli one, reflected: the highest bit
// is the coefficient of x^0.
constexpr uint32_t kPolynomial = 0x82f63b78u;
constexpr uint32_t kOne = 0x80000000u;
constexpr uint32_t kXToThe8 = 0x00800000u;

constexpr uint32_t Multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (uint32_t bit = kOne; bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = (b >> 1) ^ ((b & 1) ? kPolynomial : 0);  // b *= x
  }
  return product;
}

std::vector<Crc32cVariant> FindVariants() {
  std::vector<Crc32cVariant> variants;
#ifdef CAIRN_HAVE_ISAL
  if (crc32c_internal::IsalIsFast()) {
    variants.push_back({"isal", crc32c_internal::ExtendIsal});
  }
#endif
  variants.push_back({"portable", crc32c_internal::ExtendPortable});
  return variants;
}

}  // namespace

const std::vector<Crc32cVariant>& Crc32cVariants() {
  static const std::vector<Crc32cVariant>* const variants =
      new std::vector<Crc32cVariant>(FindVariants());
  return *variants;
}

uint32_t ExtendCrc32c(uint32_t crc, std::string_view bytes) {
  static const auto extend = Crc32cVariants().front().extend;
  return extend(crc, bytes.data(), bytes.size());
}

uint32_t CombineCrc32c(uint32_t crc_a, uint32_t crc_b, uint64_t length_b) {
  // Appending n zero bytes multiplies the remainder by x^(8n). The inversions
  // at both ends cancel out between the two checksums.
  uint32_t shift = kOne;
  uint32_t square = kXToThe8;
  for (uint64_t n = length_b; n != 0; n >>= 1) {
    if (n & 1) shift = Multiply(shift, square);
    square = Multiply(square, square);
  }
  return Multiply(shift, crc_a) ^ crc_b;
}

}  // namespace cairn
