// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Sequential: a stack of layers that trains, evaluates and predicts, with
// Keras's words, names, numerics and object graph.
//
//   nn::Adam adam({.learning_rate = 0.01f});
//   nn::Sequential net({.input_shape = {28, 28, 1}, .seed = 7});
//   CAIRN_RETURN_IF_ERROR(net.Add(Conv2DConfig{
//       .filters = 16, .activation = Activation::kRelu}));
//   CAIRN_RETURN_IF_ERROR(net.Add(BatchNormalizationConfig{}));
//   CAIRN_RETURN_IF_ERROR(net.Add(MaxPool2DConfig{}));
//   CAIRN_RETURN_IF_ERROR(net.Add(FlattenConfig{}));
//   CAIRN_RETURN_IF_ERROR(net.Add(DenseConfig{
//       .units = 10, .activation = Activation::kSoftmax}));
//   CAIRN_RETURN_IF_ERROR(net.Compile({.optimizer = &adam}));
//   CAIRN_ASSIGN_OR_RETURN(nn::History history,
//                          net.Fit(images, labels, {.batch_size = 128}));
//
// Images are float32 and channels last, [N,H,W,C]; labels are class numbers of
// any integer type or float32, [N] or [N,1].
//
// Object graph: that of Keras 2 or 3, see model_graph.h. Keras 3's variables
// have the model's name before the layer's: "sequential/conv2d/kernel".
//
// Thread rule: one thread at a time per model; it computes on
// SequentialOptions::threads cores itself.
#ifndef CAIRN_NN_SEQUENTIAL_H_
#define CAIRN_NN_SEQUENTIAL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/nn/callback.h"
#include "cairn/nn/layer.h"
#include "cairn/nn/optimizer.h"
#include "cairn/tensor/layer_config.h"
#include "cairn/tensor/tensor.h"
#include "cairn/tensor/trackable.h"
#include "cairn/tensor/variable.h"

namespace cairn::nn {

struct SequentialOptions {
  Shape input_shape;  // of one example: [28,28,1], or [features]
  std::string name = "sequential";
  uint64_t seed = 0;  // of the initial weights
  int threads = 0;    // cores to compute on; 0: all there are
  ModelLayout layout = ModelLayout::kKeras2;  // of the object graph
};

enum class Loss {
  // Mean over the batch of -log(probability of the label). Behind a final
  // softmax it is computed from the logits, otherwise the outputs are taken for
  // probabilities and clipped to [1e-7, 1 - 1e-7], as Keras does both.
  kSparseCategoricalCrossentropy,
};

enum class Metric {
  kSparseCategoricalAccuracy,  // share of examples whose largest output is
                               // right
};

struct CompileOptions {
  Optimizer* optimizer = nullptr;  // borrowed; must outlive the model's use
  Loss loss = Loss::kSparseCategoricalCrossentropy;
  std::vector<Metric> metrics = {Metric::kSparseCategoricalAccuracy};
};

enum class Order {
  kAsGiven,   // step k takes examples [k * batch, (k + 1) * batch)
  kShuffled,  // a new permutation each epoch, see Permutation in base/random.h
};

struct FitOptions {
  int64_t batch_size = 32;  // the last batch of an epoch may be smaller
  int epochs = 1;
  Order order = Order::kShuffled;
  uint64_t seed = 0;    // of the shuffling
  int first_epoch = 0;  // counted on in seeds and progress, for resuming
  Callback* callback = nullptr;
};

struct EvaluateOptions {
  int64_t batch_size = 32;
  Callback* callback = nullptr;
};

struct PredictOptions {
  int64_t batch_size = 32;
};

class Sequential : public Trackable {
 public:
  explicit Sequential(SequentialOptions options);
  ~Sequential() override;

  // Adds a layer and draws its initial weights: kernels glorot_uniform, biases
  // 0, batch normalization gamma 1, beta 0, mean 0, variance 1. `name` must be
  // new in the model; "" gives Keras's: conv2d, conv2d_1, max_pooling2d ...
  // InvalidArgument when the layer does not fit the shape before it, has a
  // nonsensical size, or needs more than kMaxParameters parameters.
  Status Add(LayerSpec spec, std::string name = "");

  // What was added, as data.
  const ModelConfig& Config() const;
  // Keras's table. `line_length` is Keras's, 65 by default.
  std::string Summary(int line_length = 65) const;

  // Layers, and variables in Keras's order: layer by layer, trainable first.
  const std::vector<std::unique_ptr<Layer>>& layers() const;
  std::vector<Variable*> Variables() const;
  std::vector<Variable*> TrainableVariables() const;

  // InvalidArgument without an optimizer, FailedPrecondition without layers.
  // May be called again, as in Keras.
  Status Compile(CompileOptions options);

  // FailedPrecondition before Compile; InvalidArgument, before anything is
  // computed, for shapes or dtypes that do not fit, no examples, or a label
  // that is not a class (its position and value in the text). A callback's
  // failure ends the training and is returned. The logs of an epoch are running
  // means over its examples, as Keras reports them.
  StatusOr<History> Fit(const TensorView& x, const TensorView& y,
                        const FitOptions& options);
  // One step; the logs are the batch's.
  StatusOr<Logs> TrainOnBatch(const TensorView& x, const TensorView& y);
  StatusOr<Logs> Evaluate(const TensorView& x, const TensorView& y,
                          const EvaluateOptions& options);
  // [N, outputs...], float32.
  StatusOr<Tensor> Predict(const TensorView& x, const PredictOptions& options);

  // Loss and gradients of the trainable variables for one batch in training
  // mode, in order of TrainableVariables, as a GradientTape would give them.
  // Like it, this moves the moving statistics.
  struct Gradients {
    Logs logs;
    std::vector<Tensor> values;
  };
  StatusOr<Gradients> ComputeGradients(const TensorView& x,
                                       const TensorView& y);

  // Of all layers together; 2^31 float32 are 8 GiB.
  static constexpr int64_t kMaxParameters = int64_t{1} << 31;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::nn

#endif  // CAIRN_NN_SEQUENTIAL_H_
