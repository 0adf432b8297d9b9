// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/base/file_system.h"

#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"

namespace cairn {

Status FileSystem::Link(const std::string& from, const std::string& to) {
  return GuardMemory(from, [&]() -> Status {
    return UnimplementedError(StrCat(Escape(from, 4096), ": cannot link to ",
                                     Escape(to, 4096),
                                     ": the file system has no links"));
  });
}

Status FileSystem::Clone(const std::string& from, const std::string& to) {
  return GuardMemory(from, [&] {
    return UnimplementedError(StrCat(Escape(from, 4096), ": cannot clone to ",
                                     Escape(to, 4096),
                                     ": this file system has no clones"));
  });
}

Status FileSystem::SyncFile(const std::string& path) {
  return GuardMemory(path, [&]() -> Status {
    return UnimplementedError(StrCat(Escape(path, 4096), ": cannot sync"));
  });
}

bool FileSystem::Exists(const std::string& path) { return Stat(path).ok(); }

bool FileSystem::IsDirectory(const std::string& path) {
  const StatusOr<FileInfo> info = Stat(path);
  return info.ok() && info->kind == FileInfo::Kind::kDirectory;
}

StatusOr<std::string> FileSystem::ReadFile(const std::string& path,
                                           uint64_t limit) {
  return GuardMemory(path, [&]() -> StatusOr<std::string> {
    CAIRN_ASSIGN_OR_RETURN(const auto file, OpenForReading(path));
    const uint64_t size = file->size();
    if (size > limit) {
      return DataLossError(StrCat(Escape(path, 4096), ": ", size,
                                  " bytes long, at most ", limit, " expected"));
    }
    std::string contents(static_cast<size_t>(size), '\0');
    CAIRN_RETURN_IF_ERROR(file->ReadAt(0, contents.size(), contents.data()));
    return contents;
  });
}

Status FileSystem::CreateDirectories(const std::string& path) {
  return GuardMemory(path, [&]() -> Status {
    const StatusOr<FileInfo> info = Stat(path);
    if (info.ok()) {
      if (info->kind == FileInfo::Kind::kDirectory) return OkStatus();
      return AlreadyExistsError(
          StrCat(Escape(path, 4096), ": exists and is not a directory"));
    }
    if (!absl::IsNotFound(info.status())) return info.status();
    const std::string parent(DirName(path));
    if (parent != path) CAIRN_RETURN_IF_ERROR(CreateDirectories(parent));
    const Status made = CreateDirectory(path);
    // Somebody else may have been faster; a trailing slash names the parent
    // again.
    if (!made.ok() && !(absl::IsAlreadyExists(made) && IsDirectory(path))) {
      return made;
    }
    return SyncDirectory(parent);
  });
}

std::string_view DirName(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return path.substr(0, 0);
  const std::string_view head = path.substr(0, slash + 1);
  const size_t last = head.find_last_not_of('/');
  return last == std::string_view::npos ? head : head.substr(0, last + 1);
}

std::string_view BaseName(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string JoinPath(std::string_view dir, std::string_view name) {
  if (dir.empty() || IsAbsolutePath(name)) return std::string(name);
  std::string path(dir);
  if (path.back() != '/') path += '/';
  return path += name;
}

}  // namespace cairn
