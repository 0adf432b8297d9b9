// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Signatures of the ops that graphs made here consist of. A `.meta` file lists
// them for the ops it uses, so that an older or newer TensorFlow can tell which
// attributes have their default values.
//
// Inside this room only.
#ifndef CAIRN_GRAPH_OP_DEFINITIONS_H_
#define CAIRN_GRAPH_OP_DEFINITIONS_H_

#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"

namespace cairn::proto {
class OpDef;
}  // namespace cairn::proto

namespace cairn::graph {

// Fills `op` in; NotFound for an op that is not known here.
Status DefineOp(std::string_view name, proto::OpDef* op);

// All that are known, sorted.
std::vector<std::string> KnownOps();

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_OP_DEFINITIONS_H_
