// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/object/sharding.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/bundle/entry.h"
#include "cairn/tensor/pieces.h"

namespace cairn::object {
namespace {

class OneShardPolicy : public ShardingPolicy {
 public:
  std::string description() const override { return "everything in one shard"; }
  StatusOr<std::vector<Shard>> Partition(
      std::span<const ShardableTensor> tensors) const override {
    Shard shard;
    for (size_t i = 0; i < tensors.size(); ++i) shard.push_back({i});
    return std::vector<Shard>{std::move(shard)};
  }
};

class TaskPolicy : public ShardingPolicy {
 public:
  explicit TaskPolicy(std::function<int(std::string_view)> task_of)
      : task_of_(std::move(task_of)) {}

  std::string description() const override { return "a shard for each task"; }
  StatusOr<std::vector<Shard>> Partition(
      std::span<const ShardableTensor> tensors) const override {
    std::map<int, Shard> by_task;
    std::optional<size_t> graph;
    for (size_t i = 0; i < tensors.size(); ++i) {
      if (tensors[i].is_object_graph) {
        graph = i;
      } else {
        by_task[task_of_(tensors[i].key)].push_back({i});
      }
    }
    if (by_task.empty()) by_task[0];
    if (graph) by_task.begin()->second.push_back({*graph});
    std::vector<Shard> shards;
    for (auto& [task, shard] : by_task) shards.push_back(std::move(shard));
    return shards;
  }

 private:
  const std::function<int(std::string_view)> task_of_;
};

std::string PolicyText(const ShardingPolicy& policy) {
  return StrCat("sharding policy \"", Escape(policy.description()), "\"");
}

// The parts of one tensor cover it, each element once.
Status CheckParts(const ShardableTensor& tensor,
                  const std::vector<const ShardPart*>& parts) {
  if (parts.empty()) return InvalidArgumentError("it is in no shard");
  const bool any_whole = std::ranges::any_of(
      parts, [](const ShardPart* part) { return !part->slice; });
  if (any_whole && parts.size() > 1) {
    return InvalidArgumentError("it is in more than one place");
  }
  if (any_whole) return OkStatus();
  const Shape& shape = tensor.value.shape();
  std::vector<TensorSlice> slices;
  for (const ShardPart* part : parts) {
    CAIRN_RETURN_IF_ERROR(part->slice->Apply(shape).status());
    slices.push_back(part->slice->Resolve(shape));
  }
  const Status status =
      ChoosePieces(shape, slices, TensorSlice(shape.rank()).Resolve(shape))
          .status();
  if (absl::IsDataLoss(status)) return InvalidArgumentError(Message(status));
  return status;
}

}  // namespace

ShardingPolicyPtr OneShard() { return std::make_shared<OneShardPolicy>(); }

ShardingPolicyPtr ShardByTask(
    std::function<int(std::string_view key)> task_of) {
  return std::make_shared<TaskPolicy>(std::move(task_of));
}

Status CheckShards(const ShardingPolicy& policy,
                   std::span<const ShardableTensor> tensors,
                   std::span<const Shard> shards) {
  if (shards.empty() ||
      shards.size() >= static_cast<size_t>(bundle::kMaxShards)) {
    return InvalidArgumentError(StrCat(PolicyText(policy), " made ",
                                       shards.size(), " shards, expected 1 to ",
                                       bundle::kMaxShards - 1));
  }
  std::vector<std::vector<const ShardPart*>> parts(tensors.size());
  for (const Shard& shard : shards) {
    for (const ShardPart& part : shard) {
      if (part.tensor >= tensors.size()) {
        return InvalidArgumentError(StrCat(PolicyText(policy), " names tensor ",
                                           part.tensor, " of ",
                                           tensors.size()));
      }
      parts[part.tensor].push_back(&part);
    }
  }
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Status status = CheckParts(tensors[i], parts[i]);
    if (!status.ok()) {
      return InvalidArgumentError(StrCat(PolicyText(policy), ": tensor ",
                                         Escape(tensors[i].key), ": ",
                                         Message(status)));
    }
  }
  return OkStatus();
}

}  // namespace cairn::object
