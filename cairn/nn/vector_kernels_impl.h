// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The functions of vector_kernels.h, compiled once per instruction set: each
// vector_kernels_<set>.cc defines CAIRN_NN_VARIANT and includes this, and is
// compiled with its own flags.
//
// Nothing here may be inline or a template with external linkage, nor come from
// the standard library but for types and memcpy: the linker would keep one
// version of it, which another processor might not run.
//
// Sums keep their order, and nothing is contracted to fused multiply-adds, so
// all variants give the same bits.
#include <cstdint>
#include <cstring>

#include "cairn/nn/vector_kernels.h"

namespace cairn::nn {
namespace {

// 16 channels computed at once, in the compiler's portable vector types: one
// AVX-512 register, two of AVX2 or four of SSE2. Lanes beyond the last channel
// are zero on loading and left out on storing.
constexpr int kLanes = 16;
typedef float Floats __attribute__((vector_size(4 * kLanes)));
typedef int32_t Ints __attribute__((vector_size(4 * kLanes)));
typedef uint8_t Bytes __attribute__((vector_size(kLanes)));

#define CAIRN_NN_INLINE __attribute__((always_inline))

// A number of lanes known when compiling; it is an int otherwise.
struct AllLanes {
  constexpr operator int() const { return kLanes; }
};

// Calls body(first channel, width) with AllLanes while it can, then with the
// number of channels left over.
template <typename Body>
CAIRN_NN_INLINE inline void ForEachLanes(int64_t channels, const Body& body) {
  int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) body(c, AllLanes());
  if (c < channels) body(c, static_cast<int>(channels - c));
}

template <typename Width>
CAIRN_NN_INLINE inline Floats Load(const float* p, Width width) {
  Floats v = {};
  std::memcpy(&v, p, static_cast<size_t>(int{width}) * sizeof(float));
  return v;
}

template <typename Width>
CAIRN_NN_INLINE inline void Store(float* p, const Floats& v, Width width) {
  std::memcpy(p, &v, static_cast<size_t>(int{width}) * sizeof(float));
}

// Small integers kept as bytes.
template <typename Width>
CAIRN_NN_INLINE inline Ints LoadBytes(const uint8_t* p, Width width) {
  Bytes bytes = {};
  std::memcpy(&bytes, p, static_cast<size_t>(int{width}));
  return __builtin_convertvector(bytes, Ints);
}

template <typename Width>
CAIRN_NN_INLINE inline void StoreBytes(uint8_t* p, const Ints& v, Width width) {
  const Bytes bytes = __builtin_convertvector(v, Bytes);
  std::memcpy(p, &bytes, static_cast<size_t>(int{width}));
}

// Per channel: the sum over the rows of f(offset of the lanes' values, width).
// Four strands of rows, for speed and a smaller error, joined in a fixed order.
template <typename Width, typename F>
CAIRN_NN_INLINE inline Floats SumRows(RowSize size, int64_t first, Width width,
                                      const F& f) {
  Floats a = {}, b = {}, c = {}, d = {};
  int64_t at = first;
  int64_t r = 0;
  for (; r + 4 <= size.rows; r += 4, at += 4 * size.channels) {
    a += f(at, width);
    b += f(at + size.channels, width);
    c += f(at + 2 * size.channels, width);
    d += f(at + 3 * size.channels, width);
  }
  for (; r < size.rows; ++r, at += size.channels) a += f(at, width);
  return (a + b) + (c + d);
}

void ChannelMoments(RowSize size, const float* x, float* mean, float* squares) {
  ForEachLanes(size.channels, [&](int64_t first, auto width) CAIRN_NN_INLINE {
    const Floats sum = SumRows(size, first, width,
                               [&](int64_t at, auto w)
                                   CAIRN_NN_INLINE { return Load(x + at, w); });
    const Floats m = sum / static_cast<float>(size.rows);
    Store(mean + first, m, width);
    Store(squares + first,
          SumRows(size, first, width,
                  [&](int64_t at, auto w) CAIRN_NN_INLINE {
                    const Floats d = Load(x + at, w) - m;
                    return d * d;
                  }),
          width);
  });
}

void NormalizeRows(RowSize size, const float* x, const float* mean,
                   const float* scale, const float* offset, float* y) {
  ForEachLanes(size.channels, [&](int64_t first, auto width) CAIRN_NN_INLINE {
    const Floats m = Load(mean + first, width);
    const Floats s = Load(scale + first, width);
    const Floats o = Load(offset + first, width);
    for (int64_t r = 0; r < size.rows; ++r) {
      const int64_t at = r * size.channels + first;
      Store(y + at, (Load(x + at, width) - m) * s + o, width);
    }
  });
}

void GradientSums(RowSize size, const float* x, const float* dy,
                  const float* mean, float* sum, float* product_sum) {
  ForEachLanes(size.channels, [&](int64_t first, auto width) CAIRN_NN_INLINE {
    const Floats m = Load(mean + first, width);
    Store(sum + first,
          SumRows(size, first, width,
                  [&](int64_t at, auto w)
                      CAIRN_NN_INLINE { return Load(dy + at, w); }),
          width);
    Store(product_sum + first,
          SumRows(size, first, width,
                  [&](int64_t at, auto w) CAIRN_NN_INLINE {
                    return Load(dy + at, w) * (Load(x + at, w) - m);
                  }),
          width);
  });
}

void NormalizeGradientRows(RowSize size, const float* x, const float* dy,
                           const float* mean, const float* scale,
                           const float* a, const float* b, float* dx) {
  ForEachLanes(size.channels, [&](int64_t first, auto width) CAIRN_NN_INLINE {
    const Floats m = Load(mean + first, width);
    const Floats s = Load(scale + first, width);
    const Floats p = Load(a + first, width);
    const Floats q = Load(b + first, width);
    for (int64_t r = 0; r < size.rows; ++r) {
      const int64_t at = r * size.channels + first;
      Store(dx + at,
            s * (Load(dy + at, width) - p - (Load(x + at, width) - m) * q),
            width);
    }
  });
}

void MaskByRelu(int64_t count, const float* y, float* dy) {
  ForEachLanes(count, [&](int64_t at, auto width) CAIRN_NN_INLINE {
    const Floats zero = {};
    Store(dy + at, Load(y + at, width) > zero ? Load(dy + at, width) : zero,
          width);
  });
}

void AddTo(int64_t count, const float* x, float* sum) {
  ForEachLanes(count, [&](int64_t at, auto width) CAIRN_NN_INLINE {
    Store(sum + at, Load(sum + at, width) + Load(x + at, width), width);
  });
}

// Lanes of the per-channel factors.
struct Factors {
  template <typename Width>
  CAIRN_NN_INLINE Factors(const NormalizationFactors& s, int64_t first,
                          Width width)
      : mean(Load(s.mean + first, width)),
        scale(Load(s.scale + first, width)),
        offset(Load(s.offset + first, width)),
        a(Load(s.a + first, width)),
        b(Load(s.b + first, width)) {}
  Floats mean, scale, offset, a, b;
};

// How far before their use the values of x are asked for: a row of windows.
// They come from far when other programs had the cache meanwhile, and the
// processor does not foresee the zigzag of the windows.
CAIRN_NN_INLINE inline int64_t PrefetchDistance(const PoolGeometry& g) {
  return g.pool_height * g.in_width * g.channels;
}

void NormalizeAndPool(const PoolGeometry& g, const NormalizationFactors& s,
                      const float* input, float* output, uint8_t* from,
                      float* distance) {
  ForEachLanes(g.channels, [&](int64_t first, auto width) CAIRN_NN_INLINE {
    const Factors f(s, first, width);
    const int64_t ahead = PrefetchDistance(g);
    int64_t out = first;
    for (int64_t oy = 0; oy < g.out_height; ++oy) {
      for (int64_t ox = 0; ox < g.out_width; ++ox, out += g.channels) {
        Floats best = Floats{} - __builtin_inff();
        Floats at_best = {};
        Ints where = {};
        int32_t position = 0;
        for (int64_t y = 0; y < g.pool_height; ++y) {
          const float* x =
              input + first +
              ((oy * g.pool_height + y) * g.in_width + ox * g.pool_width) *
                  g.channels;
          for (int64_t i = 0; i < g.pool_width; ++i, ++position) {
            __builtin_prefetch(x + i * g.channels + ahead);
            const Floats d = Load(x + i * g.channels, width) - f.mean;
            const Floats value = d * f.scale + f.offset;
            const Ints larger = value > best;
            best = larger ? value : best;
            at_best = larger ? d : at_best;
            where = larger ? Ints{} + position : where;
          }
        }
        Store(output + out, best, width);
        if (from == nullptr) continue;
        StoreBytes(from + out, where, width);
        Store(distance + out, at_best, width);
      }
    }
  });
}

void PooledGradientSums(RowSize size, const float* dy, const float* distance,
                        float* sum, float* product_sum) {
  ForEachLanes(size.channels, [&](int64_t first, auto width) CAIRN_NN_INLINE {
    Floats total = {}, product = {};
    for (int64_t r = 0; r < size.rows; ++r) {
      const int64_t at = r * size.channels + first;
      const Floats d = Load(dy + at, width);
      total += d;
      product += d * Load(distance + at, width);
    }
    Store(sum + first, total, width);
    Store(product_sum + first, product, width);
  });
}

// dx of one input cell whose output gradient is dy.
template <typename Width>
CAIRN_NN_INLINE inline void CellGradient(const Factors& f, const Floats& dy,
                                         bool mask_by_relu, const float* input,
                                         float* dx, Width width) {
  const Floats x = Load(input, width);
  Floats result = f.scale * (dy - f.a - (x - f.mean) * f.b);
  if (mask_by_relu) result = x > Floats{} ? result : Floats{};
  Store(dx, result, width);
}

// Cells below and to the right of the last whole window get no gradient from
// the pool, but their part of the statistics'.
template <typename Width>
CAIRN_NN_INLINE inline void EdgeGradient(const PoolGeometry& g,
                                         const Factors& f, bool mask_by_relu,
                                         int64_t first, const float* input,
                                         float* dx, Width width) {
  for (int64_t y = 0; y < g.in_height; ++y) {
    const bool whole_row = y >= g.out_height * g.pool_height;
    for (int64_t x = whole_row ? 0 : g.out_width * g.pool_width; x < g.in_width;
         ++x) {
      const int64_t at = (y * g.in_width + x) * g.channels + first;
      CellGradient(f, Floats{}, mask_by_relu, input + at, dx + at, width);
    }
  }
}

void NormalizeAndPoolGradient(const PoolGeometry& g,
                              const NormalizationFactors& s, bool mask_by_relu,
                              const float* input, const float* dy,
                              const uint8_t* from, float* dx) {
  ForEachLanes(g.channels, [&](int64_t first, auto width) CAIRN_NN_INLINE {
    const Factors f(s, first, width);
    const int64_t ahead = PrefetchDistance(g);
    int64_t out = first;
    for (int64_t oy = 0; oy < g.out_height; ++oy) {
      for (int64_t ox = 0; ox < g.out_width; ++ox, out += g.channels) {
        const Floats gradient = Load(dy + out, width);
        const Ints where = LoadBytes(from + out, width);
        int32_t position = 0;
        for (int64_t y = 0; y < g.pool_height; ++y) {
          int64_t at = first + ((oy * g.pool_height + y) * g.in_width +
                                ox * g.pool_width) *
                                   g.channels;
          for (int64_t i = 0; i < g.pool_width; ++i, ++position) {
            __builtin_prefetch(input + at + ahead);
            const Floats here = where == position ? gradient : Floats{};
            CellGradient(f, here, mask_by_relu, input + at, dx + at, width);
            at += g.channels;
          }
        }
      }
    }
    EdgeGradient(g, f, mask_by_relu, first, input, dx, width);
  });
}

void AdamUpdate(const AdamFactors& f, int64_t count, const float* g, float* m,
                float* v, float* x) {
  // Dividing by the square root, not multiplying by its reciprocal, and each
  // operation rounded on its own: as TensorFlow's ApplyAdam on a CPU.
  ForEachLanes(count, [&](int64_t at, auto width) CAIRN_NN_INLINE {
    const Floats gradient = Load(g + at, width);
    Floats first = Load(m + at, width);
    Floats second = Load(v + at, width);
    first += (gradient - first) * f.one_minus_beta_1;
    second += (gradient * gradient - second) * f.one_minus_beta_2;
    Floats root = second;
    for (int i = 0; i < kLanes; ++i) root[i] = __builtin_sqrtf(second[i]);
    Store(m + at, first, width);
    Store(v + at, second, width);
    Store(x + at, Load(x + at, width) - first * f.alpha / (root + f.epsilon),
          width);
  });
}

}  // namespace

extern const VectorKernels CAIRN_NN_VARIANT;
const VectorKernels CAIRN_NN_VARIANT = {
    .name = CAIRN_NN_VARIANT_NAME,
    .channel_moments = ChannelMoments,
    .normalize_rows = NormalizeRows,
    .gradient_sums = GradientSums,
    .normalize_gradient_rows = NormalizeGradientRows,
    .mask_by_relu = MaskByRelu,
    .add_to = AddTo,
    .normalize_and_pool = NormalizeAndPool,
    .pooled_gradient_sums = PooledGradientSums,
    .normalize_and_pool_gradient = NormalizeAndPoolGradient,
    .adam_update = AdamUpdate,
};

}  // namespace cairn::nn
