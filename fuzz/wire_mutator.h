// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// MutateWire: changes a serialized protobuf message field by field, lengths
// kept right, so that changes reach deep messages. Bytes that are no message
// are left to `bytes`.
#ifndef CAIRN_FUZZ_WIRE_MUTATOR_H_
#define CAIRN_FUZZ_WIRE_MUTATOR_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/choices.h"
#include "fuzz/target.h"

namespace cairn::fuzz {

void MutateWire(std::string& message, SmallRandom& random, ByteMutator bytes);

// Target::mutate for an input that is a message: this way half of the time, as
// bytes the other half.
void MutateMessage(std::string& input, size_t max, uint32_t seed,
                   ByteMutator bytes);

// A number at a limit of some integer, or a small one.
uint64_t InterestingNumber(SmallRandom& random);

}  // namespace cairn::fuzz

#endif  // CAIRN_FUZZ_WIRE_MUTATOR_H_
