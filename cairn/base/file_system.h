// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// FileSystem: the seam between Cairn and storage. Every room reads and writes
// through it, so that tests can run on memory, inject a failure into the n-th
// call, and enumerate what a power cut may leave behind.
//
// Thread rule: a FileSystem may be used from several threads. A
// RandomAccessFile may be read from several threads; a WritableFile belongs to
// one at a time.
//
// Paths are literal: no character has a special meaning. "" and "." both mean
// the working directory.
#ifndef CAIRN_BASE_FILE_SYSTEM_H_
#define CAIRN_BASE_FILE_SYSTEM_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"

namespace cairn {

// What Stat tells.
struct FileInfo {
  enum class Kind { kFile, kDirectory, kOther };
  Kind kind = Kind::kFile;
  uint64_t size = 0;  // bytes; 0 for a directory
  double mtime = 0;   // Unix seconds
  // Differs when the path names another file now; may differ, too, when the
  // same file was written to.
  uint64_t id = 0;
};

// An open file for reading. Stays readable after its path is removed or
// renamed.
class RandomAccessFile {
 public:
  virtual ~RandomAccessFile() = default;
  virtual const std::string& path() const = 0;
  // Length in bytes, as of opening.
  virtual uint64_t size() const = 0;
  virtual uint64_t id() const = 0;  // as FileInfo::id
  // Reads exactly `size` bytes at `offset` into `out`. OutOfRange when the file
  // ends before; never reads or allocates otherwise.
  virtual Status ReadAt(uint64_t offset, size_t size, char* out) const = 0;
  // The whole file as memory, valid as long as this object; empty optional when
  // this file cannot be mapped (then use ReadAt). If another process shortens
  // the file, touching the lost part of a mapping raises SIGBUS; a reader of
  // files that others may rewrite in place uses ReadAt, which returns
  // OutOfRange.
  virtual std::optional<std::string_view> Mapped() const = 0;
  // Gives the system's descriptor back if the file is mapped; ReadAt copies
  // from the mapping from then on. Not while another thread uses the file.
  virtual void ReleaseDescriptor() {}
};

// An open file for writing. The file holds what was appended only after Close
// returned OK, and survives a power cut only if Sync did before.
class WritableFile {
 public:
  virtual ~WritableFile() = default;  // closes without flushing what is pending
  virtual const std::string& path() const = 0;
  virtual Status Append(std::string_view bytes) = 0;
  // fsync. A failure is final: the kernel may already have dropped the pages,
  // so the file must be discarded, never synced again.
  virtual Status Sync() = 0;
  virtual Status Close() = 0;
};

// Holds an advisory lock until destroyed.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // NotFound when absent, InvalidArgument when `path` is a directory.
  virtual StatusOr<std::unique_ptr<RandomAccessFile>> OpenForReading(
      const std::string& path) = 0;
  // A new, empty file; AlreadyExists if the path is taken, NotFound if its
  // directory is absent.
  virtual StatusOr<std::unique_ptr<WritableFile>> CreateNew(
      const std::string& path) = 0;
  // Replaces `to` atomically if it exists.
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status Remove(const std::string& path) = 0;
  // A second name, `to`, for the file `from`: its bytes stay until both are
  // removed. AlreadyExists if `to` is taken; Unimplemented where the two cannot
  // be names of one file (no links, another device): then copy.
  virtual Status Link(const std::string& from, const std::string& to);
  // A new file, `to`, with the bytes of `from`, which share their room on the
  // disk until one of the two is written to (a reflink); durable when synced.
  // AlreadyExists if `to` is taken; Unimplemented where there is no such thing.
  virtual Status Clone(const std::string& from, const std::string& to);
  // fsync of a file that nobody has open for writing: makes what is in it
  // durable, whoever wrote it. A failure is final, as WritableFile::Sync's.
  virtual Status SyncFile(const std::string& path);
  // One level; AlreadyExists if the path is taken.
  virtual Status CreateDirectory(const std::string& path) = 0;
  // Only an empty one.
  virtual Status RemoveDirectory(const std::string& path) = 0;
  // fsync of the directory: makes created, renamed and removed names durable.
  virtual Status SyncDirectory(const std::string& path) = 0;
  // Names (not paths) in the directory, sorted, without "." and "..".
  virtual StatusOr<std::vector<std::string>> List(const std::string& path) = 0;
  virtual StatusOr<FileInfo> Stat(const std::string& path) = 0;
  // A lock on `path` (created if absent) that excludes other holders, in this
  // process and others; FailedPrecondition, naming the holder when known, if it
  // is held. `owner`, and where files are shared also the host and the process
  // id, is written into the file for that text. The file stays when the lock is
  // given back; a killed holder's lock is free at once.
  virtual StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path,
                                                   std::string_view owner) = 0;

  // --- built on the above ---
  bool Exists(const std::string& path);
  bool IsDirectory(const std::string& path);
  // The whole file; DataLoss when it is longer than `limit` bytes.
  StatusOr<std::string> ReadFile(const std::string& path, uint64_t limit);
  // Creates the directory and its missing parents, each made durable. OK if it
  // is already there.
  Status CreateDirectories(const std::string& path);
};

// The operating system's files. A process-wide object without state.
FileSystem& LocalFileSystem();

// --- paths (text only) ---
// As Python's os.path. "a/b" of "a/b/c"; "" of "c"; "/" of "/c"; "a" of "a//b".
std::string_view DirName(std::string_view path);
std::string_view BaseName(std::string_view path);
// "a/b", also of "a/" and "b"; "b" if `dir` is "" or `name` is absolute.
std::string JoinPath(std::string_view dir, std::string_view name);
inline bool IsAbsolutePath(std::string_view path) {
  return !path.empty() && path.front() == '/';
}

}  // namespace cairn

#endif  // CAIRN_BASE_FILE_SYSTEM_H_
