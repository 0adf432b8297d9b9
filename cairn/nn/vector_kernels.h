// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// VectorKernels: the arithmetic of batch normalization, pooling, relu and Adam,
// in one version per instruction set, which all give the same bits. Internal to
// nn.
//
// An activation [N,H,W,C] is a matrix of N * H * W rows and C channels here.
// Types are plain, because the versions are compiled with different flags; see
// vector_kernels_impl.h.
//
// Thread-safe.
#ifndef CAIRN_NN_VECTOR_KERNELS_H_
#define CAIRN_NN_VECTOR_KERNELS_H_

#include <cstdint>

namespace cairn::nn {

struct RowSize {
  int64_t rows, channels;
};

// Per channel: y = (x - mean) * scale + offset
//              dx = scale * (dy - a - (x - mean) * b)
struct NormalizationFactors {
  const float *mean, *scale, *offset, *a, *b;
};

// Windows side by side, without overlap or padding.
struct PoolGeometry {
  int64_t in_height, in_width, out_height, out_width;
  int64_t pool_height, pool_width;  // together at most 256 cells
  int64_t channels;
  int64_t input_size() const { return in_height * in_width * channels; }
  int64_t output_size() const { return out_height * out_width * channels; }
};

struct AdamFactors {
  float alpha, one_minus_beta_1, one_minus_beta_2, epsilon;
};

struct VectorKernels {
  const char* name;  // "portable", "avx2", "avx512"

  // Per channel: the mean and the sum of squared distances from it.
  void (*channel_moments)(RowSize, const float* x, float* mean, float* squares);
  void (*normalize_rows)(RowSize, const float* x, const float* mean,
                         const float* scale, const float* offset, float* y);
  // Per channel: the sums of dy and of dy * (x - mean).
  void (*gradient_sums)(RowSize, const float* x, const float* dy,
                        const float* mean, float* sum, float* product_sum);
  void (*normalize_gradient_rows)(RowSize, const float* x, const float* dy,
                                  const float* mean, const float* scale,
                                  const float* a, const float* b, float* dx);
  // dy becomes 0 where y, a relu's output, is not positive.
  void (*mask_by_relu)(int64_t count, const float* y, float* dy);
  // sum += x
  void (*add_to)(int64_t count, const float* x, float* sum);

  // One example: the largest normalized value of each window and, unless `from`
  // is null, its position in the window and its x - mean.
  void (*normalize_and_pool)(const PoolGeometry&, const NormalizationFactors&,
                             const float* x, float* y, uint8_t* from,
                             float* distance);
  // As gradient_sums, from what normalize_and_pool kept.
  void (*pooled_gradient_sums)(RowSize, const float* dy, const float* distance,
                               float* sum, float* product_sum);
  // From the gradient of the pooled output to that of x; zero where x is not
  // positive if `mask_by_relu`.
  void (*normalize_and_pool_gradient)(const PoolGeometry&,
                                      const NormalizationFactors&,
                                      bool mask_by_relu, const float* x,
                                      const float* dy, const uint8_t* from,
                                      float* dx);

  void (*adam_update)(const AdamFactors&, int64_t count, const float* gradient,
                      float* m, float* v, float* x);
};

// The version for this processor.
const VectorKernels& Kernels();

// Those this build has and this processor can run, the best first; at most
// kMaxVectorKernels. For tests, which compare them.
inline constexpr int kMaxVectorKernels = 3;
int AllVectorKernels(const VectorKernels* out[kMaxVectorKernels]);

}  // namespace cairn::nn

#endif  // CAIRN_NN_VECTOR_KERNELS_H_
