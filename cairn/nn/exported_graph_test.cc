// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The training graph that graph exports of a model, run by session, against the
// model itself. tests/interop/test_training_graph.py lets TensorFlow run it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/data/mnist.h"
#include "cairn/graph/training_graph.h"
#include "cairn/nn/test_support.h"
#include "cairn/session/session.h"

namespace cairn::nn {
namespace {

constexpr int64_t kBatch = 128;

data::Mnist FirstOfMnist() {
  auto mnist =
      data::LoadMnist(LocalFileSystem(),
                      std::string(CAIRN_GOLDEN_DIR) + "/cases/mnist/first1280");
  EXPECT_TRUE(mnist.ok()) << Message(mnist.status());
  return *std::move(mnist);
}

// As the graph's placeholder wants them.
Tensor AsInt64(const TensorView& labels) {
  Tensor out = *Tensor::Create(DataType::kInt64, labels.shape());
  std::ranges::copy(labels.data<uint8_t>(), out.data<int64_t>().begin());
  return out;
}

// A model and a session that runs its exported graph, with the same values.
class Pair {
 public:
  Pair(const std::vector<LayerSpec>& layers, const Shape& input)
      : model({.input_shape = input, .seed = 5}, layers) {}

  void Start() {
    auto meta = graph::BuildTrainingMetaGraph(model.net.Config());
    ASSERT_TRUE(meta.ok()) << Message(meta.status());
    auto created = session::Session::Create(fs_, *meta, {});
    ASSERT_TRUE(created.ok()) << Message(created.status());
    session = *std::move(created);
    ASSERT_TRUE(session->Run({}, {}, {"init"}).ok());
    for (Variable* v : model.net.Variables()) {
      const Status status = session->SetVariable(v->name(), v->value());
      ASSERT_TRUE(status.ok()) << Message(status);
    }
    const auto signatures = meta->signatures();
    input_ = signatures.at("serving_default").inputs.begin()->second.name;
    for (const auto& [key, tensor] : signatures.at("train").inputs) {
      if (tensor.name != input_) target_ = tensor.name;
    }
  }

  // Loss and accuracy of a step of the graph.
  Logs Step(const TensorView& x, const TensorView& labels) {
    const Tensor y = AsInt64(labels);
    const auto got =
        session->Run({{input_, x}, {target_, y.view()}},
                     {"train/loss:0", "train/accuracy:0"}, {"train_op"});
    EXPECT_TRUE(got.ok()) << Message(got.status());
    if (!got.ok()) return {};
    return {.loss = (*got)[0].data<float>()[0],
            .accuracy = (*got)[1].data<float>()[0]};
  }

  Tensor Value(const std::string& name) {
    auto value = session->GetVariable(name);
    EXPECT_TRUE(value.ok()) << Message(value.status());
    return value.ok() ? *std::move(value) : Tensor();
  }

  Model model;
  std::unique_ptr<session::Session> session;

 private:
  MemoryFileSystem fs_;
  std::string input_, target_;
};

struct Difference {
  double largest = 0, mean = 0;
};

Difference Differ(std::span<const float> a, std::span<const float> b) {
  Difference off;
  for (size_t i = 0; i < a.size(); ++i) {
    const double distance = std::abs(double{a[i]} - double{b[i]});
    off.largest = std::max(off.largest, distance);
    off.mean += distance / static_cast<double>(a.size());
  }
  return off;
}

// See trajectory_test.cc for how close two correct runs can be.
TEST(ExportedGraph, TrainsLeNet5AsTheModel) {
  const data::Mnist mnist = FirstOfMnist();
  Pair pair(LeNet5Layers(), {28, 28, 1});
  pair.model.Load(data::LoadGoldenNpz("seed/v2/trace/init.npz"));
  pair.Start();
  std::ifstream file(std::string(CAIRN_GOLDEN_DIR) +
                     "/cases/nn/lenet_reference/trace.json");
  const nlohmann::json reference = nlohmann::json::parse(file);
  double bound = 0;
  for (int64_t step = 0; step < 10; ++step) {
    const TensorView x = Rows(mnist.train.images, step * kBatch, kBatch);
    const TensorView y = Rows(mnist.train.labels, step * kBatch, kBatch);
    const auto native = pair.model.net.TrainOnBatch(x, y);
    ASSERT_TRUE(native.ok()) << Message(native.status());
    const Logs run = pair.Step(x, y);
    const auto k = static_cast<size_t>(step);
    bound =
        std::max(bound, 2 * std::abs(double{reference["float64"][k]} -
                                     double{reference["float32_onednn"][k]}));
    EXPECT_NEAR(run.loss, native->loss, bound + 1e-6) << "step " << step;
    if (step < 5) {
      EXPECT_EQ(*run.accuracy, *native->accuracy);
    }
    const Difference allowed = step == 0   ? Difference{3e-4, 1e-6}
                               : step == 1 ? Difference{3e-4, 2e-6}
                                           : Difference{4e-3, 1e-4};
    for (Variable* v : pair.model.net.Variables()) {
      const Tensor value = pair.Value(v->name());
      const Difference off = Differ(value.data<float>(), v->data<float>());
      EXPECT_LE(off.largest, allowed.largest) << v->name() << " " << step;
      EXPECT_LE(off.mean, allowed.mean) << v->name() << " " << step;
    }
  }
  EXPECT_EQ(pair.Value("Adam/iter").data<int64_t>()[0], 10);
}

// Layers in other orders: batch normalization that is not fused, softmax within
// the model, probabilities without one.
TEST(ExportedGraph, TakesTheFirstStepOfOtherModels) {
  struct Case {
    Shape input;
    std::vector<LayerSpec> layers;
  };
  const Case kCases[] = {
      {{7, 6, 2},
       {Conv2DConfig{.filters = 3,
                     .stride_height = 2,
                     .padding = Padding::kSame,
                     .activation = Activation::kSoftmax},
        MaxPool2DConfig{.pool_height = 3,
                        .pool_width = 2,
                        .stride_height = 1,
                        .stride_width = 2,
                        .padding = Padding::kSame},
        FlattenConfig{}, BatchNormalizationConfig{.momentum = 0.9f},
        DenseConfig{.units = 10, .activation = Activation::kSoftmax}}},
      {{4, 3},
       {DenseConfig{.units = 5, .activation = Activation::kRelu},
        BatchNormalizationConfig{}, FlattenConfig{},
        DenseConfig{.units = 10, .activation = Activation::kRelu}}},
  };
  for (const Case& one : kCases) {
    Pair pair(one.layers, one.input);
    pair.Start();
    std::vector<int64_t> dims = {20};
    for (int64_t dim : one.input.dims()) dims.push_back(dim);
    Tensor x = *Tensor::Create(DataType::kFloat, *Shape::Create(dims));
    float value = 0;
    for (float& out : x.data<float>()) {
      value = std::fmod(value * 7.3f + 1.7f, 2.9f);
      out = value - 1.4f;
    }
    Tensor y = *Tensor::Create(DataType::kUint8, Shape({20}));
    for (size_t i = 0; i < 20; ++i) {
      y.data<uint8_t>()[i] = static_cast<uint8_t>(i * 3 % 10);
    }
    const auto native = pair.model.net.TrainOnBatch(x, y);
    ASSERT_TRUE(native.ok()) << Message(native.status());
    const Logs run = pair.Step(x.view(), y.view());
    EXPECT_NEAR(run.loss, native->loss, 2e-6 * native->loss);
    // The moments are the gradients, which say more than variables that Adam
    // has moved by their signs.
    double largest = 0;
    for (const Variable* slot : pair.model.adam.SlotVariables()) {
      for (float g : slot->data<float>()) {
        if (slot->name().ends_with("/m"))
          largest = std::max(largest, std::abs(double{g}));
      }
    }
    EXPECT_GT(largest, 0);
    for (const Variable* slot : pair.model.adam.SlotVariables()) {
      const Tensor ours = pair.Value(slot->name());
      const Difference off = Differ(ours.data<float>(), slot->data<float>());
      EXPECT_LE(off.largest, 1e-4 * largest) << slot->name();
    }
    for (const Variable* v : pair.model.net.Variables()) {
      if (v->trainable()) continue;
      const Tensor ours = pair.Value(v->name());
      const Difference off = Differ(ours.data<float>(), v->data<float>());
      EXPECT_LE(off.largest, 1e-5) << v->name();
    }
  }
}

TEST(ExportedGraph, PredictsAndEvaluatesAsTheModel) {
  const data::Mnist mnist = FirstOfMnist();
  Pair pair(LeNet5Layers(), {28, 28, 1});
  pair.model.Load(data::LoadGoldenNpz("seed/v2/interop/weights.npz"));
  pair.Start();
  const TensorView x = mnist.test.images.view();
  const Tensor y = AsInt64(mnist.test.labels.view());
  const auto run = pair.session->Run(
      {{"conv2d_input:0", x}, {"dense_1_target:0", y.view()}},
      {"dense_1/Softmax:0", "evaluate/loss:0", "evaluate/accuracy:0"});
  ASSERT_TRUE(run.ok()) << Message(run.status());
  const Tensor predictions = *pair.model.net.Predict(x, {});
  EXPECT_LE(Differ((*run)[0].data<float>(), predictions.data<float>()).largest,
            1e-5);
  const Logs logs = *pair.model.net.Evaluate(x, mnist.test.labels.view(), {});
  EXPECT_NEAR((*run)[1].data<float>()[0], logs.loss, 1e-5);
  EXPECT_NEAR((*run)[2].data<float>()[0], *logs.accuracy, 1e-6);
}

}  // namespace
}  // namespace cairn::nn
