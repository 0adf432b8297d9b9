// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// BuildInferenceMetaGraph: the graph TensorFlow would have for a Sequential
// model in inference mode, with variables, initialisers and a Saver, so that
// TensorFlow can import the `.meta`, restore a checkpoint and run the model
// without any of its Python code:
//
//   saver = tf.compat.v1.train.import_meta_graph("tf_ckpt/model.meta")
//   saver.restore(sess, "tf_ckpt/model")
//   sess.run("dense_1/Softmax:0", {"conv2d_input:0": images})
//
// Node for node what Keras 2.15 builds with the learning phase set to 0,
// followed by tf.compat.v1.train.Saver() and global_variables_initializer()
// ("init"); the tests hold it to that, field for field. Exception: Dense on
// more than two dimensions reshapes to a matrix and back, where Keras adds a
// general tensor product.
#ifndef CAIRN_GRAPH_INFERENCE_GRAPH_H_
#define CAIRN_GRAPH_INFERENCE_GRAPH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/tensor/layer_config.h"

namespace cairn::graph {

// Graph version of TensorFlow 2.15.1, whose ops the graph uses.
inline constexpr int32_t kGraphProducer = 1645;

struct InferenceGraphOptions {
  // What an imported Saver keeps.
  int32_t max_to_keep = 5;
  float keep_checkpoint_every_n_hours = 10000.0f;
  // Seeds of the kernels' initialisers, in order; 0, 1, 2, ... for the rest.
  // They matter only to a program that runs "init" instead of restoring.
  std::vector<int32_t> kernel_seeds = {};
  // Key of the signature that maps the input to the last layer's output; ""
  // for none.
  std::string signature_key = "serving_default";
  std::vector<std::string> tags = {};  // TensorFlow's Saver writes none
  // See StripDefaultAttrs: for readers older than an attribute.
  bool strip_default_attrs = false;
  // Whose formats and op set the file follows; TensorFlow names it in messages
  // about graphs it cannot import.
  std::string tensorflow_version = "2.15.1";
  std::string tensorflow_git_version = "cairn";
};

// InvalidArgument: no layers, a name TensorFlow does not allow or that differs
// from another only in case, shapes that do not fit together, sizes of 0.
StatusOr<MetaGraph> BuildInferenceMetaGraph(
    const ModelConfig& model, const InferenceGraphOptions& options = {});

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_INFERENCE_GRAPH_H_
