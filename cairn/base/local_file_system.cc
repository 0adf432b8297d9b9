// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// FileSystem on POSIX calls. Reads go through pread; a mapping is made only
// when Mapped() is asked for, and its absence is never an error. Every call
// that a signal may interrupt is repeated, except fsync and close, which are
// final.
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <mutex>
#include <system_error>

#include "cairn/base/file_system.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"

namespace cairn {
namespace {

constexpr size_t kWriteBufferBytes = size_t{1} << 20;
// Appends of so many bytes are not worth copying into the buffer.
constexpr size_t kDirectWriteBytes = size_t{128} << 10;
// Linux transfers at most 2^31 - 4096 bytes a call.
constexpr size_t kMaxTransferBytes = size_t{1} << 30;
constexpr size_t kMaxOwnerBytes = 512;

absl::StatusCode CodeOfErrno(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::StatusCode::kNotFound;
    case EEXIST:
      return absl::StatusCode::kAlreadyExists;
    case EISDIR:
    case EINVAL:
    case ENAMETOOLONG:
    case ELOOP:
    case EXDEV:
      return absl::StatusCode::kInvalidArgument;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EMLINK:
      return absl::StatusCode::kResourceExhausted;
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOTEMPTY:
    case EBUSY:
    case ETXTBSY:
      return absl::StatusCode::kFailedPrecondition;
    case EOPNOTSUPP:
    case ENOSYS:
      return absl::StatusCode::kUnimplemented;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

Status ErrnoStatus(int error, std::string_view path, std::string_view action) {
  // Unlike strerror, this is thread-safe.
  const std::string reason = std::generic_category().message(error);
  return Status(CodeOfErrno(error),
                StrCat(Escape(path, 4096), ": ", action, ": ", reason));
}

// For calls whose path has to name a directory.
Status DirectoryStatus(int error, std::string_view path,
                       std::string_view action) {
  const Status status = ErrnoStatus(error, path, action);
  return error == ENOTDIR ? InvalidArgumentError(Message(status)) : status;
}

template <typename F>
auto RetryOnSignal(F call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&&) = delete;

  int get() const { return fd_; }
  void Swap(Descriptor& other) { std::swap(fd_, other.fd_); }
  int Release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_;
};

// The system would read a path only up to a NUL and so name another file.
Status CheckPath(const std::string& path) {
  if (path.find('\0') == std::string::npos) return OkStatus();
  return InvalidArgumentError(
      StrCat(Escape(path, 4096), ": a path cannot hold a NUL byte"));
}

const char* SystemPath(const std::string& path) {
  return path.empty() ? "." : path.c_str();
}

StatusOr<Descriptor> Open(const std::string& path, int flags,
                          std::string_view action) {
  CAIRN_RETURN_IF_ERROR(CheckPath(path));
  const int fd = RetryOnSignal(
      [&] { return open(SystemPath(path), flags | O_CLOEXEC, 0666); });
  if (fd < 0) return ErrnoStatus(errno, path, action);
  return Descriptor(fd);
}

uint64_t IdOf(const struct stat& info) {
  // The time of the last change is mixed in because inode numbers are reused.
  uint64_t id = 0;
  for (const uint64_t part :
       {static_cast<uint64_t>(info.st_dev), static_cast<uint64_t>(info.st_ino),
        static_cast<uint64_t>(info.st_mtim.tv_sec),
        static_cast<uint64_t>(info.st_mtim.tv_nsec)}) {
    id = (id ^ part) * 0x9e3779b97f4a7c15u;
    id ^= id >> 29;
  }
  return id;
}

FileInfo InfoOf(const struct stat& stat) {
  FileInfo info;
  if (S_ISREG(stat.st_mode)) {
    info.kind = FileInfo::Kind::kFile;
    info.size = static_cast<uint64_t>(stat.st_size);
  } else {
    info.kind = S_ISDIR(stat.st_mode) ? FileInfo::Kind::kDirectory
                                      : FileInfo::Kind::kOther;
  }
  info.mtime = static_cast<double>(stat.st_mtim.tv_sec) +
               static_cast<double>(stat.st_mtim.tv_nsec) * 1e-9;
  info.id = IdOf(stat);
  return info;
}

class LocalRandomAccessFile : public RandomAccessFile {
 public:
  LocalRandomAccessFile(std::string path, Descriptor fd, const FileInfo& info)
      : path_(std::move(path)), fd_(std::move(fd)), info_(info) {}

  ~LocalRandomAccessFile() override {
    if (mapping_ != nullptr) munmap(mapping_, static_cast<size_t>(info_.size));
  }

  const std::string& path() const override { return path_; }
  uint64_t size() const override { return info_.size; }
  uint64_t id() const override { return info_.id; }

  Status ReadAt(uint64_t offset, size_t size, char* out) const override {
    return GuardMemory(path_, [&]() -> Status {
      if (offset > info_.size || size > info_.size - offset) {
        return EndsBefore(offset, size, info_.size);
      }
      if (fd_.get() < 0) {
        if (size == 0) return OkStatus();
        std::memcpy(out, static_cast<const char*>(mapping_) + offset, size);
        return OkStatus();
      }
      size_t done = 0;
      while (done < size) {
        const size_t piece = std::min(size - done, kMaxTransferBytes);
        const ssize_t n = RetryOnSignal([&] {
          return pread(fd_.get(), out + done, piece,
                       static_cast<off_t>(offset + done));
        });
        if (n < 0) {
          return ErrnoStatus(errno, path_,
                             StrCat("cannot read at offset ", offset + done));
        }
        if (n == 0) return EndsBefore(offset, size, offset + done);
        done += static_cast<size_t>(n);
      }
      return OkStatus();
    });
  }

  std::optional<std::string_view> Mapped() const override {
    if (info_.size == 0) return std::string_view();
    if (info_.size > std::numeric_limits<size_t>::max()) return std::nullopt;
    const size_t size = static_cast<size_t>(info_.size);
    std::call_once(mapped_, [&] {
      void* const memory =
          mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd_.get(), 0);
      if (memory != MAP_FAILED) mapping_ = memory;
    });
    if (mapping_ == nullptr) return std::nullopt;
    return std::string_view(static_cast<const char*>(mapping_), size);
  }

  void ReleaseDescriptor() override {
    if (mapping_ == nullptr && info_.size > 0) return;
    Descriptor closes(fd_.Release());
  }

 private:
  Status EndsBefore(uint64_t offset, size_t size, uint64_t end) const {
    return OutOfRangeError(StrCat(Escape(path_, 4096), ": cannot read ", size,
                                  " bytes at offset ", offset,
                                  ": the file ends at ", end));
  }

  const std::string path_;
  Descriptor fd_;
  const FileInfo info_;
  mutable std::once_flag mapped_;
  mutable void* mapping_ = nullptr;
};

class LocalWritableFile : public WritableFile {
 public:
  explicit LocalWritableFile(std::string path) : path_(std::move(path)) {}

  const std::string& path() const override { return path_; }

  // What the file is for: without memory for it there is no file either.
  Status Open() {
    CAIRN_ASSIGN_OR_RETURN(
        Descriptor fd,
        cairn::Open(path_, O_WRONLY | O_CREAT | O_EXCL, "cannot create"));
    fd_.Swap(fd);
    return OkStatus();
  }

  Status Append(std::string_view bytes) override {
    const Status status =
        GuardMemory(path_, [&]() -> Status { return AppendOrThrow(bytes); });
    // What comes after missing bytes must not reach the file.
    if (!status.ok() && failure_.ok()) failure_ = status;
    return status;
  }
  Status Sync() override {
    return GuardMemory(path_, [&]() -> Status {
      CAIRN_RETURN_IF_ERROR(CheckUsable());
      CAIRN_RETURN_IF_ERROR(Flush());
      if (fsync(fd_.get()) != 0) return Fail(errno, "cannot sync");
      synced_ = true;
      return OkStatus();
    });
  }

  Status Close() override {
    return GuardMemory(path_, [&]() -> Status {
      CAIRN_RETURN_IF_ERROR(CheckUsable());
      CAIRN_RETURN_IF_ERROR(Flush());
      const int rc = close(fd_.Release());
      // An interrupted close has closed the descriptor all the same; what it
      // may not have told is a write-back error, which a sync before has ruled
      // out.
      if (rc != 0 && !(errno == EINTR && synced_)) {
        return Fail(errno, "cannot close");
      }
      failure_ = FailedPreconditionError(
          StrCat(Escape(path_, 4096), ": the file is closed already"));
      return OkStatus();
    });
  }

 private:
  Status AppendOrThrow(std::string_view bytes) {
    CAIRN_RETURN_IF_ERROR(CheckUsable());
    const bool direct = bytes.size() >= kDirectWriteBytes;
    if (direct || pending_.size() + bytes.size() > kWriteBufferBytes) {
      CAIRN_RETURN_IF_ERROR(Flush());
    }
    if (direct) return Write(bytes);
    if (pending_.capacity() == 0) {
      // A small first append is mostly the only one: a state file, a journal.
      pending_.reserve(bytes.size() < 4096 ? 4096 : kWriteBufferBytes);
    }
    pending_.append(bytes);
    return OkStatus();
  }

  Status CheckUsable() const { return failure_; }

  Status Fail(int error, std::string_view action) {
    failure_ = Status(CodeOfErrno(error), "");  // should the text lack memory
    failure_ = ErrnoStatus(error, path_, action);
    return failure_;
  }

  Status Flush() {
    if (pending_.empty()) return OkStatus();
    CAIRN_RETURN_IF_ERROR(Write(pending_));
    pending_.clear();
    return OkStatus();
  }

  Status Write(std::string_view bytes) {
    synced_ = false;
    while (!bytes.empty()) {
      const size_t piece = std::min(bytes.size(), kMaxTransferBytes);
      const ssize_t n =
          RetryOnSignal([&] { return write(fd_.get(), bytes.data(), piece); });
      if (n < 0) return Fail(errno, "cannot write");
      if (n == 0) return Fail(ENOSPC, "cannot write");
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return OkStatus();
  }

  const std::string path_;
  Descriptor fd_;
  std::string pending_;
  bool synced_ = false;
  Status failure_;  // what every call returns from now on
};

class LocalFileLock : public FileLock {
 public:
  explicit LocalFileLock(Descriptor fd) : fd_(std::move(fd)) {}
  ~LocalFileLock() override {
    // A name left behind would blame a process that holds nothing any more. The
    // file itself stays: removing it could let two holders in, each on its own.
    [[maybe_unused]] const int ignored = ftruncate(fd_.get(), 0);
  }

 private:
  const Descriptor fd_;
};

std::string HostAndProcess() {
  char host[256] = "";
  if (gethostname(host, sizeof host - 1) != 0) std::strcpy(host, "?");
  return StrCat("host ", host, ", pid ", getpid());
}

std::string ReadOwner(int fd) {
  char text[kMaxOwnerBytes];
  const ssize_t n =
      RetryOnSignal([&] { return pread(fd, text, sizeof text, 0); });
  std::string_view owner(text, n > 0 ? static_cast<size_t>(n) : 0);
  return Escape(owner.substr(0, owner.find('\n')), kMaxOwnerBytes);
}

Status WriteOwner(int fd, const std::string& path, std::string_view owner) {
  const std::string text =
      StrCat(Escape(owner, kMaxOwnerBytes / 2), owner.empty() ? "" : ", ",
             HostAndProcess(), "\n");
  if (RetryOnSignal([&] { return ftruncate(fd, 0); }) != 0) {
    return ErrnoStatus(errno, path, "cannot write the lock's owner");
  }
  const ssize_t n =
      RetryOnSignal([&] { return pwrite(fd, text.data(), text.size(), 0); });
  if (n < 0) return ErrnoStatus(errno, path, "cannot write the lock's owner");
  return OkStatus();
}

// Whether `path` still names the file open at `fd`.
bool Names(const std::string& path, int fd) {
  struct stat by_path, by_fd;
  return stat(SystemPath(path), &by_path) == 0 && fstat(fd, &by_fd) == 0 &&
         by_path.st_dev == by_fd.st_dev && by_path.st_ino == by_fd.st_ino;
}

class PosixFileSystem : public FileSystem {
 public:
  StatusOr<std::unique_ptr<RandomAccessFile>> OpenForReading(
      const std::string& path) override {
    return GuardMemory(
        path, [&]() -> StatusOr<std::unique_ptr<RandomAccessFile>> {
          // O_NONBLOCK: opening a pipe must fail below, not wait for its
          // writer.
          CAIRN_ASSIGN_OR_RETURN(
              auto fd, Open(path, O_RDONLY | O_NONBLOCK, "cannot open"));
          struct stat stat;
          if (fstat(fd.get(), &stat) != 0) {
            return ErrnoStatus(errno, path, "cannot stat");
          }
          const FileInfo info = InfoOf(stat);
          if (info.kind == FileInfo::Kind::kDirectory) {
            return ErrnoStatus(EISDIR, path, "cannot open");
          }
          if (info.kind != FileInfo::Kind::kFile) {
            return InvalidArgumentError(StrCat(
                Escape(path, 4096), ": cannot open: not a regular file"));
          }
          return std::make_unique<LocalRandomAccessFile>(path, std::move(fd),
                                                         info);
        });
  }

  StatusOr<std::unique_ptr<WritableFile>> CreateNew(
      const std::string& path) override {
    return GuardMemory(path, [&]() -> StatusOr<std::unique_ptr<WritableFile>> {
      auto file = std::make_unique<LocalWritableFile>(path);
      CAIRN_RETURN_IF_ERROR(file->Open());
      return file;
    });
  }

  Status Rename(const std::string& from, const std::string& to) override {
    return GuardMemory(from, [&]() -> Status {
      CAIRN_RETURN_IF_ERROR(CheckPath(from));
      CAIRN_RETURN_IF_ERROR(CheckPath(to));
      if (rename(SystemPath(from), SystemPath(to)) == 0) return OkStatus();
      return ErrnoStatus(errno, from,
                         StrCat("cannot rename to ", Escape(to, 4096)));
    });
  }

  Status Remove(const std::string& path) override {
    return GuardMemory(path, [&]() -> Status {
      CAIRN_RETURN_IF_ERROR(CheckPath(path));
      if (unlink(SystemPath(path)) == 0) return OkStatus();
      return ErrnoStatus(errno, path, "cannot remove");
    });
  }

  Status Link(const std::string& from, const std::string& to) override {
    return GuardMemory(from, [&]() -> Status {
      CAIRN_RETURN_IF_ERROR(CheckPath(from));
      CAIRN_RETURN_IF_ERROR(CheckPath(to));
      // Of a symbolic link, the file: the link may point elsewhere from `to`.
      if (linkat(AT_FDCWD, SystemPath(from), AT_FDCWD, SystemPath(to),
                 AT_SYMLINK_FOLLOW) == 0) {
        return OkStatus();
      }
      const int error = errno;
      const Status status =
          ErrnoStatus(error, from, StrCat("cannot link to ", Escape(to, 4096)));
      // EPERM: a file system without links, or a file of another user.
      const bool cannot = error == EXDEV || error == EPERM || error == EMLINK;
      return cannot ? UnimplementedError(Message(status)) : status;
    });
  }

  Status Clone(const std::string& from, const std::string& to) override {
    return GuardMemory(from, [&]() -> Status {
      CAIRN_ASSIGN_OR_RETURN(auto source,
                             Open(from, O_RDONLY | O_NONBLOCK, "cannot open"));
      CAIRN_ASSIGN_OR_RETURN(
          auto target, Open(to, O_WRONLY | O_CREAT | O_EXCL, "cannot create"));
      const int rc = RetryOnSignal(
          [&] { return ioctl(target.get(), FICLONE, source.get()); });
      if (rc == 0) return OkStatus();
      const int error = errno;
      unlink(SystemPath(to));
      const Status status = ErrnoStatus(
          error, from, StrCat("cannot clone to ", Escape(to, 4096)));
      // EINVAL, ENOTTY: a file system that knows nothing of clones.
      const bool cannot = error == EXDEV || error == EPERM || error == EINVAL ||
                          error == ENOTTY || error == ETXTBSY;
      return cannot ? UnimplementedError(Message(status)) : status;
    });
  }

  Status SyncFile(const std::string& path) override {
    return GuardMemory(path, [&]() -> Status {
      CAIRN_ASSIGN_OR_RETURN(auto fd,
                             Open(path, O_RDONLY | O_NONBLOCK, "cannot open"));
      if (fsync(fd.get()) == 0) return OkStatus();
      return ErrnoStatus(errno, path, "cannot sync");
    });
  }

  Status CreateDirectory(const std::string& path) override {
    return GuardMemory(path, [&]() -> Status {
      CAIRN_RETURN_IF_ERROR(CheckPath(path));
      if (mkdir(SystemPath(path), 0777) == 0) return OkStatus();
      return ErrnoStatus(errno, path, "cannot create directory");
    });
  }

  Status RemoveDirectory(const std::string& path) override {
    return GuardMemory(path, [&]() -> Status {
      CAIRN_RETURN_IF_ERROR(CheckPath(path));
      if (rmdir(SystemPath(path)) == 0) return OkStatus();
      return DirectoryStatus(errno, path, "cannot remove directory");
    });
  }

  Status SyncDirectory(const std::string& path) override {
    return GuardMemory(path, [&]() -> Status {
      CAIRN_RETURN_IF_ERROR(CheckPath(path));
      const Descriptor fd(RetryOnSignal([&] {
        return open(SystemPath(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      }));
      if (fd.get() < 0) {
        return DirectoryStatus(errno, path, "cannot open directory");
      }
      // EINVAL: a file system whose directories cannot be synced one by one.
      if (fsync(fd.get()) == 0 || errno == EINVAL) return OkStatus();
      return ErrnoStatus(errno, path, "cannot sync directory");
    });
  }

  StatusOr<std::vector<std::string>> List(const std::string& path) override {
    return GuardMemory(path, [&]() -> StatusOr<std::vector<std::string>> {
      CAIRN_RETURN_IF_ERROR(CheckPath(path));
      const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(SystemPath(path)),
                                                    closedir);
      if (dir == nullptr) return DirectoryStatus(errno, path, "cannot list");
      std::vector<std::string> names;
      for (;;) {
        errno = 0;
        const dirent* const entry = readdir(dir.get());
        if (entry == nullptr) break;
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
      }
      if (errno != 0) return ErrnoStatus(errno, path, "cannot list");
      std::sort(names.begin(), names.end());
      return names;
    });
  }

  StatusOr<FileInfo> Stat(const std::string& path) override {
    return GuardMemory(path, [&]() -> StatusOr<FileInfo> {
      CAIRN_RETURN_IF_ERROR(CheckPath(path));
      struct stat info;
      if (stat(SystemPath(path), &info) == 0) return InfoOf(info);
      return ErrnoStatus(errno, path, "cannot stat");
    });
  }

  StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path,
                                           std::string_view owner) override {
    return GuardMemory(path, [&]() -> StatusOr<std::unique_ptr<FileLock>> {
      for (;;) {
        CAIRN_ASSIGN_OR_RETURN(auto fd,
                               Open(path, O_RDWR | O_CREAT, "cannot lock"));
        const int rc =
            RetryOnSignal([&] { return flock(fd.get(), LOCK_EX | LOCK_NB); });
        if (rc != 0 && errno != EWOULDBLOCK) {
          return ErrnoStatus(errno, path, "cannot lock");
        }
        if (rc != 0) {
          const std::string holder = ReadOwner(fd.get());
          return FailedPreconditionError(
              StrCat(Escape(path, 4096), ": locked by ",
                     holder.empty() ? "another holder" : holder));
        }
        // Whoever removed the file between open and flock left this lock
        // without a name that others could meet it under.
        if (!Names(path, fd.get())) continue;
        CAIRN_RETURN_IF_ERROR(WriteOwner(fd.get(), path, owner));
        return std::make_unique<LocalFileLock>(std::move(fd));
      }
    });
  }
};

}  // namespace

FileSystem& LocalFileSystem() {
  // Never destroyed, and made without memory.
  alignas(PosixFileSystem) static char storage[sizeof(PosixFileSystem)];
  static PosixFileSystem* const file_system = new (storage) PosixFileSystem;
  return *file_system;
}

}  // namespace cairn
