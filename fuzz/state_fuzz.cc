// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Any text as a `checkpoint` file: what parses is written as text that parses
// to the same.
#include "cairn/state/checkpoint_state.h"
#include "fuzz/target.h"

namespace cairn::fuzz {
namespace {

Status Run(std::string_view input) {
  const auto parsed = state::ParseCheckpointState(input);
  if (!parsed.ok()) return parsed.status();
  const std::string text = state::FormatCheckpointState(*parsed);
  const auto again = state::ParseCheckpointState(text);
  Require(again.ok());
  // Compared as text: a NaN differs from itself.
  Require(state::FormatCheckpointState(*again) == text);
  return OkStatus();
}

}  // namespace

const Target kStateTarget = {"state", Run};

}  // namespace cairn::fuzz
