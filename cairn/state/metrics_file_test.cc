// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/state/metrics_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"

namespace cairn::state {
namespace {

using ::testing::HasSubstr;

TEST(MetricsFile, ReadsNumbersOfCheckpoints) {
  const auto metrics = ParseMetrics(
      R"({"ckpt-1": {"accuracy": 0.5, "n": 3, "loss": "NaN"},
          "sub/ckpt-2": {}, "x": {"a": "Infinity", "b": "-Infinity"}})");
  ASSERT_TRUE(metrics.ok()) << metrics.status();
  EXPECT_EQ(metrics->size(), 3u);
  EXPECT_EQ(metrics->at("ckpt-1").at("accuracy"), 0.5);
  EXPECT_EQ(metrics->at("ckpt-1").at("n"), 3);
  EXPECT_TRUE(std::isnan(metrics->at("ckpt-1").at("loss")));
  EXPECT_TRUE(metrics->at("sub/ckpt-2").empty());
  EXPECT_EQ(metrics->at("x").at("b"), -std::numeric_limits<double>::infinity());
}

TEST(MetricsFile, ReadsWhatItWrote) {
  const CheckpointMetrics metrics = {
      {"ckpt-1", {{"accuracy", 0.1}, {"a \"b\"", 1e300}}},
      {"d\xc3\xa4/ckpt-2",
       {{"loss", -std::numeric_limits<double>::infinity()}}},
      {"empty", {}}};
  const auto read = ParseMetrics(FormatMetrics(metrics));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, metrics);
  EXPECT_EQ(FormatMetrics({}), "{}\n");
  EXPECT_EQ(FormatMetrics({{"\xff", {{"a", 1}}}, {"b", {{"\xff", 1}}}}),
            "{\n \"b\": {}\n}\n");
}

TEST(MetricsFile, NamesWhatIsNoNumber) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "no JSON from byte"},
      {"{\"a\": {\"b\": }}", "no JSON from byte 13"},
      {"{\"a\": {\"b\": 1e999}}", "no JSON from byte"},
      {"{\"a\": {}} x", "no JSON from byte"},
      {"{\"\xff\": {}}", "no JSON from byte"},
      {"[]", "expected an object of checkpoints, got array"},
      {"{\"ckpt-1\": 3}", "ckpt-1: expected an object of metrics, got number"},
      {"{\"ckpt-1\": {\"a\": \"high\"}}",
       "ckpt-1: a: expected a number, got string"},
      {"{\"ckpt-1\": {\"a\": null}}", "ckpt-1: a: expected a number, got null"},
  };
  for (const auto& [text, message] : cases) {
    const Status status = ParseMetrics(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << text;
    EXPECT_THAT(Message(status), HasSubstr(message)) << text;
  }
  EXPECT_FALSE(ParseMetrics(std::string(1 << 18, '[')).ok());
  EXPECT_FALSE(ParseMetrics(StrCat("{\"a\": ", std::string(1 << 18, '['),
                                   std::string(1 << 18, ']'), "}"))
                   .ok());
}

TEST(MetricsFile, NamesTheFile) {
  MemoryFileSystem fs;
  EXPECT_TRUE(absl::IsNotFound(ReadMetricsFile(fs, "d/m.json").status()));
  fs.Put("d/m.json", "{");
  EXPECT_THAT(Message(ReadMetricsFile(fs, "d/m.json").status()),
              HasSubstr("d/m.json: no JSON"));
  fs.Put("d/m.json", "{\"c\": {\"a\": 1}}");
  EXPECT_EQ((*ReadMetricsFile(fs, "d/m.json")).at("c").at("a"), 1);
}

}  // namespace
}  // namespace cairn::state
