// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Optimizer: changes variables by their gradients. Adam: with the formula,
// variables and object graph of Keras's legacy Adam.
//
// With t = iter + 1, for each variable x with gradient g:
//   alpha = lr * sqrt(1 - beta_2^t) / (1 - beta_1^t),
//   lr    = learning_rate / (1 + decay * iter)
//   m    += (g - m) * (1 - beta_1)
//   v    += (g * g - v) * (1 - beta_2)
//   x    -= alpha * m / (sqrt(v) + epsilon)
// Every number but epsilon is read from its variable at each step, so that what
// a checkpoint restores takes effect.
//
// Object graph: `iter` (int64), then `beta_1`, `beta_2`, `decay`,
// `learning_rate` (float32 scalars) with full names `Adam/iter` ...; slots `m`
// and `v` of each trained variable with full names `Adam/conv2d/kernel/m`. The
// scalars exist from construction on (TensorFlow makes them at the first step),
// the slots from the first step or until a restore needs them.
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

class Optimizer : public Trackable {
 public:
  // One step on all of them. InvalidArgument when a gradient does not fit its
  // variable; nothing is changed then.
  virtual Status Apply(std::span<const GradientAndVariable> gradients) = 0;
};

struct AdamOptions {
  float learning_rate = 0.001f;
  float beta_1 = 0.9f;
  float beta_2 = 0.999f;
  float epsilon = 1e-7f;
  float decay = 0.0f;
  std::string name = "Adam";
};

class Adam : public Optimizer, private SlotProvider {
 public:
  explicit Adam(AdamOptions options = {});
  ~Adam() override;

  Status Apply(std::span<const GradientAndVariable> gradients) override;
  SlotProvider* slots() override { return this; }

  // Steps taken: the value of `iter`.
  int64_t iterations() const;
  Variable& iter();
  Variable& learning_rate();
  // The slot variables that exist, in order of their variables' first step or
  // restore; per variable m, v. Name-based checkpoints of training state list
  // them beside the model's variables.
  std::vector<Variable*> SlotVariables() const;

 private:
  std::vector<std::string> SlotNames() const override;
  Trackable* Slot(const Trackable& variable,
                  std::string_view slot_name) override;
  Trackable* SlotForRestore(Trackable& variable,
                            std::string_view slot_name) override;

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::nn

#endif  // CAIRN_NN_OPTIMIZER_H_
