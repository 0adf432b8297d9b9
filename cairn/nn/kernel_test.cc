// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Each kernel against TensorFlow's outputs and gradients for given inputs and
// upstream gradients.
#include "cairn/nn/kernel.h"

#include <gtest/gtest.h>

#include "cairn/nn/test_support.h"

namespace cairn::nn {
namespace {

// Float32 sums of some tens of products of order 1 in another order.
constexpr double kRelative = 2e-5;
constexpr double kAbsolute = 5e-6;

// A layer run on the golden case's x and dy.
class LayerRun {
 public:
  LayerRun(const data::Npz& golden, std::string name, LayerSpec spec)
      : golden_(golden), name_(std::move(name)) {
    const Shape& x = Golden("x").shape();
    layer_ =
        *Layer::Create(spec, "layer", *Shape::Create(x.dims().subspan(1)), 1);
    for (const auto& variable : layer_->variables()) {
      const std::string part = variable->name().substr(6);
      EXPECT_TRUE(variable->Assign(*Golden("w/" + part).Clone()).ok());
    }
  }

  void Check(Mode mode, Activation activation = Activation::kLinear) {
    const Tensor& x = Golden("x");
    const int64_t batch = x.shape().dim(0);
    const Tiling tiling(batch, 1, 2);
    Tensor y = *MakeBuffer(Golden("y").num_elements());
    using Room = GradientBuffer::Room;
    GradientBuffer dy, dx, dlogits;
    const int64_t out = y.num_elements() / batch;
    ASSERT_TRUE(dy.Allocate(tiling, 2, out, Room::kBatch).ok());
    ASSERT_TRUE(dlogits.Allocate(tiling, 2, out, Room::kTilePerThread).ok());
    ASSERT_TRUE(
        dx.Allocate(tiling, 2, x.num_elements() / batch, Room::kBatch).ok());
    const Tile all{0, 0, batch};
    std::ranges::copy(Golden("dy").data<float>(), dy.At(all));
    Tensor logits = *MakeBuffer(y.num_elements());
    const bool softmax = activation == Activation::kSoftmax;
    KernelContext context{.layer = layer_.get(),
                          .mode = mode,
                          .tiling = &tiling,
                          .input = x.data<float>().data(),
                          .output = Data(softmax ? logits : y),
                          .input_gradient = &dx,
                          .output_gradient = softmax ? &dlogits : &dy};
    auto kernel = Make(context);
    ASSERT_TRUE(kernel.ok()) << Message(kernel.status());
    context.input = Data(logits);
    context.output = Data(y);
    context.input_gradient = &dlogits;
    context.output_gradient = &dy;
    auto behind = *MakeSoftmaxKernel(context);

    Schedule schedule;
    (*kernel)->Prepare();
    (*kernel)->ScheduleForward(schedule);
    if (softmax) behind->ScheduleForward(schedule);
    if (mode == Mode::kTraining) {
      if (softmax) behind->ScheduleBackward(schedule);
      (*kernel)->ScheduleBackward(schedule);
    }
    Workers workers(2);
    schedule.Run(workers, tiling);
    if (mode == Mode::kTraining) (*kernel)->FinishBackward();
    EXPECT_TRUE((*kernel)->TakeError().ok());
    Expect(y.data<float>(), "y");
    if (mode == Mode::kTraining)
      Expect({dx.At(all), static_cast<size_t>(x.num_elements())}, "dx");
    for (const KernelGradient& g : (*kernel)->gradients()) {
      Expect(g.values.data<float>(), "dw/" + g.variable->name().substr(6));
    }
  }

  void CheckMovingStatistics() {
    for (const char* part : {"moving_mean", "moving_variance"}) {
      Expect(layer_->Find(part)->value().data<float>(),
             std::string("after/") + part);
    }
  }

 private:
  const Tensor& Golden(const std::string& what) const {
    return golden_.at(name_ + "/" + what);
  }
  void Expect(std::span<const float> actual, const std::string& what) {
    ExpectNear(actual, Golden(what).data<float>(), kRelative, kAbsolute,
               name_ + "/" + what);
  }
  StatusOr<std::unique_ptr<Kernel>> Make(const KernelContext& context) {
    switch (layer_->config().config.index()) {
      case 0:
        return MakeConv2DKernel(context);
      case 1:
        return MakeBatchNormalizationKernel(context);
      case 2:
        return MakeMaxPool2DKernel(context);
      default:
        return MakeDenseKernel(context);
    }
  }

  const data::Npz& golden_;
  std::string name_;
  std::unique_ptr<Layer> layer_;
};

class KernelGolden : public testing::Test {
 protected:
  const data::Npz golden_ = data::LoadGoldenNpz("numerics/layers/layers.npz");
};

TEST_F(KernelGolden, ConvolutionMatchesTf) {
  LayerRun(golden_, "conv2d_3x3_valid", Conv2DConfig{.filters = 4})
      .Check(Mode::kTraining);
}

TEST_F(KernelGolden, ConvolutionWithReluMatchesTf) {
  LayerRun(golden_, "conv2d_relu",
           Conv2DConfig{.filters = 3, .activation = Activation::kRelu})
      .Check(Mode::kTraining);
}

TEST_F(KernelGolden, ConvolutionWithStridesAndSamePaddingMatchesTf) {
  LayerRun(golden_, "conv2d_same_stride2",
           Conv2DConfig{.filters = 2,
                        .stride_height = 2,
                        .stride_width = 2,
                        .padding = Padding::kSame})
      .Check(Mode::kTraining);
}

TEST_F(KernelGolden, NormalizationOfImagesMovesTheUnbiasedVarianceAsTf) {
  LayerRun run(golden_, "batchnorm_4d_train", BatchNormalizationConfig{});
  run.Check(Mode::kTraining);
  run.CheckMovingStatistics();
}

TEST_F(KernelGolden, NormalizationOfVectorsMovesTheBiasedVarianceAsTf) {
  LayerRun run(golden_, "batchnorm_2d_train", BatchNormalizationConfig{});
  run.Check(Mode::kTraining);
  run.CheckMovingStatistics();
}

TEST_F(KernelGolden, NormalizationInInferenceUsesMovingStatisticsAsTf) {
  LayerRun run(golden_, "batchnorm_4d_infer", BatchNormalizationConfig{});
  run.Check(Mode::kInference);
  run.CheckMovingStatistics();
}

TEST_F(KernelGolden, MaxPoolMatchesTf) {
  LayerRun(golden_, "maxpool_2x2", MaxPool2DConfig{}).Check(Mode::kTraining);
}

TEST_F(KernelGolden, MaxPoolGivesTheGradientOfTiesToTheFirstAsTf) {
  LayerRun(golden_, "maxpool_ties", MaxPool2DConfig{}).Check(Mode::kTraining);
}

TEST_F(KernelGolden, DenseWithReluMatchesTf) {
  LayerRun(golden_, "dense_relu",
           DenseConfig{.units = 4, .activation = Activation::kRelu})
      .Check(Mode::kTraining);
}

TEST_F(KernelGolden, DenseWithSoftmaxMatchesTf) {
  LayerRun(golden_, "dense_softmax",
           DenseConfig{.units = 10, .activation = Activation::kSoftmax})
      .Check(Mode::kTraining, Activation::kSoftmax);
}

TEST(Tiling, CoversTheBatchOnceInBothGrains) {
  for (int64_t batch = 1; batch < 140; ++batch) {
    const Tiling tiling(batch, 8, 4);
    int64_t next = 0;
    size_t fine = 0;
    for (const Tile& coarse : tiling.coarse) {
      EXPECT_EQ(coarse.first, next);
      EXPECT_LE(coarse.count, 32);
      for (const Tile& tile : tiling.FineOf(coarse)) {
        EXPECT_EQ(tile.first, next) << batch;
        EXPECT_EQ(tile.index, static_cast<int>(fine++));
        EXPECT_GE(tile.count, 1);
        EXPECT_LE(tile.count, 8);
        next += tile.count;
      }
    }
    EXPECT_EQ(next, batch);
    EXPECT_EQ(fine, tiling.fine.size());
  }
}

TEST(Workers, DoEachPieceOnceForAnyNumberOfThreads) {
  for (int threads : {1, 2, 5}) {
    Workers workers(threads);
    EXPECT_EQ(workers.threads(), threads);
    for (int count : {0, 1, 2, 7, 100}) {
      std::vector<std::atomic<int>> done(static_cast<size_t>(count));
      workers.ForEach(count, [&](int i, int thread) {
        EXPECT_GE(thread, 0);
        EXPECT_LT(thread, threads);
        ++done[static_cast<size_t>(i)];
      });
      for (const auto& times : done) EXPECT_EQ(times, 1);
    }
  }
}

// Short rounds one after another, so that late threads meet the next round.
TEST(Workers, KeepRoundsApart) {
  Workers workers(3);
  for (int round = 0; round < 20000; ++round) {
    const int count = 1 + round % 5;
    std::atomic<int> sum{0};
    workers.ForEach(count, [&](int i, int) { sum += round + i; });
    ASSERT_EQ(sum, count * round + count * (count - 1) / 2);
  }
}

}  // namespace
}  // namespace cairn::nn
