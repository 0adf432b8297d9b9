// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// FaultFileSystem: passes calls to another file system and lets chosen ones
// fail.
//
//   FaultFileSystem fs(memory);
//   for (int n = 0;; ++n) {
//     fs.FailCall(n, ResourceExhaustedError("disk full"));
//     Status s = Save(fs);
//     if (!fs.fired()) break;      // n is beyond the last call: all were tried
//     EXPECT_FALSE(s.ok());
//   }
//
// Thread-safe. Mapped() is empty here: a read of mapped memory cannot be made
// to fail, so readers are led to ReadAt.
#ifndef CAIRN_BASE_FAULT_FILE_SYSTEM_H_
#define CAIRN_BASE_FAULT_FILE_SYSTEM_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cairn/base/file_system.h"

namespace cairn {

class FaultFileSystem : public FileSystem {
 public:
  enum class Call {
    kOpenForReading,
    kReadAt,
    kCreateNew,
    kAppend,
    kSync,
    kClose,
    kRename,
    kLink,
    kClone,
    kRemove,
    kCreateDirectory,
    kRemoveDirectory,
    kSyncDirectory,
    kList,
    kStat,
    kLock,
  };

  explicit FaultFileSystem(FileSystem& base);
  ~FaultFileSystem() override;

  // The n-th call from now (0 = next) fails with `status`, once; with `sticky`
  // every later one fails too (a full disk, a dead disk). A failing Append may
  // write the first half of its bytes, as a full disk does.
  enum class Persistence { kOnce, kSticky };
  void FailCall(int n, Status status,
                Persistence persistence = Persistence::kOnce);
  // The n-th call of this kind fails.
  void FailCallOfKind(Call kind, int n, Status status);
  void Clear();
  bool fired() const;  // whether the fault was met
  int calls() const;   // since construction or Clear
  int calls(Call kind) const;

  StatusOr<std::unique_ptr<RandomAccessFile>> OpenForReading(
      const std::string& path) override;
  StatusOr<std::unique_ptr<WritableFile>> CreateNew(
      const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status Link(const std::string& from, const std::string& to) override;
  Status Clone(const std::string& from, const std::string& to) override;
  Status SyncFile(const std::string& path) override;  // counts as kSync
  Status CreateDirectory(const std::string& path) override;
  Status RemoveDirectory(const std::string& path) override;
  Status SyncDirectory(const std::string& path) override;
  StatusOr<std::vector<std::string>> List(const std::string& path) override;
  StatusOr<FileInfo> Stat(const std::string& path) override;
  StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path,
                                           std::string_view owner) override;

 private:
  struct Impl;
  class ReadHandle;
  class WriteHandle;
  std::shared_ptr<Impl> impl_;
};

}  // namespace cairn

#endif  // CAIRN_BASE_FAULT_FILE_SYSTEM_H_
