// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Comparing values, and LeNet-5 with recorded weights. For tests.
#ifndef CAIRN_NN_TEST_SUPPORT_H_
#define CAIRN_NN_TEST_SUPPORT_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cairn/data/test_npz.h"
#include "cairn/nn/lenet5.h"
#include "cairn/nn/sequential.h"

namespace cairn::nn {

// |a - b| <= absolute + relative * |b| for all, NaN equal to NaN.
inline void ExpectNear(std::span<const float> actual,
                       std::span<const float> expected, double relative,
                       double absolute, const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  size_t worst = 0;
  double excess = -1;
  for (size_t i = 0; i < actual.size(); ++i) {
    const double a = actual[i], b = expected[i];
    if (std::isnan(a) && std::isnan(b)) continue;
    const double over = std::abs(a - b) - (absolute + relative * std::abs(b));
    if (over > excess || std::isnan(over)) {
      excess = std::isnan(over) ? INFINITY : over;
      worst = i;
    }
  }
  EXPECT_LE(excess, 0) << what << "[" << worst << "]: " << actual[worst]
                       << ", expected " << expected[worst];
}

// A compiled model with its optimizer.
struct Model {
  Model(SequentialOptions options, const std::vector<LayerSpec>& layers,
        AdamOptions adam_options = {})
      : adam(std::move(adam_options)), net(std::move(options)) {
    for (const LayerSpec& layer : layers) {
      EXPECT_TRUE(net.Add(layer).ok());
    }
    const Status status = net.Compile({.optimizer = &adam});
    EXPECT_TRUE(status.ok()) << Message(status);
  }
  // Sets every variable to the array of its name.
  void Load(const data::Npz& values) {
    for (Variable* variable : net.Variables()) {
      const auto it = values.find(variable->name());
      ASSERT_NE(it, values.end()) << variable->name();
      ASSERT_TRUE(variable->Assign(*it->second.Clone()).ok());
    }
  }
  Adam adam;
  Sequential net;
};

// Rows first ... first + count - 1 of a tensor of fixed-size elements.
inline TensorView Rows(const Tensor& tensor, int64_t first, int64_t count) {
  std::vector<int64_t> dims(tensor.shape().dims().begin(),
                            tensor.shape().dims().end());
  const size_t row = tensor.bytes().size() / static_cast<size_t>(dims[0]);
  dims[0] = count;
  return *TensorView::Create(
      tensor.dtype(), *Shape::Create(dims),
      tensor.bytes().substr(static_cast<size_t>(first) * row,
                            static_cast<size_t>(count) * row));
}

}  // namespace cairn::nn

#endif  // CAIRN_NN_TEST_SUPPORT_H_
