// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Random numbers that are the same on every platform: Philox 4x32-10 (Salmon et
// al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), seeded and read
// as TensorFlow's stateless_random_uniform does it.
//
//   Random random(seed, /*stream=*/epoch);
//   float u = random.Uniform();                  // [0, 1)
//   std::vector<int64_t> order = Permutation(60000, seed, epoch);
//
// Not thread-safe. Not for secrets.
#ifndef CAIRN_BASE_RANDOM_H_
#define CAIRN_BASE_RANDOM_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace cairn {

class Random {
 public:
  // Different (seed, stream) pairs give independent sequences; the pair is
  // TensorFlow's two-element `seed` argument.
  Random(uint64_t seed, uint64_t stream) {
    // TensorFlow scrambles the seeds by one Philox block under a fixed key.
    const Block mixed =
        Philox({Low(seed), High(seed), Low(stream), High(stream)},
               {0x3ec8f720u, 0x02461e29u});
    key_ = {mixed[0], mixed[1]};
    counter_ = {0, 0, mixed[2], mixed[3]};
  }

  // The next 32 random bits.
  uint32_t Next() {
    if (used_ == 4) {
      block_ = Philox(counter_, key_);
      used_ = 0;
      for (uint32_t& word : counter_) {
        if (++word != 0) break;
      }
    }
    return block_[used_++];
  }

  // In [0, 1): 23 random bits.
  float Uniform() {
    return std::bit_cast<float>((Next() & 0x7fffffu) | 0x3f800000u) - 1.0f;
  }

  // In [0, bound), all equally likely; bound >= 1.
  uint64_t Below(uint64_t bound) {
    // The lowest 2^64 mod bound values are drawn again: the rest divides
    // evenly.
    const uint64_t surplus = (0 - bound) % bound;
    uint64_t value;
    do {
      const uint64_t high = Next();
      value = high << 32 | Next();
    } while (value < surplus);
    return value % bound;
  }

  // The generator itself: ten rounds on a counter, under a key.
  using Block = std::array<uint32_t, 4>;
  using Key = std::array<uint32_t, 2>;
  static Block Philox(Block c, Key k) {
    for (int round = 0; round < 10; ++round) {
      const uint64_t a = uint64_t{0xd2511f53u} * c[0];
      const uint64_t b = uint64_t{0xcd9e8d57u} * c[2];
      c = {High(b) ^ c[1] ^ k[0], Low(b), High(a) ^ c[3] ^ k[1], Low(a)};
      k[0] += 0x9e3779b9u;
      k[1] += 0xbb67ae85u;
    }
    return c;
  }

 private:
  static uint32_t Low(uint64_t v) { return static_cast<uint32_t>(v); }
  static uint32_t High(uint64_t v) { return static_cast<uint32_t>(v >> 32); }

  Key key_;
  Block counter_;
  Block block_ = {};
  size_t used_ = 4;
};

// 0 ... n - 1 in a random order (Fisher and Yates).
inline std::vector<int64_t> Permutation(int64_t n, uint64_t seed,
                                        uint64_t stream) {
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  Random random(seed, stream);
  for (size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[random.Below(i)]);
  }
  return order;
}

}  // namespace cairn

#endif  // CAIRN_BASE_RANDOM_H_
