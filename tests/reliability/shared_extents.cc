// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: shared_extents DIR [MEBIBYTES]
//
// Whether an incremental save by clones shares room on the disk that holds DIR,
// as the file system tells it (FIEMAP, statfs): a frozen embedding of so many
// MiB (default 16) below a head of 250 KiB, saved in full, incrementally, and
// in full again. Then the first checkpoint is written over in place and
// removed: the second must hold what was saved. Prints what each takes.
//
// 0 if all of that is so, 1 if not, 3 if nothing was cloned, and why.
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/strings.h"
#include "cairn/object/checkpoint.h"

namespace cairn::reliability {
namespace {

using By = ShareOptions::By;

struct Program {
  explicit Program(int64_t mebibytes)
      : embedding("embedding", *Tensor::Create(DataType::kFloat,
                                               Shape({mebibytes * 4096, 64}))),
        head("head", *Tensor::Create(DataType::kFloat, Shape({64, 1000}))),
        checkpoint(LocalFileSystem(),
                   {{"embedding", &embedding}, {"head", &head}}) {}

  void Fill(float first) {
    for (Variable* variable : {&embedding, &head}) {
      for (float& value : variable->data<float>()) value = first += 0.25f;
    }
  }

  Variable embedding, head;
  object::Checkpoint checkpoint;
};

StatusOr<object::SaveReport> Save(Program& program, const std::string& path,
                                  std::optional<object::IncrementalSave> how) {
  object::SaveReport made;
  object::SaveOptions options;
  options.incremental = std::move(how);
  options.report = [&](const object::SaveReport& report) { made = report; };
  CAIRN_RETURN_IF_ERROR(program.checkpoint.Write(path, options).status());
  return made;
}

// An open descriptor, closed in the end.
class Descriptor {
 public:
  Descriptor(const std::string& path, int flags)
      : fd_(open(path.c_str(), flags)) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

// Bytes in use on the file system, when all is written.
StatusOr<uint64_t> Used(const std::string& dir) {
  const Descriptor fd(dir, O_RDONLY | O_DIRECTORY);
  struct statvfs info = {};
  if (fd.get() < 0 || syncfs(fd.get()) != 0 || fstatvfs(fd.get(), &info) != 0) {
    return UnavailableError(StrCat(dir, ": cannot tell what is in use"));
  }
  return (info.f_blocks - info.f_bfree) * info.f_frsize;
}

// Bytes of the file that lie in extents of several files.
StatusOr<uint64_t> SharedBytes(const std::string& path) {
  const Descriptor fd(path, O_RDONLY);
  constexpr uint32_t kExtents = 256;
  std::vector<uint64_t> memory(
      (sizeof(fiemap) + kExtents * sizeof(fiemap_extent)) / sizeof(uint64_t));
  auto* const map = reinterpret_cast<fiemap*>(memory.data());
  uint64_t shared = 0;
  uint64_t next = 0;
  bool last = false;
  while (!last) {
    std::ranges::fill(memory, 0);
    map->fm_start = next;
    map->fm_length = FIEMAP_MAX_OFFSET - next;
    map->fm_flags = FIEMAP_FLAG_SYNC;
    map->fm_extent_count = kExtents;
    if (ioctl(fd.get(), FS_IOC_FIEMAP, map) != 0) {
      return UnavailableError(StrCat(path, ": cannot tell its extents"));
    }
    last = map->fm_mapped_extents == 0;
    for (uint32_t i = 0; i < map->fm_mapped_extents; ++i) {
      const fiemap_extent& extent = map->fm_extents[i];
      const bool is_shared = (extent.fe_flags & FIEMAP_EXTENT_SHARED) != 0;
      shared += is_shared ? extent.fe_length : 0;
      last = last || (extent.fe_flags & FIEMAP_EXTENT_LAST) != 0;
      next = extent.fe_logical + extent.fe_length;
    }
  }
  return shared;
}

StatusOr<std::vector<std::string>> FilesOf(const std::string& prefix) {
  const std::string dir(DirName(prefix));
  std::vector<std::string> files;
  CAIRN_ASSIGN_OR_RETURN(const auto names, LocalFileSystem().List(dir));
  for (const std::string& name : names) {
    const std::string path = JoinPath(dir, name);
    if (path.starts_with(prefix + ".")) files.push_back(path);
  }
  return files;
}

StatusOr<uint64_t> SharedBytesOf(const std::string& prefix) {
  uint64_t shared = 0;
  CAIRN_ASSIGN_OR_RETURN(const auto files, FilesOf(prefix));
  for (const std::string& file : files) {
    CAIRN_ASSIGN_OR_RETURN(const uint64_t bytes, SharedBytes(file));
    shared += bytes;
  }
  return shared;
}

// Writes over the files in place, which would change a hard link's other name,
// then removes them.
Status Spoil(const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(const auto files, FilesOf(prefix));
  const std::string noise(1 << 20, '\xa5');
  for (const std::string& file : files) {
    const Descriptor fd(file, O_WRONLY);
    if (pwrite(fd.get(), noise.data(), noise.size(), 0) < 0 ||
        fsync(fd.get()) != 0) {
      return UnavailableError(StrCat(file, ": cannot write over it"));
    }
    CAIRN_RETURN_IF_ERROR(LocalFileSystem().Remove(file));
  }
  return OkStatus();
}

Status Restores(const Program& saved, const std::string& prefix,
                int64_t mebibytes) {
  Program other(mebibytes);
  other.Fill(-1);
  CAIRN_ASSIGN_OR_RETURN(const object::LoadStatus status,
                         other.checkpoint.Read(prefix));
  CAIRN_RETURN_IF_ERROR(status.AssertConsumed());
  const bool same =
      std::ranges::equal(saved.embedding.data<float>(),
                         other.embedding.data<float>()) &&
      std::ranges::equal(saved.head.data<float>(), other.head.data<float>());
  return same ? OkStatus() : DataLossError(StrCat(prefix, ": other values"));
}

unsigned long long Printed(uint64_t number) { return number; }

// The exit code.
StatusOr<int> Run(const std::string& dir, int64_t mebibytes) {
  Program program(mebibytes);
  program.Fill(0);
  const std::string first = JoinPath(dir, "first");
  const std::string second = JoinPath(dir, "second");
  const std::string full = JoinPath(dir, "full");
  CAIRN_RETURN_IF_ERROR(Save(program, first, std::nullopt).status());
  CAIRN_ASSIGN_OR_RETURN(const uint64_t before, Used(dir));

  for (float& value : program.head.data<float>()) value += 1;
  object::IncrementalSave how;
  how.from = first;
  how.how.by = By::kClone;
  CAIRN_ASSIGN_OR_RETURN(const auto report, Save(program, second, how));
  CAIRN_ASSIGN_OR_RETURN(const uint64_t incremental, Used(dir));
  if (report.cloned_bytes == 0) {
    std::printf("nothing is cloned: %s\n",
                report.notes.empty() ? "" : report.notes[0].c_str());
    return 3;
  }
  CAIRN_RETURN_IF_ERROR(Save(program, full, std::nullopt).status());
  CAIRN_ASSIGN_OR_RETURN(const uint64_t all, Used(dir));
  CAIRN_ASSIGN_OR_RETURN(const uint64_t shared, SharedBytesOf(second));
  CAIRN_ASSIGN_OR_RETURN(const uint64_t shared_by_full, SharedBytesOf(full));
  std::printf(
      "%llu bytes written, %llu cloned, %llu in shared extents; takes %llu "
      "bytes of the disk, a full save %llu, %llu in shared extents\n",
      Printed(report.written_bytes), Printed(report.cloned_bytes),
      Printed(shared), Printed(incremental - before),
      Printed(all - incremental), Printed(shared_by_full));

  CAIRN_RETURN_IF_ERROR(Spoil(first));
  CAIRN_RETURN_IF_ERROR(Restores(program, second, mebibytes));
  const uint64_t embedding = static_cast<uint64_t>(mebibytes) << 20;
  const bool is_shared = shared >= embedding && shared_by_full == 0;
  const bool is_smaller =
      incremental - before < embedding / 4 && all - incremental >= embedding;
  return is_shared && is_smaller ? 0 : 1;
}

int Main(int argc, char** argv) {
  const int64_t mebibytes = argc > 2 ? std::atoll(argv[2]) : 16;
  if (argc < 2 || argc > 3 || mebibytes < 1 || mebibytes > 1024) {
    std::fprintf(stderr, "usage: shared_extents DIR [MEBIBYTES]\n");
    return 2;
  }
  const StatusOr<int> code = Run(argv[1], mebibytes);
  if (!code.ok()) std::printf("%s\n", Message(code.status()).c_str());
  return code.value_or(1);
}

}  // namespace
}  // namespace cairn::reliability

int main(int argc, char** argv) { return cairn::reliability::Main(argc, argv); }
