// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Nodes, in this order:
//   <first layer>_input    Placeholder [?, input shape]
//   per layer: its variables (variable_nodes.cc), then its computation
//   (layer_nodes.cc)
//   save/...               saver_nodes.cc
//   init                   NoOp(^<variable>/Assign ...)
#include "cairn/graph/inference_graph.h"

#include <utility>
#include <vector>

#include "cairn/graph/graph_builder.h"
#include "cairn/graph/meta_graph_export.h"
#include "cairn/graph/model_nodes.h"
#include "cairn/graph/saver_nodes.h"

namespace cairn::graph {

StatusOr<MetaGraph> BuildInferenceMetaGraph(
    const ModelConfig& model, const InferenceGraphOptions& options) {
  GraphBuilder graph;
  CAIRN_ASSIGN_OR_RETURN(const ModelNodes nodes,
                         AddModel(graph, model, options.kernel_seeds));
  const std::vector<VariableNodes> variables = nodes.AllVariables();
  // TensorFlow without any: "No variables to save".
  if (!variables.empty()) {
    GraphSaverOptions saver;
    saver.max_to_keep = options.max_to_keep;
    saver.keep_checkpoint_every_n_hours = options.keep_checkpoint_every_n_hours;
    graph.SetSaver(AddSaverNodes(graph, variables, saver));
    AddInit(graph, "init", variables);
  }
  if (!options.signature_key.empty()) {
    graph.AddSignature(options.signature_key, PredictSignature(model, nodes));
  }
  MetaInfo info;
  info.tags = options.tags;
  info.tensorflow_version = options.tensorflow_version;
  info.tensorflow_git_version = options.tensorflow_git_version;
  info.producer = kGraphProducer;
  graph.SetMetaInfo(info);
  CAIRN_ASSIGN_OR_RETURN(MetaGraph result, graph.Finish());
  if (options.strip_default_attrs) StripDefaultAttrs(result);
  return result;
}

}  // namespace cairn::graph
