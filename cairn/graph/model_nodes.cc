// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/model_nodes.h"

#include <string_view>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/graph/model_check.h"
#include "cairn/graph/node_scope.h"

namespace cairn::graph {

std::vector<VariableNodes> ModelNodes::AllVariables() const {
  std::vector<VariableNodes> all;
  for (const LayerVariables& layer : variables) {
    all.insert(all.end(), layer.begin(), layer.end());
  }
  return all;
}

StatusOr<ModelNodes> AddModel(GraphBuilder& graph, const ModelConfig& model,
                              const std::vector<int32_t>& kernel_seeds) {
  CAIRN_RETURN_IF_ERROR(CheckModel(model));
  ModelNodes nodes;
  nodes.input_name = model.layers.front().name + "_input";
  const PartialShape shape = Batched(model.input_shape);
  nodes.input = graph.NewNode("Placeholder", nodes.input_name)
                    .Type("dtype", DataType::kFloat)
                    .ShapeAttr("shape", shape)
                    .Out(DataType::kFloat, shape)
                    .Add();
  nodes.output.value = nodes.input;
  KernelSeeds seeds{kernel_seeds};
  for (const LayerConfig& layer : model.layers) {
    if (graph.UniqueName(layer.name) != layer.name) {
      return InvalidArgumentError(
          StrCat("layer name '", Escape(layer.name),
                 "' is taken, or differs from another only in case"));
    }
    nodes.variables.push_back(AddLayerVariables(graph, layer, seeds));
    const NodeScope scope(graph, layer.name + "/");
    nodes.output = AddLayer(scope, layer, nodes.variables.back(),
                            nodes.output.value, nullptr);
  }
  return nodes;
}

std::string AddInit(GraphBuilder& graph, std::string_view name,
                    const std::vector<VariableNodes>& variables) {
  std::vector<std::string> assigns;
  for (const VariableNodes& v : variables) assigns.push_back(v.assign);
  return graph.NewNode("NoOp", name)
      .ControlInputs(std::move(assigns))
      .Add()
      .ref;
}

Signature PredictSignature(const ModelConfig& model, const ModelNodes& nodes) {
  const Output& output = nodes.output.value;
  Signature signature;
  signature.method_name = "tensorflow/serving/predict";
  signature.inputs[nodes.input_name] = {nodes.input.TensorName(),
                                        nodes.input.dtype, nodes.input.shape};
  signature.outputs[model.layers.back().name] = {output.TensorName(),
                                                 output.dtype, output.shape};
  return signature;
}

}  // namespace cairn::graph
