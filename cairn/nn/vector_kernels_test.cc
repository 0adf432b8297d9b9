// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// All variants of the vector kernels must give the bits of the portable one.
#include "cairn/nn/vector_kernels.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string_view>
#include <vector>

#include "cairn/base/random.h"

namespace cairn::nn {
namespace {

std::vector<float> Draw(Random& random, int64_t count) {
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(random.Uniform() - 0.5f);
  return values;
}

// Everything the kernels compute for some input, one after another.
std::vector<float> Results(const VectorKernels& k, int64_t channels) {
  Random random(1, static_cast<uint64_t>(channels));
  const PoolGeometry g{5, 7, 2, 3, 2, 2, channels};
  const RowSize size{g.in_height * g.in_width, channels};
  const std::vector<float> x = Draw(random, g.input_size());
  std::vector<float> dy = Draw(random, g.input_size());
  const std::vector<float> f = Draw(random, 5 * channels);
  const float* p = f.data();
  const NormalizationFactors factors{p, p + channels, p + 2 * channels,
                                     p + 3 * channels, p + 4 * channels};
  std::vector<float> all;
  const auto take = [&](const auto& values) {
    all.insert(all.end(), values.begin(), values.end());
  };
  const auto fresh = [](int64_t n) {
    return std::vector<float>(static_cast<size_t>(n));
  };
  std::vector<float> a = fresh(channels), b = fresh(channels);
  std::vector<float> out = fresh(g.input_size());
  k.channel_moments(size, x.data(), a.data(), b.data());
  take(a);
  take(b);
  k.normalize_rows(size, x.data(), p, factors.scale, factors.offset,
                   out.data());
  take(out);
  k.gradient_sums(size, x.data(), dy.data(), p, a.data(), b.data());
  take(a);
  take(b);
  k.normalize_gradient_rows(size, x.data(), dy.data(), p, factors.scale,
                            factors.a, factors.b, out.data());
  take(out);
  std::vector<float> y = fresh(g.output_size()), distance = y;
  std::vector<uint8_t> from(y.size());
  k.normalize_and_pool(g, factors, x.data(), y.data(), from.data(),
                       distance.data());
  take(y);
  take(from);
  take(distance);
  k.pooled_gradient_sums({6, channels}, dy.data(), distance.data(), a.data(),
                         b.data());
  take(a);
  take(b);
  for (bool mask : {false, true}) {
    k.normalize_and_pool_gradient(g, factors, mask, x.data(), dy.data(),
                                  from.data(), out.data());
    take(out);
  }
  std::vector<float> m = fresh(size.rows), v = m;
  k.adam_update({0.1f, 0.1f, 0.01f, 1e-7f}, size.rows, dy.data(), m.data(),
                v.data(), out.data());
  take(m);
  take(v);
  take(out);
  k.add_to(size.rows, x.data(), dy.data());
  k.mask_by_relu(size.rows, x.data(), dy.data());
  take(dy);
  return all;
}

TEST(VectorKernels, GiveTheSameBitsOnEveryInstructionSet) {
  const VectorKernels* kernels[kMaxVectorKernels];
  const int count = AllVectorKernels(kernels);
  ASSERT_GE(count, 1);
  EXPECT_STREQ(kernels[count - 1]->name, "portable");
  for (int64_t channels : {1, 2, 15, 16, 17, 40}) {
    const std::vector<float> expected = Results(*kernels[count - 1], channels);
    for (int i = 0; i + 1 < count; ++i) {
      const std::vector<float> actual = Results(*kernels[i], channels);
      EXPECT_EQ(std::memcmp(actual.data(), expected.data(),
                            expected.size() * sizeof(float)),
                0)
          << kernels[i]->name << ", " << channels << " channels";
    }
  }
}

TEST(VectorKernels, InUseAreTheBestThatRunHere) {
  const VectorKernels* kernels[kMaxVectorKernels];
  AllVectorKernels(kernels);
  EXPECT_EQ(&Kernels(), kernels[0]);
}

TEST(VectorKernels, MomentsDoNotCancelForValuesFarFromZero) {
  std::vector<float> x;
  for (int i = 0; i < 1000; ++i)
    x.push_back(10000.0f + static_cast<float>(i % 2));
  float mean = 0, squares = 0;
  Kernels().channel_moments({1000, 1}, x.data(), &mean, &squares);
  EXPECT_NEAR(mean, 10000.5, 1e-3);
  EXPECT_NEAR(squares, 250.0, 0.1);
}

}  // namespace
}  // namespace cairn::nn
