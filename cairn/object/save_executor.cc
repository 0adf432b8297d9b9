// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "cairn/object/async_save.h"

namespace cairn::object {
namespace {

class ThreadExecutor : public SaveExecutor {
 public:
  ~ThreadExecutor() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  Status Run(std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
    if (!thread_.joinable()) {
      try {
        thread_ = std::thread([this] { Loop(); });
      } catch (const std::system_error&) {
        work_.pop_back();
        return ResourceExhaustedError("cannot start a thread for saving");
      }
    }
    wake_.notify_all();
    return OkStatus();
  }

 private:
  void Loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return ending_ || !work_.empty(); });
      if (work_.empty()) return;
      const std::function<void()> work = std::move(work_.front());
      work_.pop_front();
      lock.unlock();
      work();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> work_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace

AsyncSave AsyncSave::NotStarted(const Status& status) {
  std::promise<Status> promise;
  promise.set_value(status);
  AsyncSave save;
  save.staged = save.committed = promise.get_future().share();
  return save;
}

AsyncSave AsyncSave::LeftOut() {
  return NotStarted(
      CancelledError("left out: an earlier save is still being written"));
}

std::shared_ptr<SaveExecutor> NewThreadExecutor() {
  return std::make_shared<ThreadExecutor>();
}

}  // namespace cairn::object
