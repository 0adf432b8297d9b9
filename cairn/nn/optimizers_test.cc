// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// SGD, RMSprop and Adam in each layout against what Keras recorded, and their
// object graphs. tests/interop compares with live Keras, step by step.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "cairn/base/strings.h"
#include "cairn/nn/optimizer.h"
#include "cairn/nn/test_support.h"

namespace cairn::nn {
namespace {

using testing::ElementsAre;

std::vector<std::string> ChildNames(const Trackable& object) {
  std::vector<std::string> names;
  for (const TrackableEdge& edge : object.Children()) {
    names.push_back(edge.name);
  }
  return names;
}

// Six steps of numerics/adam: values, and the slots that are there.
void ExpectRecordedSteps(Optimizer& optimizer, const std::string& name,
                         const std::vector<std::string>& slots) {
  SCOPED_TRACE(name);
  const data::Npz golden = data::LoadGoldenNpz("numerics/adam/adam.npz");
  Variable x("x", *golden.at(name + "/init").Clone());
  const std::span<const float> gradients = golden.at("gradients").data<float>();
  for (int step = 1; step <= 6; ++step) {
    const GradientAndVariable one{
        gradients.subspan(static_cast<size_t>(step - 1) * 9, 9), &x};
    ASSERT_TRUE(optimizer.Apply({&one, 1}).ok());
    const auto expect = [&](const Variable& variable, const std::string& what) {
      ExpectNear(variable.data<float>(),
                 golden.at(StrCat(name, "/", what, "_", step)).data<float>(),
                 1e-6, 1e-12, StrCat(what, " after ", step));
    };
    expect(x, "var");
    const std::vector<Variable*> states = optimizer.SlotVariables();
    for (size_t i = 0; i < slots.size(); ++i) expect(*states[i], slots[i]);
  }
}

TEST(Optimizers, FollowTheRecordedStepsOfKeras) {
  Adam amsgrad({.amsgrad = true});
  ExpectRecordedSteps(amsgrad, "legacy_amsgrad", {"m", "v", "vhat"});
  for (const auto layout :
       {OptimizerLayout::kKeras2, OptimizerLayout::kKeras3}) {
    Adam adam({.layout = layout});
    ExpectRecordedSteps(adam, "new_adam", {});
  }
  Sgd sgd;
  ExpectRecordedSteps(sgd, "legacy_sgd", {});
  Sgd momentum({.momentum = 0.9f});
  ExpectRecordedSteps(momentum, "legacy_momentum", {"momentum"});
}

// 131 (L7): names, order and the alias at index 0.
TEST(Optimizers, OfKeras2HaveItsGraphAndNames) {
  Variable kernel("dense/kernel", *Tensor::Create(DataType::kFloat, {2, 3}));
  Variable bias("dense/bias", *Tensor::Create(DataType::kFloat, {3}));
  Variable* const variables[] = {&kernel, &bias};
  Adam adam({.layout = OptimizerLayout::kKeras2});
  EXPECT_EQ(adam.slots(), nullptr);
  EXPECT_THAT(ChildNames(adam),
              ElementsAre("_variables", "_iterations", "_learning_rate"));
  ASSERT_TRUE(adam.Build(variables).ok());
  EXPECT_THAT(ChildNames(adam),
              ElementsAre("_variables", "_iterations", "_learning_rate",
                          "_index_dict", "_momentums", "_velocities"));
  const Trackable& list = *adam.Child("_variables");
  EXPECT_EQ(list.Child("0"), &adam.iter());
  std::vector<std::string> names;
  for (const char* index : {"1", "2", "3", "4"}) {
    names.push_back(dynamic_cast<Variable*>(list.Child(index))->name());
  }
  EXPECT_THAT(names, ElementsAre("Adam/m/dense/kernel", "Adam/v/dense/kernel",
                                 "Adam/m/dense/bias", "Adam/v/dense/bias"));
  EXPECT_EQ(adam.iter().name(), "iteration");

  Rmsprop rmsprop(
      {.momentum = 0.5f, .centered = true, .layout = OptimizerLayout::kKeras2});
  ASSERT_TRUE(rmsprop.Build(variables).ok());
  EXPECT_EQ(
      dynamic_cast<Variable*>(rmsprop.Child("_variables")->Child("5"))->name(),
      "RMSprop/average_gradient/dense/kernel");
  Rmsprop keras3({.layout = OptimizerLayout::kKeras3});
  ASSERT_TRUE(keras3.Build(variables).ok());
  EXPECT_EQ(
      dynamic_cast<Variable*>(keras3.Child("_variables")->Child("0"))->name(),
      "rm_sprop/iteration");
  EXPECT_EQ(
      dynamic_cast<Variable*>(keras3.Child("_variables")->Child("2"))->name(),
      "rm_sprop/dense_kernel_velocity");
  // SGD has its state even without momentum.
  Sgd sgd({.layout = OptimizerLayout::kKeras2});
  ASSERT_TRUE(sgd.Build(variables).ok());
  EXPECT_THAT(ChildNames(sgd),
              ElementsAre("_variables", "_iterations", "_learning_rate",
                          "_index_dict", "momentums"));
  EXPECT_EQ(sgd.Child("_variables")->Children().size(), 3u);
}

TEST(Optimizers, OfKeras3HaveItsGraphAndNames) {
  Variable kernel("sequential/conv2d/kernel",
                  *Tensor::Create(DataType::kFloat, {2, 3}));
  Variable* const variables[] = {&kernel};
  Adam adam({.layout = OptimizerLayout::kKeras3});
  ASSERT_TRUE(adam.Build(variables).ok());
  EXPECT_THAT(ChildNames(adam),
              ElementsAre("_variables", "_trainable_variables",
                          "_trainable_variables_indices", "_iterations",
                          "_learning_rate", "_momentums", "_velocities"));
  const Trackable& list = *adam.Child("_variables");
  EXPECT_EQ(list.Child("1"), &adam.learning_rate());
  EXPECT_EQ(dynamic_cast<Variable*>(list.Child("2"))->name(),
            "adam/sequential_conv2d_kernel_momentum");
  EXPECT_EQ(adam.Child("_trainable_variables")->Child("0"), &kernel);
  EXPECT_EQ(adam.iter().name(), "adam/iteration");
}

TEST(Optimizers, OfListsRefuseVariablesTheyWereNotBuiltFor) {
  Variable a("a", *Tensor::Create(DataType::kFloat, {1}));
  Variable b("b", *Tensor::Create(DataType::kFloat, {1}));
  Adam adam({.layout = OptimizerLayout::kKeras2});
  Variable* const first[] = {&a};
  Variable* const both[] = {&a, &b};
  ASSERT_TRUE(adam.Build(first).ok());
  EXPECT_TRUE(adam.Build(first).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(adam.Build(both)));
}

TEST(Optimizers, OfLegacyHaveTheSlotsOfTheirOptions) {
  Rmsprop plain;
  EXPECT_THAT(ChildNames(plain),
              ElementsAre("iter", "decay", "learning_rate", "momentum", "rho"));
  EXPECT_THAT(plain.slots()->SlotNames(), ElementsAre("rms"));
  Rmsprop all({.momentum = 0.5f, .centered = true});
  EXPECT_THAT(all.slots()->SlotNames(), ElementsAre("rms", "momentum", "mg"));
  Sgd sgd;
  EXPECT_THAT(ChildNames(sgd),
              ElementsAre("iter", "decay", "learning_rate", "momentum"));
  EXPECT_THAT(sgd.slots()->SlotNames(), ElementsAre());
}

}  // namespace
}  // namespace cairn::nn
