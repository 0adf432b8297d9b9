// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// NPY: NumPy's file format for one array.
//
//   OFFSET  SIZE  DESCRIPTION
//   0       6     93 4e 55 4d 50 59 ("\x93NUMPY")
//   6       2     version: 1 0, 2 0 or 3 0
//   8       2, 4  header length (4 bytes from version 2.0 on), little-endian
//   ...           Python dict: {'descr': '<f4', 'fortran_order': False,
//                 'shape': (2, 3), }, padded with spaces to a multiple of 64
//                 and ended by a newline
//   ...           elements
//
// Types without a NumPy descriptor of their own (bfloat16, the 4- and 8-bit
// floats ...) are written as unsigned integers of the same size.
//
// Thread-safe.
#ifndef CAIRN_DATA_NPY_H_
#define CAIRN_DATA_NPY_H_

#include <string>
#include <string_view>

#include "cairn/base/status.h"
#include "cairn/tensor/tensor.h"

namespace cairn::data {

// Version 1.0, C order, in the host's byte order, byte for byte as numpy.save.
// Strings become fixed-width bytes ('|S<longest>'); InvalidArgument for strings
// that end in a NUL, which NumPy would lose, and for variants.
StatusOr<std::string> FormatNpy(const TensorView& tensor);

// The array in `bytes`, either byte order and either storage order. DataLoss,
// naming `file`, for anything malformed; Unimplemented for descriptors Cairn
// has no type for (records, objects, dates, text).
StatusOr<Tensor> ParseNpy(std::string_view bytes, std::string_view file);

}  // namespace cairn::data

#endif  // CAIRN_DATA_NPY_H_
