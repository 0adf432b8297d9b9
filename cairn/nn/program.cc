// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/program.h"

#include <algorithm>
#include <cstring>

#include "cairn/base/strings.h"

namespace cairn::nn {
namespace {

// Examples in a tile: enough for oneDNN's matrix products to run at full speed,
// few enough for a tile's activations to stay in a core's cache, and a batch of
// 128 still gives each of several cores some. Measured in docs/performance.md.
constexpr int64_t kTileExamples = 32;

Activation ActivationOfLayer(const Layer& layer) {
  const LayerSpec& spec = layer.config().config;
  if (const auto* conv = std::get_if<Conv2DConfig>(&spec)) {
    return conv->activation;
  }
  if (const auto* dense = std::get_if<DenseConfig>(&spec)) {
    return dense->activation;
  }
  return Activation::kLinear;
}

StatusOr<std::unique_ptr<Kernel>> MakeKernel(const KernelContext& context) {
  const LayerSpec& spec = context.layer->config().config;
  if (std::holds_alternative<Conv2DConfig>(spec)) {
    return MakeConv2DKernel(context);
  }
  if (std::holds_alternative<DenseConfig>(spec)) {
    return MakeDenseKernel(context);
  }
  if (std::holds_alternative<BatchNormalizationConfig>(spec)) {
    return MakeBatchNormalizationKernel(context);
  }
  return MakeMaxPool2DKernel(context);
}

}  // namespace

StatusOr<std::unique_ptr<Program>> Program::Create(
    std::span<const std::unique_ptr<Layer>> layers, int64_t batch_size,
    Purpose purpose) {
  std::unique_ptr<Program> program(new Program);
  program->batch_size_ = batch_size;
  program->purpose_ = purpose;
  CAIRN_RETURN_IF_ERROR(program->Build(layers, purpose));
  return program;
}

Status Program::AddStage(const Layer& layer, bool softmax, Purpose purpose) {
  const int64_t size = batch_size_ * layer.config().output_shape.num_elements();
  const bool training = purpose == Purpose::kTrain;
  CAIRN_ASSIGN_OR_RETURN(Tensor activation, MakeBuffer(size));
  CAIRN_ASSIGN_OR_RETURN(Tensor gradient, MakeBuffer(training ? size : 0));
  const bool first = kernels_.empty();
  const KernelContext context{
      .layer = &layer,
      .mode = training ? Mode::kTraining : Mode::kInference,
      .tiles = tiles_,
      .input = Data(first ? input_ : activations_.back()),
      .output = Data(activation),
      .input_gradient =
          first || !training ? nullptr : Data(activation_gradients_.back()),
      .output_gradient = training ? Data(gradient) : nullptr};
  CAIRN_ASSIGN_OR_RETURN(
      auto kernel, softmax ? MakeSoftmaxKernel(context) : MakeKernel(context));
  kernels_.push_back(std::move(kernel));
  activations_.push_back(std::move(activation));
  activation_gradients_.push_back(std::move(gradient));
  return OkStatus();
}

Status Program::Build(std::span<const std::unique_ptr<Layer>> layers,
                      Purpose purpose) {
  tiles_ = MakeTiles(batch_size_, kTileExamples);
  tile_sums_.resize(tiles_.size());
  input_size_ = layers.front()->config().input_shape.num_elements();
  output_size_ = layers.back()->config().output_shape.num_elements();
  CAIRN_ASSIGN_OR_RETURN(input_, MakeBuffer(batch_size_ * input_size_));
  for (const auto& layer : layers) {
    // Flatten changes the shape only, and shapes are not seen here.
    const bool flatten =
        std::holds_alternative<FlattenConfig>(layer->config().config);
    if (!flatten) {
      CAIRN_RETURN_IF_ERROR(AddStage(*layer, false, purpose));
      if (ActivationOfLayer(*layer) == Activation::kSoftmax) {
        // The loss takes the logits behind a final softmax.
        from_logits_ = layer == layers.back() && purpose != Purpose::kPredict;
        if (!from_logits_) {
          CAIRN_RETURN_IF_ERROR(AddStage(*layer, true, purpose));
        }
      }
    }
    kernel_of_layer_.push_back(kernels_.size());
  }
  schedule_.ForEachTile([this](const Tile& tile) { Gather(tile); });
  for (const auto& kernel : kernels_) kernel->ScheduleForward(schedule_);
  if (purpose == Purpose::kPredict) return OkStatus();
  schedule_.ForEachTile([this](const Tile& tile) { ComputeLoss(tile); });
  if (purpose == Purpose::kEvaluate) return OkStatus();
  for (auto kernel = kernels_.rbegin(); kernel != kernels_.rend(); ++kernel) {
    (*kernel)->ScheduleBackward(schedule_);
  }
  return OkStatus();
}

void Program::Gather(const Tile& tile) {
  for (int64_t i = tile.first; i < tile.first + tile.count; ++i) {
    const int64_t from = batch_.order == nullptr ? i : batch_.order[i];
    std::memcpy(Data(input_) + i * input_size_, batch_.x + from * input_size_,
                static_cast<size_t>(input_size_) * sizeof(float));
  }
}

void Program::ComputeLoss(const Tile& tile) {
  const auto compute =
      from_logits_ ? CrossentropyFromLogits : CrossentropyFromProbabilities;
  const bool training = purpose_ == Purpose::kTrain;
  const int64_t last = activations_.size() - 1;
  const float weight = 1.0f / static_cast<float>(batch_size_);
  LossSums sums;
  for (int64_t i = tile.first; i < tile.first + tile.count; ++i) {
    const int64_t from = batch_.order == nullptr ? i : batch_.order[i];
    const int64_t at = i * output_size_;
    const LossSums one =
        compute({1, output_size_}, outputs() + at, batch_.labels + from, weight,
                training ? Data(activation_gradients_[last]) + at : nullptr);
    sums.loss += one.loss;
    sums.correct += one.correct;
  }
  tile_sums_[static_cast<size_t>(tile.index)] = sums;
}

StatusOr<LossSums> Program::Run(Workers& workers, const Batch& batch) {
  SingleThreadedOpenMp alone;
  batch_ = batch;
  for (const auto& kernel : kernels_) kernel->Prepare();
  schedule_.Run(workers, tiles_);
  LossSums sums;
  for (const LossSums& tile : tile_sums_) {
    sums.loss += tile.loss;
    sums.correct += tile.correct;
  }
  for (const auto& kernel : kernels_) {
    if (purpose_ == Purpose::kTrain) kernel->FinishBackward();
    CAIRN_RETURN_IF_ERROR(kernel->TakeError());
  }
  return sums;
}

std::vector<GradientAndVariable> Program::gradients() {
  std::vector<GradientAndVariable> all;
  for (const auto& kernel : kernels_) {
    for (KernelGradient& g : kernel->gradients()) {
      all.push_back({g.values.data<float>(), g.variable});
    }
  }
  return all;
}

const float* Program::outputs() const {
  return activations_.empty() ? input_.data<float>().data()
                              : activations_.back().data<float>().data();
}

const float* Program::ActivationOf(size_t layer) const {
  const size_t kernel = kernel_of_layer_[layer];
  return kernel == 0 ? input_.data<float>().data()
                     : activations_[kernel - 1].data<float>().data();
}

}  // namespace cairn::nn
