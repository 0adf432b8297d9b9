// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The parser of a policy's text; the grammar is in retention_policy.h.
#include <charconv>
#include <cmath>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/state/retention_policy.h"

namespace cairn::state {
namespace {

using Goal = RetentionPolicy::Goal;

constexpr std::string_view kPunctuation = ":,+()\"";
constexpr std::string_view kSpace = " \t";

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  StatusOr<RetentionPolicy> Parse() {
    CAIRN_ASSIGN_OR_RETURN(RetentionPolicy policy, ParsePolicy(0));
    SkipSpace();
    if (at_ < text_.size()) return Expected("',', '+' or the end");
    return policy;
  }

 private:
  // Parts between commas, each of rules between plus signs.
  StatusOr<RetentionPolicy> ParsePolicy(int depth) {
    std::vector<RetentionPolicy> any;
    do {
      std::vector<RetentionPolicy> all;
      do {
        CAIRN_ASSIGN_OR_RETURN(RetentionPolicy rule, ParseRule(depth));
        all.push_back(std::move(rule));
      } while (TryTake('+'));
      any.push_back(all.size() == 1 ? std::move(all[0])
                                    : RetentionPolicy::AllOf(std::move(all)));
    } while (TryTake(','));
    return any.size() == 1 ? std::move(any[0])
                           : RetentionPolicy::AnyOf(std::move(any));
  }

  StatusOr<RetentionPolicy> ParseRule(int depth) {
    if (TryTake('(')) {
      if (depth >= kMaxRetentionDepth / 2) {
        return Expected(
            StrCat("no more than ", kMaxRetentionDepth / 2, " parentheses"));
      }
      CAIRN_ASSIGN_OR_RETURN(RetentionPolicy inner, ParsePolicy(depth + 1));
      if (!TryTake(')')) return Expected("',', '+' or ')'");
      return inner;
    }
    const size_t start = SkipSpace();
    const std::string_view word = TakeWord();
    if (word == "all") return RetentionPolicy::All();
    if (word == "latest") return ParseLatest();
    if (word == "every") return ParseEvery();
    if (word == "best") return ParseBest();
    at_ = start;
    return Expected("latest, every, best, all or '('");
  }

  StatusOr<RetentionPolicy> ParseLatest() {
    CAIRN_ASSIGN_OR_RETURN(const int64_t count, ParseCount("latest"));
    return RetentionPolicy::Latest(count);
  }

  StatusOr<RetentionPolicy> ParseEvery() {
    if (!TryTake(':')) return Expected("':' after every");
    const size_t start = SkipSpace();
    const std::string_view word = TakeWord();
    const size_t unit_at =
        std::min(word.find_first_not_of("0123456789.eE"), word.size());
    const std::string_view digits = word.substr(0, unit_at);
    const std::string_view unit = word.substr(unit_at);
    if (unit == "steps" || unit == "step") {
      int64_t steps = 0;
      if (!ParseAll(digits, &steps) || steps <= 0) {
        at_ = start;
        return Expected("a whole number of steps above 0");
      }
      return RetentionPolicy::EverySteps(steps);
    }
    double number = 0;
    if (!ParseAll(digits, &number) || !(number > 0)) {
      at_ = start;
      return Expected("a number above 0");
    }
    double seconds = 0;
    if (unit == "s") seconds = 1;
    if (unit == "m") seconds = 60;
    if (unit == "h") seconds = 3600;
    if (unit == "d") seconds = 86400;
    if (seconds == 0) {
      at_ = start + unit_at;
      return Expected("steps, s, m, h or d");
    }
    if (!std::isfinite(number * seconds)) {
      at_ = start;
      return Expected("a span that is finite");
    }
    return RetentionPolicy::EverySeconds(number * seconds);
  }

  StatusOr<RetentionPolicy> ParseBest() {
    CAIRN_ASSIGN_OR_RETURN(const int64_t count, ParseCount("best"));
    if (!TryTake(':')) return Expected("':' and a metric");
    CAIRN_ASSIGN_OR_RETURN(std::string metric, ParseMetric());
    if (!TryTake(':')) return Expected("':max' or ':min'");
    const size_t start = SkipSpace();
    const std::string_view goal = TakeWord();
    if (goal != "max" && goal != "min") {
      at_ = start;
      return Expected("max or min");
    }
    return RetentionPolicy::Best(count, std::move(metric),
                                 goal == "max" ? Goal::kMax : Goal::kMin);
  }

  StatusOr<int64_t> ParseCount(std::string_view rule) {
    if (!TryTake(':')) return Expected(StrCat("':' after ", rule));
    const size_t start = SkipSpace();
    int64_t count = 0;
    if (!ParseAll(TakeWord(), &count) || count <= 0) {
      at_ = start;
      return Expected("a whole number above 0");
    }
    return count;
  }

  StatusOr<std::string> ParseMetric() {
    const size_t start = SkipSpace();
    std::string metric;
    if (TryTake('"')) {
      for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
        if (text_[at_] == '\\' && ++at_ == text_.size()) break;
        metric += text_[at_];
      }
      if (at_ >= text_.size()) return Expected("a closing '\"'");
      ++at_;
    } else {
      metric = TakeWord();
    }
    if (!metric.empty()) return metric;
    at_ = start;
    return Expected("the name of a metric");
  }

  size_t SkipSpace() {
    at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size());
    return at_;
  }

  bool TryTake(char c) {
    SkipSpace();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // Up to a space or a character with a meaning.
  std::string_view TakeWord() {
    const size_t start = SkipSpace();
    while (at_ < text_.size() &&
           kPunctuation.find(text_[at_]) == std::string_view::npos &&
           kSpace.find(text_[at_]) == std::string_view::npos) {
      ++at_;
    }
    return text_.substr(start, at_ - start);
  }

  template <typename T>
  static bool ParseAll(std::string_view digits, T* value) {
    const auto [rest, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), *value);
    return error == std::errc() && rest == digits.data() + digits.size();
  }

  // An error about what stands at `at_`.
  Status Expected(std::string_view what) const {
    const std::string_view rest = text_.substr(std::min(at_, text_.size()));
    size_t end = rest.find_first_of(",+ \t", 1);
    if (end == std::string_view::npos) end = rest.size();
    const std::string got = rest.empty()
                                ? "the end"
                                : StrCat("'", Escape(rest.substr(0, end)), "'");
    return InvalidArgumentError(StrCat("retention policy '", Escape(text_),
                                       "', column ", at_ + 1, ": expected ",
                                       what, ", got ", got));
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

StatusOr<RetentionPolicy> ParseRetentionPolicy(std::string_view text) {
  return Parser(text).Parse();
}

}  // namespace cairn::state
