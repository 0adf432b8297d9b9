// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/data/batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cairn/base/random.h"

namespace cairn::data {
namespace {

using testing::ElementsAre;

// y counts the examples, x is [n,2] with 10 y and 10 y + 1.
struct Examples {
  explicit Examples(int64_t n)
      : x(*Tensor::Create(DataType::kFloat, Shape{n, 2})),
        y(*Tensor::Create(DataType::kUint8, Shape{n})) {
    for (int64_t i = 0; i < n; ++i) {
      const auto at = static_cast<size_t>(i);
      y.data<uint8_t>()[at] = static_cast<uint8_t>(i);
      x.data<float>()[2 * at] = static_cast<float>(10 * i);
      x.data<float>()[2 * at + 1] = static_cast<float>(10 * i + 1);
    }
  }
  Tensor x, y;
};

// The examples of an epoch, batch by batch, checked to belong together.
std::vector<std::vector<int>> Epoch(Batches& batches, int epoch) {
  std::vector<std::vector<int>> all;
  for (batches.StartEpoch(epoch); batches.Next();) {
    std::vector<int> batch;
    const TensorView x = batches.x(), y = batches.y();
    EXPECT_EQ(x.shape(), (Shape{y.shape().dim(0), 2}));
    for (size_t i = 0; i < y.data<uint8_t>().size(); ++i) {
      const int label = y.data<uint8_t>()[i];
      EXPECT_EQ(x.data<float>()[2 * i], 10.0f * static_cast<float>(label));
      EXPECT_EQ(x.data<float>()[2 * i + 1],
                10.0f * static_cast<float>(label) + 1);
      batch.push_back(label);
    }
    all.push_back(batch);
  }
  return all;
}

TEST(Batches, KeepTheOrderAndEndWithASmallerOne) {
  const Examples e(7);
  Batches batches = *Batches::Create(e.x, e.y, {.batch_size = 3});
  EXPECT_EQ(batches.count(), 3);
  const std::vector<std::vector<int>> expected = {{0, 1, 2}, {3, 4, 5}, {6}};
  EXPECT_EQ(Epoch(batches, 0), expected);
  EXPECT_EQ(Epoch(batches, 1), expected);
}

TEST(Batches, ShuffleEachEpochAnewAndTheSameForASeed) {
  const Examples e(20);
  const auto epochs = [&](uint64_t seed) {
    Batches batches =
        *Batches::Create(e.x, e.y, {.batch_size = 20, .shuffle_seed = seed});
    return std::pair(Epoch(batches, 0)[0], Epoch(batches, 1)[0]);
  };
  const auto first = epochs(1);
  EXPECT_NE(first.first, first.second);
  EXPECT_EQ(first, epochs(1));
  EXPECT_NE(first, epochs(2));
  std::vector<int> sorted = first.first;
  std::ranges::sort(sorted);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(sorted[static_cast<size_t>(i)], i);
}

// The order is part of what a seed promises, on every platform.
TEST(Permutation, IsTheSameEverywhere) {
  EXPECT_THAT(Permutation(8, 4, 0), ElementsAre(1, 6, 7, 4, 2, 0, 5, 3));
  EXPECT_THAT(Permutation(1, 7, 0), ElementsAre(0));
  EXPECT_TRUE(Permutation(0, 7, 0).empty());
}

TEST(Batches, RefuseWhatCannotBeBatched) {
  const Examples e(4);
  const auto error = [](const TensorView& x, const TensorView& y,
                        int64_t size) {
    return Message(Batches::Create(x, y, {.batch_size = size}).status());
  };
  EXPECT_EQ(error(e.x, Examples(5).y, 2), "x has 4 examples, y has 5");
  EXPECT_EQ(error(e.x, e.y, 0), "batch_size must be positive, got 0");
  EXPECT_EQ(error(e.x, Tensor::Scalar(1.0f), 2),
            "y must have a first dimension of examples");
  EXPECT_EQ(error(Tensor::OfString("s"), e.y, 2),
            "x must be of a fixed-size type, got string");
}

TEST(Batches, OfNoExamplesAreNone) {
  const Examples e(0);
  Batches batches = *Batches::Create(e.x, e.y, {});
  EXPECT_EQ(batches.count(), 0);
  EXPECT_FALSE(batches.Next());
}

}  // namespace
}  // namespace cairn::data
