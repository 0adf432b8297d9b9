// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Nodes, in this order: the model in inference (model_nodes.cc), the target,
// evaluate/..., train/... with the loss, gradients/..., Adam's variables and
// step (adam_nodes.cc), train_op, init, save/... (saver_nodes.cc).
#include "cairn/graph/training_graph.h"

#include <string_view>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/graph/adam_nodes.h"
#include "cairn/graph/graph_builder.h"
#include "cairn/graph/inference_graph.h"
#include "cairn/graph/loss_nodes.h"
#include "cairn/graph/meta_graph_export.h"
#include "cairn/graph/model_nodes.h"
#include "cairn/graph/node_scope.h"
#include "cairn/graph/saver_nodes.h"
#include "cairn/graph/tape.h"

namespace cairn::graph {
namespace {

// Names of TensorFlow's collections.
constexpr std::string_view kTrainOp = "train_op";
constexpr std::string_view kUpdateOps = "update_ops";
constexpr std::string_view kLosses = "losses";
constexpr std::string_view kGlobalStep = "global_step";

Status CheckOptions(const TrainingGraphOptions& options) {
  if (options.saver.max_to_keep < 0) {
    return InvalidArgumentError(StrCat("max_to_keep must be 0 (all) or more, ",
                                       "got ", options.saver.max_to_keep));
  }
  if (options.saver.filename.empty()) {
    return InvalidArgumentError("the Saver's default file name is empty");
  }
  return OkStatus();
}

class TrainingGraph {
 public:
  TrainingGraph(const ModelConfig& model, const TrainingGraphOptions& options)
      : model_(model), options_(options) {}

  StatusOr<MetaGraph> Build() {
    CAIRN_RETURN_IF_ERROR(CheckOptions(options_));
    CAIRN_ASSIGN_OR_RETURN(nodes_,
                           AddModel(graph_, model_, options_.kernel_seeds));
    CAIRN_RETURN_IF_ERROR(CheckTrainable());
    if (graph_.UniqueName(options_.adam.name) != options_.adam.name) {
      return InvalidArgumentError(StrCat("the optimizer's name '",
                                         Escape(options_.adam.name),
                                         "' is that of a layer"));
    }
    AddTarget();
    const NodeScope evaluate = UniqueScope("evaluate");
    evaluated_ = AddLoss(evaluate, nodes_.output, labels_);
    AddTraining();
    AddInit(graph_, "init", all_);
    graph_.SetSaver(AddSaverNodes(
        graph_,
        options_.saved == SavedVariables::kAll ? all_ : nodes_.AllVariables(),
        options_.saver));
    AddSignatures();
    AddMetaInfo();
    return graph_.Finish();
  }

 private:
  NodeScope UniqueScope(std::string_view name) {
    return NodeScope(graph_, graph_.UniqueName(name) + "/");
  }

  Status CheckTrainable() {
    for (const VariableNodes& v : nodes_.AllVariables()) {
      if (v.definition.trainable) trained_.push_back(v);
    }
    if (trained_.empty()) {
      return InvalidArgumentError("the model has no variables to train");
    }
    const Shape& shape = model_.layers.back().output_shape;
    if (shape.rank() == 1) return OkStatus();
    return InvalidArgumentError(
        StrCat("sparse categorical crossentropy needs outputs of shape "
               "[classes], ",
               Escape(model_.name), " gives ", shape.ToString()));
  }

  // Of any rank, so that [N] and [N,1] can be fed.
  void AddTarget() {
    const NodeScope scope(graph_, "");
    target_name_ = model_.layers.back().name + "_target";
    target_ = scope.New("Placeholder", target_name_)
                  .Type("dtype", DataType::kInt64)
                  .ShapeAttr("shape", PartialShape::Unknown())
                  .Out(DataType::kInt64, PartialShape::Unknown())
                  .Add();
    target_name_ = target_.ref;
    const NodeScope under(graph_, target_name_ + "/");
    labels_ = under.Reshape("Reshape", target_,
                            under.Ints("Reshape/shape", {-1}), {{-1}, false});
  }

  void AddTraining() {
    const NodeScope train = UniqueScope("train");
    TrainingPass pass{Tape(UniqueScope("gradients"))};
    pass.softmax_in_loss = &model_.layers.back();
    LayerOutput output{nodes_.input};
    for (size_t i = 0; i < model_.layers.size(); ++i) {
      const LayerConfig& layer = model_.layers[i];
      output = AddLayer(train.Under(layer.name), layer, nodes_.variables[i],
                        output.value, &pass);
    }
    trained_loss_ = AddLoss(train, output, labels_);
    pass.tape.Run(AddLossGradient(pass.tape.scope(), output, trained_loss_));
    AddOptimizer(pass);
  }

  void AddOptimizer(TrainingPass& pass) {
    const AdamVariables adam =
        AddAdamVariables(graph_, trained_, options_.adam);
    all_ = nodes_.AllVariables();
    for (VariableNodes& v : adam.All()) all_.push_back(std::move(v));
    std::vector<std::string> steps = pass.updates;
    steps.push_back(
        AddAdamStep(graph_, trained_, adam, pass.tape, options_.adam));
    const Output train_op =
        NodeScope(graph_, "").NoOp(kTrainOp, std::move(steps));
    graph_.AddNodeToCollection(kTrainOp, train_op.ref);
    for (const std::string& update : pass.updates) {
      graph_.AddNodeToCollection(kUpdateOps, update);
    }
    graph_.AddNodeToCollection(kLosses, trained_loss_.loss.TensorName());
    graph_.AddVariableToCollection(kGlobalStep, adam.iter.definition);
  }

  void AddSignatures() {
    if (!options_.signature_key.empty()) {
      graph_.AddSignature(options_.signature_key,
                          PredictSignature(model_, nodes_));
    }
    graph_.AddSignature("train", LossSignature("training", trained_loss_));
    graph_.AddSignature("eval", LossSignature("eval", evaluated_));
  }

  // As Estimator names them.
  Signature LossSignature(std::string_view method, const LossNodes& loss) {
    const auto info = [](const Output& output) {
      return SignatureTensor{output.TensorName(), output.dtype, output.shape};
    };
    Signature signature;
    signature.method_name = StrCat("tensorflow/supervised/", method);
    signature.inputs[nodes_.input_name] = info(nodes_.input);
    signature.inputs[target_name_] = info(target_);
    signature.outputs["loss"] = info(loss.loss);
    signature.outputs["metrics/accuracy/value"] = info(loss.accuracy);
    return signature;
  }

  void AddMetaInfo() {
    MetaInfo info;
    info.tags = options_.tags;
    info.tensorflow_version = options_.tensorflow_version;
    info.tensorflow_git_version = options_.tensorflow_git_version;
    info.producer = kGraphProducer;
    graph_.SetMetaInfo(info);
  }

  const ModelConfig& model_;
  const TrainingGraphOptions& options_;
  GraphBuilder graph_;
  ModelNodes nodes_;
  std::vector<VariableNodes> trained_;  // of the model
  std::vector<VariableNodes> all_;      // with the optimizer's
  std::string target_name_;
  Output target_;
  Output labels_;  // [N]
  LossNodes evaluated_, trained_loss_;
};

}  // namespace

StatusOr<MetaGraph> BuildTrainingMetaGraph(
    const ModelConfig& model, const TrainingGraphOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(MetaGraph graph,
                         TrainingGraph(model, options).Build());
  if (options.strip_default_attrs) StripDefaultAttrs(graph);
  return graph;
}

}  // namespace cairn::graph
