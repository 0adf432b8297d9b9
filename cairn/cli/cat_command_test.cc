// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/cat_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cairn/cli/ls_command.h"
#include "cairn/cli/test_console.h"
#include "cairn/data/npy.h"

namespace cairn::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Result {
  int exit_code;
  std::string out, err;
};

Result Cat(const CatOptions& options) {
  TestConsole test;
  const int exit_code = RunCat(LocalFileSystem(), options, test.console);
  return {exit_code, test.out.str(), test.err.str()};
}

const std::string kSeed = GoldenPath("seed/v1/epoch2/model");

TEST(Cat, ShowsATensorToPeople) {
  const Result result = Cat({.path = kSeed, .key = "conv2d/bias"});
  EXPECT_EQ(result.exit_code, kExitOk);
  EXPECT_THAT(result.out,
              StartsWith("conv2d/bias\nfloat32 [16], 64 bytes\nmin "));
}

TEST(Cat, PrintsJson) {
  const Result result =
      Cat({.path = kSeed, .key = "conv2d/bias", .format = CatFormat::kJson});
  EXPECT_EQ(result.exit_code, kExitOk);
  const json value = json::parse(result.out);
  EXPECT_EQ(value["key"], "conv2d/bias");
  EXPECT_EQ(value["dtype"], "float32");
  EXPECT_EQ(value["shape"], json({16}));
  EXPECT_EQ(value["value"].size(), 16u);
}

TEST(Cat, PrintsNpyThatHoldsTheSameTensor) {
  const Result result =
      Cat({.path = kSeed, .key = "dense/kernel", .format = CatFormat::kNpy});
  EXPECT_EQ(result.exit_code, kExitOk);
  const auto tensor = data::ParseNpy(result.out, "out");
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(tensor->shape(), Shape({400, 128}));
  const Result raw =
      Cat({.path = kSeed, .key = "dense/kernel", .format = CatFormat::kRaw});
  EXPECT_EQ(raw.out, tensor->bytes());
}

TEST(Cat, PrintsBytesOfStringsWithTheirLengths) {
  const std::string path = GoldenPath("dtypes/strings/str");
  const Result listing = [&] {
    TestConsole test;
    LsOptions options{.path = path, .json = true};
    const int code = RunLs(LocalFileSystem(), options, test.console);
    return Result{code, test.out.str(), ""};
  }();
  const json first = json::parse(listing.out.substr(0, listing.out.find('\n')));
  const Result raw =
      Cat({.path = path, .key = first["key"], .format = CatFormat::kRaw});
  EXPECT_EQ(raw.exit_code, kExitOk);
  EXPECT_GE(raw.out.size(), 8u);
}

TEST(Cat, SuggestsKeysWhenThereIsNone) {
  const Result result = Cat({.path = kSeed, .key = "conv2d/kernal"});
  EXPECT_EQ(result.exit_code, kExitNo);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("has no key conv2d/kernal"));
  EXPECT_THAT(result.err, HasSubstr("\ncairn:   conv2d/kernel\n"));
}

TEST(Cat, TakesKeysInBase64) {
  const Result result = Cat({.path = GoldenPath("names/odd/odd"),
                             .key_base64 = "AP8=",
                             .format = CatFormat::kJson});
  EXPECT_EQ(result.exit_code, kExitOk) << result.err;
  EXPECT_EQ(json::parse(result.out)["key_base64"], "AP8=");
  for (const char* bad : {"A", "A===", "AP=8", "A*==", "AAAA===="}) {
    EXPECT_EQ(Cat({.path = kSeed, .key_base64 = bad}).exit_code, kExitTrouble)
        << bad;
  }
}

TEST(Cat, NeedsAKey) {
  EXPECT_EQ(Cat({.path = kSeed}).exit_code, kExitTrouble);
}

TEST(Cat, KeepsBinaryDataFromTerminals) {
  TestConsole test;
  test.console.out_is_terminal = true;
  EXPECT_EQ(
      RunCat(LocalFileSystem(),
             {.path = kSeed, .key = "conv2d/bias", .format = CatFormat::kRaw},
             test.console),
      kExitTrouble);
  EXPECT_EQ(test.out.str(), "");
}

TEST(Cat, RefusesNpyOfVariants) {
  const Result result = Cat({.path = GoldenPath("dtypes/variant/var"),
                             .key = "list",
                             .format = CatFormat::kNpy});
  EXPECT_EQ(result.exit_code, kExitTrouble);
  EXPECT_THAT(result.err, HasSubstr("list"));
}

TEST(Cat, DescribesVariants) {
  const Result result =
      Cat({.path = GoldenPath("dtypes/variant/var"), .key = "list"});
  EXPECT_EQ(result.exit_code, kExitOk);
  EXPECT_THAT(result.out, HasSubstr("<tensorflow::TensorList, "));
}

TEST(Cat, PutsPartitionedTensorsTogether) {
  const Result result = Cat({.path = GoldenPath("sliced/grids/grids"),
                             .key = "axis0",
                             .format = CatFormat::kJson});
  EXPECT_EQ(result.exit_code, kExitOk) << result.err;
  EXPECT_EQ(json::parse(result.out)["value"].size(), 13u);
}

TEST(Cat, AnswersNoForATensorOfWhichPiecesAreMissing) {
  const Result result = Cat({.path = GoldenPath("sliced/incomplete/part"),
                             .key = "v",
                             .format = CatFormat::kJson});
  EXPECT_EQ(result.exit_code, kExitNo);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("v"));
}

}  // namespace
}  // namespace cairn::cli
