// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// BundleWriter: writes a TensorBundle of one shard, byte for byte as
// TensorFlow.
//
//   Commit commit(fs, "dir/model");
//   CAIRN_ASSIGN_OR_RETURN(auto writer, BundleWriter::Create(commit,
//   "dir/model")); CAIRN_RETURN_IF_ERROR(writer->Add("w", w.view()));
//   CAIRN_RETURN_IF_ERROR(writer->Finish());   // both files complete, hidden
//   CAIRN_RETURN_IF_ERROR(commit.Finish());    // both visible and durable
//
// Other files (a meta graph) can join the same Commit. Tensors are streamed to
// the data file in the order they are added; only the index entries are kept.
// Memory does not grow with the tensors' sizes.
//
// After an error every later call fails with it. Destruction without Finish
// writes nothing visible. Not thread-safe.
#ifndef CAIRN_BUNDLE_WRITER_H_
#define CAIRN_BUNDLE_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "cairn/base/commit.h"
#include "cairn/base/status.h"
#include "cairn/bundle/entry.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/tensor.h"

namespace cairn::bundle {

struct BundleWriterOptions {
  // Zeros are appended after each tensor until the file's size is a multiple.
  // Must be at least 1.
  int64_t data_alignment = 1;
};

class BundleWriter {
 public:
  static StatusOr<std::unique_ptr<BundleWriter>> Create(
      Commit& commit, std::string prefix, BundleWriterOptions options = {});
  ~BundleWriter();

  // InvalidArgument: empty key, key that looks like a slice key, key added
  // before ("Adding duplicate key: w"), resource or invalid dtype.
  Status Add(std::string_view key, const TensorView& tensor);
  // One piece of a partitioned tensor of `full_shape`. `part` has the slice's
  // shape. A slice that covers the full shape is stored as a plain tensor.
  Status AddSlice(std::string_view key, const Shape& full_shape,
                  const TensorSlice& slice, const TensorView& part);

  // Writes the index and checks it by reading it back.
  Status Finish();

  int64_t data_size() const;  // bytes so far

 private:
  struct Impl;
  explicit BundleWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_WRITER_H_
