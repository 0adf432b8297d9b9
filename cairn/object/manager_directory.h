// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// A CheckpointManager's directory as files: whose names are its own, the lock,
// what a killed save left, removing. Not installed.
//
// Not thread-safe.
#ifndef CAIRN_OBJECT_MANAGER_DIRECTORY_H_
#define CAIRN_OBJECT_MANAGER_DIRECTORY_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"

namespace cairn::object::internal {

class ManagerDirectory {
 public:
  // Checkpoints are called `<directory>/<checkpoint_name>-<number>`; the name
  // may contain '/'. `remove_others` removes what somebody else keeps beside a
  // checkpoint that goes.
  ManagerDirectory(
      FileSystem& fs, std::string directory, std::string_view checkpoint_name,
      std::function<Status(const std::string& checkpoint)> remove_others);
  ~ManagerDirectory();

  FileSystem& fs() const { return fs_; }
  const std::string& path() const { return directory_; }
  const std::string& prefix() const { return prefix_; }  // without the number
  std::string lock_path() const;

  // Whether the checkpoint has this manager's name and a number.
  bool IsOwn(std::string_view checkpoint) const;
  // Its own checkpoints that are there, in natural order of their names.
  StatusOr<std::vector<std::string>> ListOwn() const;

  // Makes the directory and excludes other managers until Unlock.
  // FailedPrecondition, naming their host and process, if one holds it. Locks
  // again if the locked directory was moved away.
  Status Lock();
  void Unlock();
  bool locked() const { return lock_ != nullptr; }

  // Finishes or removes what a killed save or removal of this manager's name
  // left: switches cut off, temporaries, and the data files that belonged to an
  // index which is a temporary now. Nothing else. Says in words what it did;
  // "" as a rule. When nothing is there to do, no lock is taken; when another
  // manager is at work, nothing is done.
  StatusOr<std::string> Sweep();

  // Removes the files of one checkpoint, so that Sweep finishes it if this is
  // cut off. Files already gone are no error.
  Status Remove(const std::string& checkpoint);

 private:
  std::vector<std::string> LeftOver() const;
  StatusOr<int> SweepCheckpoint(const std::string& checkpoint);
  Status TryLock();

  FileSystem& fs_;
  const std::string directory_;
  const std::string prefix_;
  const std::function<Status(const std::string& checkpoint)> remove_others_;
  std::unique_ptr<FileLock> lock_;
};

}  // namespace cairn::object::internal

#endif  // CAIRN_OBJECT_MANAGER_DIRECTORY_H_
