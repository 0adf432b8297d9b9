// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// RetentionPolicy: which checkpoints to keep, as data: rules that any-of and
// all-of put together. Deciding touches no file.
//
//   CAIRN_ASSIGN_OR_RETURN(
//       RetentionPolicy policy,
//       ParseRetentionPolicy("latest:3,every:1h,best:2:accuracy:max"));
//   CAIRN_ASSIGN_OR_RETURN(auto decisions, DecideRetention(policy, records));
//   // decisions[i]: whether records[i] stays, and why
//
// The text of a policy:
//   policy   = part {"," part}            kept if any part keeps it
//   part     = rule {"+" rule}            kept if all of these rules keep it
//   rule     = "all"                      everything
//            | "latest:" N                the N latest
//            | "every:" N "steps"         one for every N steps
//            | "every:" T unit            one for every span; unit s, m, h or d
//            | "best:" N ":" metric ":" ("max" | "min")   the N best
//            | "(" policy ")"
//   N is a whole number above 0, T a decimal number above 0. The name of a
//   metric that holds a space or any of :,+()" stands in double quotes; in
//   them a backslash takes the next character as it is. Spaces between all
//   these are ignored.
//
// Rules that a reader might guess otherwise:
//   - The latest checkpoint is kept whatever the policy says, or a resumed run
//     would start from an older one unnoticed.
//   - "every" counts from the first checkpoint: that one is kept, then the
//     first that is a span or more after the one kept before. A step or time
//     that goes back begins anew. What this rule removed never changes what it
//     keeps later.
//   - A checkpoint that a rule cannot judge (no step known, no such metric) is
//     kept by that rule. NaN is the worst of all values; of equal ones the
//     later is the better.
//
// Thread-safe: plain values and functions of them.
#ifndef CAIRN_STATE_RETENTION_POLICY_H_
#define CAIRN_STATE_RETENTION_POLICY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"

namespace cairn::state {

using Metrics = std::map<std::string, double, std::less<>>;

// A checkpoint as far as retention sees it.
struct RetentionRecord {
  std::string path;
  std::optional<int64_t> step = std::nullopt;
  double timestamp = 0;  // Unix seconds, when it was saved
  Metrics metrics = {};
};

struct RetentionPolicy {
  enum class Kind {
    kAll,
    kLatest,
    kEverySteps,
    kEverySeconds,
    kBest,
    kAnyOf,
    kAllOf
  };
  enum class Goal { kMax, kMin };

  static RetentionPolicy All();
  static RetentionPolicy Latest(int64_t count);
  static RetentionPolicy EverySteps(int64_t steps);
  static RetentionPolicy EverySeconds(double seconds);
  static RetentionPolicy Best(int64_t count, std::string metric, Goal goal);
  static RetentionPolicy AnyOf(std::vector<RetentionPolicy> parts);
  static RetentionPolicy AllOf(std::vector<RetentionPolicy> parts);

  Kind kind = Kind::kAll;
  int64_t number = 0;  // how many (latest, best), or steps
  double seconds = 0;
  std::string metric = {};
  Goal goal = Goal::kMax;
  std::vector<RetentionPolicy> parts = {};  // of any-of and all-of

  friend bool operator==(const RetentionPolicy&,
                         const RetentionPolicy&) = default;
};

// Parentheses, and parts within parts, go no deeper than this.
inline constexpr int kMaxRetentionDepth = 64;

// InvalidArgument names the column, what was expected and what stands there.
StatusOr<RetentionPolicy> ParseRetentionPolicy(std::string_view text);
// The text that parses as this policy.
std::string FormatRetentionPolicy(const RetentionPolicy& policy);
// InvalidArgument for what no text could say: a number or span not above 0, an
// empty metric name, an any-of or all-of without parts.
Status CheckRetentionPolicy(const RetentionPolicy& policy);
// Names of the metrics that the policy asks for, sorted.
std::vector<std::string> RetentionMetrics(const RetentionPolicy& policy);

struct RetentionDecision {
  bool keep = true;
  std::string reason;  // "among the 3 latest", "less than 1h after d/ckpt-4"
};

// One decision for each record. `records` are in the order they were saved in,
// oldest first; the last is the latest checkpoint. Time: O(n log n) a rule.
StatusOr<std::vector<RetentionDecision>> DecideRetention(
    const RetentionPolicy& policy, std::span<const RetentionRecord> records);

// The number at the end of "ckpt-12" or "d/model-0003"; none without one.
std::optional<int64_t> StepOfPath(std::string_view path);

}  // namespace cairn::state

#endif  // CAIRN_STATE_RETENTION_POLICY_H_
