// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a Sequential model is made of, as plain data: the one description from
// which nn trains and graph writes a GraphDef, so that neither knows the other.
#ifndef CAIRN_TENSOR_LAYER_CONFIG_H_
#define CAIRN_TENSOR_LAYER_CONFIG_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "cairn/tensor/shape.h"

namespace cairn {

enum class Activation { kLinear, kRelu, kSoftmax };
enum class Padding { kValid, kSame };

struct Conv2DConfig {
  int64_t filters = 0;
  int64_t kernel_height = 3, kernel_width = 3;
  int64_t stride_height = 1, stride_width = 1;
  Padding padding = Padding::kValid;
  Activation activation = Activation::kLinear;
};
struct BatchNormalizationConfig {
  float momentum = 0.99f;
  float epsilon = 1e-3f;
};
struct MaxPool2DConfig {
  int64_t pool_height = 2, pool_width = 2;
  int64_t stride_height = 2, stride_width = 2;
  Padding padding = Padding::kValid;
};
struct FlattenConfig {};
struct DenseConfig {
  int64_t units = 0;
  Activation activation = Activation::kLinear;
};

struct LayerConfig {
  std::string name;  // unique in the model: "conv2d", "conv2d_1"
  std::variant<Conv2DConfig, BatchNormalizationConfig, MaxPool2DConfig,
               FlattenConfig, DenseConfig>
      config;
  Shape input_shape;   // without the batch dimension
  Shape output_shape;  // likewise
};

struct ModelConfig {
  std::string name;   // "sequential"
  Shape input_shape;  // of one example: [28,28,1]
  std::vector<LayerConfig> layers;
};

}  // namespace cairn

#endif  // CAIRN_TENSOR_LAYER_CONFIG_H_
