// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// One save, step by step; behind Checkpoint. Not installed.
//
//   PlanSave      walks the objects: which tensors, where their memory is
//   Detach        copies that memory, for writing while the program goes on
//   RunSavers     has registered savers make their files
//   AssignShards  asks the policy and checks its answer
//   WritePlan     writes the files and commits them
//
// A plan borrows the values' memory until it is detached: nothing is copied
// that is in memory already.
#ifndef CAIRN_OBJECT_SAVE_PLAN_H_
#define CAIRN_OBJECT_SAVE_PLAN_H_

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/status.h"
#include "cairn/bundle/writer.h"
#include "cairn/object/checkpoint_options.h"
#include "cairn/object/object_graph.h"
#include "cairn/object/registered_saver.h"
#include "cairn/object/sharding.h"
#include "cairn/tensor/tensor.h"
#include "cairn/tensor/trackable.h"

namespace cairn::object::internal {

// A tensor or a piece of one.
struct PlannedTensor {
  std::string key;
  TensorView value;
  std::optional<TensorPiece> piece;  // where it lies in the key's tensor
  Tensor memory;                     // of `value`, if it is the plan's
};

struct SavePlan {
  // In the order of the data file; the object graph is the last.
  std::vector<PlannedTensor> tensors;
  struct SaverCall {
    CheckpointSaver* saver;
    std::vector<NamedObject> objects;
  };
  std::vector<SaverCall> savers;
};

struct SaveRoot {
  Trackable* object;
  std::span<const TrackableEdge> attached;
  std::span<const std::shared_ptr<CheckpointSaver>> savers;
};

StatusOr<SavePlan> PlanSave(const SaveRoot& root, const SaveOptions& options);

// Afterwards no object of the program is looked at any more, but by savers.
// Takes the memory of `earlier`, a plan that is done with, wherever a tensor in
// the same place has the same dtype and shape; it is of no use afterwards.
// Null: none. Returns how many tensors there was no such memory for.
StatusOr<size_t> Detach(SavePlan& plan, SavePlan* earlier = nullptr);

// The bundles that savers made, until they are part of the checkpoint.
class SaverBundles;
// Looks at the objects that savers handle; nothing later does.
StatusOr<std::shared_ptr<SaverBundles>> RunSavers(FileSystem& fs,
                                                  const SavePlan& plan,
                                                  const std::string& prefix);

// By tensor of the plan.
StatusOr<std::vector<Shard>> AssignShards(const SavePlan& plan,
                                          const SaveOptions& options);

struct WriteHow {
  // Of RunSavers for the same plan and prefix; null: it is called.
  std::shared_ptr<SaverBundles> made = nullptr;
  // Ends the write with Cancelled when it becomes true before the commit. Null:
  // never.
  const std::atomic<bool>* cancelled = nullptr;
};

// Writes everything and commits: durable when it returns OK; otherwise what was
// there under `prefix` still is.
Status WritePlan(FileSystem& fs, const std::string& prefix,
                 const SavePlan& plan, const SaveOptions& options,
                 const WriteHow& how = {});

}  // namespace cairn::object::internal

#endif  // CAIRN_OBJECT_SAVE_PLAN_H_
