// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/random_generator.h"

#include <algorithm>

#include "cairn/base/strings.h"

namespace cairn {
namespace {

Tensor Zeros(RandomAlgorithm algorithm) {
  // A few bytes: cannot fail but for memory, and then the variable is made by
  // the caller's own exception.
  return *Tensor::Create(DataType::kInt64, algorithm == RandomAlgorithm::kPhilox
                                               ? Shape{3}
                                               : Shape{2});
}

}  // namespace

RandomGeneratorState::RandomGeneratorState(RandomAlgorithm algorithm)
    : algorithm_(algorithm),
      state_("StateVar", Zeros(algorithm), Variable::Trainable::kNo) {
  // Cannot fail: nobody observes an object under construction.
  Track("_state_var", &state_).IgnoreError();
}

std::span<const int64_t> RandomGeneratorState::words() const {
  return state_.data<int64_t>();
}

Status RandomGeneratorState::Set(std::span<const int64_t> words) {
  const std::span<int64_t> state = state_.data<int64_t>();
  if (words.size() != state.size()) {
    return InvalidArgumentError(StrCat("the generator's state has ",
                                       state.size(), " words, not ",
                                       words.size()));
  }
  std::ranges::copy(words, state.begin());
  return OkStatus();
}

}  // namespace cairn
