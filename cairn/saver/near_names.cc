// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/saver/near_names.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "cairn/base/strings.h"

namespace cairn::saver {
namespace {

constexpr size_t kMaxHints = 3;
// Longer names, and more of them, are not compared letter by letter: a tenth of
// a second is enough for a hint.
constexpr size_t kMaxCompared = 256;
constexpr size_t kMaxComparisons = 50000;

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
  return name.size() > tail.size() + 1 && name.ends_with(tail) &&
         name[name.size() - tail.size() - 1] == '/';
}

// Insertions, deletions and replacements that make `b` of `a`.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

// Smaller is nearer; nothing for names that have little in common.
std::optional<size_t> Distance(std::string_view wanted, std::string_view name,
                               size_t& comparisons) {
  if (EqualsIgnoringCase(wanted, name)) return 0;
  if (IsInScope(wanted, name) || IsInScope(name, wanted)) return 1;
  if (std::max(wanted.size(), name.size()) > kMaxCompared) return std::nullopt;
  const size_t limit = std::max<size_t>(2, wanted.size() / 4);
  const size_t longer = std::max(wanted.size(), name.size());
  const size_t shorter = std::min(wanted.size(), name.size());
  if (longer - shorter > limit) return std::nullopt;
  if (comparisons == kMaxComparisons) return std::nullopt;
  ++comparisons;
  const size_t distance = EditDistance(wanted, name);
  if (distance > limit || distance >= wanted.size()) return std::nullopt;
  return 1 + distance;
}

}  // namespace

void NearNames::Consider(std::string_view name) {
  const std::optional<size_t> distance = Distance(wanted_, name, comparisons_);
  if (!distance) return;
  const auto place = std::upper_bound(
      nearest_.begin(), nearest_.end(), *distance,
      [](size_t d, const Candidate& other) { return d < other.distance; });
  nearest_.insert(place, {*distance, std::string(name)});
  if (nearest_.size() > kMaxHints) nearest_.pop_back();
}

std::string NearNames::Hint() const {
  if (nearest_.empty()) return "";
  std::vector<std::string> names;
  for (const Candidate& near : nearest_) names.push_back(Escape(near.name));
  return StrCat("; did you mean ", Join(names, ", "), "?");
}

}  // namespace cairn::saver
