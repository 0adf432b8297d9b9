// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// PlanReuse: which tensors of a save need not be written again, because the
// data files of an earlier bundle have them and can be files of the new one
// too (BundleWriter::ShareShard).
//
//   CAIRN_ASSIGN_OR_RETURN(const Reuse reuse,
//                          PlanReuse(*earlier, tensors, {}));
//   for (size_t i = 0; i < tensors.size(); ++i) {
//     switch (reuse.fates[i]) {
//       case Reuse::Fate::kShared: ...    // in one of reuse.shards
//       case Reuse::Fate::kApart: ...     // written, with others of its kind
//       case Reuse::Fate::kWritten: ...
//
// A data file is shared whole: what it holds besides tensors that have not
// changed is dead, and takes room as long as any checkpoint shares the file. So
// a file is given up, and what is alive in it written again, when too much of
// it is dead. Tensors that have not changed are then written apart from those
// that have: their file stays alive, because what has been still is likely to
// be.
#ifndef CAIRN_BUNDLE_REUSE_H_
#define CAIRN_BUNDLE_REUSE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/status.h"
#include "cairn/bundle/entry.h"
#include "cairn/bundle/reader.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/tensor.h"
#include "cairn/tensor/trackable.h"

namespace cairn::bundle {

struct ReuseOptions {
  // By what a tensor is known not to have changed, besides dtype and shape.
  // kChecksum does not read the earlier checkpoint, and may keep a value that
  // has changed, once in 2^32 changes, or bytes that were damaged since.
  BundleReader::Compare compare = BundleReader::Compare::kBytes;
  // A file of which less than this share of the bytes is alive is not shared.
  // 0 to 1; 0: every file that has anything is.
  double min_live_share = 0.5;
  // Nor one with fewer bytes alive, which are quicker written than linked.
  int64_t min_live_bytes = int64_t{64} << 10;
  // At most so many are, those with the most bytes alive. At least 0.
  int max_shared_files = 16;
  // kClone: never by a link, so that a program which writes to one of two files
  // in place does not change the other. kLinkCloneOrCopy is kLinkOrClone here:
  // what can be neither is written again instead.
  ShareOptions::By by = ShareOptions::By::kLinkOrClone;
};

// InvalidArgument for options out of range.
Status CheckReuseOptions(const ReuseOptions& options);

// What is to be saved.
struct ReuseCandidate {
  std::string_view key;
  TensorView value;
  TensorSlice box;                   // the part of `value` that is
  std::optional<TensorPiece> piece;  // where that lies in the key's tensor
};

struct Reuse {
  enum class Fate {
    kWritten,  // changed, or in too small a file; no files of its own
    kApart,    // not changed, but written again
    kShared,
  };
  struct Shard {
    ShardFile file;
    uint64_t live_bytes = 0;
    std::vector<size_t> tensors;       // candidates
    std::vector<BundleEntry> entries;  // of each
  };
  std::vector<Fate> fates;    // of each candidate
  std::vector<Shard> shards;  // in the order of the earlier bundle
  size_t unchanged = 0;       // candidates
  // What could not be read of the earlier bundle and so counts as changed, one
  // sentence each; not all if many.
  std::vector<std::string> notes;
};

// Errors: of options; of `check`, which is called before each comparison;
// ResourceExhausted. What cannot be read of `earlier` is no error.
StatusOr<Reuse> PlanReuse(const BundleReader& earlier,
                          std::span<const ReuseCandidate> tensors,
                          const ReuseOptions& options,
                          const std::function<Status()>& check = nullptr);

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_REUSE_H_
