// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// A V1 checkpoint as a CheckpointSource. Thread rule: as CheckpointSource.
#ifndef CAIRN_INSPECT_V1_SOURCE_H_
#define CAIRN_INSPECT_V1_SOURCE_H_

#include <memory>
#include <string>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/inspect/source.h"

namespace cairn::inspect {

// The V1 file, or the sharded files of a pattern. Errors are V1Reader::Open's.
StatusOr<std::unique_ptr<CheckpointSource>> OpenV1(FileSystem& fs,
                                                   const std::string& path);

}  // namespace cairn::inspect

#endif  // CAIRN_INSPECT_V1_SOURCE_H_
