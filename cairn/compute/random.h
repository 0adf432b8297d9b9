// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Random tensors, the same bits (of normal ones: nearly) that TensorFlow makes
// from the same seeds, whatever the number of threads.
#ifndef CAIRN_COMPUTE_RANDOM_H_
#define CAIRN_COMPUTE_RANDOM_H_

#include <cstdint>

#include "cairn/base/status.h"
#include "cairn/compute/context.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

// Where a Philox sequence stands: a key and a counter of 128 bits.
struct PhiloxState {
  uint64_t key = 0;
  uint64_t counter_low = 0, counter_high = 0;

  // Of a random op with attributes seed and seed2.
  static PhiloxState FromSeeds(int64_t seed, int64_t seed2);
  // Of a stateless op's seed, two numbers (int32 or int64), which are
  // scrambled.
  static StatusOr<PhiloxState> FromStatelessSeed(const TensorView& seed);
  // Of the V2 ops' inputs: key uint64 [1], counter uint64 [2], and alg, which
  // must be 1 (Philox) or 3 (as the device likes).
  static StatusOr<PhiloxState> FromKeyCounter(const TensorView& key,
                                              const TensorView& counter,
                                              const TensorView& alg);
  void Skip(uint64_t blocks);
};

enum class Distribution {
  kUniform,          // [0, 1)
  kNormal,           // mean 0, deviation 1
  kTruncatedNormal,  // the same, within 2 deviations
  kFullInt,          // all numbers of the type
};
// float, double, half or bfloat16; int32, int64, uint32, uint64 for kFullInt.
StatusOr<Tensor> RandomTensor(Context& context, Distribution distribution,
                              const PhiloxState& state, const TensorView& shape,
                              DataType dtype);
// Of int32 or int64 in [minval, maxval), which are scalars.
StatusOr<Tensor> RandomUniformInt(Context& context, const PhiloxState& state,
                                  const TensorView& shape,
                                  const TensorView& minval,
                                  const TensorView& maxval);

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_RANDOM_H_
