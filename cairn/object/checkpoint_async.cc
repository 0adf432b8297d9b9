// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Checkpoint's saves in the background.
#include <utility>

#include "cairn/object/async_saver.h"
#include "cairn/object/checkpoint.h"

namespace cairn::object {

void Checkpoint::UseExecutor(std::shared_ptr<SaveExecutor> executor) {
  WaitForAsync();
  async_.reset();
  executor_ = std::move(executor);
}

void Checkpoint::WaitForAsync() const {
  if (async_ != nullptr) async_->Wait();
}

bool Checkpoint::WaitForRoom(const AsyncSaveOptions& options) {
  return async_ == nullptr || async_->WaitForRoom(options.when_busy);
}

StatusOr<AsyncSave> Checkpoint::StartAsync(const std::string& path,
                                           const AsyncSaveOptions& options,
                                           const SaveOptions& what,
                                           std::function<Status()> record) {
  CAIRN_RETURN_IF_ERROR(CheckReady());
  if (async_ == nullptr) {
    if (executor_ == nullptr) executor_ = NewThreadExecutor();
    // Moved: the saver may be the one that ends the thread.
    async_ = std::make_shared<internal::AsyncSaver>(
        fs_, std::exchange(executor_, nullptr));
  }
  CAIRN_ASSIGN_OR_RETURN(
      internal::SavePlan plan,
      internal::PlanSave({root_, *attached_, savers_}, what));
  const auto finish = [path, callbacks = what.write_callbacks,
                       record = std::move(record)]() -> Status {
    for (const auto& callback : callbacks) {
      CAIRN_RETURN_IF_ERROR(callback(path));
    }
    return record ? record() : OkStatus();
  };
  return async_->Start(std::move(plan), path, what, options.staging, finish);
}

StatusOr<AsyncSave> Checkpoint::WriteAsync(const std::string& prefix,
                                           const AsyncSaveOptions& options,
                                           const SaveOptions& what) {
  if (!WaitForRoom(options)) return AsyncSave::LeftOut();
  return StartAsync(prefix, options, what, nullptr);
}

StatusOr<AsyncSave> Checkpoint::SaveAsync(const std::string& prefix,
                                          const AsyncSaveOptions& options,
                                          const SaveOptions& what) {
  if (!WaitForRoom(options)) return AsyncSave::LeftOut();
  CAIRN_ASSIGN_OR_RETURN(const std::string path,
                         NextPath(prefix, std::nullopt));
  return StartAsync(path, options, what,
                    [this, path] { return RecordLatest(path); });
}

Status Checkpoint::Sync() {
  if (async_ == nullptr) return OkStatus();
  async_->Wait();
  return async_->TakeError();
}

void Checkpoint::AbandonAsync() {
  if (async_ != nullptr) async_->Abandon();
}

}  // namespace cairn::object
