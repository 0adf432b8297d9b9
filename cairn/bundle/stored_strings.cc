// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/bundle/stored_strings.h"

#include "cairn/base/crc32c.h"
#include "cairn/base/endian.h"

namespace cairn::bundle {

uint32_t ExtendWithLength(uint32_t crc, uint64_t length, DataType dtype,
                          Endianness endianness) {
  char bytes[sizeof length];
  if (dtype != DataType::kVariant && length <= 0xffffffff) {
    auto narrow = static_cast<uint32_t>(length);
    if (endianness == Endianness::kBig) narrow = ByteSwap(narrow);
    StoreLittleEndian(bytes, narrow);
    return ExtendCrc32c(crc, {bytes, sizeof narrow});
  }
  if (endianness == Endianness::kBig) length = ByteSwap(length);
  StoreLittleEndian(bytes, length);
  return ExtendCrc32c(crc, {bytes, sizeof length});
}

}  // namespace cairn::bundle
