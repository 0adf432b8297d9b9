// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The SaverDef of a Saver's options, and the options a SaverDef stands for.
//
// Of this room only.
#ifndef CAIRN_SAVER_SAVER_DEF_H_
#define CAIRN_SAVER_SAVER_DEF_H_

#include "cairn/base/status.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/saver/options.h"

namespace cairn::saver {

// The SaverDef: options.saver_def with its names under options.name, or what
// TensorFlow makes for these options. InvalidArgument for one without the names
// of its nodes, or of a version that is none.
StatusOr<graph::SaverInfo> MakeSaverDef(const SaverOptions& options);

// Takes limits, version and sharding from options->saver_def, if there is one.
void ApplySaverDef(SaverOptions* options);

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_SAVER_DEF_H_
