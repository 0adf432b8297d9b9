// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// BuildTrainingMetaGraph: the graph of a Sequential model that is trained, so
// that TensorFlow 1 code without the model's Python code can restore a
// checkpoint, evaluate, predict, train on and save:
//
//   saver = tf.compat.v1.train.import_meta_graph("tf_ckpt/model.meta")
//   sess.run("init")                            # what the checkpoint lacks
//   saver.restore(sess, "tf_ckpt/model")
//   feed = {"conv2d_input:0": images, "dense_1_target:0": labels}
//   sess.run("evaluate/accuracy:0", feed)
//   sess.run(["train_op", "train/loss:0"], feed)
//   saver.save(sess, "tf_ckpt/model")
//
// There are two ways from the input, both over the same variables, instead of
// Keras's one with a learning phase to be fed: nothing can be forgotten, and
// nothing needs functions. What a reader looks for:
//
//   conv2d_input:0        images, any number of them
//   dense_1_target:0      class numbers, [N] or [N,1]
//   dense_1/Softmax:0     predictions, from the moving statistics: the nodes of
//                         BuildInferenceMetaGraph, under the same names
//   evaluate/loss:0, evaluate/accuracy:0    of these predictions, batch means
//   train/conv2d/...      the layers in training mode, by batch statistics
//   train/loss:0, train/accuracy:0          before the step that is run with it
//   gradients/conv2d/kernel:0 ...           of train/loss, by each variable
//   train_op              moves the moving statistics, applies Adam, counts
//   Adam/learning_rate ..., Adam/conv2d/kernel/m ...    its variables
//   init                  assigns all initial values
//
// A layer of such a name, "train", takes it; the graph's own is then "train_1".
//
// Collections: variables, trainable_variables, global_step (Adam/iter),
// train_op, update_ops (of the moving statistics; train_op runs them), losses.
// Signatures: serving_default, and `train` and `eval` with the loss, the
// accuracy and the predictions.
#ifndef CAIRN_GRAPH_TRAINING_GRAPH_H_
#define CAIRN_GRAPH_TRAINING_GRAPH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/graph/graph_saver.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/tensor/layer_config.h"

namespace cairn::graph {

// nn::AdamOptions, as initial values of the graph's variables.
struct AdamGraphOptions {
  float learning_rate = 0.001f;
  float beta_1 = 0.9f;
  float beta_2 = 0.999f;
  float epsilon = 1e-7f;
  float decay = 0.0f;
  // Prefix of its variables: of nn::Adam's "Adam", of Keras's in graph mode
  // "training/Adam".
  std::string name = "Adam";
};

// What the Saver saves and restores.
enum class SavedVariables {
  kModel,  // of a Saver made before the optimizer, as in Keras's examples
  kAll,    // with the optimizer's: training goes on where it was
};

struct TrainingGraphOptions {
  AdamGraphOptions adam = {};
  GraphSaverOptions saver = {};
  SavedVariables saved = SavedVariables::kAll;
  // Seeds of the kernels' initialisers, in order; 0, 1, 2, ... for the rest.
  std::vector<int32_t> kernel_seeds = {};
  // Key of the signature that maps the input to the predictions; "" for none.
  std::string signature_key = "serving_default";
  std::vector<std::string> tags = {};  // TensorFlow's Saver writes none
  // See StripDefaultAttrs: for readers older than an attribute.
  bool strip_default_attrs = false;
  // Whose formats and op set the file follows.
  std::string tensorflow_version = "2.15.1";
  std::string tensorflow_git_version = "cairn";
};

// InvalidArgument: what BuildInferenceMetaGraph refuses, outputs other than
// [classes], nothing to train, a negative max_to_keep, an empty file name.
StatusOr<MetaGraph> BuildTrainingMetaGraph(
    const ModelConfig& model, const TrainingGraphOptions& options = {});

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_TRAINING_GRAPH_H_
