// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What training reports while it runs: Logs (values), Callback (events) and
// History (what Fit returns). The library prints nothing; a progress bar is a
// Callback.
#ifndef CAIRN_NN_CALLBACK_H_
#define CAIRN_NN_CALLBACK_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "cairn/base/status.h"

namespace cairn::nn {

struct Logs {
  double loss = 0;
  std::optional<double> accuracy =
      std::nullopt;  // present when compiled with the metric
};

struct BatchInfo {
  int epoch = 0;               // from 0
  int epochs = 0;              // the last epoch + 1
  int64_t batch = 0;           // from 0
  int64_t batches = 0;         // in the epoch
  int64_t examples = 0;        // seen in this epoch, this batch included
  int64_t total_examples = 0;  // in the epoch
  Logs logs;                   // running means of the epoch
};

// A failure returned by any of these ends the call that reports, which returns
// it. The default is to do nothing.
class Callback {
 public:
  virtual ~Callback() = default;
  virtual Status OnEpochBegin(int /*epoch*/) { return OkStatus(); }
  virtual Status OnBatchEnd(const BatchInfo& /*info*/) { return OkStatus(); }
  virtual Status OnEpochEnd(int /*epoch*/, const Logs& /*logs*/) {
    return OkStatus();
  }
};

struct History {
  std::vector<Logs> epochs;  // one per epoch run
};

}  // namespace cairn::nn

#endif  // CAIRN_NN_CALLBACK_H_
