// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// One core's peak of float32 multiply-adds: independent chains of the widest
// fused multiply-add the compiler was allowed to use, in registers only.
#include <algorithm>
#include <ctime>

double PeakGflops() {
  constexpr int kChains = 12, kLanes = 16;
  constexpr long kRounds = 20'000'000;
  typedef float Vector __attribute__((vector_size(4 * kLanes)));
  double best = 0;
  for (int attempt = 0; attempt < 5; ++attempt) {
    Vector x[kChains];
    for (int i = 0; i < kChains; ++i) x[i] = Vector{} + 0.5f + 0.01f * i;
    const Vector a = Vector{} + 0.999f, b = Vector{} + 0.001f;
    const std::clock_t start = std::clock();
    for (long r = 0; r < kRounds; ++r) {
#pragma GCC unroll 12
      for (int i = 0; i < kChains; ++i) x[i] = x[i] * a + b;
    }
    const double seconds =
        static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    // Whatever the values are, they are needed.
    volatile float sink = 0;
    for (const Vector& v : x) sink = sink + v[0];
    best = std::max(best, 2.0 * kChains * kLanes * kRounds / seconds / 1e9);
  }
  return best;
}
