// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// How a commit takes in files that are there already under other names.
#include <algorithm>
#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/journal.h"
#include "cairn/base/strings.h"

namespace cairn {
namespace {

constexpr size_t kCopyBytes = size_t{1} << 20;

Status CheckId(const FileInfo& info, const std::string& path, uint64_t id) {
  if (id == 0 || info.id == id) return OkStatus();
  return UnavailableError(
      StrCat(Escape(path, 4096), ": the file was replaced meanwhile"));
}

}  // namespace

Status Commit::Link(const std::string& from, const std::string& final_path) {
  return Share(from, final_path).status();
}

StatusOr<Commit::Shared> Commit::Share(const std::string& from,
                                       const std::string& final_path,
                                       const ShareOptions& options) {
  return GuardMemory(final_path, [&]() -> StatusOr<Shared> {
    CAIRN_RETURN_IF_ERROR(CheckFinalPath(final_path));
    CAIRN_RETURN_IF_ERROR(Prepare());
    CAIRN_ASSIGN_OR_RETURN(const FileInfo info, fs_.Stat(from));
    CAIRN_RETURN_IF_ERROR(CheckId(info, from, options.id));
    // Renaming one name of a file over another of its names does nothing, not
    // even take the first away.
    const StatusOr<FileInfo> there = fs_.Stat(final_path);
    if (there.ok() && there->id == info.id) {
      in_place_.push_back(final_path);
      return Shared{final_path, Shared::How::kLinked};
    }
    CAIRN_ASSIGN_OR_RETURN(
        std::string temporary,
        commit_internal::FreeTemporaryName(fs_, final_path, prefix_));
    Shared shared{temporary, Shared::How::kLinked};
    File file{std::move(temporary), final_path, nullptr};
    MakeRoomForFile();
    Status status = UnimplementedError("");
    if (options.by != ShareOptions::By::kClone) {
      status = fs_.Link(from, file.temporary);
    }
    if (absl::IsUnimplemented(status)) {
      status = fs_.Clone(from, file.temporary);
      shared.how = Shared::How::kCloned;
    }
    if (absl::IsUnimplemented(status) &&
        options.by == ShareOptions::By::kLinkCloneOrCopy) {
      return CopyInto(from, final_path, options.id);
    }
    CAIRN_RETURN_IF_ERROR(status);
    files_.push_back(std::move(file));
    if (options.id == 0) return shared;
    // A link is the file itself. A clone is of what `from` named just then,
    // which still is the same if it was before and is now.
    const StatusOr<FileInfo> now =
        fs_.Stat(shared.how == Shared::How::kLinked ? shared.path : from);
    status = now.ok() ? CheckId(*now, from, options.id) : now.status();
    if (status.ok()) return shared;
    files_.pop_back();
    fs_.Remove(shared.path).IgnoreError();
    return status;
  });
}

StatusOr<Commit::Shared> Commit::CopyInto(const std::string& from,
                                          const std::string& final_path,
                                          uint64_t id) {
  CAIRN_ASSIGN_OR_RETURN(const auto source, fs_.OpenForReading(from));
  FileInfo info;
  info.id = source->id();
  CAIRN_RETURN_IF_ERROR(CheckId(info, from, id));
  CAIRN_ASSIGN_OR_RETURN(WritableFile* const file, Create(final_path));
  std::string chunk;
  for (uint64_t done = 0; done < source->size(); done += chunk.size()) {
    chunk.resize(static_cast<size_t>(
        std::min<uint64_t>(kCopyBytes, source->size() - done)));
    CAIRN_RETURN_IF_ERROR(source->ReadAt(done, chunk.size(), chunk.data()));
    CAIRN_RETURN_IF_ERROR(file->Append(chunk));
  }
  return Shared{file->path(), Shared::How::kCopied};
}

}  // namespace cairn
