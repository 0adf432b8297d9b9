// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/state/retention_policy.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn::state {
namespace {

using Kind = RetentionPolicy::Kind;
using Goal = RetentionPolicy::Goal;
using Decisions = std::vector<RetentionDecision>;
using Records = std::span<const RetentionRecord>;

struct Unit {
  std::string_view name;
  double seconds;
};
constexpr Unit kUnits[] = {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}};

// In the largest unit that gives a whole number.
std::string FormatSpan(double seconds) {
  for (const Unit& unit : kUnits) {
    const double count = seconds / unit.seconds;
    if (count >= 1 && count < 1e15 && count == std::floor(count)) {
      return StrCat(static_cast<int64_t>(count), unit.name);
    }
  }
  return StrCat(seconds, "s");
}

bool IsComposite(Kind kind) {
  return kind == Kind::kAnyOf || kind == Kind::kAllOf;
}

Status CheckAtDepth(const RetentionPolicy& policy, int depth) {
  if (depth > kMaxRetentionDepth) {
    return InvalidArgumentError(StrCat("retention policy: nested deeper than ",
                                       kMaxRetentionDepth, " times"));
  }
  const auto wrong = [](std::string_view what) {
    return InvalidArgumentError(StrCat("retention policy: ", what));
  };
  switch (policy.kind) {
    case Kind::kAll:
      return OkStatus();
    case Kind::kLatest:
      return policy.number > 0
                 ? OkStatus()
                 : wrong(StrCat("latest: expected a number above 0, got ",
                                policy.number));
    case Kind::kEverySteps:
      return policy.number > 0
                 ? OkStatus()
                 : wrong(StrCat("every: expected steps above 0, got ",
                                policy.number));
    case Kind::kEverySeconds:
      return policy.seconds > 0 && std::isfinite(policy.seconds)
                 ? OkStatus()
                 : wrong(StrCat("every: expected a span above 0, got ",
                                policy.seconds, " s"));
    case Kind::kBest:
      if (policy.metric.empty()) return wrong("best: the metric has no name");
      return policy.number > 0
                 ? OkStatus()
                 : wrong(StrCat("best: expected a number above 0, got ",
                                policy.number));
    case Kind::kAnyOf:
    case Kind::kAllOf:
      if (policy.parts.empty()) return wrong("any-of or all-of nothing");
      for (const RetentionPolicy& part : policy.parts) {
        CAIRN_RETURN_IF_ERROR(CheckAtDepth(part, depth + 1));
      }
      return OkStatus();
  }
  return wrong("of no known kind");
}

Decisions KeepAll(Records records) {
  return Decisions(records.size(), {true, "all are kept"});
}

Decisions KeepLatest(int64_t number, Records records) {
  Decisions decisions;
  decisions.reserve(records.size());
  for (size_t i = 0; i < records.size(); ++i) {
    const bool keep = records.size() - i <= static_cast<uint64_t>(number);
    decisions.push_back({keep, StrCat(keep ? "among the " : "not among the ",
                                      number, " latest")});
  }
  return decisions;
}

// Keeps the first, then each that `IsSpanAfter` the one kept before. `IsKnown`
// tells whether a record has what is counted by.
template <typename IsKnown, typename IsSpanAfter>
Decisions KeepEvery(Records records, const std::string& span, IsKnown is_known,
                    IsSpanAfter is_span_after) {
  Decisions decisions;
  decisions.reserve(records.size());
  const RetentionRecord* kept = nullptr;
  for (const RetentionRecord& record : records) {
    if (!is_known(record)) {
      decisions.push_back({true, "its step is not known"});
      continue;
    }
    const bool keep = kept == nullptr || is_span_after(*kept, record);
    std::string reason =
        kept == nullptr
            ? StrCat("the first of one every ", span)
            : StrCat(keep ? "" : "less than ", span,
                     keep ? " or more after " : " after ", Escape(kept->path));
    if (keep) kept = &record;
    decisions.push_back({keep, std::move(reason)});
  }
  return decisions;
}

Decisions KeepEverySteps(int64_t steps, Records records) {
  return KeepEvery(
      records, StrCat(steps, " steps"),
      [](const RetentionRecord& record) { return record.step.has_value(); },
      [steps](const RetentionRecord& kept, const RetentionRecord& record) {
        if (*record.step < *kept.step) return true;  // begun anew
        // Unsigned, for the difference may be too large otherwise.
        return static_cast<uint64_t>(*record.step) -
                   static_cast<uint64_t>(*kept.step) >=
               static_cast<uint64_t>(steps);
      });
}

Decisions KeepEverySeconds(double seconds, Records records) {
  return KeepEvery(
      records, FormatSpan(seconds), [](const RetentionRecord&) { return true; },
      [seconds](const RetentionRecord& kept, const RetentionRecord& record) {
        // Also when either is no number.
        return !(record.timestamp >= kept.timestamp &&
                 record.timestamp - kept.timestamp < seconds);
      });
}

Decisions KeepBest(const RetentionPolicy& policy, Records records) {
  Decisions decisions(records.size(),
                      {true, StrCat("has no ", policy.metric, " to judge by")});
  std::vector<size_t> ranking;  // the best first
  const auto value = [&](size_t i) {
    return records[i].metrics.find(policy.metric)->second;
  };
  for (size_t i = 0; i < records.size(); ++i) {
    if (records[i].metrics.contains(policy.metric)) ranking.push_back(i);
  }
  std::ranges::sort(ranking, [&](size_t a, size_t b) {
    const double x = value(a), y = value(b);
    if (std::isnan(x) || std::isnan(y)) {
      if (std::isnan(x) != std::isnan(y)) return std::isnan(y);
      return a > b;
    }
    if (x == y) return a > b;
    return policy.goal == Goal::kMax ? x > y : x < y;
  });
  for (size_t rank = 0; rank < ranking.size(); ++rank) {
    const bool keep = rank < static_cast<uint64_t>(policy.number);
    decisions[ranking[rank]] = {
        keep, StrCat("number ", rank + 1, " of ", ranking.size(), " by ",
                     policy.metric, " (", value(ranking[rank]), ")")};
  }
  return decisions;
}

Decisions Decide(const RetentionPolicy& policy, Records records);

// A checkpoint's reasons are those of the parts that decided about it.
Decisions Combine(const RetentionPolicy& policy, Records records) {
  const bool any = policy.kind == Kind::kAnyOf;
  Decisions decisions(records.size(), {!any, ""});
  std::vector<std::vector<std::string>> for_it(records.size());
  std::vector<std::vector<std::string>> against(records.size());
  for (const RetentionPolicy& part : policy.parts) {
    Decisions of_part = Decide(part, records);
    for (size_t i = 0; i < records.size(); ++i) {
      RetentionDecision& decision = of_part[i];
      decisions[i].keep = any ? decisions[i].keep || decision.keep
                              : decisions[i].keep && decision.keep;
      (decision.keep ? for_it : against)[i].push_back(
          std::move(decision.reason));
    }
  }
  for (size_t i = 0; i < records.size(); ++i) {
    decisions[i].reason =
        Join(decisions[i].keep ? for_it[i] : against[i], "; ");
  }
  return decisions;
}

Decisions Decide(const RetentionPolicy& policy, Records records) {
  switch (policy.kind) {
    case Kind::kAll:
      break;
    case Kind::kLatest:
      return KeepLatest(policy.number, records);
    case Kind::kEverySteps:
      return KeepEverySteps(policy.number, records);
    case Kind::kEverySeconds:
      return KeepEverySeconds(policy.seconds, records);
    case Kind::kBest:
      return KeepBest(policy, records);
    case Kind::kAnyOf:
    case Kind::kAllOf:
      return Combine(policy, records);
  }
  return KeepAll(records);
}

void CollectMetrics(const RetentionPolicy& policy,
                    std::vector<std::string>* names) {
  if (policy.kind == Kind::kBest) names->push_back(policy.metric);
  for (const RetentionPolicy& part : policy.parts) CollectMetrics(part, names);
}

std::string FormatMetric(const std::string& metric) {
  if (metric.find_first_of(":,+()\"\\ \t") == std::string::npos) return metric;
  std::string quoted = "\"";
  for (const char c : metric) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

RetentionPolicy RetentionPolicy::All() { return {}; }
RetentionPolicy RetentionPolicy::Latest(int64_t count) {
  return {.kind = Kind::kLatest, .number = count};
}
RetentionPolicy RetentionPolicy::EverySteps(int64_t steps) {
  return {.kind = Kind::kEverySteps, .number = steps};
}
RetentionPolicy RetentionPolicy::EverySeconds(double seconds) {
  return {.kind = Kind::kEverySeconds, .seconds = seconds};
}
RetentionPolicy RetentionPolicy::Best(int64_t count, std::string metric,
                                      Goal goal) {
  return {.kind = Kind::kBest,
          .number = count,
          .metric = std::move(metric),
          .goal = goal};
}
RetentionPolicy RetentionPolicy::AnyOf(std::vector<RetentionPolicy> parts) {
  return {.kind = Kind::kAnyOf, .parts = std::move(parts)};
}
RetentionPolicy RetentionPolicy::AllOf(std::vector<RetentionPolicy> parts) {
  return {.kind = Kind::kAllOf, .parts = std::move(parts)};
}

Status CheckRetentionPolicy(const RetentionPolicy& policy) {
  return CheckAtDepth(policy, 0);
}

std::string FormatRetentionPolicy(const RetentionPolicy& policy) {
  switch (policy.kind) {
    case Kind::kAll:
      break;
    case Kind::kLatest:
      return StrCat("latest:", policy.number);
    case Kind::kEverySteps:
      return StrCat("every:", policy.number, "steps");
    case Kind::kEverySeconds:
      return StrCat("every:", FormatSpan(policy.seconds));
    case Kind::kBest:
      return StrCat("best:", policy.number, ":", FormatMetric(policy.metric),
                    policy.goal == Goal::kMax ? ":max" : ":min");
    case Kind::kAnyOf:
    case Kind::kAllOf: {
      std::vector<std::string> parts;
      for (const RetentionPolicy& part : policy.parts) {
        std::string text = FormatRetentionPolicy(part);
        // An all-of within an any-of is the one that needs none.
        const bool bare =
            !IsComposite(part.kind) ||
            (policy.kind == Kind::kAnyOf && part.kind == Kind::kAllOf);
        parts.push_back(bare ? std::move(text) : StrCat("(", text, ")"));
      }
      return Join(parts, policy.kind == Kind::kAnyOf ? "," : "+");
    }
  }
  return "all";
}

std::vector<std::string> RetentionMetrics(const RetentionPolicy& policy) {
  std::vector<std::string> names;
  CollectMetrics(policy, &names);
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

StatusOr<std::vector<RetentionDecision>> DecideRetention(
    const RetentionPolicy& policy, std::span<const RetentionRecord> records) {
  CAIRN_RETURN_IF_ERROR(CheckRetentionPolicy(policy));
  Decisions decisions = Decide(policy, records);
  if (!decisions.empty() && !decisions.back().keep) {
    decisions.back() = {true,
                        StrCat("the latest, though ", decisions.back().reason)};
  }
  return decisions;
}

std::optional<int64_t> StepOfPath(std::string_view path) {
  const size_t end = path.find_last_not_of("0123456789");
  if (end == std::string_view::npos || path[end] != '-' ||
      end + 1 == path.size()) {
    return std::nullopt;
  }
  // A second dash in front, after a name, is a sign: "ckpt--1".
  const bool negative = end > 0 && path[end - 1] == '-';
  const std::string_view digits = path.substr(negative ? end : end + 1);
  int64_t step = 0;
  const auto [rest, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), step);
  if (error != std::errc() || rest != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return step;
}

}  // namespace cairn::state
