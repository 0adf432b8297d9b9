// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Saver: name-based checkpoints, as tf.compat.v1.train.Saver writes and reads
// them.
//
//   CAIRN_ASSIGN_OR_RETURN(auto saver, Saver::Create(fs, {{"w", &w}}, {}));
//   CAIRN_ASSIGN_OR_RETURN(std::string path,
//       saver->Save("tf_ckpt/model", {.meta_graph = meta.Serialize()}));
//   CAIRN_RETURN_IF_ERROR(saver->Restore(path));
//
// Files of a checkpoint: `<path>.index`, `<path>.data-00000-of-00001` and, if a
// meta graph is given, `<path>.meta`; beside them the state file `checkpoint`.
// Tensors are stored in the order of their names. Saving again under a prefix
// that exists is safe at every instant (base/commit.h): the three files change
// together, and only then are they named.
//
// Only one Saver at a time may write under one prefix. Not thread-safe.
#ifndef CAIRN_SAVER_SAVER_H_
#define CAIRN_SAVER_SAVER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/clock.h"
#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/tensor/variable.h"

namespace cairn::saver {

struct NamedVariable {
  std::string name;  // key in the checkpoint
  Variable* variable;
};

struct SaverOptions {
  // Newest checkpoints to keep; 0: all, and only the newest is listed.
  int max_to_keep = 5;
  // Of those that have to go, one is kept for ever for each such span, counted
  // from the Saver's creation.
  double keep_checkpoint_every_n_hours = 10000.0;
  bool pad_step_number = false;      // model-00000005
  bool save_relative_paths = false;  // in the state file
  Clock* clock = nullptr;            // null: the system's
};

struct SaveOptions {
  std::optional<int64_t> global_step = std::nullopt;
  std::string latest_filename = "checkpoint";  // of the state file
  // Also of the meta graph that is removed with an old checkpoint.
  std::string meta_graph_suffix = "meta";
  // A serialised MetaGraphDef, written as `<prefix>.meta`; none if absent.
  std::optional<std::string_view> meta_graph = std::nullopt;
  // Without it the checkpoint is not listed, nor remembered, nor ever removed.
  bool write_state = true;
};

class Saver {
 public:
  // InvalidArgument: no variables ("No variables to save"), a name twice, one
  // variable under two names, an empty name, max_to_keep below 0.
  static StatusOr<std::unique_ptr<Saver>> Create(
      FileSystem& fs, std::vector<NamedVariable> variables,
      SaverOptions options = {});
  // Under the variables' own names.
  static StatusOr<std::unique_ptr<Saver>> Create(
      FileSystem& fs, const std::vector<Variable*>& variables,
      SaverOptions options = {});

  // Returns the prefix written: `path`, or `path-<global_step>`. When it
  // returns, the checkpoint and the state file are durable. Makes the directory
  // if only that one is missing. InvalidArgument, before anything is written,
  // for names that collide or a parent that is no directory; other failures
  // leave what was there before, and what the state file names, intact.
  StatusOr<std::string> Save(const std::string& path,
                             const SaveOptions& options = {});

  // Sets all variables, or, on an error, none. Tensors that no variable asks
  // for are ignored. NotFound "Key w not found in checkpoint" with the nearest
  // names, or when there is no such checkpoint; InvalidArgument for dtype or
  // shape; DataLoss for damage or for a path that is no checkpoint. An
  // object-based checkpoint is read through its objects' full names. A path
  // ending in `.index` is taken for its prefix; `note`, if not null, then says
  // so.
  Status Restore(const std::string& path, std::string* note = nullptr);

  // Paths, oldest first.
  std::vector<std::string> last_checkpoints() const;

 private:
  struct Kept {
    std::string path;
    double time;
  };

  Saver(FileSystem& fs, std::vector<NamedVariable> variables,
        SaverOptions options);
  double Now() const;
  StatusOr<std::string> Prefix(const std::string& path,
                               const SaveOptions& options) const;
  Status CheckParent(const std::string& prefix);
  Status Write(const std::string& prefix, const SaveOptions& options);
  Status RecordAndEvict(const std::string& prefix, const SaveOptions& options);
  void Record(const std::string& prefix);
  void Evict(std::string_view meta_suffix);

  FileSystem& fs_;
  std::vector<NamedVariable> variables_;  // sorted by name
  SaverOptions options_;
  std::vector<Kept> last_checkpoints_;  // oldest first
  std::vector<Kept> pending_;           // no longer listed, not removed yet
  double next_keep_time_;
};

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_SAVER_H_
