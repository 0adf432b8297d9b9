// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// ShardingPolicy: which data file of a checkpoint gets which tensor, or part of
// one: TensorFlow 2.21's experimental_sharding_callback.
//
//   checkpoint.Write("big", {.sharding = MaxShardSize(1 << 30)});
//
// A policy of your own:
//
//   class ByLayer : public ShardingPolicy {
//     std::string description() const override { return "a file a layer"; }
//     StatusOr<std::vector<Shard>> Partition(
//         std::span<const ShardableTensor> tensors) const override {
//       std::vector<Shard> shards;
//       for (size_t i = 0; i < tensors.size(); ++i) {
//         shards.push_back({{i, {}}});
//       }
//       return shards;
//     }
//   };
//
// What a policy answers is checked before anything is written: every element of
// every tensor in exactly one shard. (TensorFlow saves what it is given, so a
// policy that forgets a tensor loses it.)
#ifndef CAIRN_OBJECT_SHARDING_H_
#define CAIRN_OBJECT_SHARDING_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/tensor.h"

namespace cairn::object {

struct ShardableTensor {
  std::string_view key;
  TensorView value;
  // The object graph, which every checkpoint ends with.
  bool is_object_graph = false;
};

// A tensor, or the part of it that the slice cuts out.
struct ShardPart {
  size_t tensor = 0;  // index in the list
  std::optional<TensorSlice> slice = std::nullopt;
};
// Written in this order.
using Shard = std::vector<ShardPart>;

class ShardingPolicy {
 public:
  virtual ~ShardingPolicy() = default;
  virtual std::string description() const = 0;
  // One shard for each data file, which may be empty; at least one.
  virtual StatusOr<std::vector<Shard>> Partition(
      std::span<const ShardableTensor> tensors) const = 0;
};
using ShardingPolicyPtr = std::shared_ptr<const ShardingPolicy>;

// Everything in one file: what is done without a policy.
ShardingPolicyPtr OneShard();
// One file for each task that `task_of` names, lowest first, as TensorFlow's
// ShardByTaskPolicy. The object graph belongs to the first.
ShardingPolicyPtr ShardByTask(std::function<int(std::string_view key)> task_of);
// Files of at most `bytes` bytes of elements, cut as TensorFlow's
// MaxShardSizePolicy: shards are filled in order, a tensor that does not fit is
// cut along the axis that takes the fewest pieces. The object graph and
// variants count nothing; a scalar that is larger than a shard gets one of its
// own. InvalidArgument when a single slice of every axis of a tensor is larger
// than a shard: TensorFlow's policy does not come back then.
ShardingPolicyPtr MaxShardSize(int64_t bytes);

// InvalidArgument, naming tensor and policy, unless every element of every
// tensor is in exactly one of the shards.
Status CheckShards(const ShardingPolicy& policy,
                   std::span<const ShardableTensor> tensors,
                   std::span<const Shard> shards);

}  // namespace cairn::object

#endif  // CAIRN_OBJECT_SHARDING_H_
