// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Nodes, in this order:
//   <first layer>_input    Placeholder [?, input shape]
//   per layer: its variables (variable_nodes.cc), then its computation
//   save/...               saver_nodes.cc
//   init                   NoOp(^<variable>/Assign ...)
#include "cairn/graph/inference_graph.h"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "cairn/base/strings.h"
#include "cairn/graph/graph_builder.h"
#include "cairn/graph/saver_nodes.h"
#include "cairn/graph/variable_nodes.h"

namespace cairn::graph {
namespace {

constexpr DataType kFloat = DataType::kFloat;
constexpr DataType kInt32 = DataType::kInt32;

// A shape with an unknown batch dimension in front.
PartialShape Batched(const Shape& shape) {
  PartialShape batched{{-1}, false};
  batched.dims.insert(batched.dims.end(), shape.dims().begin(),
                      shape.dims().end());
  return batched;
}

std::string_view PaddingName(Padding padding) {
  return padding == Padding::kSame ? "SAME" : "VALID";
}

// Length of a convolution's or pool's output along one axis; none if the
// window does not fit.
std::optional<int64_t> WindowedLength(int64_t input, int64_t window,
                                      int64_t stride, Padding padding) {
  if (window < 1 || stride < 1) return std::nullopt;
  const int64_t reach = padding == Padding::kSame ? input : input - window + 1;
  if (reach < 1) return std::nullopt;
  return (reach - 1) / stride + 1;
}

class ModelGraph {
 public:
  ModelGraph(const ModelConfig& model, const InferenceGraphOptions& options)
      : model_(model), options_(options) {}

  StatusOr<MetaGraph> Build() {
    CAIRN_RETURN_IF_ERROR(CheckShapes());
    const std::string input_name = model_.layers.front().name + "_input";
    const PartialShape shape = Batched(model_.input_shape);
    const Output input = graph_.NewNode("Placeholder", input_name)
                             .Type("dtype", kFloat)
                             .ShapeAttr("shape", shape)
                             .Out(kFloat, shape)
                             .Add();
    value_ = input;
    for (const LayerConfig& layer : model_.layers) {
      if (graph_.UniqueName(layer.name) != layer.name) {
        return InvalidArgumentError(
            StrCat("layer name '", Escape(layer.name),
                   "' is taken, or differs from another only in case"));
      }
      layer_ = &layer;
      std::visit([this](const auto& config) { Add(config); }, layer.config);
    }
    AddSaver();
    AddInit();
    if (!options_.signature_key.empty()) AddSignature(input_name, input);
    AddMetaInfo();
    return graph_.Finish();
  }

 private:
  // --- shapes ---
  Status CheckShapes() const {
    if (model_.layers.empty()) {
      return InvalidArgumentError("a model without layers has no graph");
    }
    const Shape* shape = &model_.input_shape;
    for (const LayerConfig& layer : model_.layers) {
      CAIRN_RETURN_IF_ERROR(CheckShape(layer, *shape));
      shape = &layer.output_shape;
    }
    return OkStatus();
  }

  static Status CheckShape(const LayerConfig& layer, const Shape& before) {
    const auto error = [&](std::string_view what) {
      return InvalidArgumentError(
          StrCat("layer '", Escape(layer.name), "' ", what, ": input ",
                 layer.input_shape.ToString(), ", output ",
                 layer.output_shape.ToString()));
    };
    if (!(layer.input_shape == before)) {
      return error(
          StrCat("does not take what comes before it, ", before.ToString()));
    }
    if (layer.input_shape.num_elements() < 1 ||
        layer.output_shape.num_elements() < 1) {
      return error("has nothing to compute");
    }
    if (layer.input_shape.rank() < 1) return error("needs a dimension");
    const auto expected = std::visit(
        [&](const auto& config) {
          return OutputDims(config, layer.input_shape);
        },
        layer.config);
    const auto output = layer.output_shape.dims();
    if (!expected || !std::equal(expected->begin(), expected->end(),
                                 output.begin(), output.end())) {
      return error("does not make that output of that input");
    }
    return OkStatus();
  }

  using Dims = std::optional<std::vector<int64_t>>;

  static Dims Windowed(const Shape& input, int64_t height, int64_t width,
                       int64_t stride_height, int64_t stride_width,
                       Padding padding, int64_t channels) {
    if (input.rank() != 3) return std::nullopt;
    const auto h = WindowedLength(input.dim(0), height, stride_height, padding);
    const auto w = WindowedLength(input.dim(1), width, stride_width, padding);
    if (!h || !w) return std::nullopt;
    return std::vector<int64_t>{*h, *w, channels};
  }
  // Whether it can be a variable's shape: as an int32 tensor in the graph.
  static bool IsVariableShape(std::initializer_list<int64_t> dims) {
    for (int64_t dim : dims) {
      if (dim < 1 || dim > std::numeric_limits<int32_t>::max()) return false;
    }
    return Shape::Create({dims.begin(), dims.size()}).ok();
  }
  static Dims OutputDims(const Conv2DConfig& c, const Shape& input) {
    if (input.rank() != 3 || !IsVariableShape({c.kernel_height, c.kernel_width,
                                               input.dim(2), c.filters})) {
      return std::nullopt;
    }
    return Windowed(input, c.kernel_height, c.kernel_width, c.stride_height,
                    c.stride_width, c.padding, c.filters);
  }
  static Dims OutputDims(const MaxPool2DConfig& c, const Shape& input) {
    if (input.rank() != 3) return std::nullopt;
    return Windowed(input, c.pool_height, c.pool_width, c.stride_height,
                    c.stride_width, c.padding, input.dim(2));
  }
  static Dims OutputDims(const BatchNormalizationConfig&, const Shape& input) {
    if (!IsVariableShape({input.dim(input.rank() - 1)})) return std::nullopt;
    return std::vector<int64_t>(input.dims().begin(), input.dims().end());
  }
  static Dims OutputDims(const FlattenConfig&, const Shape& input) {
    // The flattened length stands in the graph as an int32.
    if (input.num_elements() > std::numeric_limits<int32_t>::max()) {
      return std::nullopt;
    }
    return std::vector<int64_t>{input.num_elements()};
  }
  static Dims OutputDims(const DenseConfig& c, const Shape& input) {
    std::vector<int64_t> dims(input.dims().begin(), input.dims().end());
    if (!IsVariableShape({dims.back(), c.units})) return std::nullopt;
    dims.back() = c.units;
    for (int64_t dim : dims) {
      if (dim > std::numeric_limits<int32_t>::max()) return std::nullopt;
    }
    return dims;
  }

  // --- variables ---
  std::string Name(std::string_view part) const {
    return StrCat(layer_->name, "/", part);
  }

  enum class Role { kTrained, kMovingStatistic };

  // Returns the handle.
  Output AddVariable(std::string_view part, const Shape& shape,
                     Initializer initializer, Role role = Role::kTrained) {
    VariableSpec spec{Name(part), shape, initializer};
    if (initializer == Initializer::kGlorotUniform) spec.seed = NextSeed();
    if (role == Role::kMovingStatistic) {
      spec.trainable = false;
      spec.synchronization = kSyncOnRead;
      spec.aggregation = kAggregateMean;
    }
    variables_.push_back(AddVariableNodes(graph_, spec));
    return variables_.back().handle;
  }

  int32_t NextSeed() {
    const size_t k = kernels_++;
    return k < options_.kernel_seeds.size() ? options_.kernel_seeds[k]
                                            : static_cast<int32_t>(k);
  }

  Output AddRead(std::string_view name, const Output& handle,
                 const Shape& shape) {
    return AddReadVariable(graph_, name, handle, shape);
  }

  Output AddBinary(std::string_view op, std::string_view name, const Output& a,
                   const Output& b, PartialShape shape) {
    return graph_.NewNode(op, name)
        .Input(a)
        .Input(b)
        .Type("T", kFloat)
        .Out(kFloat, std::move(shape))
        .Add();
  }

  // --- layers: value_ is what comes in and what goes out ---
  PartialShape OutputShape() const { return Batched(layer_->output_shape); }

  void Add(const Conv2DConfig& c) {
    const int64_t channels = layer_->input_shape.dim(2);
    const Shape kernel_shape(
        {c.kernel_height, c.kernel_width, channels, c.filters});
    const Shape bias_shape({c.filters});
    const Output kernel =
        AddVariable("kernel", kernel_shape, Initializer::kGlorotUniform);
    const Output bias = AddVariable("bias", bias_shape, Initializer::kZeros);
    const Output filter =
        AddRead(Name("Conv2D/ReadVariableOp"), kernel, kernel_shape);
    value_ = graph_.NewNode("Conv2D", Name("Conv2D"))
                 .Input(value_)
                 .Input(filter)
                 .Type("T", kFloat)
                 .String("data_format", "NHWC")
                 .Ints("dilations", {1, 1, 1, 1})
                 .Ints("explicit_paddings", {})
                 .String("padding", PaddingName(c.padding))
                 .Ints("strides", {1, c.stride_height, c.stride_width, 1})
                 .Flag("use_cudnn_on_gpu", true)
                 .Out(kFloat, OutputShape())
                 .Add();
    AddBiasAndActivation(bias, bias_shape, c.activation);
  }

  void Add(const DenseConfig& c) {
    const Shape& in = layer_->input_shape;
    const int64_t features = in.dim(in.rank() - 1);
    const Shape kernel_shape({features, c.units});
    const Shape bias_shape({c.units});
    const Output kernel =
        AddVariable("kernel", kernel_shape, Initializer::kGlorotUniform);
    const Output bias = AddVariable("bias", bias_shape, Initializer::kZeros);
    if (in.rank() > 1) {
      AddReshape("Tensordot/Reshape", Shape({features}));
    }
    const std::string name = in.rank() > 1 ? "Tensordot/MatMul" : "MatMul";
    const Output weights =
        AddRead(Name(name + "/ReadVariableOp"), kernel, kernel_shape);
    value_ = graph_.NewNode("MatMul", Name(name))
                 .Input(value_)
                 .Input(weights)
                 .Type("T", kFloat)
                 .Flag("transpose_a", false)
                 .Flag("transpose_b", false)
                 .Out(kFloat, Batched(bias_shape))
                 .Add();
    if (in.rank() > 1) AddReshape("Tensordot", layer_->output_shape);
    AddBiasAndActivation(bias, bias_shape, c.activation);
  }

  void Add(const BatchNormalizationConfig& c) {
    const Shape& in = layer_->input_shape;
    const Shape shape({in.dim(in.rank() - 1)});
    const Output gamma = AddVariable("gamma", shape, Initializer::kOnes);
    const Output beta = AddVariable("beta", shape, Initializer::kZeros);
    const Output mean = AddVariable("moving_mean", shape, Initializer::kZeros,
                                    Role::kMovingStatistic);
    const Output variance = AddVariable(
        "moving_variance", shape, Initializer::kOnes, Role::kMovingStatistic);
    if (in.rank() == 3) {
      AddFusedNormalization(c, shape, gamma, beta, mean, variance);
    } else {
      AddNormalization(c, shape, gamma, beta, mean, variance);
    }
  }

  void AddFusedNormalization(const BatchNormalizationConfig& c,
                             const Shape& shape, const Output& gamma,
                             const Output& beta, const Output& mean,
                             const Output& variance) {
    const PartialShape channels = PartialShape::Of(shape);
    const Output scale = AddRead(Name("ReadVariableOp"), gamma, shape);
    const Output offset = AddRead(Name("ReadVariableOp"), beta, shape);
    const Output m =
        AddRead(Name("FusedBatchNormV3/ReadVariableOp"), mean, shape);
    const Output v =
        AddRead(Name("FusedBatchNormV3/ReadVariableOp"), variance, shape);
    value_ = graph_.NewNode("FusedBatchNormV3", Name("FusedBatchNormV3"))
                 .Input(value_)
                 .Input(scale)
                 .Input(offset)
                 .Input(m)
                 .Input(v)
                 .Type("T", kFloat)
                 .Type("U", kFloat)
                 .String("data_format", "NHWC")
                 .Float("epsilon", c.epsilon)
                 .Float("exponential_avg_factor", 1.0f)
                 .Flag("is_training", false)
                 .Out(kFloat, OutputShape())
                 .Out(kFloat, channels)
                 .Out(kFloat, channels)
                 .Out(kFloat, channels)
                 .Out(kFloat, channels)
                 .Out(kFloat, PartialShape::Unknown())
                 .Add();
  }

  // Keras fuses only four dimensions.
  void AddNormalization(const BatchNormalizationConfig& c, const Shape& shape,
                        const Output& gamma, const Output& beta,
                        const Output& mean, const Output& variance) {
    const PartialShape channels = PartialShape::Of(shape);
    const auto name = [&](std::string_view part) {
      return Name(StrCat("batchnorm/", part));
    };
    const Output v = AddRead(name("ReadVariableOp"), variance, shape);
    const Output epsilon =
        graph_.Constant(name("add/y"), Tensor::Scalar<float>(c.epsilon));
    const Output sum = AddBinary("AddV2", name("add"), v, epsilon, channels);
    const Output inverse = AddUnary("Rsqrt", name("Rsqrt"), sum, channels);
    const Output scale = AddRead(name("mul/ReadVariableOp"), gamma, shape);
    const Output factor =
        AddBinary("Mul", name("mul"), inverse, scale, channels);
    const Output scaled =
        AddBinary("Mul", name("mul"), value_, factor, OutputShape());
    const Output m = AddRead(name("ReadVariableOp"), mean, shape);
    const Output shift = AddBinary("Mul", name("mul"), m, factor, channels);
    const Output offset = AddRead(name("ReadVariableOp"), beta, shape);
    const Output rest = AddBinary("Sub", name("sub"), offset, shift, channels);
    value_ = AddBinary("AddV2", name("add"), scaled, rest, OutputShape());
  }

  void Add(const MaxPool2DConfig& c) {
    value_ = graph_.NewNode("MaxPool", Name("MaxPool"))
                 .Input(value_)
                 .Type("T", kFloat)
                 .String("data_format", "NHWC")
                 .Ints("explicit_paddings", {})
                 .Ints("ksize", {1, c.pool_height, c.pool_width, 1})
                 .String("padding", PaddingName(c.padding))
                 .Ints("strides", {1, c.stride_height, c.stride_width, 1})
                 .Out(kFloat, OutputShape())
                 .Add();
  }

  void Add(const FlattenConfig&) {
    const Output shape = AddBatchedShape("Const", layer_->output_shape);
    AddReshapeTo("Reshape", shape, layer_->output_shape);
  }

  void AddReshape(const std::string& part, const Shape& shape) {
    AddReshapeTo(part, AddBatchedShape(part + "/shape", shape), shape);
  }

  Output AddBatchedShape(std::string_view part, const Shape& shape) {
    std::vector<int32_t> dims = {-1};
    for (int64_t dim : shape.dims()) dims.push_back(static_cast<int32_t>(dim));
    return graph_.Constant(Name(part), Int32Vector(dims));
  }

  void AddReshapeTo(std::string_view part, const Output& dims,
                    const Shape& shape) {
    value_ = graph_.NewNode("Reshape", Name(part))
                 .Input(value_)
                 .Input(dims)
                 .Type("T", kFloat)
                 .Type("Tshape", kInt32)
                 .Out(kFloat, Batched(shape))
                 .Add();
  }

  Output AddUnary(std::string_view op, std::string_view name,
                  const Output& input, PartialShape shape) {
    return graph_.NewNode(op, name)
        .Input(input)
        .Type("T", kFloat)
        .Out(kFloat, std::move(shape))
        .Add();
  }

  void AddBiasAndActivation(const Output& bias, const Shape& bias_shape,
                            Activation activation) {
    const Output read =
        AddRead(Name("BiasAdd/ReadVariableOp"), bias, bias_shape);
    value_ = graph_.NewNode("BiasAdd", Name("BiasAdd"))
                 .Input(value_)
                 .Input(read)
                 .Type("T", kFloat)
                 .String("data_format", "NHWC")
                 .Out(kFloat, OutputShape())
                 .Add();
    if (activation == Activation::kRelu) {
      value_ = AddUnary("Relu", Name("Relu"), value_, OutputShape());
    } else if (activation == Activation::kSoftmax) {
      value_ = AddUnary("Softmax", Name("Softmax"), value_, OutputShape());
    }
  }

  // --- the rest ---
  void AddSaver() {
    if (variables_.empty()) return;  // TensorFlow: "No variables to save"
    graph_.SetSaver(AddSaverNodes(graph_, variables_,
                                  {"save", options_.max_to_keep,
                                   options_.keep_checkpoint_every_n_hours}));
  }

  void AddInit() {
    if (variables_.empty()) return;
    std::vector<std::string> assigns;
    for (const VariableNodes& v : variables_) assigns.push_back(v.assign);
    graph_.NewNode("NoOp", "init").ControlInputs(std::move(assigns)).Add();
  }

  void AddSignature(const std::string& input_name, const Output& input) {
    Signature signature;
    signature.method_name = "tensorflow/serving/predict";
    signature.inputs[input_name] = {input.TensorName(), input.dtype,
                                    input.shape};
    signature.outputs[model_.layers.back().name] = {value_.TensorName(),
                                                    value_.dtype, value_.shape};
    graph_.AddSignature(options_.signature_key, signature);
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
  const InferenceGraphOptions& options_;
  GraphBuilder graph_;
  const LayerConfig* layer_ = nullptr;
  Output value_;
  std::vector<VariableNodes> variables_;
  size_t kernels_ = 0;
};

}  // namespace

StatusOr<MetaGraph> BuildInferenceMetaGraph(
    const ModelConfig& model, const InferenceGraphOptions& options) {
  return ModelGraph(model, options).Build();
}

}  // namespace cairn::graph
