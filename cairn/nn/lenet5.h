// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// LeNet-5, the network of the demo, the benchmarks and the tests against
// TensorFlow: Conv2D 16 3x3 relu, BatchNormalization, MaxPool2D, the same three
// again, Flatten, Dense 128 relu, Dense 10 softmax.
#ifndef CAIRN_NN_LENET5_H_
#define CAIRN_NN_LENET5_H_

#include <vector>

#include "cairn/base/status.h"
#include "cairn/nn/layer.h"
#include "cairn/nn/sequential.h"

namespace cairn::nn {

std::vector<LayerSpec> LeNet5Layers();

// Adds them to a model for images [28,28,1]. Errors are Add's.
Status AddLeNet5(Sequential& net);

}  // namespace cairn::nn

#endif  // CAIRN_NN_LENET5_H_
