// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile message can do, and the check:
//   a dtype number that is no type     DataTypeFromNumber
//   a negative, huge or unknown shape  Shape::Create
//   one value for 2^60 elements        max_bytes, before memory is taken
//   more values than elements          refused
//   raw bytes of another size          refused
// Numbers beyond the range of a narrow type keep their low bits, as in
// TensorFlow.
#include "cairn/session/tensor_proto.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/proto/tensor.pb.h"

namespace cairn::session {
namespace {

StatusOr<Shape> ShapeOf(const proto::TensorShapeProto& message) {
  if (message.unknown_rank()) {
    return InvalidArgumentError("a constant of unknown shape");
  }
  std::vector<int64_t> dims;
  dims.reserve(static_cast<size_t>(message.dim_size()));
  for (const auto& dim : message.dim()) dims.push_back(dim.size());
  return Shape::Create(dims);
}

Status TooMany(int values, int64_t elements) {
  return InvalidArgumentError(
      StrCat(values, " values for the ", elements, " elements of a constant"));
}

// Value i of `field` as T to the i-th element, the last one to all the rest.
template <typename T, typename Field>
Status Spread(const Field& field, Tensor* out) {
  const std::span<char> bytes = out->mutable_bytes();
  const size_t elements = bytes.size() / sizeof(T);
  const size_t given = static_cast<size_t>(field.size());
  if (given > elements) return TooMany(field.size(), out->num_elements());
  T value{};
  for (size_t i = 0; i < elements; ++i) {
    if (i < given) value = static_cast<T>(field.Get(static_cast<int>(i)));
    std::memcpy(bytes.data() + i * sizeof(T), &value, sizeof value);
  }
  return OkStatus();
}

// Likewise for complex numbers of two parts of type T each.
template <typename T, typename Field>
Status SpreadComplex(const Field& field, Tensor* out) {
  const std::span<char> bytes = out->mutable_bytes();
  const size_t elements = bytes.size() / (2 * sizeof(T));
  const size_t given = static_cast<size_t>(field.size()) / 2;
  if (field.size() % 2 != 0 || given > elements) {
    return TooMany(field.size(), out->num_elements());
  }
  T value[2] = {};
  for (size_t i = 0; i < elements; ++i) {
    if (i < given) {
      value[0] = field.Get(static_cast<int>(2 * i));
      value[1] = field.Get(static_cast<int>(2 * i + 1));
    }
    std::memcpy(bytes.data() + i * sizeof value, value, sizeof value);
  }
  return OkStatus();
}

Status SpreadStrings(const proto::TensorProto& message, Tensor* out) {
  const auto& field = message.string_val();
  std::vector<std::string>& strings = out->strings();
  if (static_cast<size_t>(field.size()) > strings.size()) {
    return TooMany(field.size(), out->num_elements());
  }
  for (size_t i = 0; i < strings.size() && !field.empty(); ++i) {
    strings[i] = field.Get(std::min(static_cast<int>(i), field.size() - 1));
  }
  return OkStatus();
}

Status SpreadBytes(std::string_view field, Tensor* out) {
  const std::span<char> bytes = out->mutable_bytes();
  if (field.size() > bytes.size()) {
    return TooMany(static_cast<int>(field.size()), out->num_elements());
  }
  for (size_t i = 0; i < bytes.size() && !field.empty(); ++i) {
    bytes[i] = field[std::min(i, field.size() - 1)];
  }
  return OkStatus();
}

Status Fill(const proto::TensorProto& message, Tensor* out) {
  switch (out->dtype()) {
    case DataType::kFloat:
      return Spread<float>(message.float_val(), out);
    case DataType::kDouble:
      return Spread<double>(message.double_val(), out);
    case DataType::kComplex64:
      return SpreadComplex<float>(message.scomplex_val(), out);
    case DataType::kComplex128:
      return SpreadComplex<double>(message.dcomplex_val(), out);
    case DataType::kInt64:
      return Spread<int64_t>(message.int64_val(), out);
    case DataType::kUint64:
      return Spread<uint64_t>(message.uint64_val(), out);
    case DataType::kUint32:
      return Spread<uint32_t>(message.uint32_val(), out);
    case DataType::kBool:
      return Spread<bool>(message.bool_val(), out);
    case DataType::kHalf:
    case DataType::kBfloat16:
      return Spread<uint16_t>(message.half_val(), out);
    case DataType::kInt32:
    case DataType::kQint32:
      return Spread<int32_t>(message.int_val(), out);
    case DataType::kString:
      return SpreadStrings(message, out);
    case DataType::kFloat8E5m2:
    case DataType::kFloat8E4m3fn:
    case DataType::kFloat8E4m3fnuz:
    case DataType::kFloat8E4m3b11fnuz:
    case DataType::kFloat8E5m2fnuz:
      return SpreadBytes(message.float8_val(), out);
    default:
      return DataTypeSize(out->dtype()) == 2
                 ? Spread<uint16_t>(message.int_val(), out)
                 : Spread<uint8_t>(message.int_val(), out);
  }
}

Status CopyContent(const std::string& content, Tensor* out) {
  const std::span<char> bytes = out->mutable_bytes();
  if (content.size() != bytes.size()) {
    return InvalidArgumentError(
        StrCat("a constant of ", DataTypeName(out->dtype()),
               out->shape().ToString(), " takes ", bytes.size(),
               " bytes, not the ", content.size(), " it has"));
  }
  if (!content.empty()) {
    std::memcpy(bytes.data(), content.data(), content.size());
  }
  if constexpr (std::endian::native == std::endian::big) {
    SwapElements(out->dtype(), bytes);
  }
  return OkStatus();
}

}  // namespace

StatusOr<Tensor> DecodeTensor(const proto::TensorProto& message,
                              int64_t max_bytes) {
  const std::optional<DataType> dtype =
      DataTypeFromNumber(static_cast<int32_t>(message.dtype()));
  if (!dtype.has_value() || *dtype == DataType::kInvalid ||
      *dtype == DataType::kResource || *dtype == DataType::kVariant) {
    return InvalidArgumentError(
        StrCat("a constant of type ",
               dtype.has_value() ? DataTypeName(*dtype)
                                 : StrCat(static_cast<int>(message.dtype()))));
  }
  CAIRN_ASSIGN_OR_RETURN(Shape shape, ShapeOf(message.tensor_shape()));
  const int element = *dtype == DataType::kString
                          ? static_cast<int>(sizeof(std::string))
                          : DataTypeSize(*dtype);
  CAIRN_ASSIGN_OR_RETURN(const int64_t size, ByteSize(shape, element));
  if (size > max_bytes) {
    return ResourceExhaustedError(
        StrCat("a constant of ", DataTypeName(*dtype), shape.ToString(),
               " takes more than the ", max_bytes, " bytes allowed"));
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor tensor,
                         Tensor::Create(*dtype, std::move(shape)));
  const bool raw =
      *dtype != DataType::kString && !message.tensor_content().empty();
  CAIRN_RETURN_IF_ERROR(raw ? CopyContent(message.tensor_content(), &tensor)
                            : Fill(message, &tensor));
  return tensor;
}

}  // namespace cairn::session
