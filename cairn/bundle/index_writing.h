// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The last step of writing a bundle, or merging some: its index. For the bundle
// room only.
#ifndef CAIRN_BUNDLE_INDEX_WRITING_H_
#define CAIRN_BUNDLE_INDEX_WRITING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/status.h"
#include "cairn/bundle/entry.h"
#include "cairn/bundle/records.h"

namespace cairn::bundle {

// A data file that is complete.
struct WrittenFile {
  std::string path;  // where it is before the switch
  uint64_t size = 0;
};

// Adds the index of `prefix` to the commit, and a check that it reads back as
// it was written and the data files have their sizes. The data files of a
// bundle that is overwritten go with it.
Status WriteIndex(Commit& commit, const std::string& prefix,
                  const BundleHeader& header, const RecordTable& records,
                  std::vector<WrittenFile> files);

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_INDEX_WRITING_H_
