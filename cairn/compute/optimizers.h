// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The optimizers' steps, in TensorFlow's order of operations.
#ifndef CAIRN_COMPUTE_OPTIMIZERS_H_
#define CAIRN_COMPUTE_OPTIMIZERS_H_

#include <optional>
#include <span>
#include <string_view>

#include "cairn/base/status.h"
#include "cairn/compute/context.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

// After the op's name: "ApplyAdam" and "ResourceApplyAdam".
enum class OptimizerOp {
  kAdadelta,
  kAdagrad,
  kAdagradV2,
  kAdam,
  kCenteredRMSProp,
  kGradientDescent,
  kKerasMomentum,
  kMomentum,
  kRMSProp,
};

struct OptimizerInfo {
  std::string_view name;
  // The op's inputs besides the gradient, in its order.
  std::span<const std::string_view> variables;  // "var" first, then slots
  std::span<const std::string_view> scalars;
  // Scalars that stand before the gradient in the inputs; all do but those of
  // Momentum.
  size_t scalars_before_gradient;
};
std::span<const OptimizerInfo> Optimizers();  // in the order of the enumerators

struct OptimizerOptions {
  bool use_nesterov = false;  // Adam, Momentum, KerasMomentum
  bool update_slots = true;   // Adagrad, AdagradV2
};

// Changes the variables, all of one shape and type (float, double, half or
// bfloat16), which is the gradient's too; `scalars` are scalars of that type.
// Nothing is changed when an error is returned.
Status ApplyOptimizer(Context& context, OptimizerOp op,
                      std::span<Tensor* const> variables,
                      std::span<const TensorView> scalars,
                      const TensorView& gradient,
                      const OptimizerOptions& options = {});

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_OPTIMIZERS_H_
