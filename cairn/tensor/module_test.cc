// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/tensor/custom_value.h"
#include "cairn/tensor/hash_table.h"
#include "cairn/tensor/partial_shape.h"
#include "cairn/tensor/random_generator.h"
#include "cairn/tensor/sharded_variable.h"

namespace cairn {
namespace {

using ::testing::HasSubstr;

TEST(PartialShape, AcceptsWhatItsKnownAxesAllow) {
  const PartialShape rows{PartialShape::kUnknown, 3};
  EXPECT_TRUE(rows.Accepts(Shape{0, 3}));
  EXPECT_TRUE(rows.Accepts(Shape{9, 3}));
  EXPECT_FALSE(rows.Accepts(Shape{9, 4}));
  EXPECT_FALSE(rows.Accepts(Shape{3}));
  EXPECT_FALSE(rows.AsShape().has_value());
  EXPECT_EQ(rows.ToString(), "[?,3]");
  EXPECT_TRUE(PartialShape::AnyRank().Accepts(Shape{1, 2, 3}));
  EXPECT_FALSE(PartialShape::AnyRank().is_fully_known());
  EXPECT_TRUE(PartialShape().Accepts(Shape()));
  EXPECT_FALSE(PartialShape().Accepts(Shape{1}));
  EXPECT_EQ(*PartialShape(Shape{2, 3}).AsShape(), (Shape{2, 3}));
}

TEST(Variable, WithoutAValueIsInitialisedOnce) {
  int calls = 0;
  Variable v(
      {.name = "v", .shape = {2}, .initializer = [&]() -> StatusOr<Tensor> {
         ++calls;
         return Tensor::Create(DataType::kFloat, Shape{2});
       }});
  EXPECT_FALSE(v.is_initialized());
  EXPECT_EQ(v.shape(), Shape{2});
  ASSERT_TRUE(v.Initialize().ok());
  ASSERT_TRUE(v.Initialize().ok());
  EXPECT_EQ(calls, 1);

  Variable none({.name = "none", .shape = {2}});
  EXPECT_TRUE(absl::IsFailedPrecondition(none.Initialize()));
  Variable wrong({.name = "wrong", .shape = {3}, .initializer = [] {
                    return Tensor::Create(DataType::kFloat, Shape{2});
                  }});
  EXPECT_TRUE(absl::IsInvalidArgument(wrong.Initialize()));
  EXPECT_FALSE(wrong.is_initialized());
}

// 111 (E9), the variable's side.
TEST(Variable, OfUnknownShapeTakesWhatFits) {
  Variable v({.name = "v", .shape = {PartialShape::kUnknown, 2}});
  ASSERT_TRUE(v.Assign(*Tensor::Create(DataType::kFloat, Shape{5, 2})).ok());
  EXPECT_EQ(v.shape(), (Shape{5, 2}));
  ASSERT_TRUE(v.Assign(*Tensor::Create(DataType::kFloat, Shape{1, 2})).ok());
  EXPECT_FALSE(v.Assign(*Tensor::Create(DataType::kFloat, Shape{1, 3})).ok());
  EXPECT_FALSE(v.Assign(*Tensor::Create(DataType::kInt32, Shape{1, 2})).ok());
}

TEST(Module, OwnsWhatItAddsAndRefusesASecondOfAName) {
  Module module;
  const auto v = module.AddVariable(
      {.name = "v", .initializer = [] { return Tensor::Scalar(4.0f); }});
  ASSERT_TRUE(v.ok());
  EXPECT_EQ((*v)->data<float>()[0], 4.0f);
  const auto child = module.AddChild<Module>("child");
  ASSERT_TRUE(child.ok());
  EXPECT_EQ(module.Child("child"), *child);
  // T3
  const Status again = module.AddChild<Module>("child").status();
  EXPECT_TRUE(absl::IsInvalidArgument(again));
  EXPECT_THAT(std::string(again.message()),
              HasSubstr("name='child', but a Trackable with this name is "
                        "already declared as a dependency. Names must be "
                        "unique (or overwrite=True)."));
  EXPECT_EQ(module.Child("child"), *child);
}

TEST(Module, AddsNothingWhenTheInitializerFails) {
  Module module;
  const auto v = module.AddVariable(
      "edge", {.name = "v", .initializer = []() -> StatusOr<Tensor> {
                 return InternalError("no");
               }});
  EXPECT_TRUE(absl::IsInternal(v.status()));
  EXPECT_EQ(module.Child("edge"), nullptr);
}

TEST(HashTable, FindsInsertsAndErases) {
  HashTable<std::string, int64_t> table(-1);
  table.Insert("b", 2);
  table.Insert("a", 1);
  table.Insert("b", 3);
  EXPECT_EQ(table.Find("b"), 3);
  EXPECT_EQ(table.Find("zzz"), -1);
  table.Erase("b");
  EXPECT_EQ(table.size(), 1u);
}

TEST(HashTable, ReplacesItsEntriesWhenKeysAndValuesAreThere) {
  HashTable<std::string, int64_t> table(-1);
  table.Insert("old", 1);
  const std::vector<Saveable*> values = table.Saveables();
  ASSERT_EQ(values.size(), 2u);
  EXPECT_EQ(values[0]->key_suffix(), "-keys");
  ASSERT_TRUE(
      values[0]->Restore(*Tensor::OfStrings(Shape{2}, {"x", "y"})).ok());
  EXPECT_EQ(table.Find("old"), 1);
  Tensor numbers = *Tensor::Create(DataType::kInt64, Shape{2});
  numbers.data<int64_t>()[1] = 9;
  ASSERT_TRUE(values[1]->Restore(std::move(numbers)).ok());
  EXPECT_EQ(table.Find("old"), -1);
  EXPECT_EQ(table.Find("y"), 9);

  ASSERT_TRUE(values[0]->Restore(*Tensor::OfStrings(Shape{1}, {"x"})).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(
      values[1]->Restore(*Tensor::Create(DataType::kInt64, Shape{2}))));
  EXPECT_EQ(table.Find("y"), 9);
}

TEST(ShardedVariable, RefusesShardsThatAreNotOneTensor) {
  Variable a("a", *Tensor::Create(DataType::kFloat, Shape{2, 3}));
  Variable b("b", *Tensor::Create(DataType::kFloat, Shape{2, 4}));
  Variable i("i", *Tensor::Create(DataType::kInt32, Shape{2, 3}));
  Variable s("s", Tensor::Scalar(1.0f));
  EXPECT_TRUE(ShardedVariable("v", {&a, &a}).CheckSaveable().ok());
  for (const std::vector<Variable*>& shards :
       {std::vector<Variable*>{}, {&a, &b}, {&a, &i}, {&s}}) {
    EXPECT_TRUE(
        absl::IsInvalidArgument(ShardedVariable("v", shards).CheckSaveable()));
  }
}

TEST(RandomGeneratorState, HasTheWordsOfItsAlgorithm) {
  RandomGeneratorState philox;
  EXPECT_EQ(philox.words().size(), 3u);
  const int64_t words[] = {1, 2};
  EXPECT_TRUE(absl::IsInvalidArgument(philox.Set(words)));
  RandomGeneratorState threefry(RandomAlgorithm::kThreeFry);
  ASSERT_TRUE(threefry.Set(words).ok());
  EXPECT_EQ(threefry.words()[1], 2);
}

}  // namespace
}  // namespace cairn
