// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// V1Writer: writes one file of TensorFlow's older format, byte for byte as
// TensorFlow.
//
//   Commit commit(fs, "dir/model.ckpt");
//   CAIRN_ASSIGN_OR_RETURN(auto writer,
//                          V1Writer::Create(commit, "dir/model.ckpt"));
//   CAIRN_RETURN_IF_ERROR(writer->Add("w", w.view()));
//   CAIRN_RETURN_IF_ERROR(writer->Finish());   // complete, hidden
//   CAIRN_RETURN_IF_ERROR(commit.Finish());    // visible and durable
//
// A sharded checkpoint is one writer per shard, with paths from ShardedFilename
// and one Commit of their common path for all of them.
//
// Memory. The file starts with the list of all tensors and goes on in the order
// of their keys, so nothing can be written before the last tensor is known. Add
// keeps the encoded value until Finish. AddLater keeps only the description and
// asks for the value when its turn comes: then no more than one tensor and its
// record are in memory, whatever the checkpoint's size.
//
// After an error every later call fails with it. Destruction without Finish
// writes nothing visible. Not thread-safe.
#ifndef CAIRN_V1_WRITER_H_
#define CAIRN_V1_WRITER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cairn/base/commit.h"
#include "cairn/base/status.h"
#include "cairn/tensor/dtype.h"
#include "cairn/tensor/shape.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/tensor.h"

namespace cairn::v1 {

class V1Writer {
 public:
  // Gives a value that was announced; called once, by Finish.
  using Producer = std::function<StatusOr<Tensor>()>;

  static StatusOr<std::unique_ptr<V1Writer>> Create(Commit& commit,
                                                    std::string path);
  ~V1Writer();

  // A tensor stored whole. InvalidArgument: a name that is not UTF-8 (protobuf
  // could not parse it back), one added before, an element type that the format
  // cannot hold (bfloat16, uint32, uint64, qint16, quint16, the 8-bit floats,
  // types of less than 8 bits, variant), or a value that may take more than
  // 2^31 bytes.
  Status Add(std::string_view name, const TensorView& tensor);
  // One piece of a tensor of `full_shape`; `part` has the slice's shape. The
  // slice is stored as it is spelled, even if it covers the tensor.
  // InvalidArgument also when dtype or shape differ from those of an earlier
  // piece.
  Status AddSlice(std::string_view name, const Shape& full_shape,
                  const TensorSlice& slice, const TensorView& part);
  // The same without the value yet. Finish asks for it, in the order of keys
  // (of name, then of slice), and fails when it has not the dtype and shape
  // that were announced.
  Status AddLater(std::string_view name, DataType dtype, const Shape& shape,
                  Producer producer);
  Status AddSliceLater(std::string_view name, DataType dtype,
                       const Shape& full_shape, const TensorSlice& slice,
                       Producer producer);

  // Writes the file. InvalidArgument when pieces of a tensor overlap. The
  // Commit reads it back and compares it before the switch.
  Status Finish();

  int64_t num_tensors() const;
  uint64_t file_size() const;  // after Finish

 private:
  struct Impl;
  explicit V1Writer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::v1

#endif  // CAIRN_V1_WRITER_H_
