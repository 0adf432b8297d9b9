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
// Thread-safe.
#ifndef CAIRN_BUNDLE_SHARDS_H_
#define CAIRN_BUNDLE_SHARDS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"

namespace cairn::bundle {

// The committed index of `prefix`, read through an unfinished switch. NotFound
// when there is none.
StatusOr<std::unique_ptr<RandomAccessFile>> OpenIndexFile(
    FileSystem& fs, const std::string& prefix);

class Shards {
 public:
  // `index_id` is the opened index's file id.
  Shards(FileSystem& fs, std::string prefix, uint64_t index_id)
      : fs_(fs), prefix_(std::move(prefix)), index_id_(index_id) {}

  // Requires 0 <= shard < num_shards, the same num_shards always. NotFound when
  // the file is missing, Unavailable when the bundle was replaced since its
  // index was opened.
  StatusOr<const RandomAccessFile*> Get(int32_t shard, int32_t num_shards);

 private:
  Status CheckSameIndex();

  FileSystem& fs_;
  const std::string prefix_;
  const uint64_t index_id_;
  std::mutex mutex_;
  std::map<int32_t, std::unique_ptr<RandomAccessFile>> files_;
};

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_SHARDS_H_
