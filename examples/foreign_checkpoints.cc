// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: foreign_checkpoints NAME_BASED SAVED_MODEL
//
// Checkpoints of another kind into objects: one that TensorFlow 1's Saver
// wrote, by full names; the variables of a SavedModel; and what a report says
// when names do not fit.
#include <iostream>
#include <string>

#include "cairn/base/file_system.h"
#include "cairn/object/checkpoint.h"
#include "cairn/tensor/variable.h"

namespace {

using namespace cairn;  // NOLINT: a short program
using object::LoadStatus;
using object::MatchReport;

void Print(const MatchReport& report) {
  for (const MatchReport::Item& item : report.matched) {
    std::cout << item.object << " from " << item.key << "\n";
  }
  for (const MatchReport::Item& item : report.only_in_program) {
    std::cout << item.object << " is not there";
    for (const std::string& name : item.candidates) std::cout << ", " << name;
    std::cout << "\n";
  }
  for (const MatchReport::Item& item : report.only_in_checkpoint) {
    std::cout << "left over: " << item.object << " " << item.key << "\n";
  }
  for (const std::string& note : report.notes) std::cout << note << "\n";
}

// Edges do not matter here, names do.
Status ByName(const std::string& prefix) {
  Variable a("scope/a", *Tensor::Create(DataType::kFloat, {2}));
  Variable wrong("bb", Tensor::Scalar(0.0f));
  object::Checkpoint checkpoint(LocalFileSystem(), {{"x", &a}, {"y", &wrong}});
  CAIRN_ASSIGN_OR_RETURN(const LoadStatus status, checkpoint.Restore(prefix));
  Print(status.Report());
  if (status.kind() != LoadStatus::Kind::kNameBased) {
    return InternalError("not name-based");
  }
  // One variable was not found: AssertConsumed would say so.
  return a.data<float>()[0] == 5 ? OkStatus() : InternalError("not restored");
}

// The directory is enough; its root is what was exported.
Status FromSavedModel(const std::string& directory) {
  Trackable model;
  object::Checkpoint checkpoint(LocalFileSystem(), model);
  CAIRN_ASSIGN_OR_RETURN(
      const MatchReport report,
      checkpoint.Compare(directory + "/variables/variables"));
  std::cout << report.only_in_checkpoint.size() << " variables:\n";
  Print(report);
  CAIRN_ASSIGN_OR_RETURN(const LoadStatus status,
                         checkpoint.Restore(directory));
  status.ExpectPartial();  // they wait for their objects
  return status.AssertConsumed().ok() ? InternalError("nothing waits")
                                      : OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  Status status =
      argc == 3
          ? ByName(argv[1])
          : InvalidArgumentError("foreign_checkpoints NAME_BASED SAVED_MODEL");
  if (status.ok()) status = FromSavedModel(argv[2]);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
