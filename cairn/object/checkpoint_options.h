// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What saving and restoring may be asked for: TensorFlow's CheckpointOptions,
// one structure for each.
#ifndef CAIRN_OBJECT_CHECKPOINT_OPTIONS_H_
#define CAIRN_OBJECT_CHECKPOINT_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/bundle/overwrite.h"
#include "cairn/bundle/reuse.h"
#include "cairn/object/sharding.h"

namespace cairn::object {

// Saving only what has changed: the data files that an earlier checkpoint has
// for the rest become files of the new one too, by hard links or clones
// (bundle/reuse.h). Either checkpoint can be removed without the other
// noticing. What the sharding policy answers holds for what is written; files
// without anything to write are left out, and those that are shared come last.
struct IncrementalSave {
  // The earlier checkpoint's prefix, which may be the one that is being
  // overwritten; "": the latest. Without one, or if it cannot be read,
  // everything is written, and the report says why.
  std::string from = "";
  // Whose `checkpoint` file names the latest; "": the saved prefix's, or the
  // manager's.
  std::string directory = "";
  bundle::ReuseOptions how = {};
};

// What a save did. Bytes are those of data files.
struct SaveReport {
  std::string path;
  // The earlier checkpoint that unchanged tensors were taken from; "" if none.
  std::string from;
  uint64_t tensors = 0;  // or parts of them, as the policy cut them
  uint64_t unchanged = 0;
  int files = 0;         // data files of the checkpoint
  int shared_files = 0;  // of these, those that were there already
  uint64_t written_bytes = 0;
  uint64_t rewritten_bytes = 0;  // of these, what had not changed
  uint64_t linked_bytes = 0;     // whole files
  uint64_t cloned_bytes = 0;
  uint64_t dead_bytes = 0;  // in shared files, of no use to this checkpoint
  // Why something was written that need not have been, one sentence each.
  std::vector<std::string> notes;
};

struct SaveOptions {
  // Null: everything in one data file.
  ShardingPolicyPtr sharding = nullptr;
  // Data files written at the same time; one, if a tensor is in pieces, so that
  // the same values give the same bytes.
  int threads = 1;
  // Slots are neither saved nor named in the object graph. (TensorFlow's option
  // of that name acts on restores only.)
  bool skip_slot_variables = false;
  // Called in order with the path when its files are in place, before the
  // `checkpoint` file names it. The first failure is returned; the files stay
  // and are named nowhere.
  std::vector<std::function<Status(const std::string& path)>> write_callbacks =
      {};

  // --- beyond TensorFlow ---
  // How a checkpoint of the same prefix is replaced.
  bundle::Overwrite overwrite = bundle::Overwrite::kByJournal;
  std::optional<IncrementalSave> incremental = std::nullopt;
  // Told when the files are durable, before the callbacks, by the thread that
  // wrote them.
  std::function<void(const SaveReport& report)> report = nullptr;
};

struct RestoreOptions {
  // The node of the checkpoint that is matched with the root: edge names of a
  // path, escaped as in keys ("net/layer-0"); "": the checkpoint's root.
  std::string from = "";
  // Slots are neither restored nor asked for.
  bool skip_slot_variables = false;
  // Gets TensorFlow's warnings, line by line, when the restore is given up with
  // values that nothing took and ExpectPartial was not called.
  std::function<void(std::string_view line)> log = nullptr;
};

}  // namespace cairn::object

#endif  // CAIRN_OBJECT_CHECKPOINT_OPTIONS_H_
