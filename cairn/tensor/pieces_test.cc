// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/pieces.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "cairn/base/strings.h"

namespace cairn {
namespace {

std::vector<TensorSlice> Slices(const std::vector<std::string>& texts) {
  std::vector<TensorSlice> slices;
  for (const std::string& text : texts) {
    slices.push_back(*TensorSlice::Parse(text));
  }
  return slices;
}

StatusOr<std::vector<ChosenPiece>> Choose(
    const Shape& shape, const std::vector<std::string>& slices,
    const std::string& region) {
  return ChoosePieces(shape, Slices(slices),
                      TensorSlice::Parse(region)->Resolve(shape));
}

TEST(ChoosePieces, TakesThePiecesThatTouchTheRegion) {
  const auto chosen = Choose({4, 6}, {"0,2:-", "2,2:-"}, "1,2:3,2");
  ASSERT_TRUE(chosen.ok()) << chosen.status();
  ASSERT_EQ(chosen->size(), 2u);
  EXPECT_EQ((*chosen)[0].where.ToString(), "0,2:0,6");
  EXPECT_EQ((*chosen)[0].wanted.ToString(), "1,1:3,2");
  EXPECT_EQ((*chosen)[1].index, 1u);
  EXPECT_EQ((*chosen)[1].wanted.ToString(), "2,1:3,2");
  EXPECT_EQ(Choose({4, 6}, {"0,2:-", "2,2:-"}, "0,1:-")->size(), 1u);
}

TEST(ChoosePieces, AcceptsIrregularTilings) {
  EXPECT_TRUE(Choose({10, 10},
                     {"0,2:0,10", "2,2:0,10", "4,2:0,10", "6,4:0,1", "6,2:1,9",
                      "8,2:1,3", "8,2:4,6"},
                     "-:-")
                  .ok());
  // A pinwheel, which no dimension splits.
  EXPECT_TRUE(Choose({3, 3},
                     {"0,1:0,2", "0,2:2,1", "2,1:1,2", "1,2:0,1", "1,1:1,1"},
                     "-:-")
                  .ok());
}

TEST(ChoosePieces, RejectsOverlapsAndGapsInTheRegionOnly) {
  const std::vector<std::string> overlapping = {"0,3:-", "2,2:-"};
  EXPECT_TRUE(absl::IsDataLoss(Choose({4, 2}, overlapping, "-:-").status()));
  EXPECT_TRUE(Choose({4, 2}, overlapping, "0,2:-").ok());
  const std::vector<std::string> gap = {"0,1:-", "2,2:-"};
  const Status status = Choose({4, 2}, gap, "-:-").status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_NE(Message(status).find("6 of 8 elements"), std::string::npos);
  EXPECT_TRUE(Choose({4, 2}, gap, "2,2:-").ok());
  EXPECT_FALSE(Choose({4, 2}, {}, "-:-").ok());
  EXPECT_FALSE(Choose({4, 2}, {"0,4:-", "0,4:-"}, "-:-").ok());
}

TEST(ChoosePieces, TakesTheOnePieceOfAScalar) {
  EXPECT_EQ(Choose({}, {""}, "")->size(), 1u);
  EXPECT_FALSE(Choose({}, {"", ""}, "").ok());
}

TEST(ChoosePieces, ComparesAGridOfManyPiecesQuickly) {
  std::vector<TensorSlice> slices;
  for (int64_t i = 0; i < 300; ++i) {
    for (int64_t j = 0; j < 300; ++j) {
      slices.push_back(*TensorSlice::Create({{i, 1}, {j, 1}}));
    }
  }
  std::shuffle(slices.begin(), slices.end(), std::mt19937(1));
  const Shape shape = {300, 300};
  const auto all = ChoosePieces(shape, slices, TensorSlice(2).Resolve(shape));
  ASSERT_TRUE(all.ok()) << all.status();
  slices.push_back(slices.front());
  EXPECT_TRUE(absl::IsDataLoss(
      ChoosePieces(shape, slices, TensorSlice(2).Resolve(shape)).status()));
}

TEST(ChoosePieces, GivesUpOnHostileTilingsInsteadOfHanging) {
  // Pairs of bars that keep every dimension from splitting them.
  std::vector<TensorSlice> slices;
  constexpr int64_t kSize = 20000;
  for (int64_t i = 0; i < kSize; ++i) {
    slices.push_back(*TensorSlice::Create({{0, kSize - i}, {i, 1}}));
  }
  slices.push_back(*TensorSlice::Create({{kSize - 1, 1}, {1, kSize - 1}}));
  const Shape shape = {kSize, kSize};
  EXPECT_FALSE(ChoosePieces(shape, slices, TensorSlice(2).Resolve(shape)).ok());
}

TEST(ChoosePieces, GivesUpOnASpiralInsteadOfHanging) {
  // A column, then a row of what is left, and so on: each round of splitting
  // takes one piece off.
  const auto spiral = [](int64_t size) {
    std::vector<TensorSlice> slices;
    for (int64_t i = 0; i < size; ++i) {
      slices.push_back(*TensorSlice::Create({{i, size - i}, {i, 1}}));
      if (i + 1 == size) break;
      slices.push_back(*TensorSlice::Create({{i, 1}, {i + 1, size - i - 1}}));
    }
    return slices;
  };
  const auto choose = [&](int64_t size) {
    const Shape shape = {size, size};
    return ChoosePieces(shape, spiral(size), TensorSlice(2).Resolve(shape));
  };
  EXPECT_TRUE(choose(1000).ok()) << choose(1000).status();
  EXPECT_TRUE(absl::IsUnimplemented(choose(20000).status()))
      << choose(20000).status();
}

TEST(ChoosePieces, RefusesMorePiecesThanTheLimit) {
  const std::vector<TensorSlice> slices(kMaxPieces + 1,
                                        *TensorSlice::Parse("0,1"));
  EXPECT_TRUE(absl::IsUnimplemented(
      ChoosePieces({4}, slices, TensorSlice(1).Resolve({4})).status()));
}

}  // namespace
}  // namespace cairn
