// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Saving while the program goes on: what Checkpoint::SaveAsync and
// CheckpointManager::SaveAsync take and return.
//
//   CAIRN_ASSIGN_OR_RETURN(AsyncSave save, manager->SaveAsync());
//   ... train on: the values of this moment are being written ...
//   Status durable = save.committed.get();      // or manager->Sync()
//
// A save copies the values into one of two buffers, which keep their memory
// from save to save, and a single thread writes them, in the order of the
// calls. So at most one save is being written and one waits; a third call waits
// for the first to end, or is left out (WhenBusy).
//
// What happens in the thread, in this order: the files, durable; the callbacks
// of SaveOptions; the state file and the manager's list; `committed`. An error
// is handed out exactly once, several as one status: as `earlier_error` of the
// next SaveAsync, which saves all the same, or by Sync, or to the manager's
// `log` when it is destroyed.
//
// Restoring and saving in the foreground first wait for what is under way, and
// so do the destructors: they finish it. A process that ends without them
// leaves what a killed save leaves: no part of a checkpoint is visible.
#ifndef CAIRN_OBJECT_ASYNC_SAVE_H_
#define CAIRN_OBJECT_ASYNC_SAVE_H_

#include <functional>
#include <future>
#include <memory>
#include <string>

#include "cairn/base/status.h"

namespace cairn::object {

// What SaveAsync does when both buffers, or with kSkip any, are in use.
enum class WhenBusy { kWait, kSkip };

// When the values are copied. In the background the call returns sooner, and
// the program must not change them, nor the objects that have them, until
// `staged` is ready.
enum class Staging { kAtTheCall, kInBackground };

struct AsyncSaveOptions {
  WhenBusy when_busy = WhenBusy::kWait;
  Staging staging = Staging::kAtTheCall;
};

struct AsyncSave {
  // Where the checkpoint will be; "" if none is made: left out (then both
  // futures say Cancelled) or not due.
  std::string path;
  // The values are copied.
  std::shared_future<Status> staged;
  // The checkpoint is durable and listed.
  std::shared_future<Status> committed;
  // The errors of earlier saves that nobody was told yet: the first one's code,
  // the text of all.
  Status earlier_error;

  // Of no save: both futures say `status`.
  static AsyncSave NotStarted(const Status& status);
  // By WhenBusy::kSkip: both say Cancelled.
  static AsyncSave LeftOut();
};

// Runs pieces of work one after another, in the order they come.
class SaveExecutor {
 public:
  // Returns only when no work runs any more; may leave the rest undone.
  virtual ~SaveExecutor() = default;
  virtual Status Run(std::function<void()> work) = 0;
};

// One thread, begun with the first work.
std::shared_ptr<SaveExecutor> NewThreadExecutor();

}  // namespace cairn::object

#endif  // CAIRN_OBJECT_ASYNC_SAVE_H_
