// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: async_saving DIRECTORY
//
// Saves in the background: when values may change again, when a checkpoint is
// durable, saves left out while one is under way, and where errors come out.
#include <iostream>
#include <string>

#include "cairn/base/file_system.h"
#include "cairn/object/async_save.h"
#include "cairn/object/checkpoint.h"
#include "cairn/tensor/variable.h"

namespace {

using namespace cairn;  // NOLINT: a short program

Status Run(const std::string& prefix) {
  Variable weights("weights", *Tensor::Create(DataType::kFloat, {1000, 1000}));
  object::Checkpoint checkpoint(LocalFileSystem(), {{"weights", &weights}});

  // The values of this moment. `staged` is ready when the call returns.
  CAIRN_ASSIGN_OR_RETURN(const object::AsyncSave first,
                         checkpoint.SaveAsync(prefix));
  CAIRN_RETURN_IF_ERROR(first.staged.get());
  for (float& weight : weights.data<float>()) weight = 1;  // may change again

  // Copied in the background too: nothing may change until `staged` is ready.
  CAIRN_ASSIGN_OR_RETURN(
      const object::AsyncSave second,
      checkpoint.SaveAsync(prefix,
                           {.staging = object::Staging::kInBackground}));
  CAIRN_RETURN_IF_ERROR(second.staged.get());
  for (float& weight : weights.data<float>()) weight = 2;

  // Not worth waiting for.
  CAIRN_ASSIGN_OR_RETURN(
      const object::AsyncSave third,
      checkpoint.SaveAsync(prefix, {.when_busy = object::WhenBusy::kSkip}));
  std::cout << (third.path.empty() ? "left out" : third.path) << "\n";
  // What went wrong in earlier saves, told once.
  CAIRN_RETURN_IF_ERROR(third.earlier_error);

  CAIRN_RETURN_IF_ERROR(first.committed.get());  // durable
  CAIRN_RETURN_IF_ERROR(checkpoint.Sync());      // all of them
  CAIRN_RETURN_IF_ERROR(checkpoint.Restore(second.path).status());
  std::cout << second.path << " holds " << weights.data<float>()[0] << "\n";
  if (weights.data<float>()[0] == 1) return OkStatus();
  return InternalError("not the values of the call");
}

}  // namespace

int main(int argc, char** argv) {
  const Status status = argc == 2
                            ? Run(std::string(argv[1]) + "/async")
                            : InvalidArgumentError("async_saving DIRECTORY");
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
