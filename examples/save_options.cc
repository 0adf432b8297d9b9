// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: save_options DIRECTORY
//
// Checkpoints in several files: of a size, by a policy of the program's own, as
// pieces of one large variable; and an optimizer whose state is left out.
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/nn/optimizer.h"
#include "cairn/object/checkpoint.h"
#include "cairn/tensor/sharded_variable.h"

namespace {

using cairn::LocalFileSystem;
using cairn::Status;
using cairn::StatusOr;
using cairn::Variable;
using cairn::object::Checkpoint;
using cairn::object::Shard;
using cairn::object::ShardableTensor;

// Each tensor in a file of its own; the object graph is one of them.
class FileForEach : public cairn::object::ShardingPolicy {
 public:
  std::string description() const override { return "a file for each tensor"; }
  StatusOr<std::vector<Shard>> Partition(
      std::span<const ShardableTensor> tensors) const override {
    std::vector<Shard> shards;
    for (size_t i = 0; i < tensors.size(); ++i) shards.push_back({{i}});
    return shards;
  }
};

Status Run(const std::string& directory) {
  const auto zeros = [](cairn::Shape shape) {
    return *cairn::Tensor::Create(cairn::DataType::kFloat, std::move(shape));
  };
  Variable kernel("kernel", zeros({64, 64}));
  // A table in two pieces is one tensor in the checkpoint.
  Variable top("table/part_0", zeros({100, 8}));
  Variable bottom("table/part_1", zeros({50, 8}));
  cairn::ShardedVariable table("table", {&top, &bottom});
  cairn::nn::Adam adam({.amsgrad = true});
  Variable* const trained[] = {&kernel};
  CAIRN_RETURN_IF_ERROR(adam.Build(trained));
  Checkpoint checkpoint(
      LocalFileSystem(),
      {{"kernel", &kernel}, {"table", &table}, {"optimizer", &adam}});

  // At most 4 KiB in a file, two files at a time.
  CAIRN_RETURN_IF_ERROR(
      checkpoint
          .Write(directory + "/small",
                 {.sharding = cairn::object::MaxShardSize(4096), .threads = 2})
          .status());
  CAIRN_RETURN_IF_ERROR(
      checkpoint
          .Write(directory + "/each",
                 {.sharding = std::make_shared<FileForEach>()})
          .status());
  // Either restores as if it were one file.
  CAIRN_ASSIGN_OR_RETURN(const auto status,
                         checkpoint.Read(directory + "/small"));
  CAIRN_RETURN_IF_ERROR(status.AssertConsumed());

  // Without m, v and vhat; a callback hears of it when it is on the disk.
  return checkpoint
      .Save(directory + "/weights",
            {.skip_slot_variables = true,
             .write_callbacks = {[](const std::string& path) {
               std::cout << "wrote " << path << "\n";
               return cairn::OkStatus();
             }}})
      .status();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: save_options DIRECTORY\n";
    return 2;
  }
  const Status status = Run(argv[1]);
  if (status.ok()) return 0;
  std::cerr << status << "\n";
  return 1;
}
