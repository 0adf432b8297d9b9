// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// String and variant tensors as they stand in a data file (string_writing.h,
// string_reading.h).
//
//   string   varint64 length * N, length checksum (4), all bytes
//   variant  per element: varint64 length, bytes, checksum (4)
//
// The entry's checksum does not cover the varints but each length as a fixed32
// (a fixed64 from 2^32 on, and always for variants), then the stored checksum's
// own bytes, and the elements' bytes. In a big-endian file the lengths in the
// checksum and the length checksum are big-endian.
#ifndef CAIRN_BUNDLE_STORED_STRINGS_H_
#define CAIRN_BUNDLE_STORED_STRINGS_H_

#include <cstdint>

#include "cairn/bundle/entry.h"
#include "cairn/tensor/dtype.h"

namespace cairn::bundle {

// `crc` extended by the length of an element, as it counts in a checksum.
uint32_t ExtendWithLength(uint32_t crc, uint64_t length, DataType dtype,
                          Endianness endianness);

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_STORED_STRINGS_H_
