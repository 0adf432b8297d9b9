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
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/object/async_save.h"
#include "cairn/object/checkpoint_options.h"
#include "cairn/object/object_graph.h"
#include "cairn/object/registered_saver.h"
#include "cairn/tensor/trackable.h"
#include "cairn/tensor/variable.h"

namespace cairn::object {

// What a restore matched; all lists in node order.
struct MatchReport {
  struct Item {
    std::string object;  // "(root).net.layer-0.kernel"
    std::string key;     // in the checkpoint; "" if it is not there
    // Of what is only in the program: the nearest names of what is only in the
    // checkpoint, the likeliest first.
    std::vector<std::string> candidates = {};
  };
  // What a restore would have failed on.
  struct Mismatch {
    Item item;
    DataType expected_dtype = DataType::kInvalid;  // kInvalid: anything
    std::optional<Shape> expected_shape;           // none: anything
    // kInvalid: the key is in the object graph and not among the tensors.
    DataType stored_dtype = DataType::kInvalid;
    std::optional<Shape> stored_shape;
  };
  std::vector<Item> matched;
  std::vector<Item> only_in_checkpoint;  // values waiting or without a taker
  std::vector<Item> only_in_program;     // objects with values, left alone
  // Values of matched objects that the checkpoint does not have: `key` is the
  // attribute. AssertExistingObjectsMatched does not mind them.
  std::vector<Item> unfilled;
  std::vector<Mismatch> mismatched;  // of Compare only
  // What was done on the reader's behalf or could surprise, one sentence each.
  std::vector<std::string> notes;
};

namespace internal {
class AsyncSaver;
struct RestoreState;
}  // namespace internal

// Answers for the graph as it is when asked, not as it was at the restore.
// FailedPrecondition says what is missing. For a name-based checkpoint the
// three asserts are one: every value of the program was found.
class LoadStatus {
 public:
  enum class Kind { kObjectBased, kNameBased, kInitializationOnly };
  Kind kind() const;

  // Every value of the checkpoint has been restored, and every object of the
  // program that has values was matched.
  Status AssertConsumed() const;
  // Every object of the program that has values was matched; an object whose
  // node has no values counts as matched.
  Status AssertExistingObjectsMatched() const;
  // Something besides the root was matched. After Save and Restore the
  // save_counter alone satisfies this.
  Status AssertNontrivialMatch() const;
  MatchReport Report() const;
  // Nothing is logged about what is left over at the end. Returns itself.
  const LoadStatus& ExpectPartial() const;
  // What could be restored has been; the values that nothing was found for and
  // that have none yet are initialised. Without a checkpoint: all of them.
  Status InitializeOrRestore() const;
  // TensorFlow's; here there is nothing left to run.
  Status RunRestoreOps() const;

 private:
  friend class Checkpoint;
  explicit LoadStatus(std::shared_ptr<internal::RestoreState> state);
  std::shared_ptr<internal::RestoreState> state_;
};

// A root that is not kept alive.
struct WeakRoot {
  explicit WeakRoot(std::weak_ptr<Trackable> r) : object(std::move(r)) {}
  std::weak_ptr<Trackable> object;
};

class Checkpoint : public Trackable {
 public:
  // The Checkpoint is the root; children attach in sorted order.
  // InvalidArgument surfaces on first use when a name is "save_counter" or
  // occurs twice, or a child is null.
  Checkpoint(FileSystem& fs, std::vector<TrackableEdge> children);
  // `root` is node 0; `children` it does not have yet attach to it, sorted,
  // with an edge "root" to itself among them, and later "save_counter".
  // InvalidArgument on first use when `root` has another child of such a name.
  Checkpoint(FileSystem& fs, Trackable& root,
             std::vector<TrackableEdge> children = {});
  // A root that may go before the Checkpoint does; then nothing can be saved
  // or restored any more (FailedPrecondition).
  Checkpoint(FileSystem& fs, WeakRoot root,
             std::vector<TrackableEdge> children = {});
  ~Checkpoint() override;

  // Writes `prefix` as it is: no number, no state file. Returns the prefix.
  // When it returns, the files are durable; after an error a checkpoint that
  // was there under `prefix` still is.
  StatusOr<std::string> Write(const std::string& prefix,
                              const SaveOptions& options = {});
  // Counts up save_counter, writes `<prefix>-<counter>`, then the `checkpoint`
  // file of its directory with only this path: the list of a manager of that
  // directory is forgotten. Returns the path. A failed save uses its number up.
  StatusOr<std::string> Save(const std::string& prefix,
                             const SaveOptions& options = {});

  // The same two in the background (async_save.h), with the one save_counter;
  // it counts up in the call, whatever becomes of the save. The sharding policy
  // and the callbacks of `what` are called there, savers when values are
  // copied.
  StatusOr<AsyncSave> WriteAsync(const std::string& prefix,
                                 const AsyncSaveOptions& options = {},
                                 const SaveOptions& what = {});
  StatusOr<AsyncSave> SaveAsync(const std::string& prefix,
                                const AsyncSaveOptions& options = {},
                                const SaveOptions& what = {});
  // Waits for all saves in the background; the errors nobody was told yet.
  Status Sync();
  // Ends them instead: those not committed yet come to nothing.
  void AbandonAsync();
  // Where saves in the background run; only before the first of them.
  void UseExecutor(std::shared_ptr<SaveExecutor> executor);

  // Restores what matches and keeps the rest waiting, with the file open, until
  // it is attached or a restore of an equal object graph takes its place.
  // NotFound with TensorFlow's hint when there is no such checkpoint;
  // InvalidArgument when a dtype or shape differs; DataLoss when the file is
  // damaged. A SavedModel directory is accepted, a path that ends in ".index"
  // with a note. A name-based checkpoint restores by full names. Makes
  // save_counter. Without a path nothing is restored, and the status
  // initialises.
  StatusOr<LoadStatus> Restore(const std::optional<std::string>& path,
                               const RestoreOptions& options = {});
  // The same without making save_counter, and for a prefix only.
  StatusOr<LoadStatus> Read(const std::string& path,
                            const RestoreOptions& options = {});
  // What Read would match, and what it would fail on. Changes nothing.
  StatusOr<MatchReport> Compare(const std::string& path,
                                const RestoreOptions& options = {});

  // Objects that a saver handles are its to save and restore.
  void AddSaver(std::shared_ptr<CheckpointSaver> saver);
  // Removes what savers keep beside the checkpoint of that prefix, when that
  // is removed. Files already gone are no error.
  Status RemoveSaverFiles(const std::string& prefix);

  // int64 scalar; made on first save, restore or call.
  Variable& save_counter();
  FileSystem& file_system() { return fs_; }

 private:
  friend class CheckpointManager;
  // Counts up; `<prefix>-<number>`, by default with the counter's value.
  StatusOr<std::string> NextPath(const std::string& prefix,
                                 std::optional<int64_t> number);
  // `record` runs in the background when the files of `path` are durable.
  StatusOr<AsyncSave> StartAsync(const std::string& path,
                                 const AsyncSaveOptions& options,
                                 const SaveOptions& what,
                                 std::function<Status()> record);
  // False if by the options the save is to be left out.
  bool WaitForRoom(const AsyncSaveOptions& options);
  void WaitForAsync() const;
  Status RecordLatest(const std::string& path);
  // Counts up and writes `<prefix>-<number>`, by default the counter's value.
  StatusOr<std::string> WriteNumbered(const std::string& prefix,
                                      std::optional<int64_t> number,
                                      const SaveOptions& options = {});
  StatusOr<std::string> WriteFiles(const std::string& prefix,
                                   const SaveOptions& options);
  Status MakeCounter();
  Status AttachCounter();
  // Construction went well and the root exists.
  Status CheckReady() const;
  StatusOr<LoadStatus> ReadPrefix(const std::string& prefix,
                                  std::vector<TrackableEdge> extra,
                                  const RestoreOptions& options);

  FileSystem& fs_;
  Trackable* root_;
  std::optional<std::weak_ptr<Trackable>> weak_root_;
  Status construction_;
  // Edges that `root_` does not have itself; shared with restores.
  std::shared_ptr<std::vector<TrackableEdge>> attached_;
  std::unique_ptr<Variable> own_counter_;
  Variable* counter_ = nullptr;  // own_counter_, or the root's
  std::vector<std::shared_ptr<CheckpointSaver>> savers_;
  std::vector<std::weak_ptr<internal::RestoreState>> restores_;
  std::shared_ptr<SaveExecutor> executor_;
  std::shared_ptr<internal::AsyncSaver> async_;  // made when first needed
};

}  // namespace cairn::object

#endif  // CAIRN_OBJECT_CHECKPOINT_H_
