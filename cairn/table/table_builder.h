// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// TableBuilder: writes a table, byte for byte as TensorFlow does with the
// default options.
//
//   TableBuilder builder(file);
//   CAIRN_RETURN_IF_ERROR(builder.Add("a", "1"));   // keys ascend
//   CAIRN_RETURN_IF_ERROR(builder.Finish());
//   // the caller syncs and closes the file
//
// After an error every later call fails with it. Memory: one block and the
// index. Not thread-safe.
#ifndef CAIRN_TABLE_TABLE_BUILDER_H_
#define CAIRN_TABLE_TABLE_BUILDER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/table/block_builder.h"
#include "cairn/table/format.h"

namespace cairn::table {

struct TableOptions {
  size_t block_size = 262144;  // a data block is cut when it reaches this
  int restart_interval = 16;
  // kSnappy compresses the blocks that it shrinks by more than an eighth.
  Compression compression = Compression::kNone;
};

class TableBuilder {
 public:
  // Appends to the file or string, which must outlive the builder and be empty.
  explicit TableBuilder(WritableFile* file, const TableOptions& options = {});
  explicit TableBuilder(std::string* out, const TableOptions& options = {});

  // InvalidArgument: key not above the last one, key or value of 2^31 bytes or
  // more, options that make no table.
  Status Add(std::string_view key, std::string_view value);
  // Writes what is pending, the index and the footer.
  Status Finish();

  const Status& status() const { return status_; }
  uint64_t num_entries() const { return num_entries_; }
  uint64_t file_size() const { return offset_; }  // so far

 private:
  void CheckOptions();
  std::string_view what() const;  // for texts
  Status AddOrThrow(std::string_view key, std::string_view value);
  Status FinishOrThrow();
  Status Append(std::string_view bytes);
  Status Flush();
  Status WriteBlock(BlockBuilder& block, BlockHandle* handle);
  void AddPendingIndexEntry(const std::string& separator);
  Status Fail(Status status);

  TableOptions options_;
  WritableFile* file_ = nullptr;
  std::string* out_ = nullptr;
  Status status_;
  bool finished_ = false;
  uint64_t offset_ = 0;
  uint64_t num_entries_ = 0;
  BlockBuilder data_;
  BlockBuilder index_;
  std::string last_key_;
  // A block's index entry waits for the next key, to find a short key between.
  bool has_pending_ = false;
  BlockHandle pending_;
};

// A short key k with a <= k < b, for a < b; `a` itself if there is none
// shorter.
std::string ShortestSeparator(std::string_view a, std::string_view b);
// A short key k >= a.
std::string ShortSuccessor(std::string_view a);

}  // namespace cairn::table

#endif  // CAIRN_TABLE_TABLE_BUILDER_H_
