// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile file can do, and the check:
//   no or another magic, unknown type     the first four bytes are compared
//   rank beyond the file                  4 + 4 * rank against the length
//   dimensions whose product overflows    Shape::Create, ByteSize
//   fewer or more bytes than elements     the sizes must be equal, before
//                                         anything is allocated
#include "cairn/data/idx.h"

#include <bit>
#include <cstring>
#include <memory>
#include <vector>

#include "cairn/base/endian.h"
#include "cairn/base/strings.h"

namespace cairn::data {
namespace {

DataType TypeOfCode(uint8_t code) {
  switch (code) {
    case 0x08:
      return DataType::kUint8;
    case 0x09:
      return DataType::kInt8;
    case 0x0b:
      return DataType::kInt16;
    case 0x0c:
      return DataType::kInt32;
    case 0x0d:
      return DataType::kFloat;
    case 0x0e:
      return DataType::kDouble;
    default:
      return DataType::kInvalid;
  }
}

StatusOr<Shape> ReadShape(std::string_view bytes, size_t rank,
                          std::string_view file) {
  std::vector<int64_t> dims;
  for (size_t i = 0; i < rank; ++i) {
    dims.push_back(
        ByteSwap(LoadLittleEndian<uint32_t>(bytes.data() + 4 + 4 * i)));
  }
  StatusOr<Shape> shape = Shape::Create(dims);
  if (!shape.ok()) {
    return DataLossError(StrCat(file, ": ", Message(shape.status())));
  }
  return shape;
}

}  // namespace

StatusOr<Tensor> ParseIdx(std::string_view bytes, std::string_view file) {
  if (bytes.size() < 4) {
    return DataLossError(StrCat(file, ": not an IDX file: ", bytes.size(),
                                " bytes, a header has at least 4"));
  }
  const DataType dtype = TypeOfCode(static_cast<uint8_t>(bytes[2]));
  if (bytes[0] != 0 || bytes[1] != 0 || dtype == DataType::kInvalid) {
    return DataLossError(StrCat(file,
                                ": not an IDX file: expected 00 00, a type "
                                "(08, 09, 0b to 0e) and a rank, got ",
                                HexBytes(bytes.substr(0, 4))));
  }
  const size_t rank = static_cast<uint8_t>(bytes[3]);
  const size_t header = 4 + 4 * rank;
  if (bytes.size() < header) {
    return DataLossError(StrCat(file, ": header of ", header,
                                " bytes is cut off after ", bytes.size()));
  }
  CAIRN_ASSIGN_OR_RETURN(Shape shape, ReadShape(bytes, rank, file));
  const StatusOr<int64_t> size = ByteSize(shape, DataTypeSize(dtype));
  const std::string_view elements = bytes.substr(header);
  if (!size.ok() || static_cast<uint64_t>(*size) != elements.size()) {
    return DataLossError(
        StrCat(file, ": ", DataTypeName(dtype), " ", shape.ToString(),
               " takes ", size.ok() ? StrCat(*size) : "too many",
               " bytes after the header, got ", elements.size()));
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor tensor,
                         Tensor::CreateUninitialized(dtype, std::move(shape)));
  if (!elements.empty()) {
    std::memcpy(tensor.mutable_bytes().data(), elements.data(),
                elements.size());
  }
  if (kLittleEndianHost) SwapElements(dtype, tensor.mutable_bytes());
  return tensor;
}

StatusOr<Tensor> ReadIdx(FileSystem& fs, const std::string& path) {
  CAIRN_ASSIGN_OR_RETURN(std::unique_ptr<RandomAccessFile> file,
                         fs.OpenForReading(path));
  if (const auto mapped = file->Mapped()) return ParseIdx(*mapped, path);
  CAIRN_ASSIGN_OR_RETURN(const std::string bytes,
                         fs.ReadFile(path, file->size()));
  return ParseIdx(bytes, path);
}

}  // namespace cairn::data
