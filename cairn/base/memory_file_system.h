// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// MemoryFileSystem: files in memory that also know what a power cut would keep.
//
// Every change is logged with its sync barriers. CrashImages replays what POSIX
// allows to be on the disk after a cut: everything synced, and any subset of
// the unsynced effects (a name change not covered by a directory sync may be
// absent; file contents not covered by a file sync may be absent, short or
// torn).
//
// The model: a file keeps what its last Sync covered, and of the rest nothing,
// a part, zeros of the right length, or some of its 512-byte sectors. A name
// change is atomic and kept once its directory was synced (both of them, for a
// rename between two); before, it may be kept or lost independently of all
// others, even of earlier ones to the same name.
//
// Paths are normalized as text ("a//b/./c" is "a/b/c"); relative ones have a
// root of their own, which no absolute path reaches. A mapping stays what it
// was when the file was opened.
//
// Thread-safe.
#ifndef CAIRN_BASE_MEMORY_FILE_SYSTEM_H_
#define CAIRN_BASE_MEMORY_FILE_SYSTEM_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cairn/base/clock.h"
#include "cairn/base/file_system.h"

namespace cairn {

class MemoryFileSystem : public FileSystem {
 public:
  // One logged call that changed something; `path2` is the target of a rename
  // or the new name of a link.
  struct Operation {
    enum class Kind {
      kCreate,
      kAppend,
      kSync,
      kRename,
      kLink,
      kRemove,
      kCreateDirectory,
      kRemoveDirectory,
      kSyncDirectory,
    };
    Kind kind;
    std::string path;
    std::string path2;
    std::string bytes;  // of an append
    uint64_t file = 0;  // which file object, across renames
  };

  explicit MemoryFileSystem(Clock* clock = nullptr);
  ~MemoryFileSystem() override;

  StatusOr<std::unique_ptr<RandomAccessFile>> OpenForReading(
      const std::string& path) override;
  StatusOr<std::unique_ptr<WritableFile>> CreateNew(
      const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status Link(const std::string& from, const std::string& to) override;
  // Logged as a new file and an append, which a power cut may tear.
  Status Clone(const std::string& from, const std::string& to) override;
  Status SyncFile(const std::string& path) override;
  Status CreateDirectory(const std::string& path) override;
  Status RemoveDirectory(const std::string& path) override;
  Status SyncDirectory(const std::string& path) override;
  StatusOr<std::vector<std::string>> List(const std::string& path) override;
  StatusOr<FileInfo> Stat(const std::string& path) override;
  StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path,
                                           std::string_view owner) override;

  // --- for tests ---
  // Everything that changed the tree since construction or ClearLog.
  std::vector<Operation> log() const;
  void ClearLog();  // what is there now counts as durable
  std::map<std::string, std::string> Files() const;
  // Sets the whole contents of a file, durable at once (test set-up, bit
  // flips).
  void Put(const std::string& path, std::string contents);

  // Calls `visit` with a file system for each distinct state that a power cut
  // after `operations` of the logged calls may leave; returns how many.
  // Complete when at most `max_unsynced` effects are pending, else the first
  // and last ones of each are tried.
  uint64_t CrashImages(
      size_t operations, int max_unsynced,
      const std::function<void(MemoryFileSystem&)>& visit) const;

 private:
  struct Impl;
  class ReadHandle;
  class WriteHandle;
  class LockHandle;
  explicit MemoryFileSystem(std::shared_ptr<Impl> impl);

  std::shared_ptr<Impl> impl_;
};

}  // namespace cairn

#endif  // CAIRN_BASE_MEMORY_FILE_SYSTEM_H_
