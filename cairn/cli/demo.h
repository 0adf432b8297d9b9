// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The demo: LeNet-5 is trained on MNIST twice, once under each of TensorFlow's
// checkpoint systems, saved after every epoch, compared, restored from both and
// looked into. Everything it prints is computed from what happened.
#ifndef CAIRN_CLI_DEMO_H_
#define CAIRN_CLI_DEMO_H_

#include <cstdint>
#include <string>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/cli/console.h"

namespace cairn::cli {

struct DemoOptions {
  std::string data_dir;              // holds the four IDX files
  std::string out_dir = "demo-out";  // gets tf_ckpt/ and tf_ckpt_v2/
  int64_t epochs = 2;                // of each system, of each run
  int64_t batch_size = 128;
  int64_t train_limit = 0;   // first examples only; 0: all
  uint64_t seed = 20191218;  // of initial weights and shuffling
  int64_t threads = 0;       // 0: all cores
  bool fresh = false;        // start over instead of resuming
};

// What the demo claims about restoring, and whether it turned out so.
enum class DemoOutcome { kAllEqual, kDiffers };

// InvalidArgument for an option out of range; NotFound and DataLoss for the
// MNIST files; otherwise what training, saving or restoring fails with.
StatusOr<DemoOutcome> PlayDemo(FileSystem& fs, const DemoOptions& options,
                               Console& console);

}  // namespace cairn::cli

#endif  // CAIRN_CLI_DEMO_H_
