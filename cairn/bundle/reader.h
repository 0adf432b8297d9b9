// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// BundleReader: a TensorBundle (format V2 checkpoint) for reading.
//
//   CAIRN_ASSIGN_OR_RETURN(auto reader,
//                          BundleReader::Open(LocalFileSystem(),
//                          "dir/ckpt-2"));
//   CAIRN_ASSIGN_OR_RETURN(Tensor kernel, reader->Read("conv2d/kernel"));
//   for (auto it = reader->NewIterator(); it->Valid(); it->Next()) ...
//
// Opening maps the index and reads its footer: O(1) in the number of keys.
// Looking a key up is a binary search. Data files are opened when first needed.
// A switch of the prefix to new contents that was cut off is read through; one
// that happens while reading is noticed and reported as Unavailable, never
// mixed.
//
// Thread rule: all methods may be called from several threads.
#ifndef CAIRN_BUNDLE_READER_H_
#define CAIRN_BUNDLE_READER_H_

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/bundle/entry.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/tensor.h"

namespace cairn::bundle {

class BundleReader {
 public:
  // Walks the index in key order, header excluded. key() is valid until Next.
  class Iterator {
   public:
    virtual ~Iterator() = default;
    virtual bool Valid() const = 0;
    virtual void Next() = 0;
    // The first key >= target.
    virtual void Seek(std::string_view target) = 0;
    virtual std::string_view key() const = 0;
    // DataLoss when the entry is malformed; the walk can go on.
    virtual StatusOr<BundleEntry> entry() const = 0;
    // Not OK when the walk ended early because the index is damaged.
    virtual Status status() const = 0;
  };

  enum class Verify { kChecksum, kNone };

  // NotFound when there is no `<prefix>.index`; DataLoss when it is no table,
  // its first key is not the header, or the header is wrong; FailedPrecondition
  // when it asks for a newer reader.
  static StatusOr<std::unique_ptr<BundleReader>> Open(FileSystem& fs,
                                                      std::string prefix);
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

  // The whole tensor, put together if it is stored in pieces. The checksum is
  // always verified. NotFound, DataLoss, ResourceExhausted.
  StatusOr<Tensor> Read(std::string_view key) const;
  // Any part of a tensor, from whatever pieces hold it. InvalidArgument when
  // the stored pieces do not cover it or overlap.
  StatusOr<Tensor> ReadSlice(std::string_view key,
                             const TensorSlice& slice) const;
  // A fixed-size tensor into the caller's memory, which must have exactly its
  // size in bytes. After an error the memory may hold anything.
  Status ReadInto(std::string_view key, std::span<char> out) const;
  // A fixed-size tensor without a copy: the memory belongs to the reader.
  // FailedPrecondition when it cannot be (pieces, big-endian, strings, a file
  // system without mapping): then use Read.
  StatusOr<TensorView> View(std::string_view key,
                            Verify verify = Verify::kChecksum) const;
  // The stored bytes of an entry, checksum verified for fixed-size types.
  StatusOr<std::string> ReadRaw(const BundleEntry& entry) const;

  // Checks the checksum of `entry` (of each piece, for a partitioned tensor)
  // without keeping its bytes.
  Status Check(std::string_view key, const BundleEntry& entry) const;

  // Path where shard `shard` is, for messages and listings.
  std::string ShardPath(int32_t shard) const;

 private:
  struct Impl;
  explicit BundleReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_READER_H_
