// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/bundle/shards.h"

#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/entry.h"

namespace cairn::bundle {
namespace {

// A switch that goes on between resolving and opening makes an attempt fail;
// the next one finds the final name.
constexpr int kMaxAttempts = 4;

StatusOr<std::unique_ptr<RandomAccessFile>> OpenCommitted(
    FileSystem& fs, const std::string& prefix, const std::string& path) {
  for (int attempt = 1;; ++attempt) {
    CAIRN_ASSIGN_OR_RETURN(const std::string current,
                           ResolveCommitted(fs, prefix, path));
    StatusOr<std::unique_ptr<RandomAccessFile>> file =
        fs.OpenForReading(current);
    if (file.ok() || !absl::IsNotFound(file.status()) || current == path ||
        attempt == kMaxAttempts) {
      return file;
    }
  }
}

}  // namespace

StatusOr<std::unique_ptr<RandomAccessFile>> OpenIndexFile(
    FileSystem& fs, const std::string& prefix) {
  return OpenCommitted(fs, prefix, IndexPath(prefix));
}

Status Shards::CheckSameIndex() {
  const std::string path = IndexPath(prefix_);
  Status status;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    CAIRN_ASSIGN_OR_RETURN(const std::string current,
                           ResolveCommitted(fs_, prefix_, path));
    const StatusOr<FileInfo> info = fs_.Stat(current);
    if (info.ok() && info->id == index_id_) return OkStatus();
    if (info.ok()) break;
    if (!absl::IsNotFound(info.status())) return info.status();
    if (current == path) break;
  }
  return UnavailableError(
      StrCat(Escape(prefix_, 4096),
             ": the checkpoint was replaced or removed while it was being "
             "read; open it again"));
}

StatusOr<const RandomAccessFile*> Shards::Get(int32_t shard,
                                              int32_t num_shards) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = files_.find(shard);
  if (found != files_.end()) return found->second.get();
  StatusOr<std::unique_ptr<RandomAccessFile>> file =
      OpenCommitted(fs_, prefix_, DataPath(prefix_, shard, num_shards));
  if (!file.ok() && !absl::IsNotFound(file.status())) return file.status();
  // Also before saying that the file is missing: it may have gone with its
  // index.
  CAIRN_RETURN_IF_ERROR(CheckSameIndex());
  if (!file.ok()) return file.status();
  return files_.emplace(shard, *std::move(file)).first->second.get();
}

}  // namespace cairn::bundle
