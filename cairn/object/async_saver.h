// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// AsyncSaver: two buffers, one worker, the order of saves and what became of
// them. Behind Checkpoint::SaveAsync. Not installed.
//
// Start, Wait, Abandon and TakeError are for the one thread that owns the
// Checkpoint; the worker runs beside it.
#ifndef CAIRN_OBJECT_ASYNC_SAVER_H_
#define CAIRN_OBJECT_ASYNC_SAVER_H_

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/object/async_save.h"
#include "cairn/object/checkpoint_options.h"
#include "cairn/object/save_plan.h"
#include "cairn/object/staged_save.h"

namespace cairn::object::internal {

class AsyncSaver {
 public:
  AsyncSaver(FileSystem& fs, std::shared_ptr<SaveExecutor> executor);
  // Waits.
  ~AsyncSaver();

  // Waits until a save may be started; false if it is to be left out.
  bool WaitForRoom(WhenBusy when_busy);

  // After WaitForRoom. `record` is called in the worker when the files are
  // durable. An error means that nothing was started.
  StatusOr<AsyncSave> Start(SavePlan plan, std::string path,
                            const SaveOptions& options, Staging staging,
                            std::function<Status()> record);

  // Until no save is under way.
  void Wait();
  // Saves that are not committed yet come to nothing; waits. Their futures say
  // Cancelled, which is no error for TakeError.
  void Abandon();
  // Its first half, which does not wait.
  void BeginAbandon() { abandoned_ = true; }
  // The errors since the last call, as one.
  Status TakeError();
  size_t allocations() const;

 private:
  struct Buffer {
    StagedSave staged;
    std::string path;
    bool in_use = false;
  };
  struct Task;
  // Of the two buffers, if it is not `but`.
  bool IsBeingSaved(const std::string& path, const Buffer* but) const;
  void Work(Task& task);
  void End(Task& task, const Status& status);
  void AddError(const Status& status);

  FileSystem& fs_;
  std::shared_ptr<SaveExecutor> executor_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::array<Buffer, 2> buffers_;
  Status error_;
  std::atomic<bool> abandoned_{false};
};

}  // namespace cairn::object::internal

#endif  // CAIRN_OBJECT_ASYNC_SAVER_H_
