// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// ModelGraph: the edges of a Keras model in the object graph. Sequential has
// one; a class of your own that computes with its layers as a functional or a
// subclassed model does takes one to be saved and restored as that model:
//
//   class TwoTowers : public Trackable {
//     nn::ModelGraph graph_{*this, nn::ModelLayout::kKeras3};
//     ...
//       CAIRN_RETURN_IF_ERROR(graph_.AddInput());
//       CAIRN_RETURN_IF_ERROR(graph_.Add(*shared_));  // a Layer, or a model
//       CAIRN_RETURN_IF_ERROR(graph_.Compile(adam_));
//
// Keras 2: `layer_with_weights-<w>` and `layer-<i>` for each layer in order of
// model.layers, `optimizer` from Compile on, then, in order of the first call,
// `train_tf_function` and `train_function` (one node), `test_function` and
// `predict_function`, which have no values.
//
// Keras 3: seven nodes without values (`_tracked`, `_inbound_nodes` ...) and
// the list `_operations` of all layers; those of a Sequential hang below its
// `_functional`. From Compile on `optimizer` and `_compiled_trainable_state`.
// Keras 3 tracks no lists and dicts of a subclassed model: layers in them are
// reached through `optimizer/_trainable_variables` only, and what is not
// trained in them is not saved. A class that wants that graph names its
// attributes and calls Compile; one that tracks its lists saves more than
// Keras.
#ifndef CAIRN_NN_MODEL_GRAPH_H_
#define CAIRN_NN_MODEL_GRAPH_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/nn/layer.h"
#include "cairn/nn/optimizer.h"
#include "cairn/tensor/trackable.h"

namespace cairn::nn {

enum class ModelKind { kFunctional, kSequential };

class ModelGraph {
 public:
  // `model` is borrowed, and usually has the ModelGraph as a member.
  explicit ModelGraph(Trackable& model,
                      ModelLayout layout = ModelLayout::kKeras2,
                      ModelKind kind = ModelKind::kFunctional)
      : model_(model), layout_(layout), kind_(kind) {}

  // An input layer. Keras 2's Sequential does not count it.
  Status AddInput();
  // A layer or model, borrowed, or a node that stands for a layer without
  // variables. Whether it has weights is as it is now.
  Status Add(Trackable& layer);

  // Errors are Track's, here and below: a value that waits does not fit.
  Status Compile(Optimizer& optimizer);
  // That the model was trained, evaluated, asked. Keras 3 keeps no trace of it.
  Status NoteTraining();
  Status NoteEvaluation();
  Status NotePrediction();

 private:
  Status Begin();
  // A node without values, owned.
  Status TrackPlain(Trackable& owner, const std::string& name);

  Trackable& model_;
  const ModelLayout layout_;
  const ModelKind kind_;
  bool begun_ = false;
  int64_t layers_ = 0;
  int64_t with_weights_ = 0;
  Trackable functional_;  // of Keras 3's Sequential
  Trackable operations_;
  Trackable train_function_;
  std::vector<std::unique_ptr<Trackable>> plain_;
};

}  // namespace cairn::nn

#endif  // CAIRN_NN_MODEL_GRAPH_H_
