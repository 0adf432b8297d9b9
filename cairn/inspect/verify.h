// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// VerifyCheckpoint: is a checkpoint intact? Reads every byte of it.
//
//   CAIRN_ASSIGN_OR_RETURN(Target target, LocateCheckpoint(fs, "tf_ckpt"));
//   CAIRN_ASSIGN_OR_RETURN(VerifyReport report, VerifyCheckpoint(fs, target));
//   if (!report.intact()) Show(report.findings);
//
// Damage is what a reader of the whole checkpoint would stumble on: a wrong
// checksum, a missing file or piece, an index that cannot be walked, an object
// graph, `.meta` or `checkpoint` file beside it that does not parse. A note is
// what does no harm to the tensors but is not what TensorFlow writes: bytes in
// a data file that belong to no tensor, an index in an unusual form, a journal.
// What no checksum covers is listed in docs/formats/README.md.
//
// Memory: 24 bytes a tensor and one tensor's strings. Thread-safe.
#ifndef CAIRN_INSPECT_VERIFY_H_
#define CAIRN_INSPECT_VERIFY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/progress.h"
#include "cairn/base/status.h"
#include "cairn/inspect/locate.h"

namespace cairn::inspect {

struct Finding {
  enum class Kind { kDamage, kNote };
  Kind kind = Kind::kDamage;
  std::string text;  // names file, key or offset
};

struct VerifyReport {
  std::vector<Finding> findings;  // at most kMaxFindings
  uint64_t damages = 0;           // of all, also those not kept
  uint64_t notes = 0;
  uint64_t tensors = 0;  // pieces of partitioned ones are not counted
  uint64_t bytes = 0;    // of the tensors (V1: of the files)
  int32_t num_shards = 0;
  bool intact() const { return damages == 0; }
};

inline constexpr size_t kMaxFindings = 1000;

struct VerifyOptions {
  int threads = 0;  // 0: as many as the machine has
  Supervision supervision = {};
};

// Not OK when the question cannot be answered: nothing there, no permission,
// an I/O error, cancelled. Damage is an answer.
StatusOr<VerifyReport> VerifyCheckpoint(FileSystem& fs, const Target& target,
                                        const VerifyOptions& options = {});

}  // namespace cairn::inspect

#endif  // CAIRN_INSPECT_VERIFY_H_
