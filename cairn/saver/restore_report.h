// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// RestoreReport: what a restore found, as data: which keys are missing and what
// they may have meant, which tensors do not fit.
#ifndef CAIRN_SAVER_RESTORE_REPORT_H_
#define CAIRN_SAVER_RESTORE_REPORT_H_

#include <string>
#include <vector>

#include "cairn/tensor/dtype.h"
#include "cairn/tensor/shape.h"

namespace cairn::saver {

struct RestoreReport {
  struct Missing {
    std::string name;               // of the variable, or its key
    std::vector<std::string> near;  // in the checkpoint, the likeliest first
  };
  struct Mismatch {
    std::string name;
    std::string key;  // where it is stored
    DataType expected_dtype = DataType::kInvalid;
    DataType stored_dtype = DataType::kInvalid;
    Shape expected_shape;  // of the whole tensor, for a slice
    Shape stored_shape;
  };

  // How the path was taken, if not as it stands; else empty.
  std::string note;
  std::string checkpoint;  // what was opened
  // Read through the full names of an object-based checkpoint.
  bool by_full_names = false;
  std::vector<Missing> missing;
  // Full names in the checkpoint that no variable has; of object-based ones.
  std::vector<std::string> unmatched;
  std::vector<Mismatch> mismatches;
};

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_RESTORE_REPORT_H_
