// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// IDX: the file format of MNIST and its kin.
//
//   OFFSET  SIZE       DESCRIPTION
//   0       2          zero
//   2       1          element type: 08 uint8, 09 int8, 0b int16, 0c int32,
//                      0d float32, 0e float64
//   3       1          rank
//   4       4 * rank   dimensions, uint32 big-endian, outermost first
//   ...                elements, row-major, big-endian
//
// Thread-safe.
#ifndef CAIRN_DATA_IDX_H_
#define CAIRN_DATA_IDX_H_

#include <string>
#include <string_view>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/tensor/tensor.h"

namespace cairn::data {

// The tensor in `bytes`. DataLoss, naming `file`, when the first bytes are no
// IDX magic, the header is cut off, or the elements do not fill the rest
// exactly. Nothing is allocated before the sizes agree.
StatusOr<Tensor> ParseIdx(std::string_view bytes, std::string_view file);
StatusOr<Tensor> ReadIdx(FileSystem& fs, const std::string& path);

}  // namespace cairn::data

#endif  // CAIRN_DATA_IDX_H_
