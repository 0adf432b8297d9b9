// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <isa-l/crc.h>

#include "cairn/base/crc32c_variants.h"

namespace cairn::crc32c_internal {

uint32_t ExtendIsal(uint32_t crc, const char* data, size_t size) {
  // crc32_iscsi works on the bare remainder: it neither inverts the value it is
  // given nor the one it returns. Its length is an int.
  constexpr size_t kMaxPiece = size_t{1} << 30;
  uint32_t remainder = ~crc;
  while (size > 0) {
    const size_t piece = std::min(size, kMaxPiece);
    remainder = crc32_iscsi(const_cast<unsigned char*>(
                                reinterpret_cast<const unsigned char*>(data)),
                            static_cast<int>(piece), remainder);
    data += piece;
    size -= piece;
  }
  return ~remainder;
}

bool IsalIsFast() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
#else
  return true;
#endif
}

}  // namespace cairn::crc32c_internal
