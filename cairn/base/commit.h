// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Commit: puts a set of files in place so that a power cut at any instant
// leaves either none or all of them.
//
// New names (the usual case), the rule:
//   1. write each file under a temporary name in its directory; fsync each
//   2. rename each to its final, never used before, name; fsync the directory
// The caller then names the set in the `checkpoint` file (state room, itself
// temp + fsync + rename + fsync), and only after that removes what it evicts.
//
// Names that exist already (a Saver writing `model` again): two renames cannot
// be atomic, so a journal names the switch:
//   1. as above
//   2. write `<prefix>.cairn-journal` as a temporary; fsync it, then the
//      directory: the journal must not reach the disk before the names in it;
//      rename it; fsync the directory. Now the new set is the committed one
//   3. rename each file over the old one, fsync the directory
//   4. remove the journal
// A reader that meets a journal reads through it (ResolveCommitted); the next
// Commit rolls it forward first (RollForward). A torn or garbled journal cannot
// occur after a power cut (it is renamed into place only when synced) and is
// reported as DataLoss. Programs that know nothing of journals (TensorFlow) see
// the old set, or for the moments of step 3 a mix; where one has been cut off
// there, RollForward before handing them the directory.
//
// A single file over an existing one needs no journal: one rename is atomic. So
// is that of an index whose data files all have new names (another number of
// them), which are put in place first: then every program finds the old set or
// the new one at every instant.
//
// Journal, text, one line each:
//   cairn-journal 1
//   <crc32c of all following bytes, 8 hex digits>
//   <size> <temporary base name> <final base name>   per file
// In names every byte but letters, digits, '.', '_' and '-' is %xx.
//
// Temporary names: `<final>.cairn-tmp-<16 hex digits>`, the first eight of them
// the crc32c of the prefix's base name, the others random. Nothing else is ever
// removed by RemoveStaleTemporaries, not even the temporaries of `model.best`
// for the prefix `model`.
//
// Not thread-safe.
#ifndef CAIRN_BASE_COMMIT_H_
#define CAIRN_BASE_COMMIT_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"

namespace cairn {

// How a commit may take in a file that is there already.
struct ShareOptions {
  // FileInfo::id that the file must still have (else Unavailable), for somebody
  // may replace it after it was looked at. 0: any.
  uint64_t id = 0;
  // What may be tried; Unimplemented if none of it can be done.
  enum class By { kLinkCloneOrCopy, kLinkOrClone, kClone };
  By by = By::kLinkCloneOrCopy;
};

class Commit {
 public:
  // `prefix` is the path all final names start with (a checkpoint prefix, or
  // the single file's own name): the journal stands beside them.
  Commit(FileSystem& fs, std::string prefix);
  // Removes the temporaries if Finish was not called or failed before the
  // switch.
  ~Commit();
  Commit(const Commit&) = delete;
  Commit& operator=(const Commit&) = delete;

  // A temporary that will become `final_path`, which must start with the prefix
  // and lie in its directory. The file belongs to this object; the caller only
  // appends. Any missing directory is made. The first call rolls a cut-off
  // switch of the prefix forward. The new names appear in the order of the
  // calls and, on failure, go in the opposite order: data first, then the
  // index.
  StatusOr<WritableFile*> Create(const std::string& final_path);

  // Another final name for a file of Create, for a name that depends on what
  // comes later (the number of shards). Its temporary is renamed; returns where
  // it is now, for WritableFile::path() stays what it was.
  StatusOr<std::string> SetFinalPath(const WritableFile* file,
                                     const std::string& final_path);

  // Puts the file `from`, which nobody writes to any more, in place under
  // `final_path` too, without touching its old name: a link where the file
  // system has them, else a clone or a copy. No work if `final_path` is that
  // file already.
  Status Link(const std::string& from, const std::string& final_path);

  struct Shared {
    std::string path;  // where the file is before the switch
    enum class How { kLinked, kCloned, kCopied };
    How how;
  };
  // The same as Link, and tells how. After an error that did not come from a
  // copy the commit is as before.
  StatusOr<Shared> Share(const std::string& from, const std::string& final_path,
                         const ShareOptions& options = {});

  // A file that will be removed after the switch if it exists (the overwritten
  // checkpoint's surplus shards).
  void RemoveAfter(const std::string& path);

  // A check that runs when every file is synced and closed and nothing is
  // switched yet; its failure fails Finish, as an error before the switch.
  void CheckBeforeSwitch(std::function<Status(FileSystem&)> check);

  FileSystem& file_system() const { return fs_; }

  // Syncs each file once, closes it and switches. OK means durable. After an
  // error before the switch nothing visible changed and the temporaries are
  // gone (with two exceptions: removing one failed; or a journal was in place
  // already but could not be made durable, for then a power cut may bring it
  // back and it must find them). An error in step 3 says that the new set is
  // committed: read through ResolveCommitted, or call RollForward. A failed
  // sync is never repeated. A surplus file or a done journal that cannot be
  // removed is no error.
  Status Finish();

 private:
  struct File {
    std::string temporary;
    std::string final_path;
    std::unique_ptr<WritableFile> file;  // null: written already, not synced
  };
  Status CheckFinalPath(const std::string& final_path) const;
  Status Prepare();
  StatusOr<Shared> CopyInto(const std::string& from,
                            const std::string& final_path, uint64_t id);
  Status SyncFiles();
  Status RunChecks();
  Status SwitchFiles();
  bool HidesNewNames(const std::vector<size_t>& taken) const;
  Status SwitchAfterNew(const std::string& directory,
                        const std::vector<size_t>& taken);
  Status SwitchSingle(const std::string& directory);
  Status SwitchNew(const std::string& directory);
  Status SwitchJournaled(const std::string& directory);
  void MakeRoomForFile();
  void Note(const Status& status);
  void Abandon();

  FileSystem& fs_;
  std::string prefix_;
  std::vector<File> files_;
  // Done with, but callers may still hold the pointers that Create returned: a
  // late Append is an error, not a crash.
  std::vector<std::unique_ptr<WritableFile>> handed_out_;
  bool prepared_ = false;
  std::vector<std::string> in_place_;  // linked files that stand there already
  std::vector<std::string> remove_after_;
  std::vector<std::function<Status(FileSystem&)>> checks_;
  Status deferred_;  // of calls that return none; fails Finish
  bool done_ = false;
};

// Writes one file durably: temporary, fsync, rename over, fsync directory. A
// single rename is atomic, so no journal is needed even over an existing file.
Status WriteFileAtomically(FileSystem& fs, const std::string& path,
                           std::string_view contents);

// The path where the committed contents of `path` are now: `path` itself, or,
// when a journal of `prefix` names it and its switch is not yet done, the
// temporary. A writer may switch between this call and the opening: a reader
// that finds a temporary gone asks again.
StatusOr<std::string> ResolveCommitted(FileSystem& fs,
                                       const std::string& prefix,
                                       const std::string& path);

// Whether a switch of `prefix` is under way or was cut off.
bool HasJournal(FileSystem& fs, const std::string& prefix);

// Finishes a switch that was cut off. OK and no effect without a journal.
Status RollForward(FileSystem& fs, const std::string& prefix);

// Removes temporaries of `prefix` that no journal names: what an earlier writer
// left when it was killed. Call only while no other writer of `prefix` runs.
Status RemoveStaleTemporaries(FileSystem& fs, const std::string& prefix);

// Renames `path`, a file of `prefix`, to the name of a temporary and returns
// that: readers do not see it any more, and if the process is killed before it
// removes the rest, RemoveStaleTemporaries finds it. NotFound if it is not
// there.
StatusOr<std::string> SetAside(FileSystem& fs, const std::string& prefix,
                               const std::string& path);

// The base name that `name`, a base name too, was a temporary for; none if it
// is no temporary of `prefix`.
std::optional<std::string> NameOfTemporary(std::string_view prefix,
                                           std::string_view name);

std::string JournalPath(std::string_view prefix);

}  // namespace cairn

#endif  // CAIRN_BASE_COMMIT_H_
