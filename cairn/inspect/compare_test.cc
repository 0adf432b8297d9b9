// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "cairn/inspect/golden_manifest.h"

namespace cairn::inspect {
namespace {

using Verdict = SharedValue::Verdict;

std::map<ValueRole, int> RolesOf(const std::vector<UnsharedValue>& values) {
  std::map<ValueRole, int> roles;
  for (const UnsharedValue& value : values) ++roles[value.role];
  return roles;
}

StatusOr<SystemsComparison> CompareGolden(const std::string& name_based,
                                          const std::string& object_based) {
  return CompareSystems(LocalFileSystem(), GoldenPath(name_based),
                        GoldenPath(object_based));
}

TEST(CompareSystems, MatchesTheKeysTensorFlowMatches) {
  const auto result = CompareGolden("seed/pair_v1_of_v2/tf_ckpt/model",
                                    "seed/v2/tf_ckpt_v2/ckpt-2");
  ASSERT_TRUE(result.ok()) << result.status();
  const nlohmann::json keys =
      ReadJson(GoldenPath("seed/pair_v1_of_v2/keys.json"))["v1_key_to_v2_key"];
  EXPECT_EQ(result->shared.size(), keys.size());
  for (const SharedValue& shared : result->shared) {
    EXPECT_EQ(keys.value(shared.name_key, ""), shared.object_key);
    EXPECT_EQ(shared.verdict, Verdict::kEqual) << shared.name_key;
  }
  EXPECT_TRUE(result->SharedValuesEqual());
  EXPECT_TRUE(result->only_name_based.empty());
  const std::map<ValueRole, int> only = {{ValueRole::kSaveCounter, 1},
                                         {ValueRole::kStep, 1},
                                         {ValueRole::kObjectGraph, 1}};
  EXPECT_EQ(RolesOf(result->only_object_based), only);
}

TEST(CompareSystems, SeesWhatTheSaverLeavesOut) {
  const auto result =
      CompareGolden("seed/v1/epoch2/model", "seed/v2/tf_ckpt_v2/ckpt-2");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->shared.size(), 16u);
  EXPECT_TRUE(result->only_name_based.empty());
  const std::map<ValueRole, int> only = {
      {ValueRole::kSlot, 24},          {ValueRole::kIterations, 1},
      {ValueRole::kHyperparameter, 4}, {ValueRole::kSaveCounter, 1},
      {ValueRole::kStep, 1},           {ValueRole::kObjectGraph, 1}};
  EXPECT_EQ(RolesOf(result->only_object_based), only);
  EXPECT_EQ(result->num_objects, 62u);
  ASSERT_TRUE(result->meta_graph.has_value());
  EXPECT_GT(result->meta_graph->num_nodes, 600u);
  EXPECT_EQ(result->name_based.num_tensors, 16);
  EXPECT_EQ(result->object_based.num_tensors, 48);
}

TEST(CompareSystems, TellsDifferentValuesWithTheirLargestDifference) {
  const auto result =
      CompareGolden("seed/v1/epoch2/model", "seed/v2/tf_ckpt_v2/ckpt-2");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->SharedValuesEqual());
  for (const SharedValue& shared : result->shared) {
    if (shared.verdict == Verdict::kEqual) continue;
    EXPECT_EQ(shared.verdict, Verdict::kDifferent);
    ASSERT_TRUE(shared.largest_difference.has_value());
    EXPECT_GT(*shared.largest_difference, 0);
    EXPECT_LT(*shared.largest_difference, 10);
  }
}

TEST(CompareSystems, ListsFilesWithTheirSizes) {
  const auto result =
      CompareGolden("seed/v1/epoch2/model", "seed/v2/tf_ckpt_v2/ckpt-2");
  ASSERT_TRUE(result.ok()) << result.status();
  std::map<std::string, uint64_t> sizes;
  for (const auto* side : {&result->name_based, &result->object_based}) {
    uint64_t total = 0;
    for (const StoredFile& file : side->files) {
      sizes[std::string(BaseName(file.path))] += file.bytes;
      total += file.bytes;
    }
    EXPECT_EQ(side->total_bytes, total);
  }
  EXPECT_EQ(sizes["model.index"], 629u);
  EXPECT_EQ(sizes["model.data-00000-of-00001"], 220904u);
  EXPECT_EQ(sizes["ckpt-2.index"], 3122u);
  EXPECT_EQ(sizes["ckpt-2.data-00000-of-00001"], 668817u);
}

TEST(CompareSystems, CallsSlotsOfTheNameBasedSideSlots) {
  const auto result = CompareGolden("seed/v1_with_slots/tf_ckpt/model-93",
                                    "seed/v2_new_optimizer/tf_ckpt_v2/ckpt-1");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(RolesOf(result->only_name_based)[ValueRole::kSlot], 24);
}

TEST(CompareSystems, RefusesTwoNameBasedCheckpoints) {
  const auto result =
      CompareGolden("seed/v1/epoch2/model", "seed/v1/epoch1/model");
  EXPECT_FALSE(result.ok());
  EXPECT_TRUE(absl::IsNotFound(result.status())) << result.status();
}

}  // namespace
}  // namespace cairn::inspect
