// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Target: what is done with the bytes of one fuzz target, apart from who
// chooses the bytes. libFuzzer does in the programs `<name>_fuzz`;
// tests/attacks runs the same functions over stored attacks, under any
// compiler.
//
// A target ends the process when something that must hold for every input does
// not. What the reader said of the input is its result.
#ifndef CAIRN_FUZZ_TARGET_H_
#define CAIRN_FUZZ_TARGET_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cairn/base/status.h"

namespace cairn::fuzz {

// Changes `data`, of `size` bytes in room for `max`, and returns the new size:
// the shape of LLVMFuzzerMutate.
using ByteMutator = size_t (*)(uint8_t* data, size_t size, size_t max);

struct Target {
  const char* name;
  Status (*run)(std::string_view input);
  // Changes an input so that it gets past checksums. Null: `bytes` alone will
  // do.
  void (*mutate)(std::string& input, size_t max, uint32_t seed,
                 ByteMutator bytes) = nullptr;
};

// Defined in <name>_fuzz.cc.
extern const Target kApiTarget;
extern const Target kArrayTarget;
extern const Target kBundleTarget;
extern const Target kCrcTarget;
extern const Target kEntryTarget;
extern const Target kJournalTarget;
extern const Target kMetaGraphTarget;
extern const Target kObjectGraphTarget;
extern const Target kOpenPathTarget;
extern const Target kRoundTripTarget;
extern const Target kSessionTarget;  // with oneDNN
extern const Target kStateTarget;
extern const Target kTableTarget;
extern const Target kV1Target;

// Null for an unknown name.
const Target* FindTarget(std::string_view name);
std::span<const Target* const> AllTargets();

// Ends the process, which a fuzzer reports: what must hold for any input.
inline void Require(bool holds) {
  if (!holds) __builtin_trap();
}

// Lets `bytes` change `text`.
void MutateText(std::string& text, size_t max, ByteMutator bytes);

}  // namespace cairn::fuzz

#endif  // CAIRN_FUZZ_TARGET_H_
