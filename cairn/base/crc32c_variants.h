// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The ways of computing CRC-32C, for crc32c.cc only. Each has the signature and
// meaning of Crc32cVariant::extend.
#ifndef CAIRN_BASE_CRC32C_VARIANTS_H_
#define CAIRN_BASE_CRC32C_VARIANTS_H_

#include <cstddef>
#include <cstdint>

namespace cairn::crc32c_internal {

// Eight table look-ups for eight bytes; any processor.
uint32_t ExtendPortable(uint32_t crc, const char* data, size_t size);

// Intel's storage library: crc32 and carry-less multiply instructions.
uint32_t ExtendIsal(uint32_t crc, const char* data, size_t size);
// Whether this processor has the instructions that make it worth choosing.
bool IsalIsFast();

}  // namespace cairn::crc32c_internal

#endif  // CAIRN_BASE_CRC32C_VARIANTS_H_
