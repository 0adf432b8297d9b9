// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/tensor_proto.h"

#include <complex>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "cairn/base/endian.h"
#include "cairn/base/strings.h"
#include "cairn/proto/tensor.pb.h"

namespace cairn::graph {
namespace {

// The element at `bytes`, which need not be aligned.
template <typename T>
T Load(std::string_view bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

void EncodeElement(DataType dtype, std::string_view bytes,
                   proto::TensorProto* out) {
  switch (dtype) {
    case DataType::kFloat:
      out->add_float_val(Load<float>(bytes));
      return;
    case DataType::kDouble:
      out->add_double_val(Load<double>(bytes));
      return;
    case DataType::kComplex64: {
      const auto value = Load<std::complex<float>>(bytes);
      out->add_scomplex_val(value.real());
      out->add_scomplex_val(value.imag());
      return;
    }
    case DataType::kComplex128: {
      const auto value = Load<std::complex<double>>(bytes);
      out->add_dcomplex_val(value.real());
      out->add_dcomplex_val(value.imag());
      return;
    }
    case DataType::kInt64:
      out->add_int64_val(Load<int64_t>(bytes));
      return;
    case DataType::kUint64:
      out->add_uint64_val(Load<uint64_t>(bytes));
      return;
    case DataType::kUint32:
      out->add_uint32_val(Load<uint32_t>(bytes));
      return;
    case DataType::kBool:
      out->add_bool_val(Load<uint8_t>(bytes) != 0);
      return;
    case DataType::kHalf:
    case DataType::kBfloat16:
      out->add_half_val(Load<uint16_t>(bytes));
      return;
    case DataType::kInt32:
    case DataType::kQint32:
      out->add_int_val(Load<int32_t>(bytes));
      return;
    case DataType::kInt16:
    case DataType::kQint16:
      out->add_int_val(Load<int16_t>(bytes));
      return;
    case DataType::kUint16:
    case DataType::kQuint16:
      out->add_int_val(Load<uint16_t>(bytes));
      return;
    case DataType::kInt8:
    case DataType::kQint8:
      out->add_int_val(Load<int8_t>(bytes));
      return;
    case DataType::kUint8:
    case DataType::kQuint8:
      out->add_int_val(Load<uint8_t>(bytes));
      return;
    case DataType::kFloat8E5m2:
    case DataType::kFloat8E4m3fn:
      out->set_float8_val(std::string(bytes));
      return;
    default:
      // The 2- and 4-bit types and the newest 8-bit floats have no field of
      // their own that all versions read.
      out->set_tensor_content(std::string(bytes));
      return;
  }
}

}  // namespace

void EncodeShape(const PartialShape& shape, proto::TensorShapeProto* out) {
  out->Clear();
  if (shape.unknown_rank) out->set_unknown_rank(true);
  for (int64_t dim : shape.dims) out->add_dim()->set_size(dim);
}

PartialShape DecodeShape(const proto::TensorShapeProto& shape) {
  PartialShape out;
  out.unknown_rank = shape.unknown_rank();
  if (out.unknown_rank) return out;
  out.dims.reserve(static_cast<size_t>(shape.dim_size()));
  for (const auto& dim : shape.dim()) out.dims.push_back(dim.size());
  return out;
}

Status EncodeTensor(const TensorView& tensor, const Shape& shape,
                    proto::TensorProto* out) {
  if (!tensor.is_valid() || tensor.dtype() == DataType::kVariant) {
    return InvalidArgumentError(
        StrCat("a constant cannot be of type ", DataTypeName(tensor.dtype())));
  }
  const bool splat = !(shape == tensor.shape());
  if (splat && tensor.num_elements() != 1) {
    return InvalidArgumentError(StrCat("a constant of shape ", shape.ToString(),
                                       " cannot be made of ",
                                       tensor.shape().ToString()));
  }
  out->set_dtype(static_cast<proto::DataType>(tensor.dtype()));
  EncodeShape(PartialShape::Of(shape), out->mutable_tensor_shape());
  if (tensor.holds_strings()) {
    for (const std::string& element : tensor.strings()) {
      out->add_string_val(element);
    }
    return OkStatus();
  }
  if (tensor.num_elements() == 0) return OkStatus();
  if (tensor.num_elements() == 1) {
    EncodeElement(tensor.dtype(), tensor.bytes(), out);
    if (splat && !out->tensor_content().empty()) {
      // Raw bytes are never repeated: write each element.
      const std::string element = out->tensor_content();
      out->clear_tensor_content();
      for (int64_t i = 0; i < shape.num_elements(); ++i) {
        out->mutable_tensor_content()->append(element);
      }
    }
    return OkStatus();
  }
  out->set_tensor_content(std::string(tensor.bytes()));
  if constexpr (std::endian::native == std::endian::big) {
    SwapElements(tensor.dtype(), {out->mutable_tensor_content()->data(),
                                  out->tensor_content().size()});
  }
  return OkStatus();
}

}  // namespace cairn::graph
