// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// CheckpointReader: what is in a checkpoint of either format, as
// tf.train.load_checkpoint, list_variables and load_variable tell it.
//
//   CAIRN_ASSIGN_OR_RETURN(auto reader, CheckpointReader::Load(fs, "tf_ckpt"));
//   CAIRN_ASSIGN_OR_RETURN(auto variables, reader->ListVariables());
//   CAIRN_ASSIGN_OR_RETURN(Tensor w, reader->LoadVariable("w:0"));
//
// For slices, views, streams and threads: bundle/reader.h, v1/reader.h.
// May be used from several threads.
#ifndef CAIRN_SAVER_CHECKPOINT_READER_H_
#define CAIRN_SAVER_CHECKPOINT_READER_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/tensor/dtype.h"
#include "cairn/tensor/shape.h"
#include "cairn/tensor/tensor.h"

namespace cairn::saver {

class CheckpointSource;

class CheckpointReader {
 public:
  // `path` is a checkpoint, or a directory, which means its latest one.
  // NotFound "Couldn't find 'checkpoint' file or checkpoints in given
  // directory", or no such checkpoint; DataLoss: it is damaged.
  static StatusOr<std::unique_ptr<CheckpointReader>> Load(
      FileSystem& fs, const std::string& path);
  ~CheckpointReader();

  // Name and shape by name; of a partitioned variable the whole, not its
  // slices.
  StatusOr<std::vector<std::pair<std::string, Shape>>> ListVariables() const;
  StatusOr<std::map<std::string, Shape>> VariableToShapeMap() const;
  StatusOr<std::map<std::string, DataType>> VariableToDtypeMap() const;
  // False also when the index is damaged there; GetTensor tells.
  bool HasTensor(std::string_view name) const;
  // NotFound "Key x not found in checkpoint".
  StatusOr<Tensor> GetTensor(std::string_view name) const;
  // The same with one ":0" at the end left out.
  StatusOr<Tensor> LoadVariable(std::string_view name) const;
  // A line `name (DT_FLOAT) [2,3]` for each, by name, with the number of slices
  // if there are any.
  StatusOr<std::string> DebugString() const;

 private:
  explicit CheckpointReader(std::unique_ptr<CheckpointSource> source);
  std::unique_ptr<CheckpointSource> source_;
};

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_CHECKPOINT_READER_H_
