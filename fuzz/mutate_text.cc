// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "fuzz/target.h"

namespace cairn::fuzz {

void MutateText(std::string& text, size_t max, ByteMutator bytes) {
  const size_t size = text.size() < max ? text.size() : max;
  // libFuzzer wants room for one byte at least.
  text.resize(max > 0 ? max : 1);
  text.resize(
      bytes(reinterpret_cast<uint8_t*>(text.data()), size, text.size()));
}

}  // namespace cairn::fuzz
