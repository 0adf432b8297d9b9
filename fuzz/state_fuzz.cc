// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Any text as a `checkpoint` file: what parses is written as text that parses
// to the same.
#include <cmath>
#include <string_view>

#include "cairn/state/checkpoint_state.h"
#include "fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn::state;
  const auto state =
      ParseCheckpointState({reinterpret_cast<const char*>(data), size});
  if (!state.ok()) return 0;
  const std::string text = FormatCheckpointState(*state);
  const auto again = ParseCheckpointState(text);
  cairn::fuzz::Require(again.ok());
  // Compared as text: a NaN differs from itself.
  cairn::fuzz::Require(FormatCheckpointState(*again) == text);
  return 0;
}
