// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The options of a Saver and of one save, with TensorFlow's defaults.
#ifndef CAIRN_SAVER_OPTIONS_H_
#define CAIRN_SAVER_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "cairn/base/clock.h"
#include "cairn/base/status.h"
#include "cairn/bundle/overwrite.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/tensor/variable.h"

namespace cairn::saver {

// SaverDef.CheckpointFormatVersion.
enum class WriteVersion { kV1 = 1, kV2 = 2 };

struct SaverOptions {
  // Newest checkpoints to keep; 0: all, and only the newest is listed
  // (TensorFlow's None).
  int max_to_keep = 5;
  // Of those that have to go, one is kept for ever for each such span, counted
  // from the Saver's creation.
  double keep_checkpoint_every_n_hours = 10000.0;
  bool pad_step_number = false;      // model-00000005
  bool save_relative_paths = false;  // in the state file
  Clock* clock = nullptr;            // null: the system's

  // Values of another shape but as many elements are restored, too.
  bool reshape = false;
  // One data file for each device, see SaverPart::device.
  bool sharded = false;
  WriteVersion write_version = WriteVersion::kV2;
  // No variables: a Saver that saves and restores nothing but meta graphs.
  bool allow_empty = false;
  // Of the collections' form of Create: the variables are collected by Build.
  bool defer_build = false;
  // Accepted for TensorFlow's sake. A restore here has no order that could be
  // seen: all variables change, or none.
  bool restore_sequentially = false;
  // Scope of the names in the SaverDef; "": "save". With a saver_def: put in
  // front of its names.
  std::string name = "";
  // The path that a graph's file-name node has when nobody feeds it; "":
  // "model". See Saver::filename.
  std::string filename = "";
  // The Saver of an imported meta graph: max_to_keep, hours, sharded and
  // version are taken from here instead of from above.
  std::optional<graph::SaverInfo> saver_def = std::nullopt;

  // --- beyond TensorFlow ---
  // How a checkpoint of the same prefix is replaced. kByFileCount needs
  // write_version kV2; a meta graph is then still switched by the journal, with
  // the index, so that TensorFlow may see the values of one save with the meta
  // graph of the other.
  bundle::Overwrite overwrite = bundle::Overwrite::kByJournal;
};

// The number in a checkpoint's name: an integer, a bool, an integer variable's
// value, or the name of a variable that the Saver saves ("global_step" or
// "global_step:0").
class GlobalStep {
 public:
  GlobalStep(int64_t step) : value_(step) {}       // NOLINT: a number is a step
  GlobalStep(int step) : value_(int64_t{step}) {}  // NOLINT
  GlobalStep(bool step) : value_(int64_t{step ? 1 : 0}) {}             // NOLINT
  GlobalStep(const Variable& variable) : value_(&variable) {}          // NOLINT
  GlobalStep(std::string variable) : value_(std::move(variable)) {}    // NOLINT
  GlobalStep(const char* variable) : value_(std::string(variable)) {}  // NOLINT

  using Value = std::variant<int64_t, const Variable*, std::string>;
  const Value& value() const { return value_; }

 private:
  Value value_;
};

// What a meta graph is asked for with.
struct MetaGraphRequest {
  std::string checkpoint;  // the prefix it belongs to
  graph::SaverInfo saver_def;
  bool strip_default_attrs = false;
};

struct SaveOptions {
  std::optional<GlobalStep> global_step = std::nullopt;
  std::string latest_filename = "checkpoint";  // of the state file
  // Also of the meta graph that is removed with an old checkpoint.
  std::string meta_graph_suffix = "meta";
  // A serialised MetaGraphDef, written as `<prefix>.meta`; none if absent.
  std::optional<std::string_view> meta_graph = std::nullopt;
  // Instead of meta_graph: gives it, or an error that fails the save before
  // anything changed.
  std::function<StatusOr<std::string>(const MetaGraphRequest&)>
      make_meta_graph = nullptr;
  // Off: neither of the two above is used.
  bool write_meta_graph = true;
  bool strip_default_attrs = false;  // handed to make_meta_graph
  // A serialised GraphDebugInfo, written as `<prefix>.debug` if there is a meta
  // graph (TensorFlow's save_debug_info).
  std::optional<std::string_view> debug_info = std::nullopt;
  // Without it the checkpoint is not listed, nor remembered, nor ever removed.
  bool write_state = true;
};

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_OPTIONS_H_
