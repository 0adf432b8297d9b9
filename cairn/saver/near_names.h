// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// NearNames: which names in a checkpoint a missing one may have meant: another
// scope before the same name, another case, a typing error, another counter.
//
// Inside this room only. Not thread-safe.
#ifndef CAIRN_SAVER_NEAR_NAMES_H_
#define CAIRN_SAVER_NEAR_NAMES_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::saver {

class NearNames {
 public:
  explicit NearNames(std::string_view wanted) : wanted_(wanted) {}
  void Consider(std::string_view name);
  // "; did you mean a, b?", the nearest first; "" when nothing is near.
  std::string Hint() const;

 private:
  struct Candidate {
    size_t distance;
    std::string name;
  };
  std::string wanted_;
  size_t comparisons_ = 0;
  std::vector<Candidate> nearest_;  // sorted, few
};

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_NEAR_NAMES_H_
