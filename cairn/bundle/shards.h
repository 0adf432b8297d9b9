// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Shards: the files of one bundle, opened when first needed and never mixed
// with those of another bundle that takes the same names.
//
// A writer may replace the prefix at any time. An opened index stays readable
// and its file id is not used again meanwhile, so: if, after a data file was
// opened, the committed index still is the opened one, no switch came before
// the opening and the data belongs to the index.
//
// Of the files that nobody reads at the moment, at most max_open keep their
// descriptors; a mapped file stays readable without one, another is opened
// again, which fails if the bundle was replaced meanwhile.
//
// Thread-safe.
#ifndef CAIRN_BUNDLE_SHARDS_H_
#define CAIRN_BUNDLE_SHARDS_H_

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"

namespace cairn::bundle {

// The committed index of `prefix`, read through an unfinished switch. NotFound
// when there is none.
StatusOr<std::unique_ptr<RandomAccessFile>> OpenIndexFile(
    FileSystem& fs, const std::string& prefix);

enum class Mapping { kAllowed, kNever };

class Shards {
 private:
  struct Shard {
    std::unique_ptr<RandomAccessFile> file;  // null: has to be opened again
    uint64_t id = 0;
    int users = 0;
    bool has_descriptor = false;
    std::list<int32_t>::iterator place;  // in open_, if it has
  };

 public:
  // A file in use, which keeps its descriptor. Shards must outlive it.
  class Lease {
   public:
    Lease() = default;
    ~Lease();
    Lease(Lease&& other) noexcept
        : shards_(std::exchange(other.shards_, nullptr)),
          shard_(other.shard_) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(shards_, other.shards_);
      std::swap(shard_, other.shard_);
      return *this;
    }
    const RandomAccessFile& file() const { return *shard_->file; }

   private:
    friend class Shards;
    Lease(Shards* shards, Shard* shard) : shards_(shards), shard_(shard) {}
    Shards* shards_ = nullptr;
    Shard* shard_ = nullptr;
  };

  // `index_id` is the opened index's file id.
  Shards(FileSystem& fs, std::string prefix, uint64_t index_id, Mapping mapping,
         size_t max_open)
      : fs_(fs),
        prefix_(std::move(prefix)),
        index_id_(index_id),
        mapping_(mapping),
        max_open_(max_open) {}

  // Requires 0 <= shard < num_shards, the same num_shards always. NotFound when
  // the file is missing, Unavailable when the bundle was replaced since its
  // index was opened.
  StatusOr<Lease> Get(int32_t shard, int32_t num_shards);

  // Unavailable when the committed index is not the opened one any more.
  Status CheckSameIndex() const;

 private:
  Status Open(int32_t shard, int32_t num_shards, Shard& entry);
  void CloseSome();
  void Release(Shard* shard);

  FileSystem& fs_;
  const std::string prefix_;
  const uint64_t index_id_;
  const Mapping mapping_;
  const size_t max_open_;
  std::mutex mutex_;
  std::map<int32_t, Shard> shards_;
  std::list<int32_t> open_;  // those with a descriptor, last used in front
};

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_SHARDS_H_
