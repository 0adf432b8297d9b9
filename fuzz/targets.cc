// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fuzz/target.h"

namespace cairn::fuzz {

std::span<const Target* const> AllTargets() {
  static const Target* const kAll[] = {
    &kApiTarget,
    &kArrayTarget,
    &kBundleTarget,
    &kCrcTarget,
    &kEntryTarget,
    &kJournalTarget,
    &kMetaGraphTarget,
    &kObjectGraphTarget,
    &kOpenPathTarget,
    &kRoundTripTarget,
    &kStateTarget,
    &kTableTarget,
    &kV1Target,
#if CAIRN_HAVE_SESSION
    &kSessionTarget,
#endif
  };
  return kAll;
}

const Target* FindTarget(std::string_view name) {
  for (const Target* target : AllTargets()) {
    if (name == target->name) return target;
  }
  return nullptr;
}

}  // namespace cairn::fuzz
