// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The formulas are those of TensorFlow's training_ops.cc.
#include "cairn/compute/optimizers.h"

#include <array>
#include <cmath>
#include <vector>

#include "cairn/compute/checks.h"
#include "cairn/compute/rows.h"

namespace cairn::compute {
namespace {

using Names = std::string_view;
constexpr Names kVar[] = {"var"};
constexpr Names kVarAccum[] = {"var", "accum"};
constexpr Names kVarMV[] = {"var", "m", "v"};
constexpr Names kVarMsMom[] = {"var", "ms", "mom"};
constexpr Names kVarMgMsMom[] = {"var", "mg", "ms", "mom"};
constexpr Names kAdadeltaVariables[] = {"var", "accum", "accum_update"};
constexpr Names kAlpha[] = {"alpha"};
constexpr Names kLr[] = {"lr"};
constexpr Names kLrEpsilon[] = {"lr", "epsilon"};
constexpr Names kLrMomentum[] = {"lr", "momentum"};
constexpr Names kLrRhoEpsilon[] = {"lr", "rho", "epsilon"};
constexpr Names kRmsScalars[] = {"lr", "rho", "momentum", "epsilon"};
constexpr Names kAdamScalars[] = {"beta1_power", "beta2_power", "lr",
                                  "beta1",       "beta2",       "epsilon"};

constexpr OptimizerInfo kOptimizers[] = {
    {"Adadelta", kAdadeltaVariables, kLrRhoEpsilon, 3},
    {"Adagrad", kVarAccum, kLr, 1},
    {"AdagradV2", kVarAccum, kLrEpsilon, 2},
    {"Adam", kVarMV, kAdamScalars, 6},
    {"CenteredRMSProp", kVarMgMsMom, kRmsScalars, 4},
    {"GradientDescent", kVar, kAlpha, 1},
    {"KerasMomentum", kVarAccum, kLrMomentum, 1},
    {"Momentum", kVarAccum, kLrMomentum, 1},
    {"RMSProp", kVarMsMom, kRmsScalars, 4},
};

// One step: v[i] are the variables, s the scalars, g the gradient.
template <typename T>
struct Step {
  std::array<T*, 4> v;
  std::array<T, 6> s;
  const T* g;
  OptimizerOptions options;
};

template <typename T>
void Adadelta(const Step<T>& p, int64_t begin, int64_t end) {
  const auto [lr, rho, epsilon, s3, s4, s5] = p.s;
  T *const var = p.v[0], *const accum = p.v[1], *const accum_update = p.v[2];
  for (int64_t i = begin; i < end; ++i) {
    const T g = p.g[i];
    accum[i] = accum[i] * rho + g * g * (1 - rho);
    const T update = std::sqrt(accum_update[i] + epsilon) *
                     (1 / std::sqrt(accum[i] + epsilon)) * g;
    var[i] -= update * lr;
    accum_update[i] = accum_update[i] * rho + update * update * (1 - rho);
  }
}

template <typename T>
void Adagrad(const Step<T>& p, int64_t begin, int64_t end) {
  const T lr = p.s[0];
  T *const var = p.v[0], *const accum = p.v[1];
  for (int64_t i = begin; i < end; ++i) {
    const T g = p.g[i];
    if (p.options.update_slots) accum[i] += g * g;
    var[i] -= g * lr * (1 / std::sqrt(accum[i]));
  }
}

template <typename T>
void AdagradV2(const Step<T>& p, int64_t begin, int64_t end) {
  const T lr = p.s[0], epsilon = p.s[1];
  T *const var = p.v[0], *const accum = p.v[1];
  for (int64_t i = begin; i < end; ++i) {
    const T g = p.g[i];
    if (p.options.update_slots) accum[i] += g * g;
    var[i] -= g * lr / (std::sqrt(accum[i]) + epsilon);
  }
}

template <typename T>
void Adam(const Step<T>& p, int64_t begin, int64_t end) {
  const auto [beta1_power, beta2_power, lr, beta1, beta2, epsilon] = p.s;
  T *const var = p.v[0], *const m = p.v[1], *const v = p.v[2];
  const T alpha = lr * std::sqrt(1 - beta2_power) / (1 - beta1_power);
  for (int64_t i = begin; i < end; ++i) {
    const T g = p.g[i];
    m[i] += (g - m[i]) * (1 - beta1);
    v[i] += (g * g - v[i]) * (1 - beta2);
    const T step =
        p.options.use_nesterov ? g * (1 - beta1) + beta1 * m[i] : m[i];
    var[i] -= (step * alpha) / (std::sqrt(v[i]) + epsilon);
  }
}

template <typename T>
void CenteredRMSProp(const Step<T>& p, int64_t begin, int64_t end) {
  const auto [lr, rho, momentum, epsilon, s4, s5] = p.s;
  T *const var = p.v[0], *const mg = p.v[1], *const ms = p.v[2],
           *const mom = p.v[3];
  for (int64_t i = begin; i < end; ++i) {
    const T g = p.g[i];
    ms[i] += (g * g - ms[i]) * (1 - rho);
    mg[i] += (g - mg[i]) * (1 - rho);
    const T denominator = (ms[i] - mg[i] * mg[i]) + epsilon;
    mom[i] = mom[i] * momentum + (g * lr) / std::sqrt(denominator);
    var[i] -= mom[i];
  }
}

template <typename T>
void GradientDescent(const Step<T>& p, int64_t begin, int64_t end) {
  T* const var = p.v[0];
  for (int64_t i = begin; i < end; ++i) var[i] -= p.g[i] * p.s[0];
}

template <typename T>
void KerasMomentum(const Step<T>& p, int64_t begin, int64_t end) {
  const T lr = p.s[0], momentum = p.s[1];
  T *const var = p.v[0], *const accum = p.v[1];
  for (int64_t i = begin; i < end; ++i) {
    const T g = p.g[i];
    accum[i] = accum[i] * momentum - g * lr;
    var[i] += p.options.use_nesterov ? accum[i] * momentum - g * lr : accum[i];
  }
}

template <typename T>
void Momentum(const Step<T>& p, int64_t begin, int64_t end) {
  const T lr = p.s[0], momentum = p.s[1];
  T *const var = p.v[0], *const accum = p.v[1];
  for (int64_t i = begin; i < end; ++i) {
    const T g = p.g[i];
    accum[i] = accum[i] * momentum + g;
    var[i] -= p.options.use_nesterov ? g * lr + accum[i] * momentum * lr
                                     : accum[i] * lr;
  }
}

template <typename T>
void RMSProp(const Step<T>& p, int64_t begin, int64_t end) {
  const auto [lr, rho, momentum, epsilon, s4, s5] = p.s;
  T *const var = p.v[0], *const ms = p.v[1], *const mom = p.v[2];
  for (int64_t i = begin; i < end; ++i) {
    const T g = p.g[i];
    ms[i] += (g * g - ms[i]) * (1 - rho);
    mom[i] = mom[i] * momentum + (g * lr) / std::sqrt(ms[i] + epsilon);
    var[i] -= mom[i];
  }
}

template <typename T>
using StepFunction = void (*)(const Step<T>&, int64_t, int64_t);
template <typename T>
constexpr StepFunction<T> kSteps[] = {
    Adadelta<T>,      Adagrad<T>,         AdagradV2<T>,
    Adam<T>,          CenteredRMSProp<T>, GradientDescent<T>,
    KerasMomentum<T>, Momentum<T>,        RMSProp<T>};
static_assert(std::size(kSteps<float>) == std::size(kOptimizers));

template <typename T>
void Run(Context& context, OptimizerOp op, std::span<Tensor* const> variables,
         std::span<const TensorView> scalars, const TensorView& gradient,
         const OptimizerOptions& options) {
  Step<T> step = {{}, {}, In<T>(gradient), options};
  for (size_t i = 0; i < variables.size(); ++i) {
    step.v[i] = Out<T>(*variables[i]);
  }
  for (size_t i = 0; i < scalars.size(); ++i) step.s[i] = *In<T>(scalars[i]);
  context.ParallelFor(gradient.num_elements(), 16,
                      [&](int64_t begin, int64_t end) {
                        kSteps<T>[static_cast<size_t>(op)](step, begin, end);
                      });
}

Status RunWidened(Context& context, OptimizerOp op,
                  std::span<Tensor* const> variables,
                  std::span<const TensorView> scalars,
                  const TensorView& gradient, const OptimizerOptions& options) {
  std::vector<Tensor> wide, wide_scalars;
  std::vector<Tensor*> pointers;
  std::vector<TensorView> views;
  for (const Tensor* variable : variables) {
    CAIRN_ASSIGN_OR_RETURN(Tensor w, WidenTensor(*variable));
    wide.push_back(std::move(w));
  }
  for (const TensorView& scalar : scalars) {
    CAIRN_ASSIGN_OR_RETURN(Tensor w, WidenTensor(scalar));
    wide_scalars.push_back(std::move(w));
  }
  for (Tensor& w : wide) pointers.push_back(&w);
  for (const Tensor& w : wide_scalars) views.push_back(w);
  CAIRN_ASSIGN_OR_RETURN(const Tensor g, WidenTensor(gradient));
  Run<float>(context, op, pointers, views, g, options);
  for (size_t i = 0; i < variables.size(); ++i) {
    if (gradient.num_elements() == 0) break;
    Narrow(gradient.dtype(), In<float>(wide[i]),
           variables[i]->mutable_bytes().data(), gradient.num_elements());
  }
  return OkStatus();
}

}  // namespace

std::span<const OptimizerInfo> Optimizers() { return kOptimizers; }

Status ApplyOptimizer(Context& context, OptimizerOp op,
                      std::span<Tensor* const> variables,
                      std::span<const TensorView> scalars,
                      const TensorView& gradient,
                      const OptimizerOptions& options) {
  const OptimizerInfo& info = kOptimizers[static_cast<size_t>(op)];
  if (variables.size() != info.variables.size() ||
      scalars.size() != info.scalars.size()) {
    return InternalError(StrCat(info.name, ": wrong number of arguments"));
  }
  for (size_t i = 0; i < variables.size(); ++i) {
    CAIRN_RETURN_IF_ERROR(RequireSameType(*variables[i], gradient, info.name));
    if (variables[i]->shape() == gradient.shape()) continue;
    return InvalidArgumentError(StrCat(
        info.variables[i], " and grad do not have the same shape",
        variables[i]->shape().ToString(), " ", gradient.shape().ToString()));
  }
  for (size_t i = 0; i < scalars.size(); ++i) {
    CAIRN_RETURN_IF_ERROR(RequireSameType(scalars[i], gradient, info.name));
    if (scalars[i].shape().rank() == 0) continue;
    return InvalidArgumentError(StrCat(
        info.scalars[i], " is not a scalar: ", scalars[i].shape().ToString()));
  }
  if (IsSixteenBitFloat(gradient.dtype())) {
    return RunWidened(context, op, variables, scalars, gradient, options);
  }
  if (gradient.dtype() == DataType::kFloat) {
    Run<float>(context, op, variables, scalars, gradient, options);
  } else if (gradient.dtype() == DataType::kDouble) {
    Run<double>(context, op, variables, scalars, gradient, options);
  } else {
    return NoKernel(info.name, gradient.dtype());
  }
  return OkStatus();
}

}  // namespace cairn::compute
