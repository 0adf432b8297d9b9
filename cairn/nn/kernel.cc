// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/kernel.h"

#include <utility>

namespace cairn::nn {

std::vector<Tile> MakeTiles(int64_t batch, int64_t most) {
  const int64_t count = (batch + most - 1) / most;
  std::vector<Tile> tiles;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t first = batch * i / count;
    const int64_t end = batch * (i + 1) / count;
    tiles.push_back({static_cast<int>(i), first, end - first});
  }
  return tiles;
}

StatusOr<Tensor> MakeBuffer(int64_t count) {
  return Tensor::Create(DataType::kFloat, Shape{count});
}

void Schedule::ForEachTile(std::function<void(const Tile&)> step) {
  if (phases_.empty() || !phases_.back().once.empty()) phases_.emplace_back();
  phases_.back().per_tile.push_back(std::move(step));
}

void Schedule::Once(std::function<void()> step) {
  if (phases_.empty()) phases_.emplace_back();
  phases_.back().once.push_back(std::move(step));
}

void Schedule::Run(Workers& workers, std::span<const Tile> tiles) const {
  for (const Phase& phase : phases_) {
    if (!phase.per_tile.empty()) {
      workers.ForEach(static_cast<int>(tiles.size()), [&](int i) {
        for (const auto& step : phase.per_tile) {
          step(tiles[static_cast<size_t>(i)]);
        }
      });
    }
    for (const auto& step : phase.once) step();
  }
}

}  // namespace cairn::nn
