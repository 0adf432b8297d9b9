// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/sequential.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/random.h"
#include "cairn/nn/model_graph.h"
#include "cairn/nn/test_support.h"

namespace cairn::nn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<LayerSpec> SmallNet() {
  return {Conv2DConfig{.filters = 2, .activation = Activation::kRelu},
          BatchNormalizationConfig{}, MaxPool2DConfig{}, FlattenConfig{},
          DenseConfig{.units = 10, .activation = Activation::kSoftmax}};
}

// Examples whose label can be seen: the place of a bright spot.
struct Examples {
  explicit Examples(int64_t count)
      : x(*Tensor::Create(DataType::kFloat, Shape{count, 8, 8, 1})),
        y(*Tensor::Create(DataType::kUint8, Shape{count})) {
    Random random(3, 0);
    for (float& value : x.data<float>()) value = 0.3f * random.Uniform();
    for (int64_t i = 0; i < count; ++i) {
      const auto label = static_cast<uint8_t>(random.Below(10));
      y.data<uint8_t>()[static_cast<size_t>(i)] = label;
      x.data<float>()[static_cast<size_t>(i * 64 + 18 + label)] = 3;
    }
  }
  Tensor x, y;
};

std::vector<std::string> ChildNames(const Trackable& object) {
  std::vector<std::string> names;
  for (const TrackableEdge& edge : object.Children()) {
    names.push_back(edge.name);
  }
  return names;
}

std::string Text(const Status& status) { return Message(status); }

TEST(Sequential, HasTheObjectGraphOfKeras) {
  Model model({.input_shape = {8, 8, 1}}, SmallNet());
  const Examples e(20);
  const std::vector<std::string> compiled = {"layer_with_weights-0",
                                             "layer-0",
                                             "layer_with_weights-1",
                                             "layer-1",
                                             "layer-2",
                                             "layer-3",
                                             "layer_with_weights-2",
                                             "layer-4",
                                             "optimizer"};
  EXPECT_EQ(ChildNames(model.net), compiled);
  EXPECT_EQ(model.net.Child("layer_with_weights-2"),
            model.net.Child("layer-4"));
  EXPECT_EQ(model.net.Child("optimizer"), &model.adam);

  ASSERT_TRUE(model.net.Evaluate(e.x, e.y, {}).ok());
  ASSERT_TRUE(model.net.Predict(e.x, {}).ok());
  ASSERT_TRUE(model.net.Fit(e.x, e.y, {}).ok());
  std::vector<std::string> after = compiled;
  after.insert(after.end(), {"test_function", "predict_function",
                             "train_tf_function", "train_function"});
  EXPECT_EQ(ChildNames(model.net), after);
  EXPECT_EQ(model.net.Child("train_function"),
            model.net.Child("train_tf_function"));
  EXPECT_NE(model.net.Child("train_function"),
            model.net.Child("test_function"));
}

TEST(Sequential, HasTheObjectGraphOfKeras3IfAsked) {
  Model model({.input_shape = {8, 8, 1}, .layout = ModelLayout::kKeras3},
              SmallNet());
  const Examples e(4);
  ASSERT_TRUE(model.net.TrainOnBatch(e.x, e.y).ok());
  ASSERT_TRUE(model.net.Evaluate(e.x, e.y, {}).ok());
  ASSERT_TRUE(model.net.Predict(e.x, {}).ok());
  EXPECT_THAT(ChildNames(model.net), ElementsAre("_functional", "optimizer",
                                                 "_compiled_trainable_state"));
  const Trackable& functional = *model.net.Child("_functional");
  EXPECT_THAT(
      ChildNames(functional),
      ElementsAre("_tracked", "_inbound_nodes", "_outbound_nodes", "_losses",
                  "_losses_override", "call_signature_parameters",
                  "_call_has_context_arg", "_operations"));
  const Trackable& layers = *functional.Child("_operations");
  EXPECT_THAT(ChildNames(layers), ElementsAre("0", "1", "2", "3", "4", "5"));
  EXPECT_THAT(ChildNames(*layers.Child("0")), ElementsAre());  // the input
  EXPECT_THAT(ChildNames(*layers.Child("1")), ElementsAre("_kernel", "bias"));
  EXPECT_THAT(ChildNames(*layers.Child("2")),
              ElementsAre("gamma", "beta", "moving_mean", "moving_variance"));
  const Layer& conv = *model.net.layers()[0];
  EXPECT_EQ(layers.Child("1"), &conv);
  EXPECT_EQ(conv.Find("kernel")->name(), "sequential/conv2d/kernel");
}

TEST(ModelGraph, NamesTheLayersOfAFunctionalModelOfKeras2) {
  const auto dense = Layer::Create(DenseConfig{.units = 2}, "dense", Shape{3},
                                   1, {.scope = "model/"});
  ASSERT_TRUE(dense.ok());
  EXPECT_EQ((*dense)->Find("bias")->name(), "model/dense/bias");
  Trackable model, nested, plain;
  ModelGraph inner(nested);
  ModelGraph graph(model);
  ASSERT_TRUE(inner.Add(**dense).ok());
  ASSERT_TRUE(graph.AddInput().ok());
  ASSERT_TRUE(graph.Add(nested).ok());  // has weights, though none of its own
  ASSERT_TRUE(graph.Add(plain).ok());
  ASSERT_TRUE(graph.NotePrediction().ok());
  ASSERT_TRUE(graph.NotePrediction().ok());
  EXPECT_THAT(ChildNames(model),
              ElementsAre("layer-0", "layer_with_weights-0", "layer-1",
                          "layer-2", "predict_function"));
  EXPECT_EQ(model.Child("layer-1"), &nested);
}

TEST(Sequential, CompileAgainReplacesTheOptimizerInItsPlace) {
  Model model({.input_shape = {8, 8, 1}}, SmallNet());
  const Examples e(4);
  ASSERT_TRUE(model.net.TrainOnBatch(e.x, e.y).ok());
  const std::vector<std::string> before = ChildNames(model.net);
  Adam other;
  ASSERT_TRUE(model.net.Compile({.optimizer = &other}).ok());
  EXPECT_EQ(ChildNames(model.net), before);
  EXPECT_EQ(model.net.Child("optimizer"), &other);
}

TEST(Sequential, NamesLayersAsKerasAndRefusesANameTwice) {
  Sequential net({.input_shape = {8, 8, 1}});
  ASSERT_TRUE(net.Add(FlattenConfig{}).ok());
  ASSERT_TRUE(net.Add(DenseConfig{.units = 3}).ok());
  ASSERT_TRUE(net.Add(DenseConfig{.units = 3}, "middle").ok());
  ASSERT_TRUE(net.Add(DenseConfig{.units = 3}).ok());
  std::vector<std::string> names;
  for (const auto& layer : net.layers()) names.push_back(layer->name());
  EXPECT_THAT(names, ElementsAre("flatten", "dense", "middle", "dense_1"));
  EXPECT_EQ(Text(net.Add(DenseConfig{.units = 3}, "middle")),
            "sequential has a layer named middle already");
  EXPECT_EQ(net.Config().layers[3].name, "dense_1");
  EXPECT_EQ(net.Config().layers[1].input_shape, (Shape{64}));
}

TEST(Sequential, SummaryIsKerasTable) {
  Sequential net({.input_shape = {8, 8, 1}, .name = "sequential_9"});
  const std::string names[] = {"conv2d_9", "batch_normalization_9",
                               "max_pooling2d_9", "flatten_9", "dense_9"};
  for (size_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(net.Add(SmallNet()[i], names[i]).ok());
  }
  EXPECT_EQ(
      net.Summary(),
      "Model: \"sequential_9\"\n"
      "_________________________________________________________________\n"
      " Layer (type)                Output Shape              Param #   \n"
      "=================================================================\n"
      " conv2d_9 (Conv2D)           (None, 6, 6, 2)           20        \n"
      "                                                                 \n"
      " batch_normalization_9 (Bat  (None, 6, 6, 2)           8         \n"
      " chNormalization)                                                \n"
      "                                                                 \n"
      " max_pooling2d_9 (MaxPoolin  (None, 3, 3, 2)           0         \n"
      " g2D)                                                            \n"
      "                                                                 \n"
      " flatten_9 (Flatten)         (None, 18)                0         \n"
      "                                                                 \n"
      " dense_9 (Dense)             (None, 10)                190       \n"
      "                                                                 \n"
      "=================================================================\n"
      "Total params: 218 (872.00 Byte)\n"
      "Trainable params: 214 (856.00 Byte)\n"
      "Non-trainable params: 4 (16.00 Byte)\n"
      "_________________________________________________________________\n");
}

TEST(Sequential, LearnsAndReportsRunningMeans) {
  std::vector<LayerSpec> layers = SmallNet();
  // So that the moving statistics arrive within the 100 steps.
  layers[1] = BatchNormalizationConfig{.momentum = 0.9f};
  Model model({.input_shape = {8, 8, 1}}, layers, {.learning_rate = 0.02f});
  const Examples e(300);
  struct Recorder : Callback {
    Status OnEpochBegin(int epoch) override {
      begun.push_back(epoch);
      return OkStatus();
    }
    Status OnBatchEnd(const BatchInfo& info) override {
      last = info;
      ++batches;
      return OkStatus();
    }
    Status OnEpochEnd(int, const Logs& logs) override {
      EXPECT_EQ(logs.loss, last.logs.loss);
      return OkStatus();
    }
    std::vector<int> begun;
    BatchInfo last;
    int batches = 0;
  } recorder;
  const auto history = model.net.Fit(e.x, e.y,
                                     {.batch_size = 64,
                                      .epochs = 20,
                                      .first_epoch = 5,
                                      .callback = &recorder});
  ASSERT_TRUE(history.ok()) << Text(history.status());
  ASSERT_EQ(history->epochs.size(), 20u);
  EXPECT_GT(*history->epochs.back().accuracy, 0.95);
  EXPECT_LT(history->epochs.back().loss, history->epochs.front().loss / 4);
  EXPECT_EQ(recorder.batches, 20 * 5);
  EXPECT_EQ(recorder.begun.front(), 5);
  EXPECT_EQ(recorder.begun.back(), 24);
  EXPECT_EQ(recorder.last.epochs, 25);
  EXPECT_EQ(recorder.last.examples, 300);
  EXPECT_EQ(recorder.last.batch, 4);
  EXPECT_EQ(recorder.last.batches, 5);
  EXPECT_EQ(model.adam.iterations(), 100);
  const auto test = model.net.Evaluate(e.x, e.y, {.batch_size = 7});
  ASSERT_TRUE(test.ok());
  EXPECT_GT(*test->accuracy, 0.9);
}

TEST(Sequential, AFailingCallbackEndsTheTraining) {
  Model model({.input_shape = {8, 8, 1}}, SmallNet());
  const Examples e(30);
  struct Stopper : Callback {
    Status OnBatchEnd(const BatchInfo& info) override {
      return info.batch == 1 ? UnavailableError("stop") : OkStatus();
    }
  } stopper;
  const auto history = model.net.Fit(
      e.x, e.y, {.batch_size = 10, .epochs = 9, .callback = &stopper});
  EXPECT_EQ(Text(history.status()), "stop");
  EXPECT_EQ(model.adam.iterations(), 2);
}

TEST(Sequential, GivesTheSameBitsForAnyNumberOfThreads) {
  const Examples e(100);
  std::vector<std::unique_ptr<Model>> models;
  for (int threads : {1, 2, 3}) {
    models.push_back(std::make_unique<Model>(
        SequentialOptions{.input_shape = {8, 8, 1}, .threads = threads},
        SmallNet()));
    ASSERT_TRUE(
        models.back()->net.Fit(e.x, e.y, {.batch_size = 33, .epochs = 2}).ok());
  }
  for (size_t m : {1, 2}) {
    const std::vector<Variable*> a = models[0]->net.Variables();
    const std::vector<Variable*> b = models[m]->net.Variables();
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_TRUE(BitwiseEqual(a[i]->value(), b[i]->value()))
          << a[i]->name() << " with " << m + 1 << " threads";
    }
  }
}

TEST(Sequential, PredictionsDoNotDependOnTheBatchSize) {
  Model model({.input_shape = {8, 8, 1}}, SmallNet());
  const Examples e(37);
  const Tensor whole = *model.net.Predict(e.x, {.batch_size = 37});
  EXPECT_EQ(whole.shape(), (Shape{37, 10}));
  for (int64_t size : {1, 5, 32, 1000}) {
    const Tensor parts = *model.net.Predict(e.x, {.batch_size = size});
    ExpectNear(parts.data<float>(), whole.data<float>(), 1e-5, 1e-7,
               "predictions");
  }
  for (int64_t i = 0; i < 37; ++i) {
    double sum = 0;
    for (int64_t c = 0; c < 10; ++c) {
      sum += whole.data<float>()[static_cast<size_t>(i * 10 + c)];
    }
    EXPECT_NEAR(sum, 1, 1e-5);
  }
}

TEST(Sequential, DrawsTheSameWeightsForTheSameSeedOnly) {
  const auto kernel = [](uint64_t seed) {
    Model model({.input_shape = {8, 8, 1}, .seed = seed}, SmallNet());
    return *model.net.Variables()[0]->value().Clone();
  };
  EXPECT_TRUE(BitwiseEqual(kernel(4), kernel(4)));
  EXPECT_FALSE(BitwiseEqual(kernel(4), kernel(5)));
}

// The slope of the loss along each gradient, against differences of the loss,
// for layers that the recorded LeNet-5 does not have.
TEST(Sequential, GradientsAreTheSlopesOfTheLoss) {
  Model model({.input_shape = {8, 8, 1}, .seed = 2},
              {Conv2DConfig{.filters = 20,
                            .kernel_height = 2,
                            .stride_width = 2,
                            .padding = Padding::kSame,
                            .activation = Activation::kSoftmax},
               MaxPool2DConfig{.pool_height = 3,
                               .pool_width = 3,
                               .stride_height = 2,
                               .stride_width = 1,
                               .padding = Padding::kSame},
               BatchNormalizationConfig{}, DenseConfig{.units = 5},
               FlattenConfig{}, DenseConfig{.units = 10}});
  const Examples e(13);
  // Outputs must be probabilities; these are small positive numbers.
  for (Variable* v : model.net.TrainableVariables()) {
    if (v->name() == "dense_1/bias") {
      for (float& b : v->data<float>()) b = 0.5f;
    }
    if (v->name() == "dense_1/kernel") {
      for (float& k : v->data<float>()) k *= 0.05f;
    }
  }
  const auto gradients = model.net.ComputeGradients(e.x, e.y);
  ASSERT_TRUE(gradients.ok()) << Text(gradients.status());
  const std::vector<Variable*> variables = model.net.TrainableVariables();
  ASSERT_EQ(gradients->values.size(), variables.size());
  for (size_t i = 0; i < variables.size(); ++i) {
    double norm = 0;
    for (float g : gradients->values[i].data<float>()) norm += double{g} * g;
    norm = std::sqrt(norm);
    if (norm < 1e-4) continue;
    const float step = 1e-3f;
    const auto loss_at = [&](float way) {
      const Tensor before = *variables[i]->value().Clone();
      for (size_t k = 0; k < variables[i]->data<float>().size(); ++k) {
        variables[i]->data<float>()[k] += static_cast<float>(
            way * step * gradients->values[i].data<float>()[k] / norm);
      }
      const double loss = model.net.ComputeGradients(e.x, e.y)->logs.loss;
      EXPECT_TRUE(variables[i]->Assign(*before.Clone()).ok());
      return loss;
    };
    const double slope = (loss_at(1) - loss_at(-1)) / (2 * step);
    EXPECT_NEAR(slope, norm, 0.02 * norm + 1e-3) << variables[i]->name();
  }
}

TEST(Sequential, RefusesExamplesThatDoNotFit) {
  Model model({.input_shape = {8, 8, 1}}, SmallNet());
  const Examples e(4);
  const Tensor flat = *Tensor::Create(DataType::kFloat, {4, 64});
  const Tensor none = *Tensor::Create(DataType::kFloat, {0, 8, 8, 1});
  const Tensor bytes = *Tensor::Create(DataType::kUint8, {4, 8, 8, 1});
  EXPECT_EQ(Text(model.net.Fit(flat, e.y, {}).status()),
            "sequential takes float32 [N,8,8,1], got float32 [4,64]");
  EXPECT_EQ(Text(model.net.Predict(bytes, {}).status()),
            "sequential takes float32 [N,8,8,1], got uint8 [4,8,8,1]");
  EXPECT_EQ(Text(model.net.Predict(TensorView(), {}).status()),
            "sequential takes float32 [N,8,8,1], got an invalid tensor");
  EXPECT_EQ(Text(model.net.Predict(none, {}).status()),
            "there are no examples");
}

TEST(Sequential, RefusesLabelsThatDoNotFit) {
  Model model({.input_shape = {8, 8, 1}}, SmallNet());
  const Examples e(4);
  const auto error = [&](const Tensor& y) {
    return Text(model.net.Fit(e.x, y, {}).status());
  };
  EXPECT_EQ(error(*Tensor::Create(DataType::kInt32, {3})),
            "labels must be [4] or [4,1] like the examples, got [3]");
  EXPECT_EQ(error(*Tensor::Create(DataType::kDouble, {4})),
            "labels must be integers or float32, got float64");
  Tensor y = *Tensor::Create(DataType::kInt64, {4, 1});
  EXPECT_EQ(error(y), "");
  y.data<int64_t>()[2] = 10;
  EXPECT_EQ(error(y), "label 2 is 10, not a class from 0 to 9");
  y.data<int64_t>()[2] = -1;
  EXPECT_EQ(error(y), "label 2 is -1, not a class from 0 to 9");
  Tensor f = *Tensor::Create(DataType::kFloat, {4});
  f.data<float>()[1] = 0.5f;
  EXPECT_EQ(error(f), "label 1 is 0.5, not a class from 0 to 9");
  f.data<float>()[1] = NAN;
  EXPECT_EQ(error(f), "label 1 is nan, not a class from 0 to 9");
}

TEST(Sequential, RefusesToTrainBeforeItIsReady) {
  const Examples e(4);
  Sequential net({.input_shape = {8, 8, 1}});
  Adam adam;
  EXPECT_EQ(Text(net.Compile({.optimizer = &adam})),
            "sequential has no layers");
  EXPECT_EQ(Text(net.Predict(e.x, {}).status()), "sequential has no layers");
  ASSERT_TRUE(net.Add(Conv2DConfig{.filters = 2}).ok());
  EXPECT_EQ(Text(net.Fit(e.x, e.y, {}).status()), "sequential is not compiled");
  EXPECT_EQ(Text(net.Compile({})), "Compile needs an optimizer");
  EXPECT_THAT(Text(net.Compile({.optimizer = &adam})),
              HasSubstr("needs outputs of shape [classes], sequential gives "
                        "[6,6,2]"));
  EXPECT_TRUE(net.Predict(e.x, {}).ok());
  Model model({.input_shape = {8, 8, 1}}, SmallNet());
  EXPECT_EQ(Text(model.net.Fit(e.x, e.y, {.batch_size = 0}).status()),
            "batch_size must be positive, got 0");
}

}  // namespace
}  // namespace cairn::nn
