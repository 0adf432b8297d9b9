// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/loss_nodes.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace cairn::graph {
namespace {

constexpr DataType kFloat = DataType::kFloat;
constexpr DataType kInt32 = DataType::kInt32;
constexpr DataType kInt64 = DataType::kInt64;
// How near probabilities may be to 0 and 1, as in Keras.
constexpr float kClip = 1e-7f;

PartialShape OnePerExample() { return {{-1}, false}; }

Output AddEqual(const NodeScope& scope, std::string_view part, const Output& a,
                const Output& b) {
  return scope.New("Equal", part)
      .Input(a)
      .Input(b)
      .Type("T", a.dtype)
      .Flag("incompatible_shape_error", true)
      .Out(DataType::kBool, a.shape)
      .Add();
}

// Argument of the crossentropy where there are no logits.
Output AddClipped(const NodeScope& scope, const Output& probabilities) {
  const NodeScope clip = scope.Under("clip_by_value");
  const Output high = clip.Scalar("Minimum/y", 1 - kClip);
  const Output below = clip.Binary("Minimum", "Minimum", probabilities, high,
                                   probabilities.shape);
  const Output low = clip.Scalar("Maximum/y", kClip);
  return clip.Binary("Maximum", "Maximum", below, low, probabilities.shape);
}

Output AddAccuracy(const NodeScope& scope, const Output& scores,
                   const Output& labels) {
  const NodeScope accuracy = scope.Under("accuracy");
  const Output axis =
      accuracy.Constant("ArgMax/dimension", Tensor::Scalar<int32_t>(-1));
  const Output largest = accuracy.New("ArgMax", "ArgMax")
                             .Input(scores)
                             .Input(axis)
                             .Type("T", kFloat)
                             .Type("Tidx", kInt32)
                             .Type("output_type", kInt64)
                             .Out(kInt64, OnePerExample())
                             .Add();
  const Output right = AddEqual(accuracy, "Equal", largest, labels);
  const Output hits = accuracy.Cast("Cast", right, kFloat);
  return scope.Reduce("Mean", "accuracy", hits, {0}, {});
}

}  // namespace

LossNodes AddLoss(const NodeScope& scope, const LayerOutput& output,
                  const Output& labels) {
  LossNodes nodes;
  Output logits = output.logits.value_or(output.value);
  if (!output.logits) {
    nodes.clipped = AddClipped(scope, output.value);
    logits = scope.Unary("Log", "Log", *nodes.clipped);
  }
  const std::vector<Output> crossentropy =
      scope
          .New("SparseSoftmaxCrossEntropyWithLogits",
               "SparseSoftmaxCrossEntropyWithLogits")
          .Input(logits)
          .Input(labels)
          .Type("T", kFloat)
          .Type("Tlabels", kInt64)
          .Out(kFloat, OnePerExample())
          .Out(kFloat, logits.shape)
          .AddAll();
  nodes.examples = crossentropy[0];
  nodes.gradient = crossentropy[1];
  nodes.loss = scope.Reduce("Mean", "loss", nodes.examples, {0}, {});
  nodes.accuracy =
      AddAccuracy(scope, output.logits.value_or(output.value), labels);
  return nodes;
}

Output AddLossGradient(const NodeScope& scope, const LayerOutput& output,
                       const LossNodes& loss) {
  const NodeScope mean = scope.Under("loss");
  const Output size = mean.New("Size", "Size")
                          .Input(loss.examples)
                          .Type("T", kFloat)
                          .Type("out_type", kInt32)
                          .Out(kInt32, {})
                          .Add();
  const Output count = mean.Cast("Cast", size, kFloat);
  const Output gradient = mean.Binary("RealDiv", "truediv", loss.gradient,
                                      count, loss.gradient.shape);
  if (!loss.clipped) return gradient;
  // Through the logarithm, and not at all where the value was clipped.
  const Output& clipped = *loss.clipped;
  const Output quotient =
      mean.Binary("RealDiv", "Log/truediv", gradient, clipped, clipped.shape);
  const Output passes =
      AddEqual(mean, "clip_by_value/Equal", clipped, output.value);
  const Output mask = mean.Cast("clip_by_value/Cast", passes, kFloat);
  return mean.Binary("Mul", "clip_by_value/mul", quotient, mask, clipped.shape);
}

}  // namespace cairn::graph
