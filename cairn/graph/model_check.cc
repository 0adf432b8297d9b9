// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/model_check.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "cairn/base/strings.h"

namespace cairn::graph {
namespace {

// Length of a convolution's or pool's output along one axis; none if the
// window does not fit.
std::optional<int64_t> WindowedLength(int64_t input, int64_t window,
                                      int64_t stride, Padding padding) {
  if (window < 1 || stride < 1) return std::nullopt;
  const int64_t reach = padding == Padding::kSame ? input : input - window + 1;
  if (reach < 1) return std::nullopt;
  return (reach - 1) / stride + 1;
}

using Dims = std::optional<std::vector<int64_t>>;

Dims Windowed(const Shape& input, int64_t height, int64_t width,
              int64_t stride_height, int64_t stride_width, Padding padding,
              int64_t channels) {
  if (input.rank() != 3) return std::nullopt;
  const auto h = WindowedLength(input.dim(0), height, stride_height, padding);
  const auto w = WindowedLength(input.dim(1), width, stride_width, padding);
  if (!h || !w) return std::nullopt;
  return std::vector<int64_t>{*h, *w, channels};
}
// Whether it can be a variable's shape: as an int32 tensor in the graph.
bool IsVariableShape(std::initializer_list<int64_t> dims) {
  for (int64_t dim : dims) {
    if (dim < 1 || dim > std::numeric_limits<int32_t>::max()) return false;
  }
  return Shape::Create({dims.begin(), dims.size()}).ok();
}
Dims OutputDims(const Conv2DConfig& c, const Shape& input) {
  if (input.rank() != 3 || !IsVariableShape({c.kernel_height, c.kernel_width,
                                             input.dim(2), c.filters})) {
    return std::nullopt;
  }
  return Windowed(input, c.kernel_height, c.kernel_width, c.stride_height,
                  c.stride_width, c.padding, c.filters);
}
Dims OutputDims(const MaxPool2DConfig& c, const Shape& input) {
  if (input.rank() != 3) return std::nullopt;
  return Windowed(input, c.pool_height, c.pool_width, c.stride_height,
                  c.stride_width, c.padding, input.dim(2));
}
Dims OutputDims(const BatchNormalizationConfig&, const Shape& input) {
  if (!IsVariableShape({input.dim(input.rank() - 1)})) return std::nullopt;
  return std::vector<int64_t>(input.dims().begin(), input.dims().end());
}
Dims OutputDims(const FlattenConfig&, const Shape& input) {
  // The flattened length stands in the graph as an int32.
  if (input.num_elements() > std::numeric_limits<int32_t>::max()) {
    return std::nullopt;
  }
  return std::vector<int64_t>{input.num_elements()};
}
Dims OutputDims(const DenseConfig& c, const Shape& input) {
  std::vector<int64_t> dims(input.dims().begin(), input.dims().end());
  if (!IsVariableShape({dims.back(), c.units})) return std::nullopt;
  dims.back() = c.units;
  for (int64_t dim : dims) {
    if (dim > std::numeric_limits<int32_t>::max()) return std::nullopt;
  }
  return dims;
}

Status CheckShape(const LayerConfig& layer, const Shape& before) {
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
      [&](const auto& config) { return OutputDims(config, layer.input_shape); },
      layer.config);
  const auto output = layer.output_shape.dims();
  if (!expected || !std::equal(expected->begin(), expected->end(),
                               output.begin(), output.end())) {
    return error("does not make that output of that input");
  }
  return OkStatus();
}

}  // namespace

Status CheckModel(const ModelConfig& model) {
  if (model.layers.empty()) {
    return InvalidArgumentError("a model without layers has no graph");
  }
  const Shape* shape = &model.input_shape;
  for (const LayerConfig& layer : model.layers) {
    CAIRN_RETURN_IF_ERROR(CheckShape(layer, *shape));
    shape = &layer.output_shape;
  }
  return OkStatus();
}

}  // namespace cairn::graph
