// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// CheckpointSource: a checkpoint of either format, as a restore reads it, and
// the texts with which TensorFlow says what does not fit.
//
// Of this room only. May be used from several threads.
#ifndef CAIRN_SAVER_CHECKPOINT_SOURCE_H_
#define CAIRN_SAVER_CHECKPOINT_SOURCE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/tensor/dtype.h"
#include "cairn/tensor/shape.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/tensor.h"

namespace cairn::saver {

inline constexpr std::string_view kObjectGraphKey =
    "_CHECKPOINTABLE_OBJECT_GRAPH";

class CheckpointSource {
 public:
  struct Entry {
    DataType dtype = DataType::kInvalid;
    Shape shape;            // of the whole tensor
    size_t num_slices = 0;  // stored; 0: in one piece
  };

  virtual ~CheckpointSource() = default;

  // `path` is a prefix, a V1 file or a pattern of V1 shards; V2 is preferred. A
  // path ending in `.index` is taken for its prefix; `note` then says so.
  // NotFound: no such checkpoint. DataLoss: another file, or damage.
  static StatusOr<std::unique_ptr<CheckpointSource>> Open(
      FileSystem& fs, const std::string& path, std::string* note);

  // The prefix or V1 path.
  virtual const std::string& name() const = 0;
  virtual StatusOr<Entry> Find(std::string_view key) const = 0;  // NotFound
  // NotFound, DataLoss, ResourceExhausted; InvalidArgument when what is stored
  // does not cover the tensor or the slice.
  virtual StatusOr<Tensor> Read(std::string_view key) const = 0;
  virtual StatusOr<Tensor> ReadSlice(std::string_view key,
                                     const TensorSlice& slice) const = 0;
  // Names of tensors, in order; slices are not visited. Not OK when the walk
  // ended early.
  virtual Status VisitNames(
      const std::function<void(std::string_view name)>& visit) const = 0;

  // Sentences about a key of this checkpoint.
  virtual std::string MissingText(std::string_view key) const = 0;
  virtual std::string DtypeText(std::string_view key, DataType expected,
                                DataType stored) const = 0;
  virtual std::string FullShapeText(std::string_view key, const Shape& expected,
                                    const Shape& stored) const = 0;
};

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_CHECKPOINT_SOURCE_H_
