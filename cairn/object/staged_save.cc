// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/object/staged_save.h"

#include <utility>

namespace cairn::object::internal {

Status StagedSave::Fill(FileSystem& fs, const std::string& prefix,
                        SavePlan plan) {
  CAIRN_ASSIGN_OR_RETURN(const size_t made, Detach(plan, &plan_));
  allocations_ += made;
  plan_ = std::move(plan);
  CAIRN_ASSIGN_OR_RETURN(bundles_, RunSavers(fs, plan_, prefix));
  return OkStatus();
}

Status StagedSave::Write(FileSystem& fs, const std::string& prefix,
                         const SaveOptions& options,
                         const std::atomic<bool>& cancelled) {
  return WritePlan(fs, prefix, plan_, options,
                   {std::exchange(bundles_, nullptr), &cancelled});
}

}  // namespace cairn::object::internal
