// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The runs of elements that copy a box between two row-major tensors: how
// pieces of a partitioned tensor are put together and cut.
#ifndef CAIRN_TENSOR_BOX_RUNS_H_
#define CAIRN_TENSOR_BOX_RUNS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "cairn/tensor/slice.h"

namespace cairn {

// The runs of consecutive elements that make up `box`, of tensors that hold the
// boxes `from` and `to` of one larger tensor. All three are resolved slices of
// it; `box` lies within the others and is not empty.
//
//   for (BoxRuns runs(box, from, to); runs.Valid(); runs.Next()) {
//     // copy runs.length() elements from runs.from() to runs.to()
//   }
class BoxRuns {
 public:
  BoxRuns(const TensorSlice& box, const TensorSlice& from,
          const TensorSlice& to);

  bool Valid() const { return valid_; }
  void Next();
  int64_t from() const { return from_; }  // element index
  int64_t to() const { return to_; }
  int64_t length() const { return length_; }

 private:
  struct Dim {
    int64_t count;
    int64_t from_stride;
    int64_t to_stride;
    int64_t index = 0;
  };
  std::vector<Dim> dims_;  // those outside a run, innermost last
  int64_t from_ = 0;
  int64_t to_ = 0;
  int64_t length_ = 1;
  bool valid_ = true;
};

}  // namespace cairn

#endif  // CAIRN_TENSOR_BOX_RUNS_H_
