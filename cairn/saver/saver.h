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
// Files of a checkpoint: `<path>.index`, `<path>.data-SSSSS-of-NNNNN` and, if a
// meta graph is given, `<path>.meta`; of the older format V1 `<path>`, or
// `<path>-SSSSS-of-NNNNN`; beside them the state file `checkpoint`. Tensors are
// stored in the order of their names. Saving again under a prefix that exists
// is safe at every instant (base/commit.h): the files change together, and only
// then are they named. What each option does, and where TensorFlow differs:
// docs/saver.md.
//
// Only one Saver at a time may write under one prefix. Not thread-safe.
#ifndef CAIRN_SAVER_SAVER_H_
#define CAIRN_SAVER_SAVER_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/saver/options.h"
#include "cairn/saver/restore_report.h"
#include "cairn/saver/retention.h"
#include "cairn/saver/var_list.h"
#include "cairn/tensor/variable.h"

namespace cairn::saver {

struct NamedVariable {
  std::string name;  // key in the checkpoint
  Variable* variable;
};

class Saver {
 public:
  // InvalidArgument: no variables ("No variables to save"), a name twice, one
  // variable under two names, an empty name, max_to_keep below 0, a saver_def
  // without the names of its nodes, defer_build.
  static StatusOr<std::unique_ptr<Saver>> Create(
      FileSystem& fs, std::vector<NamedVariable> variables,
      SaverOptions options = {});
  // Under the variables' own names.
  static StatusOr<std::unique_ptr<Saver>> Create(
      FileSystem& fs, const std::vector<Variable*>& variables,
      SaverOptions options = {});
  // Slices, other objects than variables, devices: see var_list.h.
  static StatusOr<std::unique_ptr<Saver>> CreateFromItems(
      FileSystem& fs, const std::vector<SaverItem>& items,
      SaverOptions options = {});
  // What the collections hold now; with defer_build, when Build is called, for
  // which they must still be there.
  static StatusOr<std::unique_ptr<Saver>> CreateFromCollections(
      FileSystem& fs, const GraphCollections& collections,
      SaverOptions options = {});
  // The Saver that `def` describes, for these variables.
  static StatusOr<std::unique_ptr<Saver>> FromSaverDef(
      FileSystem& fs, graph::SaverInfo def, const std::vector<SaverItem>& items,
      SaverOptions options = {});

  // Collects the variables; for defer_build. No effect when built.
  Status Build();

  // Returns the prefix written: `path`, or `path-<global_step>`; of shards of
  // format V1 their pattern `path-?????-of-NNNNN`; "" if allow_empty let the
  // Saver have no variables. When it returns, the checkpoint and the state file
  // are durable. Makes the directory if only that one is missing, except for
  // shards and V1. InvalidArgument, before anything is written, for names that
  // collide or a parent that is no directory; FailedPrecondition for a value
  // that is not there yet; other failures leave what was there before, and what
  // the state file names, intact.
  StatusOr<std::string> Save(const std::string& path,
                             const SaveOptions& options = {});

  // Sets all variables, or, on an error, none. Tensors that no variable asks
  // for are ignored. NotFound "Key w not found in checkpoint" with the nearest
  // names; InvalidArgument when there is no such checkpoint, for dtype or
  // shape; DataLoss for damage or for a path that is no checkpoint. Formats V1
  // and V2 are read alike, and any partition of a tensor into any other. An
  // object-based checkpoint is read through its objects' full names. A path
  // ending in `.index` is taken for its prefix; `note`, if not null, then says
  // so.
  Status Restore(const std::string& path, std::string* note = nullptr);
  // As Restore; what did not fit is also told as data.
  Status RestoreWithReport(const std::string& path, RestoreReport& report);

  // Paths, oldest first.
  std::vector<std::string> last_checkpoints() const;
  // Takes over a list without times: what goes from it is kept for ever, as in
  // TensorFlow, until as many were kept as keep_checkpoint_every_n_hours asks.
  void set_last_checkpoints(const std::vector<std::string>& paths);
  // (path, Unix seconds), oldest first.
  void set_last_checkpoints_with_time(
      std::vector<std::pair<std::string, double>> checkpoints);
  // Takes over those of the paths that exist, with their files' times.
  Status recover_last_checkpoints(const std::vector<std::string>& paths);

  // The SaverDef: the one given, its names under `options.name`, else that of
  // the nodes TensorFlow would make for this Saver.
  graph::SaverInfo as_saver_def() const { return def_; }
  // The path a file-name node has by default.
  std::string filename() const {
    return options_.filename.empty() ? "model" : options_.filename;
  }
  // As given, with what saver_def says.
  const SaverOptions& options() const { return options_; }
  // Keys, in the order they are stored; slices of one tensor are one.
  std::vector<std::string> names() const;

 private:
  Saver(FileSystem& fs, SaverOptions options, graph::SaverInfo def);
  static StatusOr<std::unique_ptr<Saver>> Make(FileSystem& fs,
                                               SaverOptions options);
  Status SetItems(const std::vector<SaverItem>& items);
  double Now() const;
  StatusOr<std::string> Prefix(const std::string& path,
                               const SaveOptions& options) const;
  Status CheckCollisions(const std::string& prefix,
                         const SaveOptions& options) const;
  Status CheckParent(const std::string& prefix);
  Status RecordAndEvict(const std::string& written, const SaveOptions& options);

  FileSystem& fs_;
  SaverOptions options_;
  graph::SaverInfo def_;
  std::vector<SaveSpec> specs_;  // in the order stored
  bool is_built_ = false;
  const GraphCollections* collections_ = nullptr;  // to build from
  CheckpointList checkpoints_;
};

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_SAVER_H_
