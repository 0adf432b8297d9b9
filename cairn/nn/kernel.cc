// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/kernel.h"

#include <algorithm>
#include <utility>

namespace cairn::nn {

Tiling::Tiling(int64_t batch, int64_t fine_examples, int64_t fine_per_coarse)
    : batch(batch) {
  const int64_t fines = (batch + fine_examples - 1) / fine_examples;
  for (int64_t i = 0; i < fines; ++i) {
    const int64_t first = batch * i / fines;
    fine.push_back(
        {static_cast<int>(i), first, batch * (i + 1) / fines - first});
  }
  const int64_t coarses = (fines + fine_per_coarse - 1) / fine_per_coarse;
  for (int64_t i = 0; i <= coarses; ++i) {
    first_fine.push_back(static_cast<size_t>(fines * i / coarses));
  }
  for (size_t i = 0; i + 1 < first_fine.size(); ++i) {
    const Tile& last = fine[first_fine[i + 1] - 1];
    const int64_t first = fine[first_fine[i]].first;
    coarse.push_back(
        {static_cast<int>(i), first, last.first + last.count - first});
  }
}

std::span<const Tile> Tiling::FineOf(const Tile& coarse_tile) const {
  const size_t first = first_fine[static_cast<size_t>(coarse_tile.index)];
  const size_t end = first_fine[static_cast<size_t>(coarse_tile.index) + 1];
  return std::span(fine).subspan(first, end - first);
}

StatusOr<Tensor> MakeBuffer(int64_t count) {
  return Tensor::Create(DataType::kFloat, Shape{count});
}

Status GradientBuffer::Allocate(const Tiling& tiling, int threads,
                                int64_t example_size, Room room) {
  int64_t largest = 0;
  for (const Tile& tile : tiling.coarse) {
    largest = std::max(largest, tile.count);
  }
  room_ = room;
  example_size_ = example_size;
  // Threads' parts begin at different cache lines.
  thread_size_ = (largest * example_size + 15) / 16 * 16;
  CAIRN_ASSIGN_OR_RETURN(
      values_, MakeBuffer(room == Room::kBatch ? tiling.batch * example_size
                                               : threads * thread_size_));
  base_ = Data(values_);
  return OkStatus();
}

void Schedule::ForEachTile(Grain grain, std::function<void(const Tile&)> step) {
  if (phases_.empty() || !phases_.back().once.empty()) phases_.emplace_back();
  Phase& phase = phases_.back();
  if (grain == Grain::kCoarse) phase.grain = Grain::kCoarse;
  phase.per_tile.push_back({grain, std::move(step)});
}

void Schedule::Once(std::function<void()> step) {
  if (phases_.empty()) phases_.emplace_back();
  phases_.back().once.push_back(std::move(step));
}

void Schedule::Run(Workers& workers, const Tiling& tiling) const {
  for (const Phase& phase : phases_) {
    const bool coarse = phase.grain == Grain::kCoarse;
    const std::vector<Tile>& tiles = coarse ? tiling.coarse : tiling.fine;
    const auto work = [&](int i, int thread) {
      Tile tile = tiles[static_cast<size_t>(i)];
      tile.thread = thread;
      tile.origin = tile.first;
      for (const Step& step : phase.per_tile) {
        if (step.grain == phase.grain) {
          step.run(tile);
          continue;
        }
        for (Tile part : tiling.FineOf(tile)) {
          part.thread = thread;
          part.origin = tile.first;
          step.run(part);
        }
      }
    };
    if (!phase.per_tile.empty()) {
      workers.ForEach(static_cast<int>(tiles.size()), work);
    }
    for (const auto& step : phase.once) step();
  }
}

}  // namespace cairn::nn
