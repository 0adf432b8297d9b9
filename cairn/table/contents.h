// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Contents: the checksum of all keys and values of a table, to compare what was
// meant to be written with what can be read back.
#ifndef CAIRN_TABLE_CONTENTS_H_
#define CAIRN_TABLE_CONTENTS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/base/crc32c.h"
#include "cairn/base/file_system.h"
#include "cairn/base/status.h"

namespace cairn::table {

struct Contents {
  uint64_t entries = 0;
  uint32_t crc = 0;
  void Add(std::string_view key, std::string_view value) {
    ++entries;
    crc = ExtendCrc32c(ExtendCrc32c(crc, key), value);
  }
  friend bool operator==(const Contents&, const Contents&) = default;
};

// Reads the table at `path` from end to end. DataLoss unless it has exactly the
// `expected` contents.
Status CheckContents(FileSystem& fs, const std::string& path,
                     const Contents& expected);

}  // namespace cairn::table

#endif  // CAIRN_TABLE_CONTENTS_H_
