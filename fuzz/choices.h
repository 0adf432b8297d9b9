// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Choices: decisions taken from a fuzzer's bytes, for targets whose input is no
// file but a program to run. When the bytes are used up every choice is 0.
// SmallRandom: cheap numbers for mutators.
#ifndef CAIRN_FUZZ_CHOICES_H_
#define CAIRN_FUZZ_CHOICES_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::fuzz {

class Choices {
 public:
  explicit Choices(std::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  uint8_t Byte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  // In [0, bound), bound <= 256.
  int Below(int bound) { return bound <= 1 ? 0 : Byte() % bound; }
  bool Flip() { return Byte() % 2 != 0; }
  // Small ones often, any at times.
  int64_t Number() {
    const uint8_t kind = Byte();
    if (kind < 200) return kind % 16 - 2;
    uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | Byte();
    return static_cast<int64_t>(kind % 2 == 0 ? value : value >> (kind % 64));
  }
  std::string Text(size_t max) {
    const size_t size =
        std::min<size_t>({Byte() % (max + 1), max, rest_.size()});
    std::string text(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return text;
  }

 private:
  std::string_view rest_;
};

class SmallRandom {
 public:
  explicit SmallRandom(uint32_t seed) : state_(seed * 2654435761u + 1) {}
  uint32_t Next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state_ >> 33);
  }
  size_t Below(size_t bound) { return bound == 0 ? 0 : Next() % bound; }
  bool OneIn(size_t n) { return Below(n) == 0; }

 private:
  uint64_t state_;
};

}  // namespace cairn::fuzz

#endif  // CAIRN_FUZZ_CHOICES_H_
