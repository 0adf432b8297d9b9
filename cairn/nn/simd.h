// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// CAIRN_NN_SIMD: on a function of plain loops, has the compiler make one
// version per instruction set and pick when the program is loaded. Sums keep
// their order and nothing is contracted to fused multiply-adds, so that all
// versions give the same bits. Internal to nn.
#ifndef CAIRN_NN_SIMD_H_
#define CAIRN_NN_SIMD_H_

// Sanitizers instrument the resolver, which runs before they are ready.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) &&  \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !defined(__clang__)
#define CAIRN_NN_SIMD \
  __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CAIRN_NN_SIMD
#endif

#endif  // CAIRN_NN_SIMD_H_
