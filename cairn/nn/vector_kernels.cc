// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/vector_kernels.h"

namespace cairn::nn {

extern const VectorKernels kPortableKernels;
#if CAIRN_NN_X86_KERNELS
extern const VectorKernels kAvx2Kernels;
extern const VectorKernels kAvx512Kernels;
#endif

int AllVectorKernels(const VectorKernels* out[kMaxVectorKernels]) {
  int count = 0;
#if CAIRN_NN_X86_KERNELS
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq")) {
    out[count++] = &kAvx512Kernels;
  }
  if (__builtin_cpu_supports("avx2")) out[count++] = &kAvx2Kernels;
#endif
  out[count++] = &kPortableKernels;
  return count;
}

const VectorKernels& Kernels() {
  static const VectorKernels* const best = [] {
    const VectorKernels* all[kMaxVectorKernels];
    AllVectorKernels(all);
    return all[0];
  }();
  return *best;
}

}  // namespace cairn::nn
