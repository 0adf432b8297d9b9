// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Which variable a node of a graph declares.
//
// Inside this room only.
#ifndef CAIRN_SESSION_KERNELS_VARIABLE_KERNELS_H_
#define CAIRN_SESSION_KERNELS_VARIABLE_KERNELS_H_

#include "cairn/session/attributes.h"
#include "cairn/session/resources.h"

namespace cairn::session {

// If the node is a VarHandleOp, a VariableV2 or a Variable with attributes that
// make sense, its slot exists afterwards and knows dtype and shape, as the
// first such node gives them.
void DeclareVariable(const Attributes& node, ResourceManager* resources);

}  // namespace cairn::session

#endif  // CAIRN_SESSION_KERNELS_VARIABLE_KERNELS_H_
