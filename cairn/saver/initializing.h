// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What InitFromCheckpoint and WarmStart share.
//
// Of this room only.
#ifndef CAIRN_SAVER_INITIALIZING_H_
#define CAIRN_SAVER_INITIALIZING_H_

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/saver/checkpoint_source.h"
#include "cairn/saver/restoring.h"
#include "cairn/saver/var_list.h"

namespace cairn::saver {

// Opens a checkpoint, or the latest one of a directory.
StatusOr<std::unique_ptr<CheckpointSource>> OpenFileOrDirectory(
    FileSystem& fs, const std::string& path);

// Variables by name; the slices of a partitioned one by their full name, in the
// order given.
using VariableStore = std::map<std::string, std::vector<SaverPart>>;
StatusOr<VariableStore> MakeVariableStore(const std::vector<SaverItem>& graph);

// Which variables get which tensors. Targets point into `specs`.
class Initialization {
 public:
  explicit Initialization(const CheckpointSource& source) : source_(source) {}

  // InvalidArgument in TensorFlow's words when the shapes differ; the tensor
  // is there.
  Status Add(std::string_view tensor, const std::vector<SaverPart>& parts);
  // A value that is known already; set with the others.
  Status AddValues(const std::vector<SaverPart>& parts,
                   std::vector<Tensor> values);
  // Reads and sets all, or none.
  Status Run();

 private:
  // Appends the parts' specs under the key `name`; returns the first's index.
  StatusOr<size_t> AddSpecs(std::string_view name,
                            const std::vector<SaverPart>& parts);

  const CheckpointSource& source_;
  std::deque<SaveSpec> specs_;  // stay where they are
  std::vector<RestoreTarget> targets_;
  std::vector<const SaveSpec*> known_;
  std::vector<Tensor> known_values_;
};

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_INITIALIZING_H_
