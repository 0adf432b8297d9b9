// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/trackable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cairn/tensor/variable.h"

namespace cairn {
namespace {

class Node : public Trackable {};

std::vector<std::string> Names(const Trackable& t) {
  std::vector<std::string> names;
  for (const TrackableEdge& edge : t.Children()) names.push_back(edge.name);
  return names;
}

// Notes what it is told and fails for one name.
class Recorder : public AttachObserver {
 public:
  explicit Recorder(std::string refused = "") : refused_(std::move(refused)) {}
  Status OnAttach(Trackable& parent, std::string_view name,
                  Trackable& child) override {
    EXPECT_EQ(parent.Child(name), &child);
    seen.emplace_back(name);
    if (name == refused_) return DataLossError("refused");
    return OkStatus();
  }
  std::vector<std::string> seen;

 private:
  std::string refused_;
};

// 093 (T1)
TEST(Trackable, KeepsTheOrderOfFirstTracking) {
  Node root, a, b, c;
  ASSERT_TRUE(root.Track("a", &a).ok());
  ASSERT_TRUE(root.Track("b", &b).ok());
  ASSERT_TRUE(root.Track("a", &c).ok());
  EXPECT_THAT(Names(root), testing::ElementsAre("a", "b"));
  EXPECT_EQ(root.Child("a"), &c);
  EXPECT_EQ(root.Child("x"), nullptr);
}

TEST(Trackable, RejectsEdgesWithoutChild) {
  Node root;
  EXPECT_FALSE(root.Track("a", nullptr).ok());
  EXPECT_TRUE(root.Children().empty());
}

TEST(Trackable, AcceptsTheEmptyNameAsTfDoes) {
  Node root, a;
  ASSERT_TRUE(root.Track("", &a).ok());
  EXPECT_EQ(root.Child(""), &a);
}

TEST(Trackable, RestoreMarkExpiresWithItsObject) {
  auto a = std::make_unique<Node>();
  const std::weak_ptr<Trackable::RestoreMark> mark = a->restore_mark();
  EXPECT_EQ(mark.lock()->restore, 0);
  a->restore_mark()->restore = 3;
  EXPECT_EQ(mark.lock()->restore, 3);
  a.reset();
  EXPECT_TRUE(mark.expired());
}

TEST(Trackable, AllowsCycles) {
  Node root;
  EXPECT_TRUE(root.Track("self", &root).ok());
  EXPECT_EQ(root.Child("self"), &root);
}

TEST(Trackable, TellsObserversOnceForEachNewEdge) {
  Node root, a;
  auto recorder = std::make_shared<Recorder>();
  root.AddObserver(recorder);
  ASSERT_TRUE(root.Track("a", &a).ok());
  ASSERT_TRUE(root.Track("a", &a).ok());
  EXPECT_THAT(recorder->seen, testing::ElementsAre("a"));
  root.RemoveObserver(recorder.get());
  ASSERT_TRUE(root.Track("b", &a).ok());
  EXPECT_THAT(recorder->seen, testing::ElementsAre("a"));
}

TEST(Trackable, LeavesEdgesAsTheyWereWhenAnObserverFails) {
  Node root, a, b;
  ASSERT_TRUE(root.Track("a", &a).ok());
  root.AddObserver(std::make_shared<Recorder>("a"));
  EXPECT_EQ(root.Track("a", &b).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(root.Child("a"), &a);
  Node other;
  other.AddObserver(std::make_shared<Recorder>("a"));
  EXPECT_FALSE(other.Track("a", &b).ok());
  EXPECT_TRUE(other.Children().empty());
}

// 093 (T2)
TEST(Trackable, UntracksByName) {
  Node root, a;
  ASSERT_TRUE(root.Track("a", &a).ok());
  root.Untrack("a");
  EXPECT_TRUE(root.Children().empty());
}

TEST(Variable, KeepsDtypeAndShape) {
  Variable v("w", *Tensor::Create(DataType::kFloat, {2}));
  EXPECT_FALSE(v.Assign(*Tensor::Create(DataType::kFloat, {3})).ok());
  EXPECT_FALSE(v.Assign(*Tensor::Create(DataType::kInt32, {2})).ok());
  EXPECT_FALSE(v.Assign(Tensor()).ok());
  Tensor next = *Tensor::Create(DataType::kFloat, {2});
  next.data<float>()[1] = 4;
  ASSERT_TRUE(v.Assign(std::move(next)).ok());
  EXPECT_EQ(v.data<float>()[1], 4);
}

TEST(Variable, IsItsOwnSaveable) {
  Variable v("dense/kernel", Tensor::Scalar<int32_t>(3));
  ASSERT_EQ(v.Saveables().size(), 1u);
  Saveable& saveable = *v.Saveables()[0];
  EXPECT_EQ(saveable.attribute_name(), "VARIABLE_VALUE");
  EXPECT_EQ(saveable.full_name(), "dense/kernel");
  EXPECT_EQ(saveable.expected_dtype(), DataType::kInt32);
  EXPECT_EQ(saveable.expected_shape()->rank(), 0);
  Tensor scratch;
  StatusOr<TensorView> view = saveable.Value(&scratch);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->data<int32_t>()[0], 3);
  ASSERT_TRUE(saveable.Restore(Tensor::Scalar<int32_t>(9)).ok());
  EXPECT_EQ(v.data<int32_t>()[0], 9);
}

}  // namespace
}  // namespace cairn
