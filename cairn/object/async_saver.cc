// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/object/async_saver.h"

#include <utility>

#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"

namespace cairn::object::internal {

struct AsyncSaver::Task {
  Buffer* buffer;
  std::string path;
  SavePlan plan;  // for staging in the background
  SaveOptions options;
  Staging staging;
  std::function<Status()> record;
  std::promise<Status> staged;
  std::promise<Status> committed;
};

AsyncSaver::AsyncSaver(FileSystem& fs, std::shared_ptr<SaveExecutor> executor)
    : fs_(fs), executor_(std::move(executor)) {}

AsyncSaver::~AsyncSaver() {
  Wait();
  executor_.reset();  // ends the thread while what it looks at still is there
}

bool AsyncSaver::WaitForRoom(WhenBusy when_busy) {
  std::unique_lock lock(mutex_);
  if (when_busy == WhenBusy::kSkip) {
    return !buffers_[0].in_use && !buffers_[1].in_use;
  }
  changed_.wait(lock,
                [this] { return !buffers_[0].in_use || !buffers_[1].in_use; });
  return true;
}

bool AsyncSaver::IsBeingSaved(const std::string& path,
                              const Buffer* but) const {
  for (const Buffer& buffer : buffers_) {
    if (&buffer != but && buffer.in_use && buffer.path == path) return true;
  }
  return false;
}

StatusOr<AsyncSave> AsyncSaver::Start(SavePlan plan, std::string path,
                                      const SaveOptions& options,
                                      Staging staging,
                                      std::function<Status()> record) {
  auto task = std::make_shared<Task>();
  task->path = path;
  task->options = options;
  task->staging = staging;
  task->record = std::move(record);
  {
    std::unique_lock lock(mutex_);
    task->buffer = buffers_[0].in_use ? &buffers_[1] : &buffers_[0];
    task->buffer->in_use = true;
    task->buffer->path = path;
    // What savers make for two saves of one path has the same names.
    if (!plan.savers.empty()) {
      changed_.wait(lock, [&] { return !IsBeingSaved(path, task->buffer); });
    }
  }
  const auto give_back = [&](const Status& status) {
    const std::lock_guard lock(mutex_);
    task->buffer->in_use = false;
    return status;
  };
  AsyncSave save{std::move(path), task->staged.get_future().share(),
                 task->committed.get_future().share(), OkStatus()};
  if (staging == Staging::kAtTheCall) {
    const Status filled = GuardMemory(task->path, [&] {
      return task->buffer->staged.Fill(fs_, task->path, std::move(plan));
    });
    if (!filled.ok()) return give_back(filled);
    task->staged.set_value(OkStatus());
  } else {
    task->plan = std::move(plan);
  }
  const Status started = executor_->Run([this, task] { Work(*task); });
  if (!started.ok()) return give_back(started);
  save.earlier_error = TakeError();
  return save;
}

void AsyncSaver::Work(Task& task) {
  Status status;
  if (task.staging == Staging::kInBackground) {
    status = GuardMemory(task.path, [&] {
      return task.buffer->staged.Fill(fs_, task.path, std::move(task.plan));
    });
    task.staged.set_value(status);
  }
  if (status.ok()) {
    status = GuardMemory(task.path, [&] {
      return task.buffer->staged.Write(fs_, task.path, task.options,
                                       abandoned_);
    });
  }
  if (status.ok() && task.record) {
    status = GuardMemory(task.path, task.record);
  }
  End(task, status);
}

// The future first: who waits for an idle saver finds it ready.
void AsyncSaver::End(Task& task, const Status& status) {
  task.committed.set_value(status);
  const std::lock_guard lock(mutex_);
  if (!absl::IsCancelled(status)) AddError(status);
  task.buffer->in_use = false;
  changed_.notify_all();
}

// Where there is no memory to tell of both, of the first.
void AsyncSaver::AddError(const Status& status) {
  if (status.ok() || error_.ok()) {
    error_.Update(status);
    return;
  }
  Status both;
  const Status joined = GuardMemory("", [&] {
    both = Status(error_.code(),
                  StrCat(Message(error_), "; and then: ", Message(status)));
    return OkStatus();
  });
  if (joined.ok()) error_ = both;
}

void AsyncSaver::Wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock,
                [this] { return !buffers_[0].in_use && !buffers_[1].in_use; });
}

void AsyncSaver::Abandon() {
  BeginAbandon();
  Wait();
  abandoned_ = false;
}

Status AsyncSaver::TakeError() {
  const std::lock_guard lock(mutex_);
  return std::exchange(error_, OkStatus());
}

size_t AsyncSaver::allocations() const {
  return buffers_[0].staged.allocations() + buffers_[1].staged.allocations();
}

}  // namespace cairn::object::internal
