// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Reading indices. Internal.
#ifndef CAIRN_COMPUTE_INDICES_H_
#define CAIRN_COMPUTE_INDICES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/compute/checks.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

// All elements of an integer tensor (of 64 bits at most, signed or uint8).
inline StatusOr<std::vector<int64_t>> ReadIndexList(const TensorView& indices) {
  std::vector<int64_t> list;
  const auto read = [&]<typename... Ts>(std::type_identity<Ts>...) {
    return ((kDataTypeOf<Ts> == indices.dtype()
                 ? (list.assign(indices.data<Ts>().begin(),
                                indices.data<Ts>().end()),
                    true)
                 : false) ||
            ...);
  };
  if (!read(std::type_identity<int32_t>(), std::type_identity<int64_t>(),
            std::type_identity<int16_t>(), std::type_identity<int8_t>(),
            std::type_identity<uint8_t>())) {
    return NoKernel("indices", indices.dtype());
  }
  return list;
}

// InvalidArgument, "indices[0,1] = 7 is not in [0, 5)", for the first that is
// not.
inline Status CheckIndices(std::span<const int64_t> list, int64_t limit,
                           const Shape& shape) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i] >= 0 && list[i] < limit) continue;
    std::string at;
    auto rest = static_cast<int64_t>(i);
    for (int d = shape.rank() - 1; d >= 0; --d) {
      at = StrCat(rest % shape.dim(d), at.empty() ? "" : ",", at);
      rest /= shape.dim(d);
    }
    return InvalidArgumentError(
        StrCat("indices[", at, "] = ", list[i], " is not in [0, ", limit, ")"));
  }
  return OkStatus();
}

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_INDICES_H_
