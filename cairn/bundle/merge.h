// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// MergeBundles: makes one bundle of several, as the last step of a sharded save
// does, without copying data.
//
//   // Each task wrote ShardedFilename("d/ckpt-1_temp/part", i, 2).
//   const std::string parts[] = {"d/ckpt-1_temp/part-00000-of-00002",
//                                "d/ckpt-1_temp/part-00001-of-00002"};
//   CAIRN_RETURN_IF_ERROR(MergeBundles(
//       fs, parts, "d/ckpt-1", {.delete_input_directories = true}));
//
// The merged index has the entries of all inputs; pieces of one partitioned
// tensor may come from several. Data files are numbered in the order in which
// they first appear, walking the inputs' indexes one after another, as
// TensorFlow does; one that no entry refers to is left out, of the count in the
// header too (TensorFlow's header then counts it and nothing can be read).
//
// Order, so that at every instant the inputs or the merged bundle are complete:
// the data files get their new names as second names (copies, where the file
// system has no links), everything is synced and switched by a Commit, and only
// then the inputs are removed, each index before its data. An error, or a
// cancellation, leaves the inputs as they are and no merged bundle.
//
// Thread rule: may run beside anything that does not write these prefixes.
#ifndef CAIRN_BUNDLE_MERGE_H_
#define CAIRN_BUNDLE_MERGE_H_

#include <span>
#include <string>

#include "cairn/base/file_system.h"
#include "cairn/base/progress.h"
#include "cairn/base/status.h"

namespace cairn::bundle {

struct MergeOptions {
  // Inputs that do not exist are passed over; one at least must exist.
  bool allow_missing_inputs = false;
  // Otherwise they stay, and share their data on the disk with the merged
  // bundle.
  bool delete_inputs = true;
  // With delete_inputs: also the directories they were in, if that leaves them
  // empty and the merged bundle is elsewhere.
  bool delete_input_directories = false;
  // Tensors are index entries here; no bytes are counted.
  Supervision supervision = {};
};

// NotFound: an input is missing. InvalidArgument: no inputs, `merged` is one of
// them, a key or a piece stands in two of them, pieces overlap or disagree
// about their tensor, byte order or version differ. DataLoss: an input is
// damaged, or its data files are shorter than its index says. What cannot be
// removed at the end is no error.
Status MergeBundles(FileSystem& fs, std::span<const std::string> inputs,
                    const std::string& merged,
                    const MergeOptions& options = {});

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_MERGE_H_
