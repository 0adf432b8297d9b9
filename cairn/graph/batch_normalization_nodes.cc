// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Not fused, with means over all axes but the last:
//   mean = Mean(x), variance = Mean(SquaredDifference(x, mean))
//   inverse = Rsqrt(variance + epsilon), factor = inverse * gamma
//   y = x * factor + (beta - mean * factor)
// and back, with n = (x - mean) * inverse:
//   d beta = Sum(dy), d gamma = Sum(dy * n)
//   dx = factor * (dy - Mean(dy) - n * Mean(dy * n))
#include "cairn/graph/batch_normalization_nodes.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/strings.h"

namespace cairn::graph {
namespace {

constexpr DataType kFloat = DataType::kFloat;

enum class Statistics { kOfBatch, kMoving };

struct Fused {
  Output scale;
  std::vector<Output> outputs;  // all six
};

Fused AddFused(const NormalizedLayer& layer, const Output& x,
               Statistics statistics) {
  const NodeScope& scope = layer.scope;
  const Output scale = scope.Read("ReadVariableOp", layer.gamma());
  const Output offset = scope.Read("ReadVariableOp", layer.beta());
  const Output mean =
      scope.Read("FusedBatchNormV3/ReadVariableOp", layer.moving_mean());
  const Output variance =
      scope.Read("FusedBatchNormV3/ReadVariableOp", layer.moving_variance());
  std::vector<Output> outputs =
      scope.New("FusedBatchNormV3", "FusedBatchNormV3")
          .Input(x)
          .Input(scale)
          .Input(offset)
          .Input(mean)
          .Input(variance)
          .Type("T", kFloat)
          .Type("U", kFloat)
          .String("data_format", "NHWC")
          .Float("epsilon", layer.config.epsilon)
          .Float("exponential_avg_factor", 1.0f)
          .Flag("is_training", statistics == Statistics::kOfBatch)
          .Out(kFloat, x.shape)
          .Out(kFloat, scale.shape)
          .Out(kFloat, scale.shape)
          .Out(kFloat, scale.shape)
          .Out(kFloat, scale.shape)
          .Out(kFloat, PartialShape::Unknown())
          .AddAll();
  return {scale, std::move(outputs)};
}

// Moves `variable` towards `value` by 1 - momentum.
void AddMovingAverage(const NormalizedLayer& layer,
                      const VariableNodes& variable, const Output& value,
                      TrainingPass& training) {
  // The second one's nodes end in _1, as Keras's do.
  const bool first = &variable == &layer.moving_mean();
  const NodeScope scope =
      layer.scope.Under(first ? "AssignMovingAvg" : "AssignMovingAvg_1");
  const Output decay = scope.Scalar("decay", 1 - layer.config.momentum);
  const Output now = scope.Read("ReadVariableOp", variable);
  const Output distance = scope.Binary("Sub", "sub", now, value, now.shape);
  const Output step = scope.Binary("Mul", "mul", distance, decay, now.shape);
  training.updates.push_back(
      scope.New("AssignSubVariableOp", "AssignSubVariableOp")
          .Input(variable.handle)
          .Input(step)
          .Type("dtype", kFloat)
          .ColocateWith(variable.name)
          .Add()
          .ref);
}

Output AddTrainedFused(const NormalizedLayer& layer, const Output& x,
                       TrainingPass& training) {
  const Fused fused = AddFused(layer, x, Statistics::kOfBatch);
  const std::vector<Output>& y = fused.outputs;
  AddMovingAverage(layer, layer.moving_mean(), y[1], training);
  AddMovingAverage(layer, layer.moving_variance(), y[2], training);
  training.tape.RecordTrained(
      [=, tape = &training.tape,
       g = training.tape.scope().Under(layer.layer.name),
       epsilon = layer.config.epsilon, gamma = &layer.gamma(),
       beta = &layer.beta()](const Output& dy, InputGradient) {
        const std::vector<Output> d =
            g.New("FusedBatchNormGradV3", "FusedBatchNormGradV3")
                .Input(dy)
                .Input(x)
                .Input(fused.scale)
                .Input(fused.outputs[3])
                .Input(fused.outputs[4])
                .Input(fused.outputs[5])
                .Type("T", kFloat)
                .Type("U", kFloat)
                .String("data_format", "NHWC")
                .Float("epsilon", epsilon)
                .Flag("is_training", true)
                .Out(kFloat, x.shape)
                .Out(kFloat, fused.scale.shape)
                .Out(kFloat, fused.scale.shape)
                .Out(kFloat, {{0}, false})
                .Out(kFloat, {{0}, false})
                .AddAll();
        tape->SetGradient(*gamma, d[1]);
        tape->SetGradient(*beta, d[2]);
        return d[0];
      });
  return y[0];
}

// What normalization by any statistics computes with.
struct Normalization {
  Output y, mean, inverse, factor;
};

Normalization AddUnfused(const NormalizedLayer& layer, const Output& x,
                         const Output& mean, const Output& variance) {
  const NodeScope scope = layer.scope.Under("batchnorm");
  const PartialShape& channels = layer.gamma().value.shape;
  Normalization n;
  n.mean = mean;
  const Output epsilon = scope.Scalar("add/y", layer.config.epsilon);
  const Output sum = scope.Binary("AddV2", "add", variance, epsilon, channels);
  n.inverse = scope.Unary("Rsqrt", "Rsqrt", sum);
  const Output gamma = scope.Read("mul/ReadVariableOp", layer.gamma());
  n.factor = scope.Binary("Mul", "mul", n.inverse, gamma, channels);
  const Output scaled = scope.Binary("Mul", "mul", x, n.factor, x.shape);
  if (mean.ref.empty())
    n.mean = scope.Read("ReadVariableOp", layer.moving_mean());
  const Output shift = scope.Binary("Mul", "mul", n.mean, n.factor, channels);
  const Output beta = scope.Read("ReadVariableOp", layer.beta());
  const Output rest = scope.Binary("Sub", "sub", beta, shift, channels);
  n.y = scope.Binary("AddV2", "add", scaled, rest, x.shape);
  return n;
}

// All axes of a batch but the last.
std::vector<int32_t> AxesOf(const Output& x) {
  std::vector<int32_t> axes;
  for (size_t i = 0; i + 1 < x.shape.dims.size(); ++i) {
    axes.push_back(static_cast<int32_t>(i));
  }
  return axes;
}

// What goes back through a normalization by the batch's statistics.
struct UnfusedGradient {
  Output x, gamma, beta;
};

UnfusedGradient AddUnfusedGradient(const NodeScope& scope, const Output& x,
                                   const Normalization& n, const Output& dy) {
  const std::vector<int32_t> axes = AxesOf(x);
  const PartialShape& channels = n.mean.shape;
  const Output centered = scope.Binary("Sub", "sub", x, n.mean, x.shape);
  const Output normal =
      scope.Binary("Mul", "mul", centered, n.inverse, x.shape);
  const Output product = scope.Binary("Mul", "mul", dy, normal, x.shape);
  UnfusedGradient gradient;
  gradient.beta = scope.Reduce("Sum", "Sum", dy, axes, channels);
  gradient.gamma = scope.Reduce("Sum", "Sum", product, axes, channels);
  const Output mean_dy = scope.Reduce("Mean", "Mean", dy, axes, channels);
  const Output mean_product =
      scope.Reduce("Mean", "Mean", product, axes, channels);
  const Output level = scope.Binary("Sub", "sub", dy, mean_dy, x.shape);
  const Output slope =
      scope.Binary("Mul", "mul", normal, mean_product, x.shape);
  const Output rest = scope.Binary("Sub", "sub", level, slope, x.shape);
  gradient.x = scope.Binary("Mul", "mul", rest, n.factor, x.shape);
  return gradient;
}

Output AddTrainedUnfused(const NormalizedLayer& layer, const Output& x,
                         TrainingPass& training) {
  const NodeScope moments = layer.scope.Under("moments");
  const PartialShape& channels = layer.gamma().value.shape;
  const std::vector<int32_t> axes = AxesOf(x);
  const Output mean = moments.Reduce("Mean", "mean", x, axes, channels);
  const Output squares = moments.Binary("SquaredDifference",
                                        "SquaredDifference", x, mean, x.shape);
  const Output variance =
      moments.Reduce("Mean", "variance", squares, axes, channels);
  AddMovingAverage(layer, layer.moving_mean(), mean, training);
  AddMovingAverage(layer, layer.moving_variance(), variance, training);
  const Normalization n = AddUnfused(layer, x, mean, variance);
  training.tape.RecordTrained(
      [=, tape = &training.tape,
       g = training.tape.scope().Under(layer.layer.name).Under("batchnorm"),
       gamma = &layer.gamma(),
       beta = &layer.beta()](const Output& dy, InputGradient) {
        const UnfusedGradient gradient = AddUnfusedGradient(g, x, n, dy);
        tape->SetGradient(*gamma, gradient.gamma);
        tape->SetGradient(*beta, gradient.beta);
        return gradient.x;
      });
  return n.y;
}

}  // namespace

Output AddNormalization(const NormalizedLayer& layer, const Output& x) {
  if (layer.is_fused())
    return AddFused(layer, x, Statistics::kMoving).outputs[0];
  const Output variance = layer.scope.Under("batchnorm")
                              .Read("ReadVariableOp", layer.moving_variance());
  return AddUnfused(layer, x, {}, variance).y;
}

Output AddTrainedNormalization(const NormalizedLayer& layer, const Output& x,
                               TrainingPass& training) {
  return layer.is_fused() ? AddTrainedFused(layer, x, training)
                          : AddTrainedUnfused(layer, x, training);
}

}  // namespace cairn::graph
