// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// RandomGeneratorState: what tf.random.Generator keeps in a checkpoint, an
// int64 variable `_state_var`: for Philox two words of counter and one of key,
// for ThreeFry one of each. The numbers are drawn by whoever owns the state.
#ifndef CAIRN_TENSOR_RANDOM_GENERATOR_H_
#define CAIRN_TENSOR_RANDOM_GENERATOR_H_

#include <cstdint>
#include <span>

#include "cairn/base/status.h"
#include "cairn/tensor/trackable.h"
#include "cairn/tensor/variable.h"

namespace cairn {

enum class RandomAlgorithm { kPhilox, kThreeFry };

class RandomGeneratorState : public Trackable {
 public:
  explicit RandomGeneratorState(
      RandomAlgorithm algorithm = RandomAlgorithm::kPhilox);

  RandomAlgorithm algorithm() const { return algorithm_; }
  // 3 words (Philox) or 2 (ThreeFry), the counter first.
  std::span<const int64_t> words() const;
  // InvalidArgument for another number of words.
  Status Set(std::span<const int64_t> words);

 private:
  const RandomAlgorithm algorithm_;
  Variable state_;
};

}  // namespace cairn

#endif  // CAIRN_TENSOR_RANDOM_GENERATOR_H_
