// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// WriteCheckpoint: the files of one checkpoint, in either format and in one
// file or a shard for each device, put in place together.
//
// Of this room only.
#ifndef CAIRN_SAVER_WRITING_H_
#define CAIRN_SAVER_WRITING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/saver/options.h"
#include "cairn/saver/var_list.h"

namespace cairn::saver {

// A file beside the tensors: the meta graph.
struct SideFile {
  std::string path;
  std::string contents;
};

struct WriteRequest {
  std::string prefix;
  WriteVersion version = WriteVersion::kV2;
  bool sharded = false;
  std::vector<SideFile> side_files;
  bundle::Overwrite overwrite = bundle::Overwrite::kByJournal;
};

// How many files of tensors there will be.
int32_t NumShards(const std::vector<SaveSpec>& specs, bool sharded);

// What Save returns for a prefix: that, or the pattern of V1 shards.
std::string WrittenName(const std::string& prefix, WriteVersion version,
                        bool sharded, int32_t num_shards);

// Durable when OK; else what was there before is intact.
Status WriteCheckpoint(FileSystem& fs, const std::vector<SaveSpec>& specs,
                       const WriteRequest& request);

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_WRITING_H_
