// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// A V2 checkpoint as a CheckpointSource. Thread rule: as CheckpointSource.
#ifndef CAIRN_INSPECT_BUNDLE_SOURCE_H_
#define CAIRN_INSPECT_BUNDLE_SOURCE_H_

#include <memory>
#include <string>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/inspect/source.h"

namespace cairn::inspect {

// The bundle of that prefix. Errors are BundleReader::Open's.
StatusOr<std::unique_ptr<CheckpointSource>> OpenBundle(
    FileSystem& fs, const std::string& prefix);

}  // namespace cairn::inspect

#endif  // CAIRN_INSPECT_BUNDLE_SOURCE_H_
