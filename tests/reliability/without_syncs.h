// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// A file system that leaves out one kind of syncs, or both, and says that they
// were done: the negative control of the tests that cut the power. A test that
// loses nothing without syncs proves nothing with them.
#ifndef CAIRN_TESTS_RELIABILITY_WITHOUT_SYNCS_H_
#define CAIRN_TESTS_RELIABILITY_WITHOUT_SYNCS_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"

namespace cairn::reliability {

struct Syncs {
  bool files = true;
  bool directories = true;

  bool all() const { return files && directories; }
  // Leaves out "file-syncs", "directory-syncs" or "syncs", which is both. False
  // if `what` is none of these.
  bool LeaveOut(std::string_view what) {
    files = files && what != "file-syncs" && what != "syncs";
    directories = directories && what != "directory-syncs" && what != "syncs";
    return what == "file-syncs" || what == "directory-syncs" || what == "syncs";
  }
};

// Says that it has synced.
class UnsyncedFile : public WritableFile {
 public:
  explicit UnsyncedFile(std::unique_ptr<WritableFile> base)
      : base_(std::move(base)) {}
  const std::string& path() const override { return base_->path(); }
  Status Append(std::string_view bytes) override {
    return base_->Append(bytes);
  }
  Status Sync() override { return OkStatus(); }
  Status Close() override { return base_->Close(); }

 private:
  std::unique_ptr<WritableFile> base_;
};

// `Base` with the `syncs` that are left.
template <typename Base>
class WithoutSyncs : public Base {
 public:
  template <typename... Args>
  explicit WithoutSyncs(const Syncs& syncs, Args&&... args)
      : Base(std::forward<Args>(args)...), syncs_(syncs) {}

  StatusOr<std::unique_ptr<WritableFile>> CreateNew(
      const std::string& path) override {
    CAIRN_ASSIGN_OR_RETURN(auto file, Base::CreateNew(path));
    if (syncs_.files) return file;
    return std::unique_ptr<WritableFile>(
        std::make_unique<UnsyncedFile>(std::move(file)));
  }
  Status SyncFile(const std::string& path) override {
    return syncs_.files ? Base::SyncFile(path) : OkStatus();
  }
  Status SyncDirectory(const std::string& path) override {
    return syncs_.directories ? Base::SyncDirectory(path) : OkStatus();
  }

 private:
  const Syncs syncs_;
};

}  // namespace cairn::reliability

#endif  // CAIRN_TESTS_RELIABILITY_WITHOUT_SYNCS_H_
