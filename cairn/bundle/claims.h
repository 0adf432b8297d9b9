// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Claims: how many bytes the entries of an index claim, and how many there are.
//
// Nothing forbids two entries to claim the same bytes, and TensorFlow reads
// such a bundle; but no writer makes one, and a million entries over the same
// 32 MiB would keep whoever reads every tensor busy for days. So what reads
// every tensor asks first.
#ifndef CAIRN_BUNDLE_CLAIMS_H_
#define CAIRN_BUNDLE_CLAIMS_H_

#include <cstdint>
#include <string>

#include "cairn/base/status.h"
#include "cairn/bundle/reader.h"

namespace cairn::bundle {

// A few names for the same bytes are let pass: up to so many times the bytes of
// the files.
inline constexpr uint64_t kMaxTimesClaimed = 16;

struct Claims {
  uint64_t claimed = 0;  // by all entries together
  uint64_t stored = 0;   // in the index and the data files that they name
  // How many bytes are read for all the entries, at most.
  uint64_t limit() const { return kMaxTimesClaimed * stored; }
  // "m.index: its entries claim 5 bytes, it and its data files have 3"
  std::string Text(const BundleReader& reader) const;
};

// Reads the index. What is damaged, or not within a data file that is there,
// counts as 0: reading it fails at once. Errors are ResourceExhausted.
StatusOr<Claims> CountClaims(const BundleReader& reader);

// DataLoss if the entries claim more than the limit.
Status CheckClaims(const BundleReader& reader);

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_CLAIMS_H_
