// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/base/fault_file_system.h"

#include <array>
#include <utility>

namespace cairn {

struct FaultFileSystem::Impl {
  explicit Impl(FileSystem& base) : base(base) {}

  // Counts a call; the status it has to fail with, OK if it may go through.
  Status Meet(Call call) {
    const std::lock_guard lock(mutex);
    ++counts[static_cast<size_t>(call)];
    if (armed_kind && *armed_kind != call) return OkStatus();
    if (countdown < 0) return OkStatus();
    if (countdown > 0) {
      --countdown;
      return OkStatus();
    }
    if (persistence == Persistence::kOnce) countdown = -1;
    fired = true;
    return failure;
  }

  void Arm(int n, Status status, Persistence how, std::optional<Call> kind) {
    const std::lock_guard lock(mutex);
    countdown = n;
    failure = std::move(status);
    persistence = how;
    armed_kind = kind;
    fired = false;
  }

  FileSystem& base;
  mutable std::mutex mutex;
  std::array<int, static_cast<size_t>(Call::kLock) + 1> counts{};
  int countdown = -1;  // calls until the fault; -1: none to come
  Status failure;
  Persistence persistence = Persistence::kOnce;
  std::optional<Call> armed_kind;  // every kind if empty
  bool fired = false;
};

// The handles count through the file system that opened them, and may outlive
// it.
class FaultFileSystem::ReadHandle : public RandomAccessFile {
 public:
  ReadHandle(std::shared_ptr<Impl> impl, std::unique_ptr<RandomAccessFile> base)
      : impl_(std::move(impl)), base_(std::move(base)) {}

  const std::string& path() const override { return base_->path(); }
  uint64_t size() const override { return base_->size(); }
  uint64_t id() const override { return base_->id(); }
  Status ReadAt(uint64_t offset, size_t size, char* out) const override {
    CAIRN_RETURN_IF_ERROR(impl_->Meet(Call::kReadAt));
    return base_->ReadAt(offset, size, out);
  }
  // A read of mapped memory could not be made to fail.
  std::optional<std::string_view> Mapped() const override {
    return std::nullopt;
  }

 private:
  const std::shared_ptr<Impl> impl_;
  const std::unique_ptr<RandomAccessFile> base_;
};

class FaultFileSystem::WriteHandle : public WritableFile {
 public:
  WriteHandle(std::shared_ptr<Impl> impl, std::unique_ptr<WritableFile> base)
      : impl_(std::move(impl)), base_(std::move(base)) {}

  const std::string& path() const override { return base_->path(); }
  Status Append(std::string_view bytes) override {
    const Status fault = impl_->Meet(Call::kAppend);
    if (fault.ok()) return base_->Append(bytes);
    base_->Append(bytes.substr(0, bytes.size() / 2)).IgnoreError();
    return fault;
  }
  Status Sync() override {
    CAIRN_RETURN_IF_ERROR(impl_->Meet(Call::kSync));
    return base_->Sync();
  }
  Status Close() override {
    const Status fault = impl_->Meet(Call::kClose);
    const Status closed = base_->Close();
    return fault.ok() ? closed : fault;
  }

 private:
  const std::shared_ptr<Impl> impl_;
  const std::unique_ptr<WritableFile> base_;
};

FaultFileSystem::FaultFileSystem(FileSystem& base)
    : impl_(std::make_shared<Impl>(base)) {}
FaultFileSystem::~FaultFileSystem() = default;

void FaultFileSystem::FailCall(int n, Status status, Persistence persistence) {
  impl_->Arm(n, std::move(status), persistence, std::nullopt);
}

void FaultFileSystem::FailCallOfKind(Call kind, int n, Status status) {
  impl_->Arm(n, std::move(status), Persistence::kOnce, kind);
}

void FaultFileSystem::Clear() {
  impl_->Arm(-1, OkStatus(), Persistence::kOnce, std::nullopt);
  const std::lock_guard lock(impl_->mutex);
  impl_->counts.fill(0);
}

bool FaultFileSystem::fired() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->fired;
}

int FaultFileSystem::calls() const {
  const std::lock_guard lock(impl_->mutex);
  int sum = 0;
  for (const int count : impl_->counts) sum += count;
  return sum;
}

int FaultFileSystem::calls(Call kind) const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->counts[static_cast<size_t>(kind)];
}

StatusOr<std::unique_ptr<RandomAccessFile>> FaultFileSystem::OpenForReading(
    const std::string& path) {
  CAIRN_RETURN_IF_ERROR(impl_->Meet(Call::kOpenForReading));
  CAIRN_ASSIGN_OR_RETURN(auto file, impl_->base.OpenForReading(path));
  return std::make_unique<ReadHandle>(impl_, std::move(file));
}

StatusOr<std::unique_ptr<WritableFile>> FaultFileSystem::CreateNew(
    const std::string& path) {
  CAIRN_RETURN_IF_ERROR(impl_->Meet(Call::kCreateNew));
  CAIRN_ASSIGN_OR_RETURN(auto file, impl_->base.CreateNew(path));
  return std::make_unique<WriteHandle>(impl_, std::move(file));
}

Status FaultFileSystem::Rename(const std::string& from, const std::string& to) {
  CAIRN_RETURN_IF_ERROR(impl_->Meet(Call::kRename));
  return impl_->base.Rename(from, to);
}

Status FaultFileSystem::Remove(const std::string& path) {
  CAIRN_RETURN_IF_ERROR(impl_->Meet(Call::kRemove));
  return impl_->base.Remove(path);
}

Status FaultFileSystem::Link(const std::string& from, const std::string& to) {
  CAIRN_RETURN_IF_ERROR(impl_->Meet(Call::kLink));
  return impl_->base.Link(from, to);
}

Status FaultFileSystem::Clone(const std::string& from, const std::string& to) {
  CAIRN_RETURN_IF_ERROR(impl_->Meet(Call::kClone));
  return impl_->base.Clone(from, to);
}

Status FaultFileSystem::SyncFile(const std::string& path) {
  CAIRN_RETURN_IF_ERROR(impl_->Meet(Call::kSync));
  return impl_->base.SyncFile(path);
}

Status FaultFileSystem::CreateDirectory(const std::string& path) {
  CAIRN_RETURN_IF_ERROR(impl_->Meet(Call::kCreateDirectory));
  return impl_->base.CreateDirectory(path);
}

Status FaultFileSystem::RemoveDirectory(const std::string& path) {
  CAIRN_RETURN_IF_ERROR(impl_->Meet(Call::kRemoveDirectory));
  return impl_->base.RemoveDirectory(path);
}

Status FaultFileSystem::SyncDirectory(const std::string& path) {
  CAIRN_RETURN_IF_ERROR(impl_->Meet(Call::kSyncDirectory));
  return impl_->base.SyncDirectory(path);
}

StatusOr<std::vector<std::string>> FaultFileSystem::List(
    const std::string& path) {
  CAIRN_RETURN_IF_ERROR(impl_->Meet(Call::kList));
  return impl_->base.List(path);
}

StatusOr<FileInfo> FaultFileSystem::Stat(const std::string& path) {
  CAIRN_RETURN_IF_ERROR(impl_->Meet(Call::kStat));
  return impl_->base.Stat(path);
}

StatusOr<std::unique_ptr<FileLock>> FaultFileSystem::Lock(
    const std::string& path, std::string_view owner) {
  CAIRN_RETURN_IF_ERROR(impl_->Meet(Call::kLock));
  return impl_->base.Lock(path, owner);
}

}  // namespace cairn
