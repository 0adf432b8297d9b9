// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/table/contents.h"

#include <utility>

#include "cairn/base/strings.h"
#include "cairn/table/table.h"

namespace cairn::table {

Status CheckContents(FileSystem& fs, const std::string& path,
                     const Contents& expected) {
  CAIRN_ASSIGN_OR_RETURN(auto file, fs.OpenForReading(path));
  // Not mapped: each byte is used once.
  CAIRN_ASSIGN_OR_RETURN(auto table,
                         Table::Open(std::move(file), Table::Access::kRead,
                                     /*max_cache_bytes=*/0));
  Contents found;
  Table::Iterator it(*table);
  for (it.SeekToFirst(); it.Valid(); it.Next()) found.Add(it.key(), it.value());
  CAIRN_RETURN_IF_ERROR(it.status());
  if (found == expected) return OkStatus();
  return DataLossError(StrCat(Escape(path, 4096), ": read back ", found.entries,
                              " entries with checksum ", Hex(found.crc, 8),
                              ", wrote ", expected.entries, " with ",
                              Hex(expected.crc, 8)));
}

}  // namespace cairn::table
