// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// StagedSave: a save of one moment, its values copied, and the files written
// from them. Not installed.
//
// One thread at a time.
#ifndef CAIRN_OBJECT_STAGED_SAVE_H_
#define CAIRN_OBJECT_STAGED_SAVE_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/object/checkpoint_options.h"
#include "cairn/object/save_plan.h"

namespace cairn::object::internal {

class StagedSave {
 public:
  // Copies the values, into the memory of those copied before wherever dtype
  // and shape are the same, and has the savers make their files.
  Status Fill(FileSystem& fs, const std::string& prefix, SavePlan plan);
  // Writes and commits them under `prefix`, that of Fill. Cancelled, with no
  // part of the checkpoint left behind, when `cancelled` becomes true before
  // the commit.
  Status Write(FileSystem& fs, const std::string& prefix,
               const SaveOptions& options, const std::atomic<bool>& cancelled);
  // Tensors that Fill had to make room for so far.
  size_t allocations() const { return allocations_; }

 private:
  SavePlan plan_;
  std::shared_ptr<SaverBundles> bundles_;  // between Fill and Write
  size_t allocations_ = 0;
};

}  // namespace cairn::object::internal

#endif  // CAIRN_OBJECT_STAGED_SAVE_H_
