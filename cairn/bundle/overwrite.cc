// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/bundle/overwrite.h"

#include <memory>

#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"

namespace cairn::bundle {

StatusOr<int32_t> FilesInUse(FileSystem& fs, const std::string& prefix) {
  const StatusOr<std::unique_ptr<BundleReader>> reader =
      BundleReader::Open(fs, prefix);
  if (reader.ok()) return (*reader)->header().num_shards;
  if (absl::IsNotFound(reader.status())) return 0;
  return reader.status();
}

Status RemoveUnnamed(FileSystem& fs, const std::vector<std::string>& paths) {
  bool is_synced = false;
  for (const std::string& path : paths) {
    const Status found = fs.Stat(path).status();
    if (absl::IsNotFound(found)) continue;
    CAIRN_RETURN_IF_ERROR(found);
    if (!is_synced) {
      CAIRN_RETURN_IF_ERROR(fs.SyncDirectory(std::string(DirName(path))));
    }
    is_synced = true;
    CAIRN_RETURN_IF_ERROR(fs.Remove(path));
  }
  return OkStatus();
}

}  // namespace cairn::bundle
