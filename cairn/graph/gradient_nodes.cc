// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/gradient_nodes.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "cairn/base/strings.h"

namespace cairn::graph {
namespace {

constexpr DataType kFloat = DataType::kFloat;
constexpr DataType kInt32 = DataType::kInt32;

// The dimensions of `x` as far as they stand in its shape, as a tensor.
Output KnownDims(const NodeScope& scope, std::string_view part,
                 const PartialShape& shape) {
  std::vector<int32_t> dims;
  for (int64_t dim : shape.dims) dims.push_back(static_cast<int32_t>(dim));
  return scope.Ints(part, dims);
}

}  // namespace

GraphBuilder::Node& WithAttributes(GraphBuilder::Node& node,
                                   const Conv2DConfig& config) {
  return node.Type("T", kFloat)
      .String("data_format", "NHWC")
      .Ints("dilations", {1, 1, 1, 1})
      .Ints("explicit_paddings", {})
      .String("padding", PaddingName(config.padding))
      .Ints("strides", {1, config.stride_height, config.stride_width, 1})
      .Flag("use_cudnn_on_gpu", true);
}

GraphBuilder::Node& WithAttributes(GraphBuilder::Node& node,
                                   const MaxPool2DConfig& config) {
  return node.Type("T", kFloat)
      .String("data_format", "NHWC")
      .Ints("explicit_paddings", {})
      .Ints("ksize", {1, config.pool_height, config.pool_width, 1})
      .String("padding", PaddingName(config.padding))
      .Ints("strides", {1, config.stride_height, config.stride_width, 1});
}

Output MatMul(const NodeScope& scope, std::string_view part,
              const Factors& factors, const Transposed& transposed,
              PartialShape shape) {
  return scope.New("MatMul", part)
      .Input(factors.a)
      .Input(factors.b)
      .Type("T", kFloat)
      .Flag("transpose_a", transposed.a)
      .Flag("transpose_b", transposed.b)
      .Out(kFloat, std::move(shape))
      .Add();
}

Output Conv2DFilterGradient(const NodeScope& scope, const Conv2DConfig& config,
                            const Output& x, const Output& filter,
                            const Output& dy) {
  const Output sizes =
      KnownDims(scope, "Conv2DBackpropFilter/filter_sizes", filter.shape);
  auto node = scope.New("Conv2DBackpropFilter", "Conv2DBackpropFilter");
  node.Input(x).Input(sizes).Input(dy);
  return WithAttributes(node, config).Out(kFloat, filter.shape).Add();
}

Output Conv2DInputGradient(const NodeScope& scope, const Conv2DConfig& config,
                           const Output& x, const Output& filter,
                           const Output& dy) {
  const auto rank = static_cast<int64_t>(x.shape.dims.size());
  const Output sizes = scope.New("Shape", "Conv2DBackpropInput/input_sizes")
                           .Input(x)
                           .Type("T", kFloat)
                           .Type("out_type", kInt32)
                           .Out(kInt32, {{rank}, false})
                           .Add();
  auto node = scope.New("Conv2DBackpropInput", "Conv2DBackpropInput");
  node.Input(sizes).Input(filter).Input(dy);
  return WithAttributes(node, config).Out(kFloat, x.shape).Add();
}

Output MatMulWeightGradient(const NodeScope& scope, const Output& x,
                            const Output& weights, const Output& dy) {
  return MatMul(scope, "MatMul_weights", {x, dy}, {.a = true}, weights.shape);
}

Output MatMulInputGradient(const NodeScope& scope, const Output& x,
                           const Output& weights, const Output& dy) {
  return MatMul(scope, "MatMul_input", {dy, weights}, {.b = true}, x.shape);
}

Output BiasAddGradient(const NodeScope& scope, const Output& dy,
                       const PartialShape& bias_shape) {
  return scope.New("BiasAddGrad", "BiasAddGrad")
      .Input(dy)
      .Type("T", kFloat)
      .String("data_format", "NHWC")
      .Out(kFloat, bias_shape)
      .Add();
}

Output ReluGradient(const NodeScope& scope, const Output& y, const Output& dy) {
  return scope.Binary("ReluGrad", "ReluGrad", dy, y, y.shape);
}

// dx = (dy - sum(dy * y)) * y, the sum over the last axis.
Output SoftmaxGradient(const NodeScope& scope, const Output& y,
                       const Output& dy) {
  const NodeScope softmax = scope.Under("Softmax");
  const Output products = softmax.Binary("Mul", "mul", dy, y, y.shape);
  PartialShape sums = y.shape;
  sums.dims.back() = 1;
  const Output sum =
      softmax.Reduce("Sum", "Sum", products, {-1}, std::move(sums));
  const Output centered = softmax.Binary("Sub", "sub", dy, sum, y.shape);
  return softmax.Binary("Mul", "mul", centered, y, y.shape);
}

Output MaxPoolGradient(const NodeScope& scope, const MaxPool2DConfig& config,
                       const Output& x, const Output& y, const Output& dy) {
  auto node = scope.New("MaxPoolGrad", "MaxPoolGrad");
  node.Input(x).Input(y).Input(dy);
  return WithAttributes(node, config).Out(kFloat, x.shape).Add();
}

Output ReshapeGradient(const NodeScope& scope, std::string_view part,
                       const Output& x, const Output& dy) {
  // At most the first dimension, the batch, is not known: -1 in both.
  const Output dims = KnownDims(scope, StrCat(part, "/shape"), x.shape);
  return scope.Reshape(part, dy, dims, x.shape);
}

}  // namespace cairn::graph
