// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/state/retention_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "cairn/base/random.h"
#include "cairn/base/strings.h"

namespace cairn::state {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Goal = RetentionPolicy::Goal;

RetentionPolicy Parse(std::string_view text) {
  StatusOr<RetentionPolicy> policy = ParseRetentionPolicy(text);
  EXPECT_TRUE(policy.ok()) << policy.status();
  return policy.ok() ? *std::move(policy) : RetentionPolicy::All();
}

// Checkpoints "c-<step>", a minute apart, with accuracy = values[i].
std::vector<RetentionRecord> Records(const std::vector<int64_t>& steps,
                                     const std::vector<double>& accuracy = {}) {
  std::vector<RetentionRecord> records;
  for (size_t i = 0; i < steps.size(); ++i) {
    records.push_back({StrCat("c-", steps[i]), steps[i],
                       1000.0 + 60.0 * static_cast<double>(i)});
    if (i < accuracy.size()) records[i].metrics["accuracy"] = accuracy[i];
  }
  return records;
}

std::vector<std::string> Kept(std::string_view policy,
                              const std::vector<RetentionRecord>& records) {
  const auto decisions = DecideRetention(Parse(policy), records);
  EXPECT_TRUE(decisions.ok()) << decisions.status();
  EXPECT_EQ(decisions->size(), records.size());
  std::vector<std::string> kept;
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_NE((*decisions)[i].reason, "");
    if ((*decisions)[i].keep) kept.push_back(records[i].path);
  }
  return kept;
}

std::vector<std::string> Reasons(std::string_view policy,
                                 const std::vector<RetentionRecord>& records) {
  std::vector<std::string> reasons;
  const auto decisions = DecideRetention(Parse(policy), records);
  EXPECT_TRUE(decisions.ok()) << decisions.status();
  for (const RetentionDecision& decision : *decisions) {
    reasons.push_back(
        StrCat(decision.keep ? "keep: " : "remove: ", decision.reason));
  }
  return reasons;
}

TEST(RetentionPolicy, ParsesWhatItsGrammarSays) {
  EXPECT_EQ(
      Parse("latest:3,every:1h,best:2:accuracy:max"),
      RetentionPolicy::AnyOf(
          {RetentionPolicy::Latest(3), RetentionPolicy::EverySeconds(3600),
           RetentionPolicy::Best(2, "accuracy", Goal::kMax)}));
  EXPECT_EQ(
      Parse(" latest : 10 + every:1000steps , ( all , best:1:loss:min ) + all"),
      RetentionPolicy::AnyOf(
          {RetentionPolicy::AllOf({RetentionPolicy::Latest(10),
                                   RetentionPolicy::EverySteps(1000)}),
           RetentionPolicy::AllOf(
               {RetentionPolicy::AnyOf(
                    {RetentionPolicy::All(),
                     RetentionPolicy::Best(1, "loss", Goal::kMin)}),
                RetentionPolicy::All()})}));
  EXPECT_EQ(Parse("every:1step"), RetentionPolicy::EverySteps(1));
  EXPECT_EQ(Parse("every:1.5h"), RetentionPolicy::EverySeconds(5400));
  EXPECT_EQ(Parse("every:90s"), RetentionPolicy::EverySeconds(90));
  EXPECT_EQ(Parse("every:2d"), RetentionPolicy::EverySeconds(172800));
  EXPECT_EQ(Parse("best:1:eval/top_5:max").metric, "eval/top_5");
  EXPECT_EQ(Parse(R"(best:1:"a:b, \"c\" \\":max)").metric, R"(a:b, "c" \)");
}

TEST(RetentionPolicy, FormatsAsTextThatParsesTheSame) {
  for (const char* text :
       {"all", "latest:3", "every:1000steps", "every:90m", "every:2d",
        "every:0.5s", "best:2:accuracy:max", R"(best:1:"a:\"b\"":min)",
        "latest:3,every:1h,best:2:accuracy:max",
        "latest:10+every:7steps,best:1:loss:min", "(latest:1,all)+latest:2",
        "(latest:1,all),latest:2", "(latest:1+all)+all"}) {
    EXPECT_EQ(FormatRetentionPolicy(Parse(text)), text);
  }
}

TEST(RetentionPolicy, NamesTheColumnOfWhatItDoesNotUnderstand) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "column 1: expected latest, every, best, all or '(', got the end"},
      {"newest:3",
       "column 1: expected latest, every, best, all or '(', got "
       "'newest:3'"},
      {"latest", "column 7: expected ':' after latest, got the end"},
      {"latest:x", "column 8: expected a whole number above 0, got 'x'"},
      {"latest:0", "column 8: expected a whole number above 0, got '0'"},
      {"latest:-1", "column 8: expected a whole number above 0, got '-1'"},
      {"latest:99999999999999999999", "column 8: expected a whole number"},
      {"latest:3,", "column 10: expected latest"},
      {"latest:3 every:1h",
       "column 10: expected ',', '+' or the end, got "
       "'every:1h'"},
      {"every:5", "column 8: expected steps, s, m, h or d, got the end"},
      {"every:5w", "column 8: expected steps, s, m, h or d, got 'w'"},
      {"every:h", "column 7: expected a number above 0, got 'h'"},
      {"every:0s", "column 7: expected a number above 0, got '0s'"},
      {"every:1.5steps", "column 7: expected a whole number of steps above 0"},
      {"every:1e308d", "column 7: expected a span that is finite"},
      {"best:2", "column 7: expected ':' and a metric, got the end"},
      {"best:2::max", "column 8: expected the name of a metric, got ':max'"},
      {"best:2:a", "column 9: expected ':max' or ':min', got the end"},
      {"best:2:a:top", "column 10: expected max or min, got 'top'"},
      {"best:2:\"a:max", "column 14: expected a closing '\"', got the end"},
      {"best:2:\"a\\", "expected a closing '\"'"},
      {"(latest:3", "column 10: expected ',', '+' or ')', got the end"},
      {"latest:3)", "column 9: expected ',', '+' or the end, got ')'"},
  };
  for (const auto& [text, message] : cases) {
    const Status status = ParseRetentionPolicy(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(Message(status), HasSubstr(message)) << text;
  }
  const std::string deep(100000, '(');
  EXPECT_THAT(Message(ParseRetentionPolicy(deep).status()),
              HasSubstr("no more than 32 parentheses"));
}

TEST(RetentionPolicy, RefusesDataThatNoTextCouldSay) {
  RetentionPolicy deep = RetentionPolicy::All();
  for (int i = 0; i < 100; ++i) deep = RetentionPolicy::AnyOf({deep});
  for (const RetentionPolicy& policy :
       {RetentionPolicy::Latest(0), RetentionPolicy::Latest(-1),
        RetentionPolicy::EverySteps(0), RetentionPolicy::EverySeconds(0),
        RetentionPolicy::EverySeconds(std::nan("")),
        RetentionPolicy::EverySeconds(std::numeric_limits<double>::infinity()),
        RetentionPolicy::Best(0, "a", Goal::kMax),
        RetentionPolicy::Best(1, "", Goal::kMax), RetentionPolicy::AnyOf({}),
        RetentionPolicy::AllOf({RetentionPolicy::Latest(0)}), deep}) {
    EXPECT_EQ(DecideRetention(policy, {}).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(RetentionPolicy, KeepsTheLatestN) {
  const auto records = Records({1, 2, 3, 4});
  EXPECT_THAT(Kept("latest:2", records), ElementsAre("c-3", "c-4"));
  EXPECT_EQ(Kept("latest:9", records).size(), 4u);
  EXPECT_EQ(Kept("all", records).size(), 4u);
  EXPECT_TRUE(Kept("latest:1", {}).empty());
  EXPECT_THAT(
      Reasons("latest:3", records),
      ElementsAre("remove: not among the 3 latest", "keep: among the 3 latest",
                  "keep: among the 3 latest", "keep: among the 3 latest"));
}

TEST(RetentionPolicy, KeepsOneForEverySoManySteps) {
  EXPECT_THAT(
      Kept("every:100steps", Records({10, 50, 109, 110, 205, 210, 211})),
      ElementsAre("c-10", "c-110", "c-210", "c-211"));
  // A run begun anew, and steps whose difference is no int64.
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  EXPECT_THAT(Kept("every:100steps", Records({500, 550, 100, 150, 200, 201})),
              ElementsAre("c-500", "c-100", "c-200", "c-201"));
  EXPECT_THAT(
      Kept("every:5steps", Records({kMin, kMax, kMax})),
      ElementsAre(StrCat("c-", kMin), StrCat("c-", kMax), StrCat("c-", kMax)));
  std::vector<RetentionRecord> unknown = Records({1, 2, 3});
  unknown[1].step.reset();
  EXPECT_THAT(Reasons("every:9steps", unknown),
              ElementsAre("keep: the first of one every 9 steps",
                          "keep: its step is not known",
                          "keep: the latest, though less than 9 steps after "
                          "c-1"));
}

TEST(RetentionPolicy, KeepsOneForEverySpan) {
  std::vector<RetentionRecord> records = Records({0, 1, 2, 3, 4, 5, 6});
  EXPECT_THAT(Kept("every:3m", records), ElementsAre("c-0", "c-3", "c-6"));
  EXPECT_THAT(Reasons("every:4m", records)[1],
              "remove: less than 4m after c-0");
  EXPECT_THAT(Reasons("every:4m", records)[4], "keep: 4m or more after c-0");
  // A clock set back removes nothing that it did not remove before.
  records[3].timestamp = 10;
  records[4].timestamp = std::nan("");
  EXPECT_THAT(Kept("every:3m", records),
              ElementsAre("c-0", "c-3", "c-4", "c-5", "c-6"));
}

TEST(RetentionPolicy, KeepsTheBestByAMetric) {
  const auto records = Records({1, 2, 3, 4, 5}, {0.9, 0.7, 0.9, 0.95, 0.1});
  EXPECT_THAT(Kept("best:2:accuracy:max", records),
              ElementsAre("c-3", "c-4", "c-5"));  // of equal ones the later
  EXPECT_THAT(Kept("best:1:accuracy:min", records), ElementsAre("c-5"));
  EXPECT_THAT(Reasons("best:1:accuracy:max", records),
              ElementsAre("remove: number 3 of 5 by accuracy (0.9)",
                          "remove: number 4 of 5 by accuracy (0.7)",
                          "remove: number 2 of 5 by accuracy (0.9)",
                          "keep: number 1 of 5 by accuracy (0.95)",
                          "keep: the latest, though number 5 of 5 by accuracy "
                          "(0.1)"));
}

TEST(RetentionPolicy, JudgesNanWorstAndKeepsWhatHasNoMetric) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  auto records =
      Records({1, 2, 3, 4, 5}, {std::nan(""), kInf, -kInf, 0, std::nan("")});
  EXPECT_THAT(Kept("best:2:accuracy:max", records),
              ElementsAre("c-2", "c-4", "c-5"));
  EXPECT_THAT(Kept("best:2:accuracy:min", records),
              ElementsAre("c-3", "c-4", "c-5"));
  records[0].metrics.clear();
  EXPECT_THAT(Kept("best:1:accuracy:max", records),
              ElementsAre("c-1", "c-2", "c-5"));
  EXPECT_EQ(Reasons("best:1:accuracy:max", records)[0],
            "keep: has no accuracy to judge by");
}

TEST(RetentionPolicy, KeepsByAnyOfOrAllOfItsRules) {
  const auto records = Records({1, 2, 3, 4, 5, 6}, {9, 1, 8, 2, 7, 3});
  EXPECT_THAT(Kept("latest:2,best:2:accuracy:max", records),
              ElementsAre("c-1", "c-3", "c-5", "c-6"));
  EXPECT_THAT(Kept("latest:4+best:3:accuracy:max", records),
              ElementsAre("c-3", "c-5", "c-6"));
  EXPECT_THAT(Kept("latest:2+best:3:accuracy:max,best:1:accuracy:min", records),
              ElementsAre("c-2", "c-5", "c-6"));
  EXPECT_THAT(Kept("latest:2+(best:3:accuracy:max,every:1m)", records),
              ElementsAre("c-5", "c-6"));
  EXPECT_EQ(Reasons("latest:2,every:10m", records)[1],
            "remove: not among the 2 latest; less than 10m after c-1");
  EXPECT_EQ(Reasons("latest:6,every:10m", records)[0],
            "keep: among the 6 latest; the first of one every 10m");
}

// What was removed must not change what is kept later.
TEST(RetentionPolicy, DecidesTheSameAboutWhatItLeft) {
  Random random(7, 0);
  for (int run = 0; run < 300; ++run) {
    std::vector<RetentionRecord> there;
    const char* const policies[] = {
        "latest:3,every:7steps", "every:3m,best:2:accuracy:max",
        "latest:2,every:5m,every:20steps", "best:3:accuracy:min,latest:1"};
    const char* const policy = policies[run % 4];
    int64_t step = 0;
    double now = 0;
    for (int save = 0; save < 25; ++save) {
      step += static_cast<int64_t>(random.Below(9));
      now += static_cast<double>(random.Below(200));
      there.push_back({StrCat("c-", save),
                       step,
                       now,
                       {{"accuracy", static_cast<double>(random.Below(50))}}});
      const auto kept = Kept(policy, there);
      std::erase_if(there, [&](const RetentionRecord& record) {
        return std::ranges::find(kept, record.path) == kept.end();
      });
      ASSERT_EQ(Kept(policy, there), kept);
      ASSERT_EQ(kept.back(), StrCat("c-", save));
    }
  }
}

TEST(RetentionPolicy, TellsTheMetricsItAsksFor) {
  EXPECT_THAT(RetentionMetrics(Parse("best:1:b:max,latest:1+(best:2:a:min,"
                                     "best:3:b:min)")),
              ElementsAre("a", "b"));
  EXPECT_TRUE(RetentionMetrics(Parse("latest:1")).empty());
}

TEST(RetentionPolicy, FindsTheStepInAPath) {
  EXPECT_EQ(StepOfPath("d/ckpt-12"), 12);
  EXPECT_EQ(StepOfPath("model.ckpt-00000003"), 3);
  EXPECT_EQ(StepOfPath("ckpt--1"), -1);
  EXPECT_EQ(StepOfPath("ckpt--9223372036854775808"),
            std::numeric_limits<int64_t>::min());
  EXPECT_EQ(StepOfPath("-7"), 7);
  for (const char* none : {"", "12", "ckpt", "ckpt-", "ckpt12", "ckpt-1a",
                           "ckpt-99999999999999999999"}) {
    EXPECT_EQ(StepOfPath(none), std::nullopt) << none;
  }
}

}  // namespace
}  // namespace cairn::state
