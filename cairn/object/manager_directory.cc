// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The lock is the operating system's, on a file of its own: a killed manager's
// is free at once. The file is removed when the lock is given back.
//
// Removing a checkpoint: its index becomes a temporary by a rename, savers'
// and its data files go, then the temporary. Whatever is left when this is cut
// off is known by that temporary, as is the data file of a save that was killed
// before it renamed its index. A data file alone is never touched: somebody may
// be copying a checkpoint into the directory.
#include "cairn/object/manager_directory.h"

#include <chrono>
#include <set>
#include <thread>
#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/state/metrics_file.h"

namespace cairn::object::internal {
namespace {

constexpr std::string_view kLockFile = ".cairn-lock";
// A manager that is being opened holds the lock for a moment if it has to
// sweep.
constexpr int kLockAttempts = 10;
constexpr std::chrono::milliseconds kLockPause{10};

// Characters of a number at the start of `text`, with its sign.
size_t NumberLength(std::string_view text) {
  const size_t sign = text.starts_with('-') ? 1 : 0;
  size_t end = text.find_first_not_of("0123456789", sign);
  if (end == std::string_view::npos) end = text.size();
  return end > sign ? end : 0;
}

}  // namespace

ManagerDirectory::ManagerDirectory(
    FileSystem& fs, std::string directory, std::string_view checkpoint_name,
    std::function<Status(const std::string&)> remove_others)
    : fs_(fs),
      directory_(std::move(directory)),
      prefix_(JoinPath(directory_, checkpoint_name)),
      remove_others_(std::move(remove_others)) {}

ManagerDirectory::~ManagerDirectory() { Unlock(); }

std::string ManagerDirectory::lock_path() const {
  return JoinPath(directory_, kLockFile);
}

bool ManagerDirectory::IsOwn(std::string_view checkpoint) const {
  if (!checkpoint.starts_with(prefix_)) return false;
  checkpoint.remove_prefix(prefix_.size());
  if (!checkpoint.starts_with('-')) return false;
  checkpoint.remove_prefix(1);
  return !checkpoint.empty() && NumberLength(checkpoint) == checkpoint.size();
}

StatusOr<std::vector<std::string>> ManagerDirectory::ListOwn() const {
  StatusOr<std::vector<std::string>> prefixes =
      state::ScanForCheckpoints(fs_, std::string(DirName(prefix_)));
  if (absl::IsNotFound(prefixes.status())) return std::vector<std::string>();
  CAIRN_RETURN_IF_ERROR(prefixes.status());
  std::erase_if(*prefixes,
                [&](const std::string& prefix) { return !IsOwn(prefix); });
  return prefixes;
}

Status ManagerDirectory::TryLock() {
  StatusOr<std::unique_ptr<FileLock>> lock =
      fs_.Lock(lock_path(), "a CheckpointManager");
  CAIRN_RETURN_IF_ERROR(lock.status());
  lock_ = *std::move(lock);
  return OkStatus();
}

Status ManagerDirectory::Lock() {
  if (lock_ != nullptr) {
    if (fs_.Exists(lock_path())) return OkStatus();
    lock_.reset();
  }
  CAIRN_RETURN_IF_ERROR(fs_.CreateDirectories(directory_));
  for (int attempt = 1;; ++attempt) {
    const Status status = TryLock();
    if (status.ok() || !absl::IsFailedPrecondition(status) ||
        attempt == kLockAttempts) {
      return Annotate(status,
                      "another CheckpointManager is at work in this directory");
    }
    std::this_thread::sleep_for(kLockPause);
  }
}

void ManagerDirectory::Unlock() {
  if (lock_ == nullptr) return;
  // While the lock is held: nobody else can have taken the name meanwhile.
  fs_.Remove(lock_path()).IgnoreError();
  lock_.reset();
}

// Own checkpoints, and the state file, that have temporaries or a journal.
std::vector<std::string> ManagerDirectory::LeftOver() const {
  std::set<std::string> found;
  const std::string parent(DirName(prefix_));
  const std::string start = StrCat(BaseName(prefix_), "-");
  for (const std::string& name :
       fs_.List(parent).value_or(std::vector<std::string>())) {
    if (!name.starts_with(start)) continue;
    const size_t number =
        NumberLength(std::string_view(name).substr(start.size()));
    if (number == 0) continue;
    const std::string checkpoint =
        JoinPath(parent, name.substr(0, start.size() + number));
    if (NameOfTemporary(checkpoint, name) ||
        JoinPath(parent, name) == JournalPath(checkpoint)) {
      found.insert(checkpoint);
    }
  }
  for (const std::string& name :
       fs_.List(directory_).value_or(std::vector<std::string>())) {
    for (const std::string_view file :
         {state::kDefaultStateFile, state::kMetricsFile}) {
      const std::string path = JoinPath(directory_, file);
      if (NameOfTemporary(path, name) == file) found.insert(path);
    }
  }
  return {found.begin(), found.end()};
}

StatusOr<int> ManagerDirectory::SweepCheckpoint(const std::string& checkpoint) {
  CAIRN_RETURN_IF_ERROR(RollForward(fs_, checkpoint));
  int removed = 0;
  const std::string index = bundle::IndexPath(checkpoint);
  bool index_is_temporary = false;
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         fs_.List(std::string(DirName(checkpoint))));
  for (const std::string& name : names) {
    const std::optional<std::string> of = NameOfTemporary(checkpoint, name);
    if (!of) continue;
    ++removed;
    if (*of == BaseName(index)) index_is_temporary = true;
  }
  if (index_is_temporary && !fs_.Exists(index)) {
    CAIRN_RETURN_IF_ERROR(remove_others_(checkpoint));
    CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> data,
                           state::ListDataFiles(fs_, checkpoint));
    for (const std::string& path : data) {
      CAIRN_RETURN_IF_ERROR(fs_.Remove(path));
      ++removed;
    }
  }
  CAIRN_RETURN_IF_ERROR(RemoveStaleTemporaries(fs_, checkpoint));
  return removed;
}

StatusOr<std::string> ManagerDirectory::Sweep() {
  if (LeftOver().empty()) return "";
  const bool was_locked = locked();
  if (!was_locked && !TryLock().ok()) return "";
  int removed = 0;
  Status status;
  for (const std::string& checkpoint : LeftOver()) {
    const StatusOr<int> swept = SweepCheckpoint(checkpoint);
    status.Update(swept.status());
    removed += swept.value_or(0);
  }
  if (!was_locked) Unlock();
  CAIRN_RETURN_IF_ERROR(status);
  if (removed == 0) return "";
  return StrCat(Escape(directory_), ": removed ", removed,
                " files that a save left when it was cut off");
}

Status ManagerDirectory::Remove(const std::string& checkpoint) {
  // A switch that was cut off would bring files back.
  CAIRN_RETURN_IF_ERROR(RollForward(fs_, checkpoint));
  const StatusOr<std::string> aside =
      SetAside(fs_, checkpoint, bundle::IndexPath(checkpoint));
  if (!aside.ok() && !absl::IsNotFound(aside.status())) return aside.status();
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> data,
                         state::ListDataFiles(fs_, checkpoint));
  // The first failure; the others are still tried.
  Status result = remove_others_(checkpoint);
  for (const std::string& path : data) {
    const Status removed = fs_.Remove(path);
    if (!absl::IsNotFound(removed)) result.Update(removed);
  }
  if (aside.ok() && result.ok()) result.Update(fs_.Remove(*aside));
  return result;
}

}  // namespace cairn::object::internal
