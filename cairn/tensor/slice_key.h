// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Slice keys: under which key one piece of a partitioned tensor is stored, in
// both checkpoint formats. Bytes: slice_key.cc, docs/formats/primitives.md.
//
//   EncodeTensorNameSlice("w", *TensorSlice::Parse("0,2:-"))
//     -> 00 770001 0102 8082 807f
#ifndef CAIRN_TENSOR_SLICE_KEY_H_
#define CAIRN_TENSOR_SLICE_KEY_H_

#include <string>
#include <string_view>

#include "cairn/base/status.h"
#include "cairn/tensor/slice.h"

namespace cairn {

// Key of one piece of a partitioned tensor (ordered code; starts with a 0
// byte).
std::string EncodeTensorNameSlice(std::string_view name,
                                  const TensorSlice& slice);
// The inverse; DataLoss for bytes that are no slice key.
struct TensorNameSlice {
  std::string name;
  TensorSlice slice;
};
StatusOr<TensorNameSlice> DecodeTensorNameSlice(std::string_view key);
// Whether `key` is the key of a piece rather than a tensor's name. A name may
// start with a zero byte too; one that is a slice key cannot be told from it.
bool IsSliceKey(std::string_view key);

}  // namespace cairn

#endif  // CAIRN_TENSOR_SLICE_KEY_H_
