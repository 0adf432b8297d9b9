// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Overlaps are looked for by splitting: along one dimension after the other,
// the pieces fall into groups whose extents do not touch. A grid, and what
// partitioners make, falls apart into single pieces after rank rounds. What no
// dimension splits is compared pair by pair, within a budget. A tiling that
// gives up one piece a round, like a spiral, would take as many rounds as
// pieces: the rounds have a budget too.
#include "cairn/tensor/pieces.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn {
namespace {

// Pairs of pieces compared at most, for one region.
constexpr size_t kMaxComparisons = size_t{1} << 24;
// Pieces sorted at most, counted again in each round: besides these, so many
// for each piece and dimension. A grid takes one.
constexpr size_t kSpareSorted = size_t{1} << 22;
constexpr size_t kSortedPerExtent = 16;

Status TooIntricate() {
  return UnimplementedError("its pieces are too intricate to be compared");
}

int64_t Volume(const TensorSlice& slice) {
  int64_t volume = 1;
  for (const SliceExtent& extent : slice.extents()) volume *= extent.length;
  return volume;
}

class OverlapFinder {
 public:
  using Group = std::span<const ChosenPiece*>;

  // DataLoss for an overlap, Unimplemented when the budget is used up.
  Status Check(Group group, int rank) {
    // Groups that still have to be split, and how many dimensions in a row have
    // failed to: a stack of our own, not recursion.
    struct Task {
      Group group;
      int dim;
      int failed;
    };
    std::vector<Task> tasks = {{group, 0, 0}};
    size_t budget = kSpareSorted + kSortedPerExtent * group.size() *
                                       static_cast<size_t>(rank + 1);
    while (!tasks.empty()) {
      const Task task = tasks.back();
      tasks.pop_back();
      if (task.group.size() < 2) continue;
      if (task.failed == rank) {
        CAIRN_RETURN_IF_ERROR(ComparePairs(task.group));
        continue;
      }
      if (task.group.size() > budget) return TooIntricate();
      budget -= task.group.size();
      const std::vector<Group> parts = Split(task.group, task.dim);
      const int failed = parts.size() > 1 ? 0 : task.failed + 1;
      const int next = (task.dim + 1) % std::max(rank, 1);
      for (const Group part : parts) tasks.push_back({part, next, failed});
    }
    return OkStatus();
  }

 private:
  // Sorted by their start in `dim`, cut wherever no piece goes on.
  static std::vector<Group> Split(Group group, int dim) {
    const auto extent = [dim](const ChosenPiece* piece) {
      return piece->wanted.extent(dim);
    };
    std::ranges::sort(group, {}, [&](const ChosenPiece* piece) {
      return extent(piece).start;
    });
    std::vector<Group> parts;
    size_t begin = 0;
    int64_t end = 0;
    for (size_t i = 0; i < group.size(); ++i) {
      const SliceExtent e = extent(group[i]);
      if (i > begin && e.start >= end) {
        parts.push_back(group.subspan(begin, i - begin));
        begin = i;
      }
      end = std::max(end, e.start + e.length);
    }
    parts.push_back(group.subspan(begin));
    return parts;
  }

  Status ComparePairs(Group group) {
    for (size_t i = 0; i < group.size(); ++i) {
      for (size_t j = i + 1; j < group.size(); ++j) {
        if (++comparisons_ > kMaxComparisons) return TooIntricate();
        TensorSlice common;
        if (TensorSlice::Intersect(group[i]->wanted, group[j]->wanted,
                                   &common)) {
          return DataLossError(StrCat("Overlapping slices: piece ",
                                      group[i]->where.ToString(), " and piece ",
                                      group[j]->where.ToString()));
        }
      }
    }
    return OkStatus();
  }

  size_t comparisons_ = 0;
};

}  // namespace

StatusOr<std::vector<ChosenPiece>> ChoosePieces(
    const Shape& shape, std::span<const TensorSlice> slices,
    const TensorSlice& region) {
  if (slices.size() > kMaxPieces) {
    return UnimplementedError(StrCat(slices.size(), " pieces, at most ",
                                     kMaxPieces, " are supported"));
  }
  std::vector<ChosenPiece> chosen;
  for (size_t i = 0; i < slices.size(); ++i) {
    TensorSlice where = slices[i].Resolve(shape);
    TensorSlice wanted;
    if (!TensorSlice::Intersect(where, region, &wanted)) continue;
    chosen.push_back({i, std::move(where), std::move(wanted)});
  }
  std::vector<const ChosenPiece*> order;
  order.reserve(chosen.size());
  for (const ChosenPiece& piece : chosen) order.push_back(&piece);
  CAIRN_RETURN_IF_ERROR(OverlapFinder().Check(order, shape.rank()));
  // Disjoint parts of the region: their sum cannot exceed its volume.
  int64_t covered = 0;
  for (const ChosenPiece& piece : chosen) covered += Volume(piece.wanted);
  if (covered == Volume(region)) return chosen;
  return InvalidArgumentError(StrCat(
      "Does not have sufficient slices for partitioned tensor to restore ",
      region.ToString(), ": ", covered, " of ", Volume(region),
      " elements are stored"));
}

}  // namespace cairn
