// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The names are Keras's, but for Dense on more than two dimensions, which makes
// a matrix of its input and back.
#include "cairn/graph/layer_nodes.h"

#include <string_view>
#include <utility>
#include <variant>

#include "cairn/base/strings.h"
#include "cairn/graph/batch_normalization_nodes.h"
#include "cairn/graph/gradient_nodes.h"

namespace cairn::graph {
namespace {

constexpr DataType kFloat = DataType::kFloat;

// Adds the variables of a layer of each kind.
class VariablesOf {
 public:
  VariablesOf(GraphBuilder& graph, const LayerConfig& layer, KernelSeeds& seeds)
      : graph_(graph), layer_(layer), seeds_(seeds) {}

  void operator()(const Conv2DConfig& c) {
    AddKernelAndBias({c.kernel_height, c.kernel_width, Channels(), c.filters});
  }
  void operator()(const DenseConfig& c) {
    AddKernelAndBias({Channels(), c.units});
  }
  void operator()(const BatchNormalizationConfig&) {
    const Shape shape({Channels()});
    Add({Name("gamma"), shape, Initializer::kOnes});
    Add({Name("beta"), shape, Initializer::kZeros});
    AddStatistic("moving_mean", shape, Initializer::kZeros);
    AddStatistic("moving_variance", shape, Initializer::kOnes);
  }
  void operator()(const MaxPool2DConfig&) {}
  void operator()(const FlattenConfig&) {}

  LayerVariables Take() { return std::move(variables_); }

 private:
  std::string Name(std::string_view part) const {
    return StrCat(layer_.name, "/", part);
  }
  int64_t Channels() const {
    return layer_.input_shape.dim(layer_.input_shape.rank() - 1);
  }
  void Add(const VariableSpec& spec) {
    variables_.push_back(AddVariableNodes(graph_, spec));
  }
  void AddStatistic(std::string_view part, const Shape& shape,
                    Initializer initializer) {
    VariableSpec spec{Name(part), shape, initializer};
    spec.trainable = false;
    spec.synchronization = kSyncOnRead;
    spec.aggregation = kAggregateMean;
    Add(spec);
  }
  void AddKernelAndBias(const Shape& kernel) {
    VariableSpec spec{Name("kernel"), kernel, Initializer::kGlorotUniform};
    spec.seed = seeds_.Next();
    Add(spec);
    Add({Name("bias"), Shape({kernel.dim(kernel.rank() - 1)}),
         Initializer::kZeros});
  }

  GraphBuilder& graph_;
  const LayerConfig& layer_;
  KernelSeeds& seeds_;
  LayerVariables variables_;
};

// Adds the computation of a layer of each kind; `value_` goes through it.
class ComputationOf {
 public:
  ComputationOf(const NodeScope& scope, const LayerConfig& layer,
                const LayerVariables& variables, const Output& input,
                TrainingPass* training)
      : scope_(scope),
        layer_(layer),
        variables_(variables),
        training_(training),
        value_(input) {
    if (training_ != nullptr) {
      gradients_.emplace(training_->tape.scope().Under(layer.name));
    }
  }

  void operator()(const Conv2DConfig& c) {
    const Output filter = scope_.Read("Conv2D/ReadVariableOp", variables_[0]);
    const Output x = value_;
    auto node = scope_.New("Conv2D", "Conv2D");
    node.Input(x).Input(filter);
    value_ = WithAttributes(node, c).Out(kFloat, OutputShape()).Add();
    RecordTrained([=, g = gradients_, tape = TapeOrNull(),
                   kernel = &variables_[0]](const Output& dy,
                                            InputGradient wanted) {
      tape->SetGradient(*kernel, Conv2DFilterGradient(*g, c, x, filter, dy));
      return wanted == InputGradient::kWanted
                 ? Conv2DInputGradient(*g, c, x, filter, dy)
                 : Output();
    });
    AddBiasAndActivation(c.activation);
  }

  void operator()(const DenseConfig& c) {
    const Shape& in = layer_.input_shape;
    const bool matrix = in.rank() == 1;
    if (!matrix) {
      AddReshape("Tensordot/Reshape", Shape({in.dim(in.rank() - 1)}));
    }
    const std::string name = matrix ? "MatMul" : "Tensordot/MatMul";
    const Output weights = scope_.Read(name + "/ReadVariableOp", variables_[0]);
    const Output x = value_;
    value_ = MatMul(scope_, name, {x, weights}, {}, Batched(Shape({c.units})));
    RecordTrained(
        [=, g = gradients_, tape = TapeOrNull(), kernel = &variables_[0]](
            const Output& dy, InputGradient wanted) {
          tape->SetGradient(*kernel, MatMulWeightGradient(*g, x, weights, dy));
          return wanted == InputGradient::kWanted
                     ? MatMulInputGradient(*g, x, weights, dy)
                     : Output();
        });
    if (!matrix) AddReshape("Tensordot", layer_.output_shape);
    AddBiasAndActivation(c.activation);
  }

  void operator()(const BatchNormalizationConfig& c) {
    const NormalizedLayer layer{scope_, c, layer_, variables_};
    value_ = training_ == nullptr
                 ? AddNormalization(layer, value_)
                 : AddTrainedNormalization(layer, value_, *training_);
  }

  void operator()(const MaxPool2DConfig& c) {
    const Output x = value_;
    auto node = scope_.New("MaxPool", "MaxPool");
    node.Input(x);
    value_ = WithAttributes(node, c).Out(kFloat, OutputShape()).Add();
    Record([=, g = gradients_, y = value_](const Output& dy, InputGradient) {
      return MaxPoolGradient(*g, c, x, y, dy);
    });
  }

  void operator()(const FlattenConfig&) {
    ReshapeTo("Reshape", scope_.BatchedDims("Const", layer_.output_shape),
              Batched(layer_.output_shape));
  }

  LayerOutput Result() const { return {value_, logits_}; }

 private:
  PartialShape OutputShape() const { return Batched(layer_.output_shape); }
  Tape* TapeOrNull() const { return training_ ? &training_->tape : nullptr; }

  void Record(Tape::Backward backward) {
    if (training_ != nullptr) training_->tape.Record(std::move(backward));
  }
  void RecordTrained(Tape::Backward backward) {
    if (training_ != nullptr) {
      training_->tape.RecordTrained(std::move(backward));
    }
  }

  void AddReshape(const std::string& part, const Shape& shape) {
    ReshapeTo(part, scope_.BatchedDims(part + "/shape", shape), Batched(shape));
  }

  void ReshapeTo(const std::string& part, const Output& dims,
                 PartialShape shape) {
    const Output x = value_;
    value_ = scope_.Reshape(part, x, dims, std::move(shape));
    Record([=, g = gradients_](const Output& dy, InputGradient) {
      return ReshapeGradient(*g, part, x, dy);
    });
  }

  void AddBiasAndActivation(Activation activation) {
    const Output bias = scope_.Read("BiasAdd/ReadVariableOp", variables_[1]);
    value_ = scope_.New("BiasAdd", "BiasAdd")
                 .Input(value_)
                 .Input(bias)
                 .Type("T", kFloat)
                 .String("data_format", "NHWC")
                 .Out(kFloat, OutputShape())
                 .Add();
    RecordTrained([g = gradients_, tape = TapeOrNull(),
                   variable = &variables_[1]](const Output& dy, InputGradient) {
      tape->SetGradient(*variable,
                        BiasAddGradient(*g, dy, variable->value.shape));
      return dy;
    });
    if (activation == Activation::kRelu) AddRelu();
    if (activation == Activation::kSoftmax) AddSoftmax();
  }

  void AddRelu() {
    value_ = scope_.Unary("Relu", "Relu", value_);
    Record([g = gradients_, y = value_](const Output& dy, InputGradient) {
      return ReluGradient(*g, y, dy);
    });
  }

  void AddSoftmax() {
    logits_ = value_;
    if (training_ != nullptr && training_->softmax_in_loss == &layer_) return;
    value_ = scope_.Unary("Softmax", "Softmax", value_);
    Record([g = gradients_, y = value_](const Output& dy, InputGradient) {
      return SoftmaxGradient(*g, y, dy);
    });
  }

  const NodeScope& scope_;
  const LayerConfig& layer_;
  const LayerVariables& variables_;
  TrainingPass* const training_;
  std::optional<NodeScope> gradients_;  // in training
  Output value_;
  std::optional<Output> logits_;
};

}  // namespace

int32_t KernelSeeds::Next() {
  const size_t k = used++;
  return k < given.size() ? given[k] : static_cast<int32_t>(k);
}

LayerVariables AddLayerVariables(GraphBuilder& graph, const LayerConfig& layer,
                                 KernelSeeds& seeds) {
  VariablesOf variables(graph, layer, seeds);
  std::visit(variables, layer.config);
  return variables.Take();
}

LayerOutput AddLayer(const NodeScope& scope, const LayerConfig& layer,
                     const LayerVariables& variables, const Output& input,
                     TrainingPass* training) {
  ComputationOf computation(scope, layer, variables, input, training);
  std::visit([&](const auto& config) { computation(config); }, layer.config);
  return computation.Result();
}

}  // namespace cairn::graph
