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

Status Shards::CheckSameIndex() const {
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

Status Shards::Open(int32_t shard, int32_t num_shards, Shard& entry) {
  StatusOr<std::unique_ptr<RandomAccessFile>> file =
      OpenCommitted(fs_, prefix_, DataPath(prefix_, shard, num_shards));
  if (!file.ok() && !absl::IsNotFound(file.status())) return file.status();
  // Also before saying that the file is missing: it may have gone with its
  // index.
  CAIRN_RETURN_IF_ERROR(CheckSameIndex());
  if (!file.ok()) return file.status();
  if (entry.id != 0 && entry.id != (*file)->id()) {
    return UnavailableError(
        StrCat(Escape((*file)->path(), 4096),
               ": the file was replaced while it was being read; open the "
               "checkpoint again"));
  }
  std::list<int32_t> place(1, shard);  // memory for it before anything changes
  entry.file = *std::move(file);
  entry.id = entry.file->id();
  entry.has_descriptor = true;
  entry.place = place.begin();
  open_.splice(open_.begin(), place);
  return OkStatus();
}

StatusOr<Shards::Lease> Shards::Get(int32_t shard, int32_t num_shards) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Shard& entry = shards_[shard];
  if (entry.file == nullptr) {
    const Status opened = Open(shard, num_shards, entry);
    if (!opened.ok()) {
      if (entry.id == 0) shards_.erase(shard);
      return opened;
    }
  } else if (entry.has_descriptor) {
    open_.splice(open_.begin(), open_, entry.place);
  }
  ++entry.users;
  if (open_.size() > max_open_) CloseSome();
  return Lease(this, &entry);
}

// Takes the descriptors of files that nobody uses, the longest unused first.
void Shards::CloseSome() {
  auto it = open_.end();
  while (it != open_.begin() && open_.size() > max_open_) {
    --it;
    Shard& entry = shards_[*it];
    if (entry.users > 0) continue;
    if (mapping_ == Mapping::kAllowed && entry.file->Mapped().has_value()) {
      entry.file->ReleaseDescriptor();
    } else {
      entry.file.reset();
    }
    entry.has_descriptor = false;
    it = open_.erase(it);
  }
}

void Shards::Release(Shard* shard) {
  const std::lock_guard<std::mutex> lock(mutex_);
  --shard->users;
}

Shards::Lease::~Lease() {
  if (shards_ != nullptr) shards_->Release(shard_);
}

}  // namespace cairn::bundle
