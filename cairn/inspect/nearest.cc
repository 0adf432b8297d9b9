// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/nearest.h"

#include <algorithm>
#include <cstdint>
#include <tuple>

namespace cairn::inspect {
namespace {

// Longer keys than this are never compared by distance.
constexpr size_t kMaxComparedBytes = 512;

struct Candidate {
  size_t score;  // smaller is nearer
  std::string key;
  friend bool operator<(const Candidate& a, const Candidate& b) {
    return std::tie(a.score, a.key) < std::tie(b.score, b.key);
  }
};

// Scores are ranked: keys that contain what was typed come before keys that
// resemble it, the shorter ones first.
constexpr size_t kResembles = size_t{1} << 32;
constexpr size_t kFar = SIZE_MAX;

size_t Score(std::string_view key, std::string_view wanted) {
  if (!wanted.empty() && key.find(wanted) != std::string_view::npos) {
    return key.size() - wanted.size();
  }
  if (key.size() > kMaxComparedBytes || wanted.size() > kMaxComparedBytes) {
    return kFar;
  }
  const size_t bound = std::max<size_t>(2, wanted.size() / 3) + 1;
  const size_t distance = EditDistance(key, wanted, bound);
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

std::vector<std::string> NearestKeys(const CheckpointSource& source,
                                     std::string_view wanted, size_t limit) {
  std::vector<Candidate> nearest;  // sorted, at most `limit`
  if (limit == 0) return {};
  for (auto it = source.NewIterator(); it->Valid(); it->Next()) {
    const size_t score = Score(it->key(), wanted);
    if (score == kFar) continue;
    if (nearest.size() == limit && score >= nearest.back().score) continue;
    Candidate candidate{score, std::string(it->key())};
    nearest.insert(std::upper_bound(nearest.begin(), nearest.end(), candidate),
                   std::move(candidate));
    if (nearest.size() > limit) nearest.pop_back();
  }
  std::vector<std::string> keys;
  for (Candidate& candidate : nearest) keys.push_back(std::move(candidate.key));
  return keys;
}

}  // namespace cairn::inspect
