// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// MemoryWatch: ends the process when, while it lives, more memory is held than
// an input of that size may cost. Only under a sanitizer's allocator; elsewhere
// it does nothing. One at a time; all threads' allocations count.
#ifndef CAIRN_FUZZ_MEMORY_WATCH_H_
#define CAIRN_FUZZ_MEMORY_WATCH_H_

#include <cstddef>

namespace cairn::fuzz {

inline constexpr size_t kSpareBytes = size_t{64} << 20;

class MemoryWatch {
 public:
  explicit MemoryWatch(size_t input_size);
  ~MemoryWatch();
  MemoryWatch(const MemoryWatch&) = delete;
  MemoryWatch& operator=(const MemoryWatch&) = delete;
};

}  // namespace cairn::fuzz

#endif  // CAIRN_FUZZ_MEMORY_WATCH_H_
