// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What saving and restoring may be asked for: TensorFlow's CheckpointOptions,
// one structure for each.
#ifndef CAIRN_OBJECT_CHECKPOINT_OPTIONS_H_
#define CAIRN_OBJECT_CHECKPOINT_OPTIONS_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/object/sharding.h"

namespace cairn::object {

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
