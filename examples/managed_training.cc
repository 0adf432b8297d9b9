// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: managed_training DIR
//
// A run that saves in the background, keeps the latest and the best
// checkpoints, leaves in order on SIGTERM and goes on where it was.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "cairn/object/checkpoint_manager.h"
#include "cairn/object/preemption.h"

namespace {

using namespace cairn;  // NOLINT: a short program

Status Train(const std::string& dir) {
  Variable weights("weights", *Tensor::Create(DataType::kFloat, Shape({1000})));
  Variable step("step", Tensor::Scalar(int64_t{0}));
  object::Checkpoint checkpoint(LocalFileSystem(),
                                {{"weights", &weights}, {"step", &step}});

  object::CheckpointManagerOptions options;
  CAIRN_ASSIGN_OR_RETURN(
      options.retention,
      state::ParseRetentionPolicy("latest:2,best:1:accuracy:max"));
  options.step_counter = &step;
  options.checkpoint_interval = 10;
  CAIRN_ASSIGN_OR_RETURN(const auto manager, object::CheckpointManager::Create(
                                                 &checkpoint, dir, options));
  CAIRN_ASSIGN_OR_RETURN(const auto preemption,
                         object::PreemptionSignal::Watch(SIGTERM));

  CAIRN_ASSIGN_OR_RETURN(const auto restored, manager->RestoreOrInitialize());
  std::printf("%s\n", restored ? restored->c_str() : "a new run");

  const int64_t end = step.data<int64_t>()[0] + 50;
  while (step.data<int64_t>()[0] < end && !preemption->requested()) {
    for (float& weight : weights.data<float>()) weight += 0.01f;
    const int64_t now = ++step.data<int64_t>()[0];
    object::ManagedSave save;
    save.metrics["accuracy"] = now == 20 ? 0.9 : 0.5;
    CAIRN_RETURN_IF_ERROR(manager->SaveAsync(save).status());
  }
  if (preemption->requested()) {
    return manager->SaveBeforeEnd(object::PendingSaves::kFinish).status();
  }
  CAIRN_RETURN_IF_ERROR(manager->Sync());
  for (const std::string& path : manager->checkpoints()) {
    std::printf("kept %s\n", path.c_str());
  }
  return OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: managed_training DIR\n");
    return EXIT_FAILURE;
  }
  const Status status = Train(argv[1]);
  if (!status.ok()) std::fprintf(stderr, "%s\n", Message(status).c_str());
  return status.ok() ? EXIT_SUCCESS : EXIT_FAILURE;
}
