// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// CopyCheckpoint: writes a checkpoint again, in the same layout or another one:
// other shards, the other byte order, the other format.
//
//   CAIRN_ASSIGN_OR_RETURN(auto from, inspect::LocateCheckpoint(fs, "ckpt-2"));
//   CAIRN_ASSIGN_OR_RETURN(
//       CopyReport report,
//       CopyCheckpoint(fs, from, "out/ckpt-2", {.num_shards = 4}));
//
// Bytes are streamed and every checksum is verified on the way; memory is what
// the index takes, and one tensor where the format changes or strings change
// their byte order. What TensorFlow wrote comes out byte for byte equal when no
// layout is asked for. Bytes that belong to no tensor are left behind.
//
// The copy appears whole or not at all, like every checkpoint Cairn writes. The
// `checkpoint` file of neither directory is touched.
//
// Thread-safe, but one output has one writer at a time: temporaries of the
// output's name are taken for what a killed writer left, and removed.
#ifndef CAIRN_CONVERT_COPY_H_
#define CAIRN_CONVERT_COPY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "cairn/base/file_system.h"
#include "cairn/base/progress.h"
#include "cairn/base/status.h"
#include "cairn/bundle/entry.h"
#include "cairn/bundle/overwrite.h"
#include "cairn/inspect/locate.h"
#include "cairn/inspect/source.h"

namespace cairn::convert {

// What may already be at the output's names.
enum class Existing { kRefuse, kReplace };

struct CopyOptions {
  // Absent: as in the source.
  std::optional<inspect::Format> format = std::nullopt;
  std::optional<bundle::Endianness> endianness = std::nullopt;
  // 0: as in the source, if max_shard_size is 0 too. At most one of the two.
  // Tensors stay in their order; shards of a given number are of about equal
  // size; a tensor, or stored piece, larger than max_shard_size gets a shard
  // of its own.
  int32_t num_shards = 0;
  int64_t max_shard_size = 0;
  int64_t data_alignment = 1;  // see BundleWriterOptions; bundles only
  Existing existing = Existing::kRefuse;
  // With kReplace: how. kByFileCount is for bundles only.
  bundle::Overwrite overwrite = bundle::Overwrite::kByJournal;
  bool with_meta_graph = true;  // copies the `.meta` beside it, if there is one
  Supervision supervision = {};
};

struct CopyReport {
  std::string path;  // prefix, V1 file or pattern
  uint64_t tensors = 0;
  uint64_t bytes = 0;      // of the tensors
  int32_t num_shards = 0;  // data files
  bool meta_graph = false;
};

// `out` is a prefix (a path for V1). AlreadyExists when a checkpoint is there,
// or another meta graph; InvalidArgument for options that exclude each other,
// an output that is the source or would replace one of its files, or a tensor
// the format cannot hold; DataLoss when the source is damaged or its entries
// claim many times the bytes of its files (bundle/claims.h); NotFound when one
// of its files is missing, with tensors in it or not; Cancelled.
StatusOr<CopyReport> CopyCheckpoint(FileSystem& fs, const inspect::Target& from,
                                    const std::string& out,
                                    const CopyOptions& options = {});

}  // namespace cairn::convert

#endif  // CAIRN_CONVERT_COPY_H_
