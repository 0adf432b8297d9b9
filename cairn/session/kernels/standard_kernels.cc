// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/session/kernels/kernels.h"

namespace cairn::session {

KernelTable StandardKernels() {
  KernelTable table;
  AddBasicKernels(table);
  AddControlFlowKernels(table);
  AddVariableKernels(table);
  AddListKernels(table);
  AddOptionalKernels(table);
  AddSaverKernels(table);
  AddStringKernels(table);
  AddTableKernels(table);
  AddComputeKernels(table);
  return table;
}

}  // namespace cairn::session
