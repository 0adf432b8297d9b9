// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/layer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "cairn/base/random.h"
#include "cairn/base/strings.h"
#include "cairn/nn/window.h"

namespace cairn::nn {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

// No dimension of a layer may exceed this, so that products of four of them
// with a batch stay far inside int64.
constexpr int64_t kMaxSize = int64_t{1} << 24;

Status CheckSize(std::string_view what, int64_t value) {
  if (value >= 1 && value <= kMaxSize) return OkStatus();
  return InvalidArgumentError(
      StrCat(what, " must be from 1 to ", kMaxSize, ", got ", value));
}

Status CheckRank(const Shape& input, int rank, std::string_view meaning) {
  if (input.rank() == rank) return OkStatus();
  return InvalidArgumentError(StrCat("needs input of rank ", rank, " ", meaning,
                                     ", got ", input.ToString()));
}

StatusOr<Shape> SlidingOutput(const Shape& input, const Window& vertical,
                              const Window& horizontal, int64_t channels) {
  CAIRN_RETURN_IF_ERROR(CheckRank(input, 3, "(height, width and channels)"));
  if (vertical.output < 1 || horizontal.output < 1) {
    return InvalidArgumentError(
        StrCat("window of ", vertical.size, " x ", horizontal.size,
               " is larger than its input ", input.ToString()));
  }
  return Shape::Create(
      std::array{vertical.output, horizontal.output, channels});
}

StatusOr<Shape> OutputShape(const Conv2DConfig& c, const Shape& input) {
  CAIRN_RETURN_IF_ERROR(CheckSize("filters", c.filters));
  CAIRN_RETURN_IF_ERROR(CheckSize("kernel height", c.kernel_height));
  CAIRN_RETURN_IF_ERROR(CheckSize("kernel width", c.kernel_width));
  CAIRN_RETURN_IF_ERROR(CheckSize("stride height", c.stride_height));
  CAIRN_RETURN_IF_ERROR(CheckSize("stride width", c.stride_width));
  CAIRN_RETURN_IF_ERROR(CheckRank(input, 3, "(height, width and channels)"));
  return SlidingOutput(input, VerticalWindow(c, input),
                       HorizontalWindow(c, input), c.filters);
}

StatusOr<Shape> OutputShape(const MaxPool2DConfig& c, const Shape& input) {
  CAIRN_RETURN_IF_ERROR(CheckSize("pool height", c.pool_height));
  CAIRN_RETURN_IF_ERROR(CheckSize("pool width", c.pool_width));
  CAIRN_RETURN_IF_ERROR(CheckSize("stride height", c.stride_height));
  CAIRN_RETURN_IF_ERROR(CheckSize("stride width", c.stride_width));
  CAIRN_RETURN_IF_ERROR(CheckRank(input, 3, "(height, width and channels)"));
  return SlidingOutput(input, VerticalWindow(c, input),
                       HorizontalWindow(c, input), input.dim(2));
}

StatusOr<Shape> OutputShape(const BatchNormalizationConfig& c,
                            const Shape& input) {
  if (input.rank() < 1) {
    return InvalidArgumentError("needs input of rank 1 or more, got a scalar");
  }
  if (!(c.momentum >= 0 && c.momentum <= 1)) {
    return InvalidArgumentError(
        StrCat("momentum must be from 0 to 1, got ", c.momentum));
  }
  if (!(c.epsilon > 0) || !std::isfinite(c.epsilon)) {
    return InvalidArgumentError(
        StrCat("epsilon must be a positive number, got ", c.epsilon));
  }
  return input;
}

StatusOr<Shape> OutputShape(const FlattenConfig&, const Shape& input) {
  return Shape::Create(std::array{input.num_elements()});
}

StatusOr<Shape> OutputShape(const DenseConfig& c, const Shape& input) {
  CAIRN_RETURN_IF_ERROR(CheckSize("units", c.units));
  if (input.rank() < 1) {
    return InvalidArgumentError("needs input of rank 1 or more, got a scalar");
  }
  std::vector<int64_t> dims(input.dims().begin(), input.dims().end());
  dims.back() = c.units;
  return Shape::Create(dims);
}

// Uniform in [-limit, limit), limit = sqrt(6 / (fan_in + fan_out)), where the
// fans of a convolution count its receptive field. The same numbers as Keras's
// GlorotUniform(seed).
StatusOr<Tensor> GlorotUniform(const Shape& shape, uint64_t seed) {
  CAIRN_ASSIGN_OR_RETURN(Tensor tensor,
                         Tensor::CreateUninitialized(DataType::kFloat, shape));
  const int rank = shape.rank();
  double field = 1;
  for (int i = 0; i < rank - 2; ++i) field *= static_cast<double>(shape.dim(i));
  const double fans =
      field * static_cast<double>(shape.dim(rank - 2) + shape.dim(rank - 1));
  const float limit = static_cast<float>(std::sqrt(6.0 / fans));
  Random random(seed, 0);
  for (float& value : tensor.data<float>()) {
    value = random.Uniform() * (limit + limit) - limit;
  }
  return tensor;
}

StatusOr<Tensor> Filled(int64_t size, float value) {
  CAIRN_ASSIGN_OR_RETURN(Tensor tensor, Tensor::CreateUninitialized(
                                            DataType::kFloat, Shape{size}));
  std::ranges::fill(tensor.data<float>(), value);
  return tensor;
}

}  // namespace

std::string_view DefaultName(const LayerSpec& spec) {
  constexpr std::string_view kNames[] = {"conv2d", "batch_normalization",
                                         "max_pooling2d", "flatten", "dense"};
  return kNames[spec.index()];
}

std::string_view Layer::class_name() const {
  constexpr std::string_view kNames[] = {"Conv2D", "BatchNormalization",
                                         "MaxPooling2D", "Flatten", "Dense"};
  return kNames[config_.config.index()];
}

StatusOr<std::unique_ptr<Layer>> Layer::Create(LayerSpec spec, std::string name,
                                               const Shape& input_shape,
                                               uint64_t seed,
                                               LayerOptions options) {
  LayerConfig config{std::move(name), std::move(spec), input_shape, Shape()};
  if (input_shape.num_elements() < 1 || input_shape.num_elements() > kMaxSize) {
    return InvalidArgumentError(
        StrCat(config.name, ": an example must have 1 to ", kMaxSize,
               " values, got shape ", input_shape.ToString()));
  }
  StatusOr<Shape> output =
      std::visit([&](const auto& c) { return OutputShape(c, input_shape); },
                 config.config);
  if (!output.ok()) return Annotate(output.status(), config.name);
  config.output_shape = *std::move(output);
  std::unique_ptr<Layer> layer(
      new Layer(std::move(config), std::move(options)));
  if (Status status = layer->Build(seed); !status.ok()) {
    return Annotate(status, layer->name());
  }
  return layer;
}

Status Layer::AddVariable(std::string_view part, StatusOr<Tensor> value,
                          Variable::Trainable trainable) {
  CAIRN_RETURN_IF_ERROR(value.status());
  variables_.push_back(std::make_unique<Variable>(
      StrCat(options_.scope, config_.name, "/", part), *std::move(value),
      trainable));
  const bool hidden =
      options_.layout == ModelLayout::kKeras3 && part == "kernel";
  return Track(StrCat(hidden ? "_" : "", part), variables_.back().get());
}

Status Layer::Build(uint64_t seed) {
  using enum VariableTrainable;
  const Shape& input = config_.input_shape;
  return std::visit(
      Overloaded{
          [&](const Conv2DConfig& c) -> Status {
            CAIRN_ASSIGN_OR_RETURN(
                Shape shape,
                Shape::Create(std::array{c.kernel_height, c.kernel_width,
                                         input.dim(2), c.filters}));
            CAIRN_RETURN_IF_ERROR(
                AddVariable("kernel", GlorotUniform(shape, seed), kYes));
            return AddVariable("bias", Filled(c.filters, 0), kYes);
          },
          [&](const DenseConfig& c) -> Status {
            CAIRN_ASSIGN_OR_RETURN(Shape shape,
                                   Shape::Create(std::array{
                                       input.dim(input.rank() - 1), c.units}));
            CAIRN_RETURN_IF_ERROR(
                AddVariable("kernel", GlorotUniform(shape, seed), kYes));
            return AddVariable("bias", Filled(c.units, 0), kYes);
          },
          [&](const BatchNormalizationConfig&) -> Status {
            const int64_t channels = input.dim(input.rank() - 1);
            if (options_.layout == ModelLayout::kKeras2) {
              CAIRN_RETURN_IF_ERROR(Track("axis", &axis_));
            }
            CAIRN_RETURN_IF_ERROR(
                AddVariable("gamma", Filled(channels, 1), kYes));
            CAIRN_RETURN_IF_ERROR(
                AddVariable("beta", Filled(channels, 0), kYes));
            CAIRN_RETURN_IF_ERROR(
                AddVariable("moving_mean", Filled(channels, 0), kNo));
            return AddVariable("moving_variance", Filled(channels, 1), kNo);
          },
          [](const MaxPool2DConfig&) { return OkStatus(); },
          [](const FlattenConfig&) { return OkStatus(); },
      },
      config_.config);
}

Variable* Layer::Find(std::string_view part) const {
  for (const auto& variable : variables_) {
    if (variable->name() == StrCat(options_.scope, config_.name, "/", part)) {
      return variable.get();
    }
  }
  return nullptr;
}

int64_t Layer::CountParameters() const {
  int64_t count = 0;
  for (const auto& variable : variables_) {
    count += variable->shape().num_elements();
  }
  return count;
}

}  // namespace cairn::nn
