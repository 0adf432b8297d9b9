// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/nearest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/inspect/golden_manifest.h"

namespace cairn::inspect {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class NearestKeysTest : public testing::Test {
 protected:
  NearestKeysTest()
      : source_(CheckpointSource::Open(
            LocalFileSystem(),
            {TargetKind::kBundle, GoldenPath("seed/v1/epoch2/model"), ""})) {
    EXPECT_TRUE(source_.ok()) << source_.status();
  }
  std::vector<std::string> Near(std::string_view wanted) {
    return NearestKeys(**source_, wanted, 3);
  }
  StatusOr<std::unique_ptr<CheckpointSource>> source_;
};

TEST_F(NearestKeysTest, FindsTypingErrors) {
  EXPECT_EQ(Near("conv2d/kernal").front(), "conv2d/kernel");
  EXPECT_EQ(Near("dense_1/bais").front(), "dense_1/bias");
}

TEST_F(NearestKeysTest, PutsKeysThatContainTheTextFirst) {
  EXPECT_THAT(Near("kernel"),
              ElementsAre("dense/kernel", "conv2d/kernel", "dense_1/kernel"));
}

TEST_F(NearestKeysTest, SuggestsNothingForSomethingElse) {
  EXPECT_THAT(Near("zzzzzzzzzzzzzzzz"), IsEmpty());
  EXPECT_THAT(NearestKeys(**source_, "kernel", 0), IsEmpty());
}

}  // namespace
}  // namespace cairn::inspect
