// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The ways of saving that the reliability tests put under power cuts and
// kills, each as one function that saves a number and one that tells which
// number is there.
#ifndef CAIRN_TESTS_RELIABILITY_SAVE_MODES_H_
#define CAIRN_TESTS_RELIABILITY_SAVE_MODES_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"

namespace cairn::reliability {

// Saves 1, 2, 3, ... in one directory, as a running program does.
class SaveRun {
 public:
  virtual ~SaveRun() = default;
  // The save of `value` is reported when this returns OK.
  virtual Status Save(int value) = 0;
};

struct SaveMode {
  std::string name;
  // Begins (or, in a directory with history, goes on) saving below `dir`.
  std::function<std::unique_ptr<SaveRun>(FileSystem& fs,
                                         const std::string& dir)>
      begin;
  // The number of the checkpoint that a restarted program would find; every
  // value of it is checked. NotFound only if nothing was ever saved.
  std::function<StatusOr<int>(FileSystem& fs, const std::string& dir)> read;
};

// `elements` floats in each of three tensors.
std::vector<SaveMode> SaveModes(int elements);

}  // namespace cairn::reliability

#endif  // CAIRN_TESTS_RELIABILITY_SAVE_MODES_H_
