// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// BundleWriter: writes a TensorBundle, byte for byte as TensorFlow.
//
//   Commit commit(fs, "dir/model");
//   CAIRN_ASSIGN_OR_RETURN(auto writer,
//                          BundleWriter::Create(commit, "dir/model"));
//   CAIRN_RETURN_IF_ERROR(writer->Add("w", w.view()));
//   CAIRN_RETURN_IF_ERROR(writer->Finish());   // all files complete, hidden
//   CAIRN_RETURN_IF_ERROR(commit.Finish());    // visible and durable
//
// A tensor that no memory holds is written as it comes:
//
//   CAIRN_ASSIGN_OR_RETURN(auto stream, writer->Begin("big", DataType::kFloat,
//                                                     {1 << 20, 4096}));
//   while (...) CAIRN_RETURN_IF_ERROR(stream->Append(bytes));
//   CAIRN_RETURN_IF_ERROR(stream->Finish());
//
// Other files (a meta graph) can join the same Commit. Tensors are streamed to
// their data file in the order they are added; only the index entries are kept.
// Memory does not grow with the tensors' sizes, and their number need not be
// known. How many data files there are is known at Finish only, which names
// them.
//
// After an error, a cancellation or a stream that was given up, every later
// call fails with it, and so does the commit: nothing becomes visible.
// Destruction without Finish writes nothing visible.
//
// Thread rule: tensors may be added from several threads; those that go to
// different shards are written at the same time, those of one shard one after
// the other, in an order (and at offsets) that depends on timing. Finish waits
// for nobody. Meanwhile the Commit must not be used otherwise, and it must
// outlive the writer and its streams.
#ifndef CAIRN_BUNDLE_WRITER_H_
#define CAIRN_BUNDLE_WRITER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cairn/base/commit.h"
#include "cairn/base/progress.h"
#include "cairn/base/status.h"
#include "cairn/bundle/entry.h"
#include "cairn/bundle/overwrite.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/tensor.h"

namespace cairn::bundle {

// More would write little but zeros.
inline constexpr int64_t kMaxDataAlignment = int64_t{1} << 30;

struct BundleWriterOptions {
  // Zeros are appended after each tensor until the file's size is a multiple.
  // 1 to kMaxDataAlignment.
  int64_t data_alignment = 1;
  // kBig: components of elements are swapped. TensorFlow reads such a bundle
  // except tensors of 8-bit floats and of types of less than a byte, which are
  // written all the same (a byte has no order); variants are Unimplemented.
  Endianness endianness = Endianness::kLittle;
  // A tensor that would make the current shard larger than this begins the
  // next one; a larger tensor gets one of its own. 0: no limit. Only for
  // tensors whose shard is not given.
  int64_t max_shard_size = 0;
  // There are at least so many data files, the last ones empty if need be.
  int32_t min_shards = 1;
  // How the bundle takes the place of one that is there. kByFileCount:
  // min_shards goes up by one if so many are there.
  Overwrite overwrite = Overwrite::kByJournal;
  // A requested stop is met at the next call, or the next piece of a large
  // tensor, until the commit has switched.
  Supervision supervision = {};
};

// Takes bytes, in order.
using ByteSink = std::function<Status(std::string_view)>;
// Gives the stored bytes of a tensor to the sink, in order and in pieces of any
// size, and returns the sink's error if it has one. BundleReader::StreamRaw is
// one:  [&](const ByteSink& sink) { return reader.StreamRaw(entry, sink); }
using StoredBytesSource = std::function<Status(const ByteSink& sink)>;

class BundleWriter {
 public:
  // The shard the writer chooses: 0, or what max_shard_size makes it.
  static constexpr int32_t kAnyShard = -1;

  // One tensor of a fixed-size type whose bytes come in pieces. Belongs to one
  // thread at a time. Nothing else is written to its shard until it is
  // finished: others wait, except a thread that has begun a tensor itself,
  // which gets FailedPrecondition instead of waiting for ever.
  class Stream {
   public:
    // Without Finish: the writer fails.
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    // Row-major elements in the host's byte order; any number of bytes.
    Status Append(std::string_view bytes);
    // InvalidArgument unless the bytes were those of the shape.
    Status Finish();

   private:
    friend class BundleWriter;
    struct Impl;
    explicit Stream(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
  };

  static StatusOr<std::unique_ptr<BundleWriter>> Create(
      Commit& commit, std::string prefix, BundleWriterOptions options = {});
  ~BundleWriter();

  // InvalidArgument: empty key, key that looks like a slice key, key added
  // before ("Adding duplicate key: w"), resource or invalid dtype, shard
  // outside 0 to kMaxShards - 1. Shards that are skipped become empty files.
  Status Add(std::string_view key, const TensorView& tensor,
             int32_t shard = kAnyShard);
  // One piece of a partitioned tensor of `full_shape`. `part` has the slice's
  // shape. A slice that covers the full shape is stored as a plain tensor.
  Status AddSlice(std::string_view key, const Shape& full_shape,
                  const TensorSlice& slice, const TensorView& part,
                  int32_t shard = kAnyShard);

  // A tensor or a piece whose bytes are appended to the stream.
  StatusOr<std::unique_ptr<Stream>> Begin(std::string_view key, DataType dtype,
                                          const Shape& shape,
                                          int32_t shard = kAnyShard);
  StatusOr<std::unique_ptr<Stream>> BeginSlice(std::string_view key,
                                               DataType dtype,
                                               const Shape& full_shape,
                                               const TensorSlice& slice,
                                               int32_t shard = kAnyShard);

  // A tensor as another bundle of byte order `source` stores it, in constant
  // memory and without knowing its elements. Of `entry`, dtype, shape, size and
  // checksum count. DataLoss naming the key when the bytes do not match it.
  Status AddStored(std::string_view key, const BundleEntry& entry,
                   Endianness source, const StoredBytesSource& bytes,
                   int32_t shard = kAnyShard);
  // `piece` is the entry of that slice of the tensor.
  Status AddStoredSlice(std::string_view key, const Shape& full_shape,
                        const TensorSlice& slice, const BundleEntry& piece,
                        Endianness source, const StoredBytesSource& bytes,
                        int32_t shard = kAnyShard);

  // --- data files that are there already ---

  // Makes `file` the data file `shard` of this bundle too, without writing its
  // bytes (Commit::Share). `min_shards` must be the final number of data files,
  // and `shard` be below it, not 0, and not in use. InvalidArgument also for
  // another byte order. Unavailable when the file was replaced, NotFound when
  // it is gone, Unimplemented when it cannot be shared: the writer can go on
  // without it after any of its errors, unless memory ran out.
  StatusOr<Commit::Shared::How> ShareShard(int32_t shard, const ShardFile& file,
                                           ShareOptions::By by);
  // A tensor whose bytes are in such a shard, as `entry` of the other bundle
  // says; its shard_id and the key do not count. Nothing is read.
  Status AddShared(std::string_view key, const BundleEntry& entry,
                   int32_t shard);
  Status AddSharedSlice(std::string_view key, const Shape& full_shape,
                        const TensorSlice& slice, const BundleEntry& piece,
                        int32_t shard);

  // Writes the index and checks it by reading it back. FailedPrecondition while
  // a tensor is begun or being added.
  Status Finish();

  int64_t data_size() const;   // bytes written so far, of all shards
  int32_t num_shards() const;  // so far

 private:
  friend class Stream;
  struct Impl;
  explicit BundleWriter(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_WRITER_H_
