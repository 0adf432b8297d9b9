// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Restoring is all or nothing: names, dtypes and shapes of all variables are
// compared before anything is read, and all is read, checksums verified, before
// the first variable changes.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/guard_memory.h"
#include "cairn/base/near_names.h"
#include "cairn/base/strings.h"
#include "cairn/saver/checkpoint_source.h"
#include "cairn/saver/name_list.h"
#include "cairn/saver/restoring.h"
#include "cairn/saver/saver.h"

namespace cairn::saver {
namespace {

// TensorFlow 2.21's; 2.15 adds a sentence about Estimators.
constexpr std::string_view kObjectBasedAdvice =
    "Could not find some variables in the checkpoint (see names above). Saver "
    "was attempting to load an object-based checkpoint (saved using "
    "tf.train.Checkpoint or tf.keras.Model.save_weights) using variable names. "
    "If the checkpoint was written with eager execution enabled, it's possible "
    "that variable names have changed (for example missing a '_1' suffix). "
    "It's also possible that there are new variables which did not exist when "
    "the checkpoint was written. You can construct a Saver(var_list=...) with "
    "only the variables which previously existed, and if variable names have "
    "changed you may need to make this a dictionary with the old names as "
    "keys.";

// Replaces each wanted name by the key of the object that has it as full name.
// The graph is read anew for each checkpoint: two of them may keep a variable
// under different keys.
Status MapByFullNames(const CheckpointSource& source,
                      std::vector<RestoreTarget>& targets,
                      RestoreReport& report) {
  report.by_full_names = true;
  CAIRN_ASSIGN_OR_RETURN(const auto keys, ReadFullNames(source));
  std::set<std::string> names, missing;
  for (RestoreTarget& target : targets) {
    names.insert(target.key);
    const auto it = keys.find(target.key);
    if (it == keys.end()) {
      missing.insert(target.key);
    } else {
      target.key = it->second;
    }
  }
  if (missing.empty()) return OkStatus();
  for (const auto& [name, key] : keys) {
    if (!names.contains(name)) report.unmatched.push_back(name);
  }
  for (const std::string& name : missing) {
    NearNames near(name);
    for (const auto& [stored, key] : keys) near.Consider(stored);
    report.missing.push_back({name, near.Names()});
  }
  return NotFoundError(StrCat(
      Escape(source.name()),
      ": an object-based checkpoint, read by variable names.\n\n"
      "Existing variables not in the checkpoint: ",
      NameList({missing.begin(), missing.end()}),
      "\n\nVariables names when this checkpoint was written which don't exist "
      "now: ",
      NameList(report.unmatched), "\n\n(", names.size() - missing.size(),
      " variable name(s) did match)\n\n", kObjectBasedAdvice));
}

Status RestoreOnce(FileSystem& fs, const std::string& path,
                   const std::vector<SaveSpec>& specs, Reshape reshape,
                   RestoreReport& report) {
  report = RestoreReport();
  CAIRN_ASSIGN_OR_RETURN(const auto source,
                         CheckpointSource::Open(fs, path, &report.note));
  report.checkpoint = source->name();
  std::vector<RestoreTarget> targets;
  std::vector<const SaveSpec*> all;
  for (const SaveSpec& spec : specs) {
    targets.push_back({spec.key, &spec});
    all.push_back(&spec);
  }
  CAIRN_ASSIGN_OR_RETURN(std::vector<std::string> missing,
                         MissingKeys(*source, targets));
  if (!missing.empty()) {
    const Status has_graph = source->Find(kObjectGraphKey).status();
    if (has_graph.ok()) {
      CAIRN_RETURN_IF_ERROR(MapByFullNames(*source, targets, report));
      CAIRN_ASSIGN_OR_RETURN(missing, MissingKeys(*source, targets));
    } else if (!absl::IsNotFound(has_graph)) {
      return has_graph;
    }
  }
  if (!missing.empty()) return MissingKeysError(*source, missing, report);
  CAIRN_ASSIGN_OR_RETURN(std::vector<Tensor> values,
                         ReadTargets(*source, targets, reshape, report));
  return AssignAll(all, std::move(values));
}

}  // namespace

Status Saver::Restore(const std::string& path, std::string* note) {
  RestoreReport report;
  const Status status = RestoreWithReport(path, report);
  if (note != nullptr) *note = std::move(report.note);
  return status;
}

Status Saver::RestoreWithReport(const std::string& path,
                                RestoreReport& report) {
  return GuardMemory(path, [&]() -> Status {
    report = RestoreReport();
    if (!is_built_) {
      return FailedPreconditionError(
          "`build()` should be called before restore if defer_build==True");
    }
    if (specs_.empty()) return OkStatus();  // allow_empty
    const Reshape reshape = options_.reshape ? Reshape::kYes : Reshape::kNo;
    return RetryWhileReplaced(
        [&] { return RestoreOnce(fs_, path, specs_, reshape, report); });
  });
}

}  // namespace cairn::saver
