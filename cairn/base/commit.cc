// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Order of operations, names that exist already (D is the directory):
//
//   create, append, sync, close  every temporary
//   create, append, sync, close  the journal's temporary
//   sync D                       a journal must not outlive what it names
//   rename                       the journal into place
//   sync D                       <- the new set is the committed one
//   rename                       every file
//   sync D
//   remove                       the journal, then the surplus files
//
// When none of the data files' names exists and the index does (or the set is a
// single file), the new names are put in place first, as those of a new set
// are: nothing tells of them yet. If only the index is left then, it needs no
// journal: one rename switches. If a meta graph is left too, the journal is of
// these two, and the index never tells of data that is not there.
//
// The removals need no sync: a journal that comes back after a power cut names
// temporaries that are gone for good, and so resolves to the final names.
#include "cairn/base/commit.h"

#include <algorithm>
#include <set>
#include <utility>

#include "cairn/base/guard_memory.h"
#include "cairn/base/journal.h"
#include "cairn/base/strings.h"

namespace cairn {
namespace {

using commit_internal::FreeTemporaryName;
using commit_internal::JournalEntry;
using commit_internal::kMaxNameAttempts;
using commit_internal::ReadJournal;

constexpr std::string_view kJournalSuffix = ".cairn-journal";

struct NewFile {
  std::string path;
  std::unique_ptr<WritableFile> file;
};

StatusOr<NewFile> CreateTemporary(FileSystem& fs, std::string_view final_path,
                                  std::string_view prefix) {
  for (int attempt = 1;; ++attempt) {
    std::string path = commit_internal::NewTemporaryName(final_path, prefix);
    StatusOr<std::unique_ptr<WritableFile>> file = fs.CreateNew(path);
    if (file.ok()) return NewFile{std::move(path), *std::move(file)};
    if (!absl::IsAlreadyExists(file.status()) || attempt == kMaxNameAttempts) {
      return file.status();
    }
  }
}

StatusOr<bool> IsThere(FileSystem& fs, const std::string& path) {
  const StatusOr<FileInfo> info = fs.Stat(path);
  if (absl::IsNotFound(info.status())) return false;
  CAIRN_RETURN_IF_ERROR(info.status());
  return true;
}

// So that the next `n` additions to `list` cannot fail.
template <typename T>
void MakeRoom(std::vector<T>& list, size_t n) {
  if (list.capacity() - list.size() < n) list.reserve(2 * list.size() + n);
}

// Whether a file is there that a rename would replace. Any other thing is an
// error now, before a journal promises a switch that can never be done.
StatusOr<bool> IsReplaceable(FileSystem& fs, const std::string& path) {
  const StatusOr<FileInfo> info = fs.Stat(path);
  if (absl::IsNotFound(info.status())) return false;
  CAIRN_RETURN_IF_ERROR(info.status());
  if (info->kind == FileInfo::Kind::kDirectory) {
    return AlreadyExistsError(
        StrCat(Escape(path), ": is a directory, cannot become a file"));
  }
  return true;
}

// Renames the temporaries and makes that durable. The journal and the
// temporaries must be durable already.
Status Switch(FileSystem& fs, const std::string& directory,
              const std::vector<JournalEntry>& entries) {
  for (const JournalEntry& entry : entries) {
    CAIRN_RETURN_IF_ERROR(fs.Rename(entry.temporary, entry.final_path));
  }
  return fs.SyncDirectory(directory);
}

}  // namespace

std::string JournalPath(std::string_view prefix) {
  return StrCat(prefix, kJournalSuffix);
}

bool HasJournal(FileSystem& fs, const std::string& prefix) {
  return fs.Exists(JournalPath(prefix));
}

Commit::Commit(FileSystem& fs, std::string prefix)
    : fs_(fs), prefix_(std::move(prefix)) {}

Commit::~Commit() { Abandon(); }

Status Commit::CheckFinalPath(const std::string& final_path) const {
  if (done_) {
    return FailedPreconditionError(
        StrCat(Escape(final_path), ": the commit is finished already"));
  }
  if (!final_path.starts_with(prefix_) ||
      DirName(final_path) != DirName(prefix_) || BaseName(final_path).empty()) {
    return InvalidArgumentError(
        StrCat(Escape(final_path), ": not a file of prefix ", Escape(prefix_)));
  }
  for (const File& file : files_) {
    if (file.final_path == final_path) {
      return AlreadyExistsError(
          StrCat(Escape(final_path), ": created twice in one commit"));
    }
  }
  return OkStatus();
}

// Before the first file: its directory, and what an earlier commit left undone.
Status Commit::Prepare() {
  if (prepared_) return OkStatus();
  CAIRN_RETURN_IF_ERROR(fs_.CreateDirectories(std::string(DirName(prefix_))));
  CAIRN_RETURN_IF_ERROR(RollForward(fs_, prefix_));
  prepared_ = true;
  return OkStatus();
}

StatusOr<WritableFile*> Commit::Create(const std::string& final_path) {
  return GuardMemory(final_path, [&]() -> StatusOr<WritableFile*> {
    CAIRN_RETURN_IF_ERROR(CheckFinalPath(final_path));
    CAIRN_RETURN_IF_ERROR(Prepare());
    File file{"", final_path, nullptr};
    MakeRoomForFile();
    CAIRN_ASSIGN_OR_RETURN(NewFile created,
                           CreateTemporary(fs_, final_path, prefix_));
    file.temporary = std::move(created.path);
    file.file = std::move(created.file);
    files_.push_back(std::move(file));
    return files_.back().file.get();
  });
}

// What is on the disk must be in `files_`, or nobody would remove it.
void Commit::MakeRoomForFile() {
  MakeRoom(files_, 1);
  MakeRoom(handed_out_, files_.size() + 1);
}

StatusOr<std::string> Commit::SetFinalPath(const WritableFile* file,
                                           const std::string& final_path) {
  return GuardMemory(final_path, [&]() -> StatusOr<std::string> {
    const auto found = std::ranges::find_if(files_, [&](const File& candidate) {
      return candidate.file != nullptr && candidate.file.get() == file;
    });
    if (found == files_.end()) {
      return InvalidArgumentError(StrCat(
          Escape(final_path), ": for a file that is not of this commit"));
    }
    if (found->final_path == final_path) return found->temporary;
    CAIRN_RETURN_IF_ERROR(CheckFinalPath(final_path));
    // A journal's entries and stale temporaries are recognised by these names.
    CAIRN_ASSIGN_OR_RETURN(std::string temporary,
                           FreeTemporaryName(fs_, final_path, prefix_));
    std::string result = temporary;
    std::string path = final_path;
    CAIRN_RETURN_IF_ERROR(fs_.Rename(found->temporary, temporary));
    found->temporary = std::move(temporary);
    found->final_path = std::move(path);
    return result;
  });
}

void Commit::RemoveAfter(const std::string& path) {
  Note(GuardMemory(path, [&] {
    remove_after_.push_back(path);
    return OkStatus();
  }));
}

void Commit::CheckBeforeSwitch(std::function<Status(FileSystem&)> check) {
  Note(GuardMemory(prefix_, [&] {
    checks_.push_back(std::move(check));
    return OkStatus();
  }));
}

void Commit::Note(const Status& status) {
  if (deferred_.ok()) deferred_ = status;
}

Status Commit::Finish() {
  if (done_) {
    return GuardMemory(prefix_, [&] {
      return FailedPreconditionError(
          StrCat(Escape(prefix_), ": the commit is finished already"));
    });
  }
  for (const File& file : files_) std::erase(remove_after_, file.final_path);
  for (const std::string& path : in_place_) std::erase(remove_after_, path);
  Status status = deferred_;
  if (status.ok()) {
    status = GuardMemory(prefix_, [&]() -> Status {
      CAIRN_RETURN_IF_ERROR(SyncFiles());
      CAIRN_RETURN_IF_ERROR(RunChecks());
      return SwitchFiles();
    });
  }
  if (!status.ok()) {
    Abandon();
    return status;
  }
  done_ = true;
  // What is left over here costs space, not data: no reason to call a durable
  // set failed.
  for (const std::string& path : remove_after_) fs_.Remove(path).IgnoreError();
  return OkStatus();
}

Status Commit::SyncFiles() {
  for (const std::string& path : in_place_) {
    CAIRN_RETURN_IF_ERROR(fs_.SyncFile(path));
  }
  for (File& file : files_) {
    if (file.file == nullptr) {
      CAIRN_RETURN_IF_ERROR(fs_.SyncFile(file.temporary));
      continue;
    }
    CAIRN_RETURN_IF_ERROR(file.file->Sync());
    CAIRN_RETURN_IF_ERROR(file.file->Close());
    handed_out_.push_back(std::move(file.file));
  }
  return OkStatus();
}

Status Commit::RunChecks() {
  for (const auto& check : checks_) CAIRN_RETURN_IF_ERROR(check(fs_));
  return OkStatus();
}

Status Commit::SwitchFiles() {
  std::vector<size_t> taken;  // files whose names exist
  for (size_t i = 0; i < files_.size(); ++i) {
    CAIRN_ASSIGN_OR_RETURN(const bool there,
                           IsReplaceable(fs_, files_[i].final_path));
    if (there) taken.push_back(i);
  }
  if (files_.empty()) return OkStatus();
  const std::string directory(DirName(prefix_));
  if (taken.empty()) return SwitchNew(directory);
  return HidesNewNames(taken) ? SwitchAfterNew(directory, taken)
                              : SwitchJournaled(directory);
}

// Whether nobody looks for the new names before the last file is switched: true
// of data files, which only the index tells of.
bool Commit::HidesNewNames(const std::vector<size_t>& taken) const {
  if (files_.size() == 1) return true;
  if (taken.back() + 1 != files_.size() ||
      files_.back().final_path != StrCat(prefix_, ".index")) {
    return false;
  }
  const std::string data = StrCat(prefix_, ".data-");
  return std::ranges::none_of(
      taken, [&](size_t i) { return files_[i].final_path.starts_with(data); });
}

Status Commit::SwitchAfterNew(const std::string& directory,
                              const std::vector<size_t>& taken) {
  std::vector<File> last;
  std::vector<std::string> placed;
  last.reserve(taken.size());
  placed.reserve(files_.size());
  for (const size_t i : taken) last.push_back(std::move(files_[i]));
  for (size_t i = taken.size(); i > 0; --i) {
    files_.erase(files_.begin() + static_cast<ptrdiff_t>(taken[i - 1]));
  }
  for (const File& file : files_) placed.push_back(file.final_path);
  Status status = files_.empty() ? OkStatus() : SwitchNew(directory);
  const bool is_placed = status.ok();
  // There is room: they were there before.
  for (File& file : last) files_.push_back(std::move(file));
  if (!is_placed) return status;
  status =
      files_.size() == 1 ? SwitchSingle(directory) : SwitchJournaled(directory);
  if (status.ok() || files_.empty()) return status;
  // Not switched, and never will be.
  for (const std::string& path : placed) fs_.Remove(path).IgnoreError();
  return status;
}

// Both of the following leave `files_` as they are if nothing was switched, and
// empty otherwise.
Status Commit::SwitchSingle(const std::string& directory) {
  File& file = files_.back();
  CAIRN_RETURN_IF_ERROR(fs_.Rename(file.temporary, file.final_path));
  if (file.file != nullptr) handed_out_.push_back(std::move(file.file));
  files_.clear();
  return fs_.SyncDirectory(directory);
}

Status Commit::SwitchNew(const std::string& directory) {
  Status status;
  size_t renamed = 0;
  for (; renamed < files_.size() && status.ok(); ++renamed) {
    status = fs_.Rename(files_[renamed].temporary, files_[renamed].final_path);
  }
  if (status.ok()) {
    status = fs_.SyncDirectory(directory);
  } else {
    --renamed;
  }
  if (status.ok()) {
    files_.clear();
    return status;
  }
  // The last ones first, up to one that cannot be removed: an index never
  // stands there without its data.
  bool removed = true;
  for (; renamed > 0; --renamed) {
    File& file = files_[renamed - 1];
    removed = removed && fs_.Remove(file.final_path).ok();
    file.temporary.clear();
  }
  return status;
}

Status Commit::SwitchJournaled(const std::string& directory) {
  std::vector<JournalEntry> entries;
  for (const File& file : files_) {
    CAIRN_ASSIGN_OR_RETURN(const FileInfo info, fs_.Stat(file.temporary));
    entries.push_back({info.size, file.temporary, file.final_path});
  }
  const std::string journal = JournalPath(prefix_);
  const std::string text = commit_internal::FormatJournal(entries);
  CAIRN_ASSIGN_OR_RETURN(WritableFile* const created, Create(journal));
  WritableFile& file = *created;
  CAIRN_RETURN_IF_ERROR(file.Append(text));
  CAIRN_RETURN_IF_ERROR(file.Sync());
  CAIRN_RETURN_IF_ERROR(file.Close());
  CAIRN_RETURN_IF_ERROR(fs_.SyncDirectory(directory));
  CAIRN_RETURN_IF_ERROR(fs_.Rename(files_.back().temporary, journal));
  handed_out_.push_back(std::move(files_.back().file));
  files_.pop_back();
  const Status committed = fs_.SyncDirectory(directory);
  if (!committed.ok()) {
    // Whether the journal is durable is unknown, and asking again would prove
    // nothing. It goes, so that the old set is what everybody sees; but a power
    // cut may bring it back, so the temporaries it names have to stay.
    fs_.Remove(journal).IgnoreError();
    files_.clear();
    return committed;
  }
  files_.clear();
  const Status switched = Switch(fs_, directory, entries);
  if (!switched.ok()) {
    return Annotate(switched, StrCat(Escape(prefix_),
                                     ": the new files are committed, but not "
                                     "under their final names yet"));
  }
  // A journal that cannot be removed now misleads nobody; the next commit of
  // this prefix has to remove it and reports if it cannot.
  fs_.Remove(journal).IgnoreError();
  return OkStatus();
}

void Commit::Abandon() {
  done_ = true;
  for (File& file : files_) {
    if (file.file != nullptr) handed_out_.push_back(std::move(file.file));
    if (!file.temporary.empty()) fs_.Remove(file.temporary).IgnoreError();
  }
  files_.clear();
}

Status WriteFileAtomically(FileSystem& fs, const std::string& path,
                           std::string_view contents) {
  return GuardMemory(path, [&]() -> Status {
    Commit commit(fs, path);
    CAIRN_ASSIGN_OR_RETURN(WritableFile* const file, commit.Create(path));
    CAIRN_RETURN_IF_ERROR(file->Append(contents));
    return commit.Finish();
  });
}

StatusOr<std::string> ResolveCommitted(FileSystem& fs,
                                       const std::string& prefix,
                                       const std::string& path) {
  return GuardMemory(path, [&]() -> StatusOr<std::string> {
    CAIRN_ASSIGN_OR_RETURN(const auto entries, ReadJournal(fs, prefix));
    for (const JournalEntry& entry : entries) {
      if (entry.final_path != path) continue;
      CAIRN_ASSIGN_OR_RETURN(const bool there, IsThere(fs, entry.temporary));
      return there ? entry.temporary : path;
    }
    return path;
  });
}

Status RollForward(FileSystem& fs, const std::string& prefix) {
  return GuardMemory(prefix, [&]() -> Status {
    CAIRN_ASSIGN_OR_RETURN(const auto entries, ReadJournal(fs, prefix));
    if (entries.empty()) return OkStatus();
    std::vector<JournalEntry> left;  // the others are renamed already
    for (const JournalEntry& entry : entries) {
      const StatusOr<FileInfo> info = fs.Stat(entry.temporary);
      if (absl::IsNotFound(info.status())) continue;
      CAIRN_RETURN_IF_ERROR(info.status());
      if (info->size != entry.size) {
        return DataLossError(StrCat(Escape(entry.temporary), ": ", info->size,
                                    " bytes long, its journal says ",
                                    entry.size));
      }
      left.push_back(entry);
    }
    // The writer may have been killed between putting the journal in place and
    // making that durable.
    const std::string directory(DirName(prefix));
    CAIRN_RETURN_IF_ERROR(fs.SyncDirectory(directory));
    CAIRN_RETURN_IF_ERROR(Switch(fs, directory, left));
    return fs.Remove(JournalPath(prefix));
  });
}

Status RemoveStaleTemporaries(FileSystem& fs, const std::string& prefix) {
  return GuardMemory(prefix, [&]() -> Status {
    const std::string directory(DirName(prefix));
    const StatusOr<std::vector<std::string>> names = fs.List(directory);
    if (absl::IsNotFound(names.status())) return OkStatus();
    CAIRN_RETURN_IF_ERROR(names.status());
    CAIRN_ASSIGN_OR_RETURN(const auto entries, ReadJournal(fs, prefix));
    std::set<std::string> needed;
    for (const JournalEntry& entry : entries) needed.insert(entry.temporary);

    std::vector<std::string> stale;
    for (const std::string& name : *names) {
      std::string_view final_name;
      std::string path = JoinPath(directory, name);
      if (commit_internal::ParseTemporaryName(name, prefix, &final_name) &&
          !needed.contains(path)) {
        stale.push_back(std::move(path));
      }
    }
    if (stale.empty()) return OkStatus();
    // A journal that named them may have been removed without that being
    // durable.
    CAIRN_RETURN_IF_ERROR(fs.SyncDirectory(directory));
    for (const std::string& path : stale)
      CAIRN_RETURN_IF_ERROR(fs.Remove(path));
    return OkStatus();
  });
}

StatusOr<std::string> SetAside(FileSystem& fs, const std::string& prefix,
                               const std::string& path) {
  return GuardMemory(path, [&]() -> StatusOr<std::string> {
    CAIRN_ASSIGN_OR_RETURN(std::string temporary,
                           FreeTemporaryName(fs, path, prefix));
    CAIRN_RETURN_IF_ERROR(fs.Rename(path, temporary));
    return temporary;
  });
}

std::optional<std::string> NameOfTemporary(std::string_view prefix,
                                           std::string_view name) {
  std::string_view final_name;
  if (!commit_internal::ParseTemporaryName(name, prefix, &final_name)) {
    return std::nullopt;
  }
  return std::string(final_name);
}

}  // namespace cairn
