// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/session/kernels/compute_kernels.h"

#include "cairn/session/kernels/kernels.h"

namespace cairn::session {

void AddComputeKernels(KernelTable& table) {
  AddElementwiseKernels(table);
  AddReductionKernels(table);
  AddShapeKernels(table);
  AddArrayKernels(table);
  AddGatherKernels(table);
  AddLayerKernels(table);
  AddRandomKernels(table);
  AddOptimizerKernels(table);
}

}  // namespace cairn::session
