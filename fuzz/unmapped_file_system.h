// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// UnmappedFileSystem: another one's files, which can be read but not mapped.
// The other one must outlive it.
#ifndef CAIRN_FUZZ_UNMAPPED_FILE_SYSTEM_H_
#define CAIRN_FUZZ_UNMAPPED_FILE_SYSTEM_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/file_system.h"

namespace cairn::fuzz {

class UnmappedFileSystem : public FileSystem {
 public:
  explicit UnmappedFileSystem(FileSystem& base) : base_(base) {}

  StatusOr<std::unique_ptr<RandomAccessFile>> OpenForReading(
      const std::string& path) override {
    CAIRN_ASSIGN_OR_RETURN(auto file, base_.OpenForReading(path));
    return std::make_unique<File>(std::move(file));
  }
  StatusOr<std::unique_ptr<WritableFile>> CreateNew(
      const std::string& path) override {
    return base_.CreateNew(path);
  }
  Status Rename(const std::string& from, const std::string& to) override {
    return base_.Rename(from, to);
  }
  Status Remove(const std::string& path) override { return base_.Remove(path); }
  Status Link(const std::string& from, const std::string& to) override {
    return base_.Link(from, to);
  }
  Status Clone(const std::string& from, const std::string& to) override {
    return base_.Clone(from, to);
  }
  Status SyncFile(const std::string& path) override {
    return base_.SyncFile(path);
  }
  Status CreateDirectory(const std::string& path) override {
    return base_.CreateDirectory(path);
  }
  Status RemoveDirectory(const std::string& path) override {
    return base_.RemoveDirectory(path);
  }
  Status SyncDirectory(const std::string& path) override {
    return base_.SyncDirectory(path);
  }
  StatusOr<std::vector<std::string>> List(const std::string& path) override {
    return base_.List(path);
  }
  StatusOr<FileInfo> Stat(const std::string& path) override {
    return base_.Stat(path);
  }
  StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path,
                                           std::string_view owner) override {
    return base_.Lock(path, owner);
  }

 private:
  class File : public RandomAccessFile {
   public:
    explicit File(std::unique_ptr<RandomAccessFile> base)
        : base_(std::move(base)) {}
    const std::string& path() const override { return base_->path(); }
    uint64_t size() const override { return base_->size(); }
    uint64_t id() const override { return base_->id(); }
    Status ReadAt(uint64_t offset, size_t size, char* out) const override {
      return base_->ReadAt(offset, size, out);
    }
    std::optional<std::string_view> Mapped() const override {
      return std::nullopt;
    }

   private:
    const std::unique_ptr<RandomAccessFile> base_;
  };

  FileSystem& base_;
};

}  // namespace cairn::fuzz

#endif  // CAIRN_FUZZ_UNMAPPED_FILE_SYSTEM_H_
