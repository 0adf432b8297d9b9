// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Conversion between element types, and between views of the same bits.
#ifndef CAIRN_COMPUTE_CAST_H_
#define CAIRN_COMPUTE_CAST_H_

#include "cairn/base/status.h"
#include "cairn/compute/context.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

struct CastOptions {
  // Floating point to a narrower one: drop bits instead of rounding.
  enum class Rounding { kNearest, kTruncate } rounding = Rounding::kNearest;
};

// Between booleans, integers, half, bfloat16, float, double and complex
// numbers. Integers keep their low bits; a complex number loses its imaginary
// part; numbers become true unless they are zero. A floating point number
// outside the integer's range, or NaN, becomes what the x86 instructions that
// TensorFlow is compiled to give: the lowest integer of the 32- or 64-bit type
// converted through.
StatusOr<Tensor> Cast(Context& context, const TensorView& x, DataType to,
                      const CastOptions& options = {});

// The same bytes as another type; the last dimension grows or goes when their
// sizes differ.
StatusOr<Tensor> Bitcast(Context& context, const TensorView& x, DataType to);

// Complex numbers and their parts.
StatusOr<Tensor> Complex(Context& context, const TensorView& real,
                         const TensorView& imag);
enum class ComplexPart { kReal, kImag, kAbs, kAngle };
StatusOr<Tensor> PartOf(Context& context, ComplexPart part,
                        const TensorView& x);
StatusOr<Tensor> Conj(Context& context, const TensorView& x);

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_CAST_H_
