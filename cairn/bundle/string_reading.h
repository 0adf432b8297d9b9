// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// String and variant tensors out of a data file, in constant memory. Their
// layout: stored_strings.h.
#ifndef CAIRN_BUNDLE_STRING_READING_H_
#define CAIRN_BUNDLE_STRING_READING_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/bundle/entry.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/stored_bytes.h"

namespace cairn::bundle {

// Checks the stored elements of `entry` against its checksums and shows them to
// `visit`, if it is not null; the entry's own checksum is known only after the
// last one. DataLoss when they do not agree, Unimplemented for big-endian
// variants, otherwise what `visit` returned.
Status VisitStoredStrings(const BundleEntry& entry, Endianness endianness,
                          const StoredBytes& stored,
                          const StringVisitor& visit);

// The same for bytes in memory; takes the elements out if `strings` is not
// null.
Status ReadStrings(const BundleEntry& entry, Endianness endianness,
                   std::string_view stored, std::vector<std::string>* strings);

// Appends the elements; ResourceExhausted when they do not fit into memory.
Status CollectStrings(const BundleEntry& entry, Endianness endianness,
                      const StoredBytes& stored,
                      std::vector<std::string>* strings);

// DataLoss unless the entry's checksum is `computed`.
Status CompareChecksum(const BundleEntry& entry, uint32_t computed);

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_STRING_READING_H_
