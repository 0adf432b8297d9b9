// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The part of VerifyCheckpoint that is about bundles.
#ifndef CAIRN_INSPECT_VERIFY_BUNDLE_H_
#define CAIRN_INSPECT_VERIFY_BUNDLE_H_

#include <string>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/inspect/verify_log.h"

namespace cairn::inspect {

Status VerifyBundle(FileSystem& fs, const std::string& prefix, int threads,
                    VerifyLog& log);

}  // namespace cairn::inspect

#endif  // CAIRN_INSPECT_VERIFY_BUNDLE_H_
