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
// Tensors are stored in the order of their names. Saving again under a prefix
// that exists is safe at every instant (base/commit.h).
//
// Not thread-safe.
#ifndef CAIRN_SAVER_SAVER_H_
#define CAIRN_SAVER_SAVER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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
  double keep_checkpoint_every_n_hours = 10000.0;
  bool pad_step_number = false;
  bool save_relative_paths = false;
  Clock* clock = nullptr;  // null: the system's
};

struct SaveOptions {
  std::optional<int64_t> global_step = std::nullopt;
  std::string latest_filename = "checkpoint";
  std::string meta_graph_suffix = "meta";
  // A serialised MetaGraphDef, written as `<prefix>.meta`; none if absent.
  std::optional<std::string_view> meta_graph = std::nullopt;
  bool write_state = true;
};

class Saver {
 public:
  // InvalidArgument: no variables ("No variables to save"), a name twice, one
  // variable under two names.
  static StatusOr<std::unique_ptr<Saver>> Create(
      FileSystem& fs, std::vector<NamedVariable> variables,
      SaverOptions options = {});
  // Under the variables' own names.
  static StatusOr<std::unique_ptr<Saver>> Create(
      FileSystem& fs, const std::vector<Variable*>& variables,
      SaverOptions options = {});

  // Returns the prefix written: `path`, or `path-<global_step>`. When it
  // returns, the checkpoint and the `checkpoint` file are durable.
  StatusOr<std::string> Save(const std::string& path,
                             const SaveOptions& options = {});

  // Sets all variables, or, on an error, none. NotFound "Key w not found in
  // checkpoint" lists the nearest names; InvalidArgument for dtype or shape. An
  // object-based checkpoint is read through its objects' full names.
  Status Restore(const std::string& path);

  // Paths, oldest first.
  std::vector<std::string> last_checkpoints() const;

 private:
  Saver(FileSystem& fs, std::vector<NamedVariable> variables,
        SaverOptions options);
  Status RecordAndEvict(const std::string& path, const SaveOptions& options);

  struct Kept {
    std::string path;
    double time;
  };
  FileSystem& fs_;
  std::vector<NamedVariable> variables_;  // sorted by name
  SaverOptions options_;
  std::vector<Kept> last_checkpoints_;
  double next_keep_time_;
};

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_SAVER_H_
