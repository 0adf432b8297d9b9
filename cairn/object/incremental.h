// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Which parts of a save's shards are written and which are in files of an
// earlier checkpoint. Not installed.
#ifndef CAIRN_OBJECT_INCREMENTAL_H_
#define CAIRN_OBJECT_INCREMENTAL_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/bundle/reuse.h"
#include "cairn/bundle/writer.h"
#include "cairn/object/checkpoint_options.h"
#include "cairn/object/save_plan.h"

namespace cairn::object::internal {

// Where a part lies in its key's tensor; none if it is all of it.
StatusOr<std::optional<TensorPiece>> PieceOf(const PlannedTensor& tensor,
                                             const ShardPart& part);

struct IncrementalPlan {
  struct Shared {
    bundle::ShardFile file;
    uint64_t live_bytes = 0;
    Shard parts;
    std::vector<bundle::BundleEntry> entries;  // of each part
  };
  std::vector<Shard> written;
  std::vector<Shared> shared;
};

// Without options.incremental, everything is written. Fills in what the report
// says of it. `check` may end it.
StatusOr<IncrementalPlan> PlanIncremental(
    FileSystem& fs, const std::string& prefix, const SavePlan& plan,
    std::vector<Shard> shards, const SaveOptions& options,
    const std::function<Status()>& check, SaveReport* report);

// Adds the shared files and their tensors to the writer, from the data file
// `first` on. Those that cannot be shared (any more) are returned, to be
// written in their place.
StatusOr<std::vector<std::pair<int32_t, Shard>>> AddShared(
    bundle::BundleWriter& writer, const SavePlan& plan,
    const IncrementalPlan& incremental, int32_t first,
    const IncrementalSave& options, SaveReport* report);

}  // namespace cairn::object::internal

#endif  // CAIRN_OBJECT_INCREMENTAL_H_
