// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Which stored pieces of a partitioned tensor make up a region of it.
//
//   CAIRN_ASSIGN_OR_RETURN(auto chosen, ChoosePieces(shape, slices, region));
//   for (const ChosenPiece& piece : chosen) {
//     // read the piece slices[piece.index]; copy its part `wanted`:
//     for (BoxRuns runs(piece.wanted, piece.where, region); ...)
//   }
#ifndef CAIRN_TENSOR_PIECES_H_
#define CAIRN_TENSOR_PIECES_H_

#include <cstddef>
#include <span>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/tensor/shape.h"
#include "cairn/tensor/slice.h"

namespace cairn {

// More pieces of one tensor are refused.
inline constexpr size_t kMaxPieces = size_t{1} << 20;

struct ChosenPiece {
  size_t index;        // in the list given
  TensorSlice where;   // the piece, resolved
  TensorSlice wanted;  // its part of the region, not empty
};

// The pieces that hold the elements of `region`, each element once, in the
// order of the list. `region` is resolved; every slice fits `shape`. DataLoss
// when pieces overlap in the region; InvalidArgument when elements of it are in
// no piece; Unimplemented for more than kMaxPieces, or a tiling so intricate
// that comparing its pieces would take too long (no program writes one).
StatusOr<std::vector<ChosenPiece>> ChoosePieces(
    const Shape& shape, std::span<const TensorSlice> slices,
    const TensorSlice& region);

}  // namespace cairn

#endif  // CAIRN_TENSOR_PIECES_H_
