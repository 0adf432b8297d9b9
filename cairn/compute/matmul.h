// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Matrix products.
#ifndef CAIRN_COMPUTE_MATMUL_H_
#define CAIRN_COMPUTE_MATMUL_H_

#include "cairn/base/status.h"
#include "cairn/compute/context.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

enum class Orientation {
  kNormal,
  kTransposed,
  kAdjoint,  // transposed and conjugated
};

struct MatMulOptions {
  Orientation a = Orientation::kNormal;
  Orientation b = Orientation::kNormal;
};

// Of two matrices.
StatusOr<Tensor> MatMul(Context& context, const TensorView& a,
                        const TensorView& b, const MatMulOptions& options = {});
// Of the last two dimensions; those before are broadcast.
StatusOr<Tensor> BatchMatMul(Context& context, const TensorView& a,
                             const TensorView& b,
                             const MatMulOptions& options = {});

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_MATMUL_H_
