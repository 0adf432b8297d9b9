// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Program: a model compiled for one batch size and one purpose: kernels, their
// buffers and the schedule. Running it allocates nothing. Internal to nn.
//
// A program reads and writes the layers' variables, so that programs of one
// model share them; the layers and the workers must outlive it.
#ifndef CAIRN_NN_PROGRAM_H_
#define CAIRN_NN_PROGRAM_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/nn/kernel.h"
#include "cairn/nn/loss.h"
#include "cairn/nn/optimizer.h"

namespace cairn::nn {

enum class Purpose {
  kTrain,     // batch statistics, loss, gradients
  kEvaluate,  // moving statistics, loss
  kPredict,   // moving statistics, outputs
};

// Off: each layer has a kernel of its own, so that all activations exist.
enum class Fusion { kOn, kOff };

// The examples of a batch: those at positions order[0], order[1] ..., or the
// first ones of x when order is null.
struct Batch {
  const float* x = nullptr;
  const int32_t* labels = nullptr;  // not for kPredict
  const int64_t* order = nullptr;
};

class Program {
 public:
  // ResourceExhausted when the buffers do not fit in memory.
  static StatusOr<std::unique_ptr<Program>> Create(
      std::span<const std::unique_ptr<Layer>> layers, int64_t batch_size,
      Purpose purpose, Workers& workers, Fusion fusion = Fusion::kOn);

  int64_t batch_size() const { return batch_size_; }
  // Sums over the batch's examples; zeros for kPredict.
  StatusOr<LossSums> Run(const Batch& batch);
  // Of the last Run of kTrain, of the mean loss; in order of the layers.
  std::vector<GradientAndVariable> gradients();
  // Of the last Run of kPredict: batch_size rows.
  const float* outputs() const;

  // A layer's activation in the last Run without fusion; of a final softmax in
  // kTrain and kEvaluate, the logits. For tests.
  const float* ActivationOf(size_t layer) const;

 private:
  using Layers = std::span<const std::unique_ptr<Layer>>;
  Program(int64_t batch_size, Purpose purpose, Workers& workers);
  Status Build(Layers layers, Fusion fusion);
  // Adds the kernel or kernels of the first layers; returns how many layers.
  StatusOr<size_t> AddLayers(Layers layers, Fusion fusion);
  // The context of a kernel about to be added whose output is of that size.
  StatusOr<KernelContext> MakeContext(const Layer& layer,
                                      const Shape& output_shape);
  Status Add(StatusOr<std::unique_ptr<Kernel>> kernel,
             const Shape& output_shape);
  void Gather(const Tile& tile);
  void ComputeLoss(const Tile& tile);

  int64_t batch_size_;
  int64_t input_size_ = 0;   // values of one example
  int64_t output_size_ = 0;  // likewise
  bool from_logits_ = false;
  bool before_is_relu_ = false;  // while building: the last kernel added
  Purpose purpose_;
  Workers& workers_;
  Tiling tiling_;
  Tensor input_;
  std::vector<Tensor> activations_;  // of each kernel
  std::vector<std::unique_ptr<GradientBuffer>> activation_gradients_;
  std::vector<size_t> kernel_of_layer_;  // + 1; 0: the input
  std::vector<std::unique_ptr<Kernel>> kernels_;
  Schedule schedule_;
  Batch batch_;  // while running
  std::vector<LossSums> tile_sums_;
};

}  // namespace cairn::nn

#endif  // CAIRN_NN_PROGRAM_H_
