// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/layer.h"

#include <gtest/gtest.h>

#include "cairn/nn/test_support.h"

namespace cairn::nn {
namespace {

Shape OutputOf(LayerSpec spec, const Shape& input) {
  auto layer = Layer::Create(spec, "l", input, 0);
  EXPECT_TRUE(layer.ok()) << Message(layer.status());
  return layer.ok() ? (*layer)->config().output_shape : Shape();
}

std::string ErrorOf(LayerSpec spec, const Shape& input) {
  const auto layer = Layer::Create(spec, "l", input, 0);
  EXPECT_EQ(layer.status().code(), absl::StatusCode::kInvalidArgument);
  return Message(layer.status());
}

TEST(Layer, HasTheOutputShapesOfKeras) {
  const Conv2DConfig valid{
      .filters = 5, .kernel_height = 3, .kernel_width = 2, .stride_height = 2};
  EXPECT_EQ(OutputOf(valid, {8, 7, 3}), (Shape{3, 6, 5}));
  Conv2DConfig same = valid;
  same.padding = Padding::kSame;
  EXPECT_EQ(OutputOf(same, {8, 7, 3}), (Shape{4, 7, 5}));
  EXPECT_EQ(OutputOf(MaxPool2DConfig{}, {7, 6, 2}), (Shape{3, 3, 2}));
  EXPECT_EQ(OutputOf(MaxPool2DConfig{.padding = Padding::kSame}, {7, 6, 2}),
            (Shape{4, 3, 2}));
  EXPECT_EQ(OutputOf(FlattenConfig{}, {7, 6, 2}), (Shape{84}));
  EXPECT_EQ(OutputOf(DenseConfig{.units = 3}, {7, 6}), (Shape{7, 3}));
}

TEST(Layer, DrawsTheKernelsOfKerasGlorotUniform) {
  const data::Npz golden = data::LoadGoldenNpz("numerics/random/random.npz");
  for (const uint64_t seed : {0, 7, 20191218}) {
    const std::string prefix =
        "glorot_uniform/seed_" + std::to_string(seed) + "/";
    const auto conv =
        *Layer::Create(Conv2DConfig{.filters = 16}, "c", {9, 9, 1}, seed);
    EXPECT_TRUE(BitwiseEqual(conv->Find("kernel")->value(),
                             golden.at(prefix + "3_3_1_16")));
    const auto dense = *Layer::Create(DenseConfig{.units = 4}, "d", {6}, seed);
    EXPECT_TRUE(BitwiseEqual(dense->Find("kernel")->value(),
                             golden.at(prefix + "6_4")));
  }
}

TEST(Layer, OfNormalizationHasTheChildrenOfKerasAndStillStatistics) {
  const auto layer =
      *Layer::Create(BatchNormalizationConfig{}, "bn", {4, 4, 2}, 0);
  std::vector<std::string> names;
  for (const TrackableEdge& edge : layer->Children()) {
    names.push_back(edge.name);
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"axis", "gamma", "beta", "moving_mean",
                                      "moving_variance"}));
  EXPECT_TRUE(layer->Find("gamma")->trainable());
  EXPECT_FALSE(layer->Find("moving_variance")->trainable());
  EXPECT_EQ(layer->Find("moving_mean")->name(), "bn/moving_mean");
  EXPECT_EQ(layer->CountParameters(), 8);
}

TEST(Layer, RefusesWhatDoesNotFit) {
  EXPECT_EQ(ErrorOf(Conv2DConfig{.filters = 1}, {5, 5}),
            "l: needs input of rank 3 (height, width and channels), got [5,5]");
  EXPECT_EQ(ErrorOf(Conv2DConfig{.filters = 1}, {2, 5, 1}),
            "l: window of 3 x 3 is larger than its input [2,5,1]");
  EXPECT_EQ(ErrorOf(Conv2DConfig{}, {5, 5, 1}),
            "l: filters must be from 1 to 16777216, got 0");
  EXPECT_EQ(ErrorOf(Conv2DConfig{.filters = 1, .stride_width = -1}, {5, 5, 1}),
            "l: stride width must be from 1 to 16777216, got -1");
  EXPECT_EQ(ErrorOf(DenseConfig{.units = -3}, {5}),
            "l: units must be from 1 to 16777216, got -3");
  EXPECT_EQ(ErrorOf(BatchNormalizationConfig{.epsilon = 0}, {5}),
            "l: epsilon must be a positive number, got 0");
  EXPECT_EQ(ErrorOf(BatchNormalizationConfig{.momentum = 2}, {5}),
            "l: momentum must be from 0 to 1, got 2");
  EXPECT_EQ(ErrorOf(MaxPool2DConfig{.pool_height = 6}, {5, 5, 1}),
            "l: window of 6 x 2 is larger than its input [5,5,1]");
  EXPECT_EQ(ErrorOf(FlattenConfig{}, {0, 3}),
            "l: an example must have 1 to 16777216 values, got shape [0,3]");
}

}  // namespace
}  // namespace cairn::nn
