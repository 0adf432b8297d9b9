// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// MutateBundle: changes an index or the data beside it and makes the checksums
// right again: those of blocks, of entries, and of the lengths of strings.
#ifndef CAIRN_FUZZ_BUNDLE_REPAIR_H_
#define CAIRN_FUZZ_BUNDLE_REPAIR_H_

#include <cstddef>
#include <vector>

#include "fuzz/archive.h"
#include "fuzz/choices.h"
#include "fuzz/target.h"

namespace cairn::fuzz {

// `index` is one of `files`; its data files are named as its stem says.
void MutateBundle(std::vector<ArchivedFile>& files, ArchivedFile& index,
                  size_t max, SmallRandom& random, ByteMutator bytes);

}  // namespace cairn::fuzz

#endif  // CAIRN_FUZZ_BUNDLE_REPAIR_H_
