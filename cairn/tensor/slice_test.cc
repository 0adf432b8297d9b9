// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/slice.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace cairn {
namespace {

TensorSlice Parsed(const std::string& text) {
  StatusOr<TensorSlice> slice = TensorSlice::Parse(text);
  EXPECT_TRUE(slice.ok()) << text << ": " << slice.status();
  return slice.ok() ? *slice : TensorSlice();
}

TEST(TensorSlice, RoundTripsText) {
  for (const char* text : {"", "-", "0,2:-", "1000000,50000:3,1", "-:-:-"}) {
    EXPECT_EQ(Parsed(text).ToString(), text);
  }
}

TEST(TensorSlice, RejectsMalformedText) {
  const char* bad[] = {"x",
                       "1",
                       "1,",
                       ",1",
                       "1,0",
                       "-1,2",
                       "0,-1",
                       "1,2,3",
                       "-:",
                       ":-",
                       "1, 2",
                       "+1,2",
                       "--",
                       "0,2 ",
                       "0,2;-",
                       "0x1,0x2",
                       "9223372036854775808,1",
                       "9223372036854775807,1"};
  for (const char* text : bad) {
    EXPECT_EQ(TensorSlice::Parse(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(TensorSlice, RejectsExtentsThatAreNone) {
  EXPECT_FALSE(TensorSlice::Create({{1, SliceExtent::kAll}}).ok());
  EXPECT_FALSE(TensorSlice::Create({{0, 0}}).ok());
  EXPECT_FALSE(TensorSlice::Create({{0, -2}}).ok());
  EXPECT_FALSE(
      TensorSlice::Create({{1, std::numeric_limits<int64_t>::max()}}).ok());
  EXPECT_FALSE(TensorSlice::Create(std::vector<SliceExtent>(255)).ok());
}

TEST(TensorSlice, AppliesToAShape) {
  EXPECT_EQ(Parsed("1,2:-").Apply({4, 6})->ToString(), "[2,6]");
  EXPECT_EQ(Parsed("-").Apply({0})->ToString(), "[0]");
  EXPECT_EQ(Parsed("").Apply({})->ToString(), "[]");
}

TEST(TensorSlice, RejectsShapesItDoesNotFit) {
  for (const char* text : {"3,2", "5,1", "4,1", "-:-", ""}) {
    EXPECT_EQ(Parsed(text).Apply({4}).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(TensorSlice, ResolvesAllToTheWholeDimension) {
  EXPECT_EQ(Parsed("1,2:-").Resolve({4, 6}).ToString(), "1,2:0,6");
}

TEST(TensorSlice, KnowsWhatCovers) {
  EXPECT_TRUE(Parsed("0,4:-").Covers({4, 6}));
  EXPECT_TRUE(Parsed("-:0,6").Covers({4, 6}));
  EXPECT_FALSE(Parsed("0,3:-").Covers({4, 6}));
  EXPECT_FALSE(Parsed("-").Covers({4, 6}));
}

TEST(TensorSlice, Intersects) {
  TensorSlice common;
  ASSERT_TRUE(
      TensorSlice::Intersect(Parsed("0,3:2,4"), Parsed("2,2:0,3"), &common));
  EXPECT_EQ(common.ToString(), "2,1:2,1");
  EXPECT_FALSE(TensorSlice::Intersect(Parsed("0,2"), Parsed("2,2"), &common));
  EXPECT_FALSE(
      TensorSlice::Intersect(Parsed("0,2"), Parsed("0,2:0,2"), &common));
}

}  // namespace
}  // namespace cairn
