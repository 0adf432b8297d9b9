// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// RepairTable: makes the checksums of a mutated table right again, so that a
// fuzzer gets past them to the code they guard.
#ifndef CAIRN_FUZZ_REPAIR_H_
#define CAIRN_FUZZ_REPAIR_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace cairn::fuzz {

// Called with each entry of the data blocks, values writable, before the
// block's checksum is computed.
using EntryVisitor =
    std::function<void(std::string_view key, std::span<char> value)>;

// Does what it can: blocks that the footer and the index still lead to.
void RepairTable(std::span<char> file, const EntryVisitor& visit = nullptr);

}  // namespace cairn::fuzz

#endif  // CAIRN_FUZZ_REPAIR_H_
