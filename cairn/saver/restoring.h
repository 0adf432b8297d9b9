// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The steps of a restore: find every tensor and compare it with its variable,
// read all, and only then change the variables.
//
// Of this room only.
#ifndef CAIRN_SAVER_RESTORING_H_
#define CAIRN_SAVER_RESTORING_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/saver/checkpoint_source.h"
#include "cairn/saver/restore_report.h"
#include "cairn/saver/var_list.h"
#include "cairn/tensor/tensor.h"

namespace cairn::saver {

// A value and the key it is stored under.
struct RestoreTarget {
  std::string key;
  const SaveSpec* spec;
};

// Runs `restore` again when the checkpoint is replaced while it is read.
Status RetryWhileReplaced(const std::function<Status()>& restore);

// Those of the targets whose keys are not there.
StatusOr<std::vector<std::string>> MissingKeys(
    const CheckpointSource& source, const std::vector<RestoreTarget>& targets);
// NotFound, naming the first and what it may have meant.
Status MissingKeysError(const CheckpointSource& source,
                        const std::vector<std::string>& missing,
                        RestoreReport& report);

// Full name -> key of the values of an object-based checkpoint; NotFound for a
// name-based one.
StatusOr<std::map<std::string, std::string>> ReadFullNames(
    const CheckpointSource& source);

// Values for the targets, of their dtypes and shapes; all keys must be there.
// InvalidArgument for what does not fit, before anything is read.
enum class Reshape { kNo, kYes };
StatusOr<std::vector<Tensor>> ReadTargets(
    const CheckpointSource& source, const std::vector<RestoreTarget>& targets,
    Reshape reshape, RestoreReport& report);

// Sets all, or, if one refuses its value, none.
Status AssignAll(const std::vector<const SaveSpec*>& specs,
                 std::vector<Tensor> values);

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_RESTORING_H_
