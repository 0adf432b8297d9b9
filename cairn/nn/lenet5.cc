// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/lenet5.h"

namespace cairn::nn {

std::vector<LayerSpec> LeNet5Layers() {
  return {
      Conv2DConfig{.filters = 16, .activation = Activation::kRelu},
      BatchNormalizationConfig{},
      MaxPool2DConfig{},
      Conv2DConfig{.filters = 16, .activation = Activation::kRelu},
      BatchNormalizationConfig{},
      MaxPool2DConfig{},
      FlattenConfig{},
      DenseConfig{.units = 128, .activation = Activation::kRelu},
      DenseConfig{.units = 10, .activation = Activation::kSoftmax},
  };
}

Status AddLeNet5(Sequential& net) {
  for (const LayerSpec& layer : LeNet5Layers()) {
    CAIRN_RETURN_IF_ERROR(net.Add(layer));
  }
  return OkStatus();
}

}  // namespace cairn::nn
