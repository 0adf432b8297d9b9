// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// One save, step by step; behind Checkpoint. Not installed.
//
//   PlanSave      walks the objects: which tensors, where their memory is
//   Detach        copies that memory, for writing while the program goes on
//   AssignShards  asks the policy and checks its answer
//   WritePlan     writes the files and commits them
//
// A plan borrows the values' memory until it is detached: nothing is copied
// that is in memory already.
#ifndef CAIRN_OBJECT_SAVE_PLAN_H_
#define CAIRN_OBJECT_SAVE_PLAN_H_

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
Status Detach(SavePlan& plan);

// By tensor of the plan.
StatusOr<std::vector<Shard>> AssignShards(const SavePlan& plan,
                                          const SaveOptions& options);

// Runs the savers, writes everything and commits: durable when it returns OK;
// otherwise what was there under `prefix` still is.
Status WritePlan(FileSystem& fs, const std::string& prefix,
                 const SavePlan& plan, const SaveOptions& options);

// The parts of one shard into `shard` of the writer.
Status WriteShard(bundle::BundleWriter& writer, const SavePlan& plan,
                  const Shard& parts, int32_t shard);

}  // namespace cairn::object::internal

#endif  // CAIRN_OBJECT_SAVE_PLAN_H_
