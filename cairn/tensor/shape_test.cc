// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/shape.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace cairn {
namespace {

constexpr int64_t kBig = int64_t{1} << 40;

TEST(Shape, ScalarHasOneElement) {
  EXPECT_EQ(Shape().rank(), 0);
  EXPECT_EQ(Shape().num_elements(), 1);
  EXPECT_EQ(Shape().ToString(), "[]");
  EXPECT_EQ(Shape({2, 0, 3}).num_elements(), 0);
  EXPECT_EQ(Shape({2, 3}).ToString(), "[2,3]");
}

TEST(Shape, FormsTheProductFromLeftToRightAsTf) {
  EXPECT_TRUE(Shape::Create(std::vector<int64_t>{0, kBig, kBig}).ok());
  EXPECT_EQ(Shape::Create(std::vector<int64_t>{kBig, kBig, 0}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(
      Shape::Create(std::vector{std::numeric_limits<int64_t>::max()}).ok());
}

TEST(Shape, RejectsNegativeDimensions) {
  for (const int64_t dim : {int64_t{-1}, std::numeric_limits<int64_t>::min()}) {
    EXPECT_FALSE(Shape::Create(std::vector<int64_t>{2, dim}).ok());
  }
}

TEST(Shape, TakesAtMost254Dimensions) {
  std::vector<int64_t> dims(254, 1);
  EXPECT_TRUE(Shape::Create(dims).ok());
  dims.push_back(1);
  EXPECT_FALSE(Shape::Create(dims).ok());
}

TEST(ByteSize, RejectsOverflow) {
  EXPECT_EQ(*ByteSize(Shape({3}), 16), 48);
  EXPECT_FALSE(ByteSize(Shape({int64_t{1} << 60}), 16).ok());
}

}  // namespace
}  // namespace cairn
