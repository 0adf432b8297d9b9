// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Checkpoint: saves and restores a graph of Trackable objects, as
// tf.train.Checkpoint does.
//
//   Checkpoint checkpoint(LocalFileSystem(),
//                         {{"step", &step}, {"optimizer", &adam}, {"net",
//                         &net}});
//   CAIRN_ASSIGN_OR_RETURN(std::string path, checkpoint.Save("dir/ckpt"));
//   CAIRN_ASSIGN_OR_RETURN(LoadStatus status, checkpoint.Restore(path));
//   CAIRN_RETURN_IF_ERROR(status.AssertConsumed());
//
// Restoring matches objects by edge names from the root. What the checkpoint
// has and the program has not yet (a layer not built, an optimizer slot before
// the first step) waits, and is restored when the object is attached. Restoring
// is all or nothing: on an error no variable has changed.
//
// Thread rule: one thread at a time for a Checkpoint and the objects below it.
#ifndef CAIRN_OBJECT_CHECKPOINT_H_
#define CAIRN_OBJECT_CHECKPOINT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/object/object_graph.h"
#include "cairn/tensor/trackable.h"
#include "cairn/tensor/variable.h"

namespace cairn::object {

// What a restore matched; all lists in node order.
struct MatchReport {
  struct Item {
    std::string object;  // "(root).net.layer-0.kernel"
    std::string key;     // in the checkpoint; "" if it is not there
  };
  std::vector<Item> matched;
  std::vector<Item> only_in_checkpoint;  // values waiting or without a taker
  std::vector<Item> only_in_program;     // objects with values, left alone
};

namespace internal {
struct RestoreState;
}

// Answers for the graph as it is when asked, not as it was at the restore.
class LoadStatus {
 public:
  // Every value of the checkpoint has been restored, and every object of the
  // program that has values was matched.
  Status AssertConsumed() const;
  // Every object of the program that has values was matched.
  Status AssertExistingObjectsMatched() const;
  // Something besides the root was matched.
  Status AssertNontrivialMatch() const;
  MatchReport Report() const;

 private:
  friend class Checkpoint;
  explicit LoadStatus(std::shared_ptr<internal::RestoreState> state);
  std::shared_ptr<internal::RestoreState> state_;
};

class Checkpoint : public Trackable {
 public:
  // The Checkpoint is the root; children attach in sorted order.
  // InvalidArgument surfaces on first use when a name is "save_counter" or
  // occurs twice.
  Checkpoint(FileSystem& fs, std::vector<TrackableEdge> children);
  // `root` is node 0; `children` it does not have yet attach to it, sorted,
  // with an edge "root" to itself.
  Checkpoint(FileSystem& fs, Trackable* root,
             std::vector<TrackableEdge> children = {});
  ~Checkpoint() override;

  // Writes `prefix` as it is: no number, no state file. Returns the prefix.
  StatusOr<std::string> Write(const std::string& prefix);
  // Counts up save_counter, writes `<prefix>-<counter>`, then the `checkpoint`
  // file of its directory with only this path. Returns the path.
  StatusOr<std::string> Save(const std::string& prefix);

  // Restores what matches and keeps the rest waiting. NotFound with
  // TensorFlow's hint when there is no such checkpoint. A SavedModel directory
  // is accepted. A name-based checkpoint restores by full names.
  StatusOr<LoadStatus> Restore(const std::string& path);
  // Restore without making save_counter.
  StatusOr<LoadStatus> Read(const std::string& path);

  // int64 scalar; made on first save, restore or call.
  Variable& save_counter();
  FileSystem& file_system() { return fs_; }

 private:
  friend class CheckpointManager;
  // Counts up and writes; `number` -1 means the counter's value.
  StatusOr<std::string> WriteNumbered(const std::string& prefix,
                                      const int64_t* number);

  FileSystem& fs_;
  Trackable* root_;
  Status construction_;
  std::unique_ptr<Variable> save_counter_;
};

}  // namespace cairn::object

#endif  // CAIRN_OBJECT_CHECKPOINT_H_
