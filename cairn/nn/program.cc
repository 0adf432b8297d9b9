// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/program.h"

#include <algorithm>
#include <cstring>

#include "cairn/base/strings.h"

namespace cairn::nn {
namespace {

// Examples in a fine tile: few enough for the activations to stay in a core's
// cache while several kernels pass over them; in a coarse one: enough for
// matrix products to run at full speed, while a batch of 128 still gives each
// of several cores some. Measured in docs/performance.md.
constexpr int64_t kFineExamples = 8;
constexpr int64_t kFinePerCoarse = 4;

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
    Purpose purpose, Workers& workers, Fusion fusion) {
  std::unique_ptr<Program> program(new Program(batch_size, purpose, workers));
  CAIRN_RETURN_IF_ERROR(program->Build(layers, fusion));
  return program;
}

Program::Program(int64_t batch_size, Purpose purpose, Workers& workers)
    : batch_size_(batch_size),
      purpose_(purpose),
      workers_(workers),
      tiling_(batch_size, kFineExamples, kFinePerCoarse) {}

StatusOr<KernelContext> Program::MakeContext(const Layer& layer,
                                             const Shape& output_shape) {
  const int64_t size = batch_size_ * output_shape.num_elements();
  const bool training = purpose_ == Purpose::kTrain;
  const bool first = kernels_.empty();
  CAIRN_ASSIGN_OR_RETURN(Tensor activation, MakeBuffer(size));
  auto gradient = std::make_unique<GradientBuffer>();  // Add gives it room
  const KernelContext context{
      .layer = &layer,
      .mode = training ? Mode::kTraining : Mode::kInference,
      .tiling = &tiling_,
      .input = Data(first ? input_ : activations_.back()),
      .output = Data(activation),
      .input_gradient =
          first || !training ? nullptr : activation_gradients_.back().get(),
      .output_gradient = training ? gradient.get() : nullptr};
  activations_.push_back(std::move(activation));
  activation_gradients_.push_back(std::move(gradient));
  return context;
}

Status Program::Add(StatusOr<std::unique_ptr<Kernel>> kernel,
                    const Shape& output_shape) {
  CAIRN_RETURN_IF_ERROR(kernel.status());
  kernels_.push_back(*std::move(kernel));
  if (purpose_ != Purpose::kTrain) return OkStatus();
  return activation_gradients_.back()->Allocate(
      tiling_, workers_.threads(), output_shape.num_elements(),
      kernels_.back()->KeepsOutputGradient()
          ? GradientBuffer::Room::kBatch
          : GradientBuffer::Room::kTilePerThread);
}

StatusOr<size_t> Program::AddLayers(Layers layers, Fusion fusion) {
  const Layer& layer = *layers[0];
  // Flatten changes the shape only, and shapes are not seen here.
  if (std::holds_alternative<FlattenConfig>(layer.config().config)) return 1;
  const auto fused_at = [&](size_t i) {
    return fusion == Fusion::kOn && i + 1 < layers.size() &&
           CanNormalizeAndPool(*layers[i], *layers[i + 1]);
  };
  if (fused_at(0)) {
    CAIRN_ASSIGN_OR_RETURN(
        KernelContext context,
        MakeContext(layer, layers[1]->config().output_shape));
    context.mask_input_by_relu = before_is_relu_;
    before_is_relu_ = false;
    CAIRN_RETURN_IF_ERROR(Add(MakeNormalizeAndPoolKernel(context, *layers[1]),
                              layers[1]->config().output_shape));
    return 2;
  }
  CAIRN_ASSIGN_OR_RETURN(KernelContext context,
                         MakeContext(layer, layer.config().output_shape));
  const Activation activation = ActivationOfLayer(layer);
  before_is_relu_ = activation == Activation::kRelu;
  context.output_gradient_masked = before_is_relu_ && fused_at(1);
  CAIRN_RETURN_IF_ERROR(Add(MakeKernel(context), layer.config().output_shape));
  if (activation == Activation::kSoftmax) {
    // The loss takes the logits behind a final softmax.
    from_logits_ = layers.size() == 1 && purpose_ != Purpose::kPredict;
    if (from_logits_) return 1;
    CAIRN_ASSIGN_OR_RETURN(context,
                           MakeContext(layer, layer.config().output_shape));
    CAIRN_RETURN_IF_ERROR(
        Add(MakeSoftmaxKernel(context), layer.config().output_shape));
  }
  return 1;
}

Status Program::Build(Layers layers, Fusion fusion) {
  if (tiling_.fine.size() > Workers::kMaxCount) {
    return InvalidArgumentError(
        StrCat("a batch of ", batch_size_, " examples is too large"));
  }
  tile_sums_.resize(tiling_.fine.size());
  input_size_ = layers.front()->config().input_shape.num_elements();
  output_size_ = layers.back()->config().output_shape.num_elements();
  CAIRN_ASSIGN_OR_RETURN(input_, MakeBuffer(batch_size_ * input_size_));
  while (!layers.empty()) {
    CAIRN_ASSIGN_OR_RETURN(const size_t added, AddLayers(layers, fusion));
    kernel_of_layer_.resize(kernel_of_layer_.size() + added, kernels_.size());
    layers = layers.subspan(added);
  }
  schedule_.ForEachTile(Grain::kFine,
                        [this](const Tile& tile) { Gather(tile); });
  for (const auto& kernel : kernels_) kernel->ScheduleForward(schedule_);
  if (purpose_ == Purpose::kPredict) return OkStatus();
  schedule_.ForEachTile(Grain::kFine,
                        [this](const Tile& tile) { ComputeLoss(tile); });
  if (purpose_ == Purpose::kEvaluate) return OkStatus();
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
  float* gradient = training ? activation_gradients_.back()->At(tile) : nullptr;
  const float weight = 1.0f / static_cast<float>(batch_size_);
  LossSums sums;
  for (int64_t i = tile.first; i < tile.first + tile.count; ++i) {
    const int64_t from = batch_.order == nullptr ? i : batch_.order[i];
    const int64_t at = i * output_size_;
    const LossSums one = compute(
        {1, output_size_}, outputs() + at, batch_.labels + from, weight,
        training ? gradient + (i - tile.first) * output_size_ : nullptr);
    sums.loss += one.loss;
    sums.correct += one.correct;
  }
  tile_sums_[static_cast<size_t>(tile.index)] = sums;
}

StatusOr<LossSums> Program::Run(const Batch& batch) {
  SingleThreadedOpenMp alone;
  batch_ = batch;
  for (const auto& kernel : kernels_) kernel->Prepare();
  schedule_.Run(workers_, tiling_);
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
