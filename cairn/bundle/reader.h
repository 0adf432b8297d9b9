// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// BundleReader: a TensorBundle (format V2 checkpoint) for reading.
//
//   CAIRN_ASSIGN_OR_RETURN(
//       auto reader, BundleReader::Open(LocalFileSystem(), "dir/ckpt-2"));
//   CAIRN_ASSIGN_OR_RETURN(Tensor kernel, reader->Read("conv2d/kernel"));
//   for (auto it = reader->NewIterator(); it->Valid(); it->Next()) ...
//   // all of it, by as many threads as there are cores
//   CAIRN_RETURN_IF_ERROR(reader->ReadAll(
//       [&](std::string_view key, Tensor tensor) { return Take(...); }));
//
// Opening reads the footer of the index and the list of its blocks: O(1) in the
// number of keys, nearly. Looking a key up is a binary search. Data files are
// opened when first needed, and any number of them takes a bounded number of
// descriptors.
//
// A switch of the prefix to new contents that was cut off is read through; one
// that happens while reading is noticed and reported as Unavailable, never
// mixed. The index is read, not mapped, because TensorFlow rewrites an index in
// place. Data files, which it replaces by renaming, are mapped for View, Check
// and slices; should somebody shorten one in place just then, the system ends
// the process (SIGBUS). Where that can happen, open with Access::kRead.
//
// Checksums: an entry, or a stored piece of a partitioned tensor, has one over
// all its bytes. Reading it whole always verifies it. Reading a part of it can
// verify it only by reading all of it, as TensorFlow does: see Verify.
//
// Memory beyond the result: one chunk of 256 KiB a thread, wherever the bytes
// come from; a string tensor takes a std::string for each element, so a file of
// n bytes that holds n empty strings takes 32 n: VisitStrings does not.
//
// Thread rule: all methods may be called from several threads.
#ifndef CAIRN_BUNDLE_READER_H_
#define CAIRN_BUNDLE_READER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/progress.h"
#include "cairn/base/status.h"
#include "cairn/bundle/entry.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/tensor.h"

namespace cairn::bundle {

struct ReaderOptions {
  // kRead: no file is mapped, so whatever others do to the files is an error at
  // worst; there are no Views then.
  enum class Access { kMap, kRead };
  Access access = Access::kMap;
  // Data files that keep a descriptor while nobody reads them.
  size_t max_open_files = 64;
};

// A part of one element of a string tensor: `bytes` are those from `offset` on.
// A short string comes in one part.
struct StringPart {
  int64_t index = 0;    // of the element, row-major
  uint64_t length = 0;  // of the whole string
  uint64_t offset = 0;
  std::string_view bytes;  // valid during the call
};
using StringVisitor = std::function<Status(const StringPart&)>;

// Takes bytes, in order.
using ByteSink = std::function<Status(std::string_view)>;

// What an operation on many tensors may do.
struct ManyOptions {
  // 0: one for each core. Large tensors are shared out among them. The
  // caller's own is one of them.
  int threads = 0;
  // Totals are known to on_progress from the start.
  Supervision supervision;
  // ReadAll, CheckAll: which of all the tensors; null: every one.
  std::function<bool(std::string_view key, const BundleEntry& entry)> filter;
};
// More are not started.
inline constexpr int kMaxReaderThreads = 64;

// A fixed-size tensor and the memory for it.
struct ReadTarget {
  std::string key;
  std::span<char> out;
};

class BundleReader {
 public:
  // Walks the index in key order, header excluded. key() is valid until the
  // next move.
  class Iterator {
   public:
    virtual ~Iterator() = default;
    virtual bool Valid() const = 0;
    virtual void Next() = 0;
    // The first key >= target.
    virtual void Seek(std::string_view target) = 0;
    // The first key that starts with `prefix`; the walk ends after the last.
    virtual void SeekToPrefix(std::string_view prefix) = 0;
    virtual std::string_view key() const = 0;
    // DataLoss when the entry is malformed; the walk can go on.
    virtual StatusOr<BundleEntry> entry() const = 0;
    // Not OK when the walk ended early because the index is damaged.
    virtual Status status() const = 0;
  };

  // What reading a part of an entry does about its checksum.
  //   kChecksum  reads and verifies the whole entry each time
  //   kOnce      the first time only; what changes in the file afterwards is
  //              not noticed
  //   kNone      reads what is asked for and trusts it
  enum class Verify { kChecksum, kOnce, kNone };

  // NotFound when there is no `<prefix>.index`; DataLoss when it is no table,
  // its first key is not the header, or the header is wrong; FailedPrecondition
  // when it asks for a newer reader.
  static StatusOr<std::unique_ptr<BundleReader>> Open(
      FileSystem& fs, std::string prefix, const ReaderOptions& options = {});
  ~BundleReader();

  const std::string& prefix() const;
  const BundleHeader& header() const;
  // Bytes of the index file.
  uint64_t index_size() const;

  // NotFound without the key.
  StatusOr<BundleEntry> Lookup(std::string_view key) const;
  // False also when the index is damaged there; Lookup tells.
  bool Contains(std::string_view key) const;
  // Starts at the first key, pieces of partitioned tensors (slice keys)
  // included.
  std::unique_ptr<Iterator> NewIterator() const;
  // Tensors only: passes over the pieces that a partitioned tensor lists.
  std::unique_ptr<Iterator> NewTensorIterator() const;

  // --- one tensor ---

  // The whole tensor, put together if it is stored in pieces. NotFound,
  // DataLoss, ResourceExhausted.
  StatusOr<Tensor> Read(std::string_view key) const;
  // Any part of a tensor, from whatever pieces hold it. InvalidArgument when
  // the stored pieces do not cover it.
  StatusOr<Tensor> ReadSlice(std::string_view key, const TensorSlice& slice,
                             Verify verify = Verify::kChecksum) const;
  // A fixed-size tensor into the caller's memory, which must have exactly its
  // size in bytes. After an error the memory may hold anything.
  Status ReadInto(std::string_view key, std::span<char> out) const;
  // The same for a part of one.
  Status ReadSliceInto(std::string_view key, const TensorSlice& slice,
                       std::span<char> out,
                       Verify verify = Verify::kChecksum) const;
  // A fixed-size tensor without a copy: the memory belongs to the reader.
  // FailedPrecondition when it cannot be (pieces, big-endian, strings, a file
  // system without mapping): then use Read. kOnce counts as kChecksum.
  StatusOr<TensorView> View(std::string_view key,
                            Verify verify = Verify::kChecksum) const;

  // --- one tensor of any size in constant memory ---

  // The elements' bytes of a fixed-size tensor, row-major and in the host's
  // byte order. The checksum is known, and an error returned, only after the
  // last bytes were given away; of a tensor in pieces all are verified before
  // the first. `sink`'s error ends it.
  Status Stream(std::string_view key, const ByteSink& sink) const;
  // The elements of a string or variant tensor one after another; otherwise
  // like Stream. A tensor in pieces is put together in memory first.
  Status VisitStrings(std::string_view key, const StringVisitor& visit) const;

  // --- stored bytes ---

  // The stored bytes of an entry, checksum verified for fixed-size types.
  StatusOr<std::string> ReadRaw(const BundleEntry& entry) const;
  // The stored bytes of an entry of any type, as they are, in constant memory.
  // Verified like Stream; strings and variants before the first byte.
  Status StreamRaw(const BundleEntry& entry, const ByteSink& sink) const;
  // Checks the checksum of `entry` (of each piece, for a partitioned tensor)
  // without keeping its bytes.
  Status Check(std::string_view key, const BundleEntry& entry) const;

  // Whether the entry stores what `value`, or `box` of it, is now: the same
  // dtype, shape and elements, bit for bit. No for a bundle of another byte
  // order than the host's, for a tensor in pieces (ask for each) and for a part
  // of a string tensor. kBytes compares the bytes and, where they are the same,
  // verifies the entry's checksum: DataLoss. kChecksum compares checksums and
  // reads nothing: a value that has changed is taken for the stored one with
  // probability 2^-32, and damage of the file goes unnoticed.
  enum class Compare { kBytes, kChecksum };
  StatusOr<bool> Holds(const BundleEntry& entry, const TensorView& value,
                       const TensorSlice& box,
                       Compare compare = Compare::kBytes) const;

  // --- many tensors ---

  // The first error ends it and names its tensor; Cancelled when
  // supervision.stop asks for it.

  // Results in the order of `keys`.
  StatusOr<std::vector<Tensor>> ReadMany(std::span<const std::string> keys,
                                         const ManyOptions& options = {}) const;
  Status ReadManyInto(std::span<const ReadTarget> targets,
                      const ManyOptions& options = {}) const;
  // Gives every tensor to `take`, which is called by one thread at a time, in
  // no certain order. At most one tensor a thread is in memory besides what
  // `take` keeps.
  Status ReadAll(
      const std::function<Status(std::string_view key, Tensor tensor)>& take,
      const ManyOptions& options = {}) const;
  // Checks every tensor, and tells `report` each one's key and status, like
  // ReadAll does; a damaged one does not end it, an error of `report` does.
  Status CheckAll(const std::function<Status(std::string_view key,
                                             const Status& status)>& report,
                  const ManyOptions& options = {}) const;

  // Which file shard `shard` is at the moment: what BundleWriter::ShareShard
  // takes. Errors of opening it.
  StatusOr<ShardFile> ShardFileOf(int32_t shard) const;

  // Path where shard `shard` is, for messages and listings.
  std::string ShardPath(int32_t shard) const;

  struct Impl;  // of the room

 private:
  explicit BundleReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_READER_H_
