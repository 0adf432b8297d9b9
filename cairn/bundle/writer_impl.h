// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What BundleWriter consists of. writer.cc has its face and the index,
// writer_places.cc who writes which tensor to which shard, writer_data.cc the
// bytes.
#ifndef CAIRN_BUNDLE_WRITER_IMPL_H_
#define CAIRN_BUNDLE_WRITER_IMPL_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "cairn/base/endian.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/index_writing.h"
#include "cairn/bundle/records.h"
#include "cairn/bundle/writer.h"

namespace cairn::bundle {

// Bytes checksummed and written together, small enough to stay in the cache; a
// multiple of every element's size.
inline constexpr size_t kChunkBytes = size_t{256} << 10;

// A data file that is being written.
struct ShardWriting {
  WritableFile* file = nullptr;
  std::string shared_path;  // of one that was written already; then no `file`
  uint64_t shared_size = 0;
  int64_t planned = 0;  // bytes of all tensors given to it, padding included
  // While a tensor is being written to it:
  bool busy = false;
  bool is_stream = false;
  std::thread::id owner;
  std::string_view key;
  // Of the thread that made it busy:
  int64_t offset = 0;  // bytes so far
};

// A tensor stored in pieces.
struct Partitioned {
  BundleEntry full;
  size_t record = 0;
  // The first dimension that the first piece does not have all of.
  int dimension = 0;
  // Where pieces start in that dimension: finds those that may overlap.
  std::multimap<int64_t, TensorSlice> by_start;
  int64_t longest = 0;  // in that dimension
  uint64_t comparisons = 0;
};

// What is to be written.
struct Request {
  std::string_view key;
  DataType dtype;
  const Shape& shape;                 // of what is written
  const Shape* full_shape = nullptr;  // of a piece
  const TensorSlice* slice = nullptr;
  int64_t size = 0;  // bytes it takes in the file
  int32_t shard = BundleWriter::kAnyShard;
  bool is_stream = false;

  // A slice that covers everything makes a plain tensor.
  void SetSlice(const Shape& full, const TensorSlice& piece) {
    if (piece.Covers(full)) return;
    full_shape = &full;
    slice = &piece;
  }
};

// A place in a shard, which is busy until it is given back.
struct Place {
  ShardWriting* shard = nullptr;
  size_t record = 0;
  BundleEntry entry;
};

struct BundleWriter::Impl {
  Commit* commit = nullptr;
  std::string prefix;
  BundleWriterOptions options;
  int32_t files_in_use = 0;  // what their number must not be; 0: it may

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable given_back;
  int waiting = 0;  // threads that wait for a shard
  Status status;
  bool finished = false;
  RecordTable records;
  std::unordered_map<std::string, Partitioned> partitioned;
  std::vector<std::unique_ptr<ShardWriting>> shards;
  int32_t current = 0;  // shard of tensors whose shard is not given

  std::atomic<uint64_t> bytes_done = 0;
  std::atomic<uint64_t> tensors_done = 0;
  std::mutex report_mutex;  // held while on_progress runs
  Progress reported;        // guarded by it

  bool must_swap(DataType dtype) const {
    const bool host_is_target =
        kLittleEndianHost == (options.endianness == Endianness::kLittle);
    return !host_is_target && IsFixedSize(dtype) && Info(dtype).swap_unit > 1;
  }

  Status Stopped() const;
  Status Usable() const;
  Status Fail(const Status& s);
  // Runs a call of the caller's; its failure fails the writer.
  template <typename F>
  Status Guarded(F call) {
    return Fail(GuardMemory(prefix, call));
  }
  Status PlaceShard(const Request& request, int32_t* number);
  StatusOr<ShardWriting*> OpenShard(int32_t number);
  Status Occupy(const Request& request, ShardWriting& shard,
                std::unique_lock<std::mutex>& lock);
  Status AddPieceRecord(const Request& request, int32_t shard, size_t* record);
  StatusOr<Place> Begin(const Request& request);
  Status Complete(Place& place, uint32_t crc);
  void GiveBack(ShardWriting& shard);

  Status Append(ShardWriting& shard, std::string_view bytes);
  StatusOr<uint32_t> AppendFixed(ShardWriting& shard, DataType dtype,
                                 std::string_view bytes);
  Status AppendPadding(ShardWriting& shard);
  void Count(uint64_t bytes, uint64_t tensors);
  void Report(bool is_last);

  StatusOr<Commit::Shared::How> ShareShard(int32_t number,
                                           const ShardFile& file,
                                           ShareOptions::By by);
  Status AddShared(const Request& request, const BundleEntry& entry);

  Status Write(const Request& request, const TensorView& tensor);
  Status WriteStored(const Request& request, const BundleEntry& entry,
                     Endianness source, const StoredBytesSource& bytes);
  StatusOr<uint32_t> CopyFixed(ShardWriting& shard, const BundleEntry& entry,
                               Endianness source,
                               const StoredBytesSource& bytes,
                               uint32_t* source_crc);
  StatusOr<uint32_t> CopyStrings(ShardWriting& shard, const BundleEntry& entry,
                                 Endianness source,
                                 const StoredBytesSource& bytes,
                                 uint32_t* source_crc);
  Status Finish();
  Status BeginOverwrite();
  Status CheckFinished();
  StatusOr<int32_t> NumberOfFiles() const;
  Status ClearNames(int32_t count);
  Status NameShards(std::vector<WrittenFile>* files);
};

struct BundleWriter::Stream::Impl {
  std::shared_ptr<BundleWriter::Impl> writer;
  Place place;
  int64_t left = 0;  // bytes still to come
  uint32_t crc = 0;
  std::string buffer;  // elements to be swapped, the last perhaps cut off
  bool done = false;

  Status Append(std::string_view bytes);
  Status Finish();
};

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_WRITER_IMPL_H_
