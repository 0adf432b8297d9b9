// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Every variant of CRC-32C gives what the definition gives, however the bytes
// are aligned and cut.
#include <vector>

#include "cairn/base/crc32c.h"
#include "fuzz/choices.h"
#include "fuzz/target.h"

namespace cairn::fuzz {
namespace {

// Bit by bit, from the polynomial.
uint32_t Defined(std::string_view bytes) {
  uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
  }
  return ~crc;
}

// Four bytes of choices, then the data.
Status Run(std::string_view input) {
  Choices choices(input.substr(0, 4));
  const std::string_view data =
      input.size() > 4 ? input.substr(4) : std::string_view();
  const auto shift = static_cast<size_t>(choices.Below(64));
  const size_t cut =
      data.empty() ? 0 : (choices.Byte() << 8 | choices.Byte()) % data.size();
  std::vector<char> aligned(data.size() + 128);
  const auto address = reinterpret_cast<uintptr_t>(aligned.data());
  char* const at = aligned.data() + (64 - address % 64) % 64 + shift;
  data.copy(at, data.size());

  const uint32_t expected = Defined(data);
  for (const Crc32cVariant& variant : Crc32cVariants()) {
    Require(variant.extend(0, at, data.size()) == expected);
    const uint32_t first = variant.extend(0, at, cut);
    Require(variant.extend(first, at + cut, data.size() - cut) == expected);
  }
  Require(ExtendCrc32c(Crc32c(data.substr(0, cut)), data.substr(cut)) ==
          expected);
  Require(UnmaskCrc32c(MaskCrc32c(expected)) == expected);
  return OkStatus();
}

}  // namespace

const Target kCrcTarget = {"crc", Run};

}  // namespace cairn::fuzz
