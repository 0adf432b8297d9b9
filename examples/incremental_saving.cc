// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: incremental_saving DIR
//
// A large frozen embedding below a small head that is trained: only the first
// save writes the embedding. Each checkpoint is a whole one, for TensorFlow
// too, and removing the older ones takes nothing from the newer.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "cairn/object/checkpoint_manager.h"

namespace {

using namespace cairn;  // NOLINT: a short program

Status Train(const std::string& dir) {
  Variable embedding("embedding",
                     *Tensor::Create(DataType::kFloat, Shape({4096, 64})));
  float next = 0;
  for (float& value : embedding.data<float>()) value = next++;
  Variable head("head", *Tensor::Create(DataType::kFloat, Shape({64, 2})));
  object::Checkpoint checkpoint(LocalFileSystem(),
                                {{"embedding", &embedding}, {"head", &head}});

  object::CheckpointManagerOptions options;
  options.max_to_keep = 2;
  options.incremental = object::IncrementalSave{};
  CAIRN_ASSIGN_OR_RETURN(const auto manager, object::CheckpointManager::Create(
                                                 &checkpoint, dir, options));
  object::ManagedSave save;
  save.options.report = [](const object::SaveReport& report) {
    std::printf("%s: %llu bytes written, %llu linked, %llu cloned\n",
                report.path.c_str(),
                static_cast<unsigned long long>(report.written_bytes),
                static_cast<unsigned long long>(report.linked_bytes),
                static_cast<unsigned long long>(report.cloned_bytes));
    for (const std::string& note : report.notes) {
      std::printf("  %s\n", note.c_str());
    }
  };
  for (int step = 1; step <= 5; ++step) {
    for (float& weight : head.data<float>()) weight += 0.5f;
    CAIRN_RETURN_IF_ERROR(manager->Save(save).status());
  }

  // The embedding that the first save wrote.
  CAIRN_ASSIGN_OR_RETURN(const object::LoadStatus status,
                         checkpoint.Restore(manager->latest_checkpoint()));
  CAIRN_RETURN_IF_ERROR(status.AssertConsumed());
  std::printf("embedding[4095][63] is %.0f\n",
              static_cast<double>(embedding.data<float>().back()));
  return OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: incremental_saving DIR\n");
    return EXIT_FAILURE;
  }
  const Status status = Train(argv[1]);
  if (!status.ok()) std::fprintf(stderr, "%s\n", Message(status).c_str());
  return status.ok() ? EXIT_SUCCESS : EXIT_FAILURE;
}
