// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/base/near_names.h"

#include <algorithm>
#include <cstdint>
#include <tuple>

#include "cairn/base/strings.h"

namespace cairn {
namespace {

// Longer names, and more of them, are not compared letter by letter: a tenth of
// a second is enough for a hint.
constexpr size_t kMaxComparedBytes = 512;
constexpr size_t kMaxComparisons = 50000;
// Shorter texts stand in too many names to mean anything.
constexpr size_t kMinPart = 3;

// Scores are ranked; within a rank, the number of differing letters counts.
constexpr size_t kContains = 1;
constexpr size_t kResembles = size_t{1} << 32;
constexpr size_t kFar = SIZE_MAX;

char LowerCase(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return LowerCase(x) == LowerCase(y);
  });
}

// Whether `name` is `tail` inside some scope.
bool IsInScope(std::string_view name, std::string_view tail) {
  return !tail.empty() && name.size() > tail.size() + 1 &&
         name.ends_with(tail) && name[name.size() - tail.size() - 1] == '/';
}

size_t Score(std::string_view name, std::string_view wanted,
             size_t& comparisons) {
  if (EqualsIgnoringCase(name, wanted)) return 0;
  if (IsInScope(name, wanted)) return kContains + name.size() - wanted.size();
  if (IsInScope(wanted, name)) return kContains + wanted.size() - name.size();
  if (std::max(name.size(), wanted.size()) > kMaxComparedBytes) return kFar;
  if (wanted.size() >= kMinPart &&
      name.find(wanted) != std::string_view::npos) {
    return kContains + name.size() - wanted.size();
  }
  // At least one letter must be right.
  const size_t bound =
      std::min(std::max<size_t>(2, wanted.size() / 3) + 1, wanted.size());
  const size_t difference = name.size() > wanted.size()
                                ? name.size() - wanted.size()
                                : wanted.size() - name.size();
  if (difference >= bound || comparisons == kMaxComparisons) return kFar;
  ++comparisons;
  const size_t distance = EditDistance(name, wanted, bound);
  return distance < bound ? kResembles + distance : kFar;
}

}  // namespace

size_t EditDistance(std::string_view a, std::string_view b, size_t bound) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() >= bound) return bound;
  // One row of the table at a time, only the cells within `bound` of the
  // diagonal; the others count as `bound`.
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = std::min(j, bound);
  for (size_t i = 1; i <= a.size(); ++i) {
    const size_t from = i > bound ? i - bound : 1;
    const size_t to = std::min(b.size(), i + bound);
    size_t diagonal = row[from - 1];
    row[from - 1] = from == 1 ? std::min(i, bound) : bound;
    size_t best = row[from - 1];
    for (size_t j = from; j <= to; ++j) {
      const size_t above = j == i + bound ? bound : row[j];
      const size_t cost = std::min({diagonal + (a[i - 1] == b[j - 1] ? 0 : 1),
                                    above + 1, row[j - 1] + 1, bound});
      diagonal = row[j];
      row[j] = cost;
      best = std::min(best, cost);
    }
    if (best >= bound) return bound;
  }
  return row[b.size()];
}

void NearNames::Consider(std::string_view name) {
  const size_t score = Score(name, wanted_, comparisons_);
  if (score == kFar || limit_ == 0) return;
  if (nearest_.size() == limit_ && score > nearest_.back().score) return;
  const auto place = std::find_if(
      nearest_.begin(), nearest_.end(), [&](const Candidate& other) {
        return std::tie(score, name) <
               std::tuple<size_t, std::string_view>(other.score, other.name);
      });
  nearest_.insert(place, {score, std::string(name)});
  if (nearest_.size() > limit_) nearest_.pop_back();
}

std::vector<std::string> NearNames::Names() const {
  std::vector<std::string> names;
  for (const Candidate& near : nearest_) names.push_back(near.name);
  return names;
}

std::string NearNames::Hint() const {
  if (nearest_.empty()) return "";
  std::vector<std::string> names;
  for (const Candidate& near : nearest_) names.push_back(Escape(near.name));
  return StrCat("; did you mean ", Join(names, ", "), "?");
}

}  // namespace cairn
