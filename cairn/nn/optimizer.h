// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Optimizer: changes variables by their gradients. SGD, RMSprop and Adam with
// the formulas, variables and object graphs of Keras, in the layout of one of
// three Keras versions (OptimizerLayout).
//
// Adam. With t = iter + 1, for each variable x with gradient g:
//   alpha = lr * sqrt(1 - beta_2^t) / (1 - beta_1^t)
//   m    += (g - m) * (1 - beta_1)
//   v    += (g * g - v) * (1 - beta_2);  amsgrad: vhat = max(vhat, v)
//   x    -= alpha * m / (sqrt(v or vhat) + epsilon)
// SGD:
//   x    -= lr * g, or with momentum: m = momentum * m - lr * g, x += m
//           (nesterov: x += momentum * m - lr * g)
// RMSprop:
//   v     = rho * v + (1 - rho) * g^2;  centered: a = rho * a + (1 - rho) * g
//   d     = lr * g / sqrt(v - a^2 + epsilon);  with momentum: m = momentum * m
//           + d, x -= m;  without: x -= d (legacy: epsilon outside the root)
// Legacy optimizers have lr = learning_rate / (1 + decay * iter).
//
// In the legacy layout every number but epsilon is read from its variable at
// each step, so that what a checkpoint restores takes effect; in the others the
// learning rate is.
//
// Object graph of the legacy layout: `iter` (int64), then the numbers (float32
// scalars) with full names `Adam/iter` ...; slots of each trained variable with
// full names `Adam/conv2d/kernel/m`. The scalars exist from construction on
// (TensorFlow makes them at the first step), the slots from the first step or
// until a restore needs them. The other layouts have no slots but lists of
// variables, filled by the first step or Build; values that wait for them are
// restored then.
//
// Thread rule: one thread at a time.
#ifndef CAIRN_NN_OPTIMIZER_H_
#define CAIRN_NN_OPTIMIZER_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/tensor/tensor.h"
#include "cairn/tensor/trackable.h"
#include "cairn/tensor/variable.h"

namespace cairn::nn {

// A variable and d(loss)/d(variable): as many values as the variable has.
struct GradientAndVariable {
  std::span<const float> gradient;
  Variable* variable;
};

// Whose checkpoints the optimizer's are.
enum class OptimizerLayout {
  kLegacy,  // tf.keras.optimizers.legacy, all of Keras before 2.11
  kKeras2,  // Keras 2.11 to 2.15
  kKeras3,
};

class OptimizerState;
struct StateConfig;

class Optimizer : public Trackable {
 public:
  ~Optimizer() override;

  // One step on all of them. InvalidArgument when a gradient does not fit its
  // variable; nothing is changed then.
  Status Apply(std::span<const GradientAndVariable> gradients);
  // Makes the state of the variables, as the first step does.
  Status Build(std::span<Variable* const> variables);
  SlotProvider* slots() override;

  // Steps taken: the value of `iter`.
  int64_t iterations() const;
  Variable& iter();
  Variable& learning_rate();
  // The state that exists, in order of its variables' first step or restore;
  // per variable in the optimizer's order (Adam: m, v). Name-based checkpoints
  // of training state list it beside the model's variables.
  std::vector<Variable*> SlotVariables() const;

 protected:
  explicit Optimizer(StateConfig config);
  std::unique_ptr<OptimizerState> state_;

 private:
  // Changes variables and state; they fit, and are there.
  virtual void Step(std::span<const GradientAndVariable> gradients) = 0;
};

struct AdamOptions {
  float learning_rate = 0.001f;
  float beta_1 = 0.9f;
  float beta_2 = 0.999f;
  float epsilon = 1e-7f;
  float decay = 0.0f;  // legacy only
  std::string name = "Adam";
  bool amsgrad = false;
  OptimizerLayout layout = OptimizerLayout::kLegacy;
};

class Adam : public Optimizer {
 public:
  explicit Adam(AdamOptions options = {});

 private:
  void Step(std::span<const GradientAndVariable> gradients) override;

  const AdamOptions options_;
};

struct SgdOptions {
  float learning_rate = 0.01f;
  float momentum = 0.0f;  // 0: none
  bool nesterov = false;
  float decay = 0.0f;  // legacy only
  std::string name = "SGD";
  OptimizerLayout layout = OptimizerLayout::kLegacy;
};

class Sgd : public Optimizer {
 public:
  explicit Sgd(SgdOptions options = {});

 private:
  void Step(std::span<const GradientAndVariable> gradients) override;

  const SgdOptions options_;
};

struct RmspropOptions {
  float learning_rate = 0.001f;
  float rho = 0.9f;
  float momentum = 0.0f;  // 0: none
  float epsilon = 1e-7f;
  bool centered = false;
  float decay = 0.0f;  // legacy only
  std::string name = "RMSprop";
  OptimizerLayout layout = OptimizerLayout::kLegacy;
};

class Rmsprop : public Optimizer {
 public:
  explicit Rmsprop(RmspropOptions options = {});

 private:
  void Step(std::span<const GradientAndVariable> gradients) override;

  const RmspropOptions options_;
};

}  // namespace cairn::nn

#endif  // CAIRN_NN_OPTIMIZER_H_
