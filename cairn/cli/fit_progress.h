// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// FitProgress: shows training as Keras does. On a terminal one line that is
// drawn over and over:
//
//   352/469 [=====================>........] - ETA: 0s - loss: 0.21 - ...
//
// elsewhere only the finished line of each epoch, so that a log stays short.
#ifndef CAIRN_CLI_FIT_PROGRESS_H_
#define CAIRN_CLI_FIT_PROGRESS_H_

#include <chrono>
#include <ostream>
#include <string>

#include "cairn/nn/callback.h"

namespace cairn::cli {

enum class ProgressStyle { kLive, kPlain };

class FitProgress : public nn::Callback {
 public:
  FitProgress(std::ostream& out, ProgressStyle style)
      : out_(out), style_(style) {}

  Status OnEpochBegin(int epoch) override;
  Status OnBatchEnd(const nn::BatchInfo& info) override;

 private:
  using Time = std::chrono::steady_clock::time_point;

  std::ostream& out_;
  ProgressStyle style_;
  Time epoch_start_;
  Time last_drawn_;
};

// One line of progress, without a line break. `seconds` have passed since the
// epoch began.
std::string FitProgressLine(const nn::BatchInfo& info, double seconds);

}  // namespace cairn::cli

#endif  // CAIRN_CLI_FIT_PROGRESS_H_
