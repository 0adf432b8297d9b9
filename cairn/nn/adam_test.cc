// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/strings.h"
#include "cairn/nn/optimizer.h"
#include "cairn/nn/test_support.h"

namespace cairn::nn {
namespace {

using testing::ElementsAre;

Tensor Vector(std::vector<float> values) {
  return *Tensor::CopyOf(TensorView::Of<float>(
      Shape{static_cast<int64_t>(values.size())}, values.data()));
}

std::vector<std::string> ChildNames(const Trackable& object) {
  std::vector<std::string> names;
  for (const TrackableEdge& edge : object.Children()) {
    names.push_back(edge.name);
  }
  return names;
}

// Six steps with gradients of 0, of order 1e-6, 1 and 1e4.
TEST(Adam, FollowsKerasStepByStep) {
  const data::Npz golden = data::LoadGoldenNpz("numerics/adam/adam.npz");
  Adam adam;
  Variable x("x", *golden.at("legacy_adam/init").Clone());
  const std::span<const float> gradients = golden.at("gradients").data<float>();
  for (int step = 1; step <= 6; ++step) {
    const GradientAndVariable one{
        gradients.subspan(static_cast<size_t>(step - 1) * 9, 9), &x};
    ASSERT_TRUE(adam.Apply({&one, 1}).ok());
    const auto expect = [&](const Variable& variable, const char* name) {
      // A few roundings of each of six steps.
      ExpectNear(
          variable.data<float>(),
          golden.at(StrCat("legacy_adam/", name, "_", step)).data<float>(),
          1e-6, 1e-12, StrCat(name, " after ", step));
    };
    expect(x, "var");
    expect(*adam.SlotVariables()[0], "m");
    expect(*adam.SlotVariables()[1], "v");
    EXPECT_EQ(adam.iterations(), step);
  }
}

TEST(Adam, HasTheChildrenAndNamesOfKeras) {
  Adam adam;
  EXPECT_THAT(ChildNames(adam), ElementsAre("iter", "beta_1", "beta_2", "decay",
                                            "learning_rate"));
  EXPECT_EQ(adam.iter().name(), "Adam/iter");
  EXPECT_EQ(adam.iter().dtype(), DataType::kInt64);
  EXPECT_EQ(adam.learning_rate().name(), "Adam/learning_rate");
  EXPECT_EQ(adam.learning_rate().dtype(), DataType::kFloat);
}

TEST(Adam, MakesSlotsAtTheFirstStep) {
  Adam adam;
  Variable x("dense/kernel", Vector({1, 2}));
  ASSERT_NE(adam.slots(), nullptr);
  EXPECT_THAT(adam.slots()->SlotNames(), ElementsAre("m", "v"));
  EXPECT_EQ(adam.slots()->Slot(x, "m"), nullptr);
  const float gradient[] = {1, 1};
  const GradientAndVariable one{gradient, &x};
  ASSERT_TRUE(adam.Apply({&one, 1}).ok());
  EXPECT_EQ(adam.slots()->Slot(x, "m"), adam.SlotVariables()[0]);
  EXPECT_EQ(adam.slots()->Slot(x, "v"), adam.SlotVariables()[1]);
  EXPECT_EQ(adam.slots()->Slot(x, "momentum"), nullptr);
  EXPECT_EQ(adam.SlotVariables()[1]->name(), "Adam/dense/kernel/v");
}

TEST(Adam, MakesSlotsForRestoreOfFloatVariablesOnly) {
  Adam adam;
  Variable x("x", Vector({1}));
  Variable count("count", Tensor::Scalar(int64_t{1}));
  Trackable no_variable;
  EXPECT_NE(adam.slots()->SlotForRestore(x, "v"), nullptr);
  EXPECT_EQ(adam.slots()->SlotForRestore(x, "vhat"), nullptr);
  EXPECT_EQ(adam.slots()->SlotForRestore(count, "m"), nullptr);
  EXPECT_EQ(adam.slots()->SlotForRestore(no_variable, "m"), nullptr);
  EXPECT_EQ(adam.SlotVariables().size(), 2u);
}

TEST(Adam, TakesHyperParametersFromTheirVariables) {
  Adam adam;
  Variable x("x", Vector({1}));
  ASSERT_TRUE(adam.learning_rate().Assign(Tensor::Scalar(0.0f)).ok());
  const float gradient[] = {5};
  const GradientAndVariable one{gradient, &x};
  ASSERT_TRUE(adam.Apply({&one, 1}).ok());
  EXPECT_EQ(x.data<float>()[0], 1.0f);
}

TEST(Adam, DecaysTheRateByTheStepsTaken) {
  Adam adam({.learning_rate = 1.0f, .decay = 1.0f});
  Variable x("x", Vector({0}));
  const float gradient[] = {1};
  const GradientAndVariable one{gradient, &x};
  ASSERT_TRUE(adam.Apply({&one, 1}).ok());
  EXPECT_NEAR(x.data<float>()[0], -1.0, 1e-5);
  ASSERT_TRUE(adam.Apply({&one, 1}).ok());
  EXPECT_NEAR(x.data<float>()[0], -1.5, 1e-5);
}

TEST(Adam, RefusesAGradientThatDoesNotFitAndChangesNothing) {
  Adam adam;
  Variable x("x", Vector({1})), y("y", Vector({1, 2}));
  const float gradient[] = {5, 5};
  const GradientAndVariable both[] = {{{gradient, 1}, &x}, {{gradient, 1}, &y}};
  const Status status = adam.Apply(both);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Message(status),
            "gradient of 1 float32 values does not fit y, float32 [2]");
  EXPECT_EQ(x.data<float>()[0], 1.0f);
  EXPECT_EQ(adam.iterations(), 0);
}

}  // namespace
}  // namespace cairn::nn
