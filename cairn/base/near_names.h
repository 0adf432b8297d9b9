// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// NearNames: which of many names one that is not there may have meant: another
// case, another scope, a part of it, a typing error.
//
//   NearNames near("conv2d/kernal");
//   for (std::string_view name : names) near.Consider(name);
//   text += near.Hint();                     // "; did you mean conv2d/kernel?"
//
// Not thread-safe.
#ifndef CAIRN_BASE_NEAR_NAMES_H_
#define CAIRN_BASE_NEAR_NAMES_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

class NearNames {
 public:
  // Keeps the `limit` nearest.
  explicit NearNames(std::string_view wanted, size_t limit = 3)
      : wanted_(wanted), limit_(limit) {}
  // Cheap for any number of names: only the first 50,000 that could be typing
  // errors are compared letter by letter.
  void Consider(std::string_view name);

  // The likeliest first: equal but for case; `wanted` in another scope or a
  // part of it, the shorter ones first; few letters different.
  std::vector<std::string> Names() const;
  // "; did you mean a, b?", escaped; "" when nothing is near.
  std::string Hint() const;

 private:
  struct Candidate {
    size_t score;  // smaller is nearer
    std::string name;
  };
  std::string wanted_;
  size_t limit_;
  size_t comparisons_ = 0;
  std::vector<Candidate> nearest_;  // sorted
};

// Insertions, deletions and replacements that turn `a` into `b`, or `bound` if
// it takes at least so many. O(bound * length).
size_t EditDistance(std::string_view a, std::string_view b, size_t bound);

}  // namespace cairn

#endif  // CAIRN_BASE_NEAR_NAMES_H_
