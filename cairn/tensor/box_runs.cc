// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/box_runs.h"

#include <algorithm>

namespace cairn {

BoxRuns::BoxRuns(const TensorSlice& box, const TensorSlice& from,
                 const TensorSlice& to) {
  int64_t from_stride = 1;
  int64_t to_stride = 1;
  bool contiguous = true;
  for (int d = box.rank() - 1; d >= 0; --d) {
    const SliceExtent& b = box.extent(d);
    const SliceExtent& f = from.extent(d);
    const SliceExtent& t = to.extent(d);
    from_ += (b.start - f.start) * from_stride;
    to_ += (b.start - t.start) * to_stride;
    if (contiguous) {
      length_ *= b.length;
    } else if (b.length > 1) {
      dims_.push_back({b.length, from_stride, to_stride});
    }
    // Rows follow one another only while both tensors are taken in full.
    contiguous = contiguous && b.length == f.length && b.length == t.length;
    from_stride *= f.length;
    to_stride *= t.length;
  }
  std::reverse(dims_.begin(), dims_.end());
}

void BoxRuns::Next() {
  for (size_t i = dims_.size(); i-- > 0;) {
    Dim& dim = dims_[i];
    from_ += dim.from_stride;
    to_ += dim.to_stride;
    if (++dim.index < dim.count) return;
    from_ -= dim.count * dim.from_stride;
    to_ -= dim.count * dim.to_stride;
    dim.index = 0;
  }
  valid_ = false;
}

}  // namespace cairn
