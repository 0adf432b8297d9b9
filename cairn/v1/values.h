// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The data record of a V1 file: the values of one piece of a tensor.
//
//   SavedTensorSlices   2 data: SavedSlice
//   SavedSlice          1 name, 2 slice: TensorSliceProto, 3 data: TensorProto
//   TensorProto         only the repeated field of the element type:
//     5 float_val    fixed32   float           10 int64_val      varint  int64
//     6 double_val   fixed64   double          11 bool_val       varint  bool
//     7 int_val      varint    int32 int16     9 scomplex_val    fixed32 re, im
//                              int8 uint16     12 dcomplex_val   fixed64 re, im
//                              uint8 qint8     13 half_val       varint  16
//                              bits quint8 qint32   8 string_val      bytes
// Negative numbers take the 10 bytes of their 64-bit varint. Numbers are packed
// when written and accepted either way when read. All elements are there;
// nothing is repeated.
#ifndef CAIRN_V1_VALUES_H_
#define CAIRN_V1_VALUES_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "cairn/base/status.h"
#include "cairn/tensor/dtype.h"
#include "cairn/tensor/shape.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/tensor.h"

namespace cairn::v1 {

// A piece whose record might, by TensorFlow's estimate, be larger is refused:
// protobuf could not parse it.
inline constexpr uint64_t kMaxRecordEstimate = uint64_t{1} << 31;

// Whether a V1 file can hold this element type.
bool IsStorable(DataType dtype);
// InvalidArgument otherwise.
Status CheckStorable(DataType dtype);

// InvalidArgument when a record of so many elements, whose strings have
// `string_bytes` in all, is beyond kMaxRecordEstimate.
Status CheckRecordSize(std::string_view name, const TensorSlice& slice,
                       DataType dtype, int64_t elements, uint64_t string_bytes);

// The record TensorFlow writes. Errors of CheckStorable and CheckRecordSize.
StatusOr<std::string> EncodeRecord(std::string_view name,
                                   const TensorSlice& slice,
                                   const TensorView& part);

// The values of a record, checked but not yet taken out. Borrows the record.
class StoredValues {
 public:
  // DataLoss unless the record is the one of piece `slice` of `name` and holds
  // exactly `elements` values, each within the range of `dtype`, which
  // IsStorable.
  static StatusOr<StoredValues> Parse(std::string_view record,
                                      std::string_view name,
                                      const TensorSlice& slice, DataType dtype,
                                      int64_t elements);

  // Numbers, in the host's byte order, to memory for all of them.
  void CopyTo(char* out) const;
  void CopyTo(std::span<std::string> out) const;

 private:
  StoredValues(std::string_view record, DataType dtype)
      : record_(record), dtype_(dtype) {}

  std::string_view record_;
  DataType dtype_;
};

// Fewer bytes cannot hold so many values: what a record must have before memory
// for its elements is taken.
bool MayHold(std::string_view record, DataType dtype, int64_t elements);

}  // namespace cairn::v1

#endif  // CAIRN_V1_VALUES_H_
