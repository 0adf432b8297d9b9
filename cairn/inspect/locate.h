// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Locate: what a path that somebody typed refers to.
//
// The path may be
//   a prefix             tf_ckpt/model
//   one of its files     tf_ckpt/model.index, tf_ckpt/model.data-00000-of-00001
//   a state file         tf_ckpt/checkpoint (its latest checkpoint)
//   a directory          its latest checkpoint, else the newest one found by
//                        looking; of a SavedModel, its variables
//   a V1 file            recognised by its contents, whatever its name
//   a sharded V1 one     by its pattern m-?????-of-00002, by one shard's name,
//                        or by m
//   a graph              tf_ckpt/model.meta, saved_model.pb
//
//   CAIRN_ASSIGN_OR_RETURN(Target target, Locate(fs, "tf_ckpt"));
//   // target.kind == kBundle, target.path == "tf_ckpt/model", target.note says
//   // that the checkpoint file named it
//
// Only names, sizes and a few bytes are looked at: a target that was located
// may still turn out to be damaged when it is opened. Thread-safe.
#ifndef CAIRN_INSPECT_LOCATE_H_
#define CAIRN_INSPECT_LOCATE_H_

#include <string>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"

namespace cairn::inspect {

enum class TargetKind {
  kBundle,      // path is the prefix of a V2 checkpoint
  kV1,          // path is a V1 file, or the pattern of a sharded checkpoint
  kMetaGraph,   // path is a MetaGraphDef file
  kSavedModel,  // path is a saved_model.pb
};

struct Target {
  TargetKind kind = TargetKind::kBundle;
  std::string path;
  // How `path` was arrived at, a phrase for the user ("the latest in
  // tf_ckpt/checkpoint"); empty when what was typed is the path itself.
  std::string note;
};

// NotFound: nothing is there (the text names what is near); InvalidArgument:
// something is, but it is no checkpoint; DataLoss: its state file is broken.
StatusOr<Target> Locate(FileSystem& fs, const std::string& path);

// As Locate, but only checkpoints: for a graph's path, the checkpoint that was
// saved with it.
StatusOr<Target> LocateCheckpoint(FileSystem& fs, const std::string& path);

// The file with the meta graph that belongs to a located target: itself, the
// `.meta` beside a checkpoint, or the saved_model.pb above its variables.
// NotFound when there is none.
StatusOr<Target> LocateMetaGraph(FileSystem& fs, const Target& target);

}  // namespace cairn::inspect

#endif  // CAIRN_INSPECT_LOCATE_H_
