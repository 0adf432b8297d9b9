// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Batches: cuts a set of examples into batches, in the given or in a seeded
// random order. For loops that train step by step; nn::Sequential::Fit draws
// the same order itself for the same seed and epoch.
//
//   CAIRN_ASSIGN_OR_RETURN(auto batches, data::Batches::Create(
//       images, labels, {.batch_size = 128, .shuffle_seed = 7}));
//   for (batches.StartEpoch(0); batches.Next();) {
//     net.TrainOnBatch(batches.x(), batches.y());
//   }
//
// Not thread-safe.
#ifndef CAIRN_DATA_BATCHES_H_
#define CAIRN_DATA_BATCHES_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/tensor/tensor.h"

namespace cairn::data {

struct BatchOptions {
  int64_t batch_size = 32;
  std::optional<uint64_t> shuffle_seed = std::nullopt;  // none: as given
};

class Batches {
 public:
  // The views must stay valid. InvalidArgument for a batch size below 1, types
  // without a fixed size, scalars, or different numbers of examples.
  static StatusOr<Batches> Create(const TensorView& x, const TensorView& y,
                                  const BatchOptions& options);

  // In an epoch; the last batch may be smaller.
  int64_t count() const;
  void StartEpoch(int epoch);
  // Moves to the next batch; false at the end of the epoch.
  bool Next();
  // The current batch; valid until Next or StartEpoch.
  TensorView x() const;
  TensorView y() const;

 private:
  struct Part {
    TensorView source;
    Tensor buffer;  // one full batch
    TensorView current;
  };
  Batches() = default;
  void Gather(Part& part, int64_t first, int64_t size);

  BatchOptions options_;
  int64_t examples_ = 0;
  int64_t next_ = 0;
  std::vector<int64_t> order_;
  Part x_, y_;
};

}  // namespace cairn::data

#endif  // CAIRN_DATA_BATCHES_H_
