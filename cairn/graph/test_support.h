// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What the tests of graphs of models share.
#ifndef CAIRN_GRAPH_TEST_SUPPORT_H_
#define CAIRN_GRAPH_TEST_SUPPORT_H_

#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <string>

#include "cairn/graph/meta_graph.h"
#include "cairn/tensor/layer_config.h"

namespace cairn::graph {

// The model of the golden cases.
inline ModelConfig LeNet5() {
  const Conv2DConfig conv{.filters = 16, .activation = Activation::kRelu};
  return {"sequential",
          {28, 28, 1},
          {{"conv2d", conv, {28, 28, 1}, {26, 26, 16}},
           {"batch_normalization",
            BatchNormalizationConfig{},
            {26, 26, 16},
            {26, 26, 16}},
           {"max_pooling2d", MaxPool2DConfig{}, {26, 26, 16}, {13, 13, 16}},
           {"conv2d_1", conv, {13, 13, 16}, {11, 11, 16}},
           {"batch_normalization_1",
            BatchNormalizationConfig{},
            {11, 11, 16},
            {11, 11, 16}},
           {"max_pooling2d_1", MaxPool2DConfig{}, {11, 11, 16}, {5, 5, 16}},
           {"flatten", FlattenConfig{}, {5, 5, 16}, {400}},
           {"dense", DenseConfig{128, Activation::kRelu}, {400}, {128}},
           {"dense_1", DenseConfig{10, Activation::kSoftmax}, {128}, {10}}}};
}

// TensorFlow's training graph of it, from the post's first program.
inline MetaGraph Golden() {
  auto meta = MetaGraph::Read(
      LocalFileSystem(), CAIRN_GOLDEN_DIR "/cases/seed/v1/epoch2/model.meta");
  EXPECT_TRUE(meta.ok()) << meta.status();
  return meta.ok() ? *std::move(meta) : MetaGraph();
}

inline std::string Bytes(const google::protobuf::Message& message) {
  return message.DebugString();
}

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_TEST_SUPPORT_H_
