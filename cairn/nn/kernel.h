// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Kernel: the computation of one layer for one batch size, and Schedule: the
// order in which the tiles of a batch go through all of them. Internal to nn.
//
// A batch is cut into tiles of a few examples. A tile passes through as many
// kernels as it can while it is in the cache; only where a value depends on the
// whole batch (the statistics of batch normalization) do all tiles meet:
//
//   phase 1   per tile: conv, relu, sums          once: mean and variance
//   phase 2   per tile: normalize, pool, conv ... once: ...
//
// Matrix products want more examples at once than fit into the cache as images:
// so tiles come in two grains, a coarse one being some consecutive fine ones,
// and a phase goes by the coarse ones if any of its steps does.
//
// Values that tiles add up to (gradients of weights) are kept per tile and
// added in the order of the tiles, so that results do not depend on the number
// of threads or on which thread took which tile.
//
// Activations are float32, examples outermost, channels last, everywhere.
#ifndef CAIRN_NN_KERNEL_H_
#define CAIRN_NN_KERNEL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/compute/workers.h"
#include "cairn/nn/layer.h"
#include "cairn/tensor/tensor.h"

namespace cairn::nn {

using compute::SingleThreadedOpenMp;
using compute::Workers;

enum class Mode { kTraining, kInference };

struct Tile {
  int index;
  int64_t first, count;  // examples
  // While running: the thread, and the first example of the tile (this one, or
  // the coarse one it is part of) that the thread has taken.
  int thread = 0;
  int64_t origin = 0;
};

struct Tiling {
  // As many fine tiles as needed for at most that many examples each, as equal
  // as can be; and so for the coarse ones, of fine ones.
  Tiling(int64_t batch, int64_t fine_examples, int64_t fine_per_coarse);
  // The fine tiles of a coarse one.
  std::span<const Tile> FineOf(const Tile& coarse_tile) const;

  int64_t batch;
  std::vector<Tile> fine, coarse;
  std::vector<size_t> first_fine;  // of each coarse one; at the end, all
};

enum class Grain { kFine, kCoarse };

// `count` float32 values, zero; ResourceExhausted when there is no memory.
StatusOr<Tensor> MakeBuffer(int64_t count);
inline float* Data(Tensor& buffer) { return buffer.data<float>().data(); }

class Schedule {
 public:
  void ForEachTile(Grain grain, std::function<void(const Tile&)> step);
  // After all tiles took the steps before, on one thread.
  void Once(std::function<void()> step);
  void Run(Workers& workers, const Tiling& tiling) const;

 private:
  struct Step {
    Grain grain;
    std::function<void(const Tile&)> run;
  };
  struct Phase {
    Grain grain = Grain::kFine;
    std::vector<Step> per_tile;
    std::vector<std::function<void()>> once;
  };
  std::vector<Phase> phases_;
};

// An activation's gradient. If it is used up in the phase that makes it, each
// thread has room for one tile and uses it again for the next, in the cache;
// otherwise there is room for the batch.
class GradientBuffer {
 public:
  enum class Room { kBatch, kTilePerThread };
  Status Allocate(const Tiling& tiling, int threads, int64_t example_size,
                  Room room);
  // Of the tile's first example; the others follow.
  float* At(const Tile& tile) const {
    return room_ == Room::kBatch
               ? base_ + tile.first * example_size_
               : base_ + tile.thread * thread_size_ +
                     (tile.first - tile.origin) * example_size_;
  }

 private:
  Tensor values_;
  float* base_ = nullptr;
  Room room_ = Room::kBatch;
  int64_t example_size_ = 0, thread_size_ = 0;
};

// Where a kernel reads and writes; each activation is of the whole batch.
struct KernelContext {
  const Layer* layer;
  Mode mode;
  const Tiling* tiling;
  const float* input;
  float* output;
  // Null when nobody needs it (the first layer) and in inference.
  const GradientBuffer* input_gradient;
  const GradientBuffer* output_gradient;  // null in inference
  // The input is a relu's output, and the kernel of the relu leaves it to this
  // one to clear input_gradient where the input is not positive.
  bool mask_input_by_relu = false;
  // The other side of that: output_gradient will come masked.
  bool output_gradient_masked = false;
};

struct KernelGradient {
  Variable* variable;
  Tensor values;  // of the variable's shape
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  // Takes over the variables' values as they are now.
  virtual void Prepare() {}
  virtual void ScheduleForward(Schedule& schedule) = 0;
  // Whether the backward steps read output_gradient in more than one phase.
  virtual bool KeepsOutputGradient() const { return false; }
  // Adds steps that turn output_gradient into input_gradient and gradients().
  // May overwrite output_gradient.
  virtual void ScheduleBackward(Schedule& schedule) = 0;
  // Steps that may run once the backward tiles are done, in any order.
  virtual void FinishBackward() {}
  virtual std::span<KernelGradient> gradients() { return {}; }
  // The first failure since the last call; computation goes on regardless.
  virtual Status TakeError() { return OkStatus(); }
};

// One per kind of layer. The layer's configuration is of that kind.
StatusOr<std::unique_ptr<Kernel>> MakeConv2DKernel(const KernelContext&);
StatusOr<std::unique_ptr<Kernel>> MakeDenseKernel(const KernelContext&);
StatusOr<std::unique_ptr<Kernel>> MakeBatchNormalizationKernel(
    const KernelContext&);
StatusOr<std::unique_ptr<Kernel>> MakeMaxPool2DKernel(const KernelContext&);
// A BatchNormalization and the MaxPool2D behind it as one kernel, for pools
// whose windows do not overlap and are not padded.
bool CanNormalizeAndPool(const Layer& normalization, const Layer& next);
StatusOr<std::unique_ptr<Kernel>> MakeNormalizeAndPoolKernel(
    const KernelContext&, const Layer& pool);
// The softmax behind a layer; `layer` is that layer.
StatusOr<std::unique_ptr<Kernel>> MakeSoftmaxKernel(const KernelContext&);

}  // namespace cairn::nn

#endif  // CAIRN_NN_KERNEL_H_
