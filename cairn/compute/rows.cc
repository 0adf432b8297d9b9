// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/compute/rows.h"

namespace cairn::compute {

void Widen(DataType from, const void* in, float* out, int64_t count) {
  if (from == DataType::kHalf) {
    const auto* values = static_cast<const Half*>(in);
    for (int64_t i = 0; i < count; ++i) out[i] = ToFloat(values[i]);
  } else {
    const auto* values = static_cast<const Bfloat16*>(in);
    for (int64_t i = 0; i < count; ++i) out[i] = ToFloat(values[i]);
  }
}

void Narrow(DataType to, const float* in, void* out, int64_t count) {
  if (to == DataType::kHalf) {
    auto* values = static_cast<Half*>(out);
    for (int64_t i = 0; i < count; ++i) values[i] = ToHalf(in[i]);
  } else {
    auto* values = static_cast<Bfloat16*>(out);
    for (int64_t i = 0; i < count; ++i) values[i] = ToBfloat16(in[i]);
  }
}

float Rounded(DataType dtype, float value) {
  if (dtype == DataType::kHalf) return ToFloat(ToHalf(value));
  if (dtype == DataType::kBfloat16) return ToFloat(ToBfloat16(value));
  return value;
}

StatusOr<Tensor> WidenTensor(const TensorView& tensor) {
  CAIRN_ASSIGN_OR_RETURN(Tensor wide,
                         Tensor::Create(DataType::kFloat, tensor.shape()));
  if (tensor.num_elements() == 0) return wide;
  Widen(tensor.dtype(), tensor.bytes().data(), wide.data<float>().data(),
        tensor.num_elements());
  return wide;
}

StatusOr<Tensor> NarrowTensor(DataType to, const TensorView& tensor) {
  CAIRN_ASSIGN_OR_RETURN(Tensor narrow, Tensor::Create(to, tensor.shape()));
  if (tensor.num_elements() == 0) return narrow;
  Narrow(to, tensor.data<float>().data(), narrow.mutable_bytes().data(),
         tensor.num_elements());
  return narrow;
}

}  // namespace cairn::compute
