// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The kernels there are. Each function adds the ops of one family; the table of
// docs/session.md is made from StandardKernels.
#ifndef CAIRN_SESSION_KERNELS_KERNELS_H_
#define CAIRN_SESSION_KERNELS_KERNELS_H_

#include "cairn/session/kernel.h"

namespace cairn::session {

void AddBasicKernels(KernelTable& table);        // Const, Identity, NoOp ...
void AddControlFlowKernels(KernelTable& table);  // If, While, Switch ...
void AddVariableKernels(KernelTable& table);
void AddListKernels(KernelTable& table);
void AddOptionalKernels(KernelTable& table);
void AddSaverKernels(KernelTable& table);
void AddStringKernels(KernelTable& table);
void AddTableKernels(KernelTable& table);
// What the room compute computes: elementwise, arrays, layers, optimizers ...
void AddComputeKernels(KernelTable& table);

// All of the above.
KernelTable StandardKernels();

}  // namespace cairn::session

#endif  // CAIRN_SESSION_KERNELS_KERNELS_H_
