// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Overwrite: how a bundle takes the place of the one under its prefix.
//
// The index says how many data files there are, and their names say it too. So
// two bundles of different numbers of files can stand side by side under one
// prefix, and the index, one file, tells which one is meant:
//
//   model.data-00000-of-00001   old
//   model.data-00000-of-00002   new
//   model.data-00001-of-00002   new, empty
//   model.index                 renaming the new one over it switches
#ifndef CAIRN_BUNDLE_OVERWRITE_H_
#define CAIRN_BUNDLE_OVERWRITE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"

namespace cairn::bundle {

enum class Overwrite {
  // TensorFlow's names and bytes. Where a data file has the name of an old one,
  // a journal switches (base/commit.h): Cairn sees the old bundle or the new
  // one at every instant, TensorFlow may for a moment, or after a crash in it,
  // see a mixture, which fails its checksums.
  kByJournal,
  // Another number of data files than the bundle that is there: one more, which
  // is empty, if it would be the same. TensorFlow, too, sees the old bundle or
  // the new one at every instant. As kByJournal under a prefix without a
  // bundle, or with one whose index is damaged.
  kByFileCount,
};

// How many data files the bundle under `prefix` has, as its committed index
// says; 0 if there is none. Errors of opening it.
StatusOr<int32_t> FilesInUse(FileSystem& fs, const std::string& prefix);

// Removes those of the files `paths`, all of one directory, that are there:
// data files that the committed index does not name, left by an overwriting
// that was cut off. Makes that index durable before: who was killed may just
// have renamed it, and an older one, which names them, would be back after a
// power cut.
Status RemoveUnnamed(FileSystem& fs, const std::vector<std::string>& paths);

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_OVERWRITE_H_
