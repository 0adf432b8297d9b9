// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// CopyStrided: the one loop behind slices, transposes, concatenation, padding,
// tiling. Internal.
#ifndef CAIRN_COMPUTE_STRIDED_COPY_H_
#define CAIRN_COMPUTE_STRIDED_COPY_H_

#include <cstdint>
#include <vector>

#include "cairn/compute/context.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

// One dimension of a copy: `size` steps of so many elements on each side, also
// 0 (reading one element again and again) or negative.
struct CopyDim {
  int64_t size;
  int64_t from;
  int64_t to;
};

// Copies the elements that `dims` run over, beginning at the offsets. All of
// them must lie in the tensors, which have one type; what is written must not
// be read, nor written twice.
void CopyStrided(Context& context, const TensorView& from, int64_t from_offset,
                 Tensor& to, int64_t to_offset, std::vector<CopyDim> dims);

// Elements from one index of a dimension to the next.
std::vector<int64_t> StridesOf(const Shape& shape);

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_STRIDED_COPY_H_
