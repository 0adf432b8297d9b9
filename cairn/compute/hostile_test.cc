// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Arguments that no honest graph has: each gets an error, none more memory than
// it may.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "cairn/compute/array.h"
#include "cairn/compute/batch_norm.h"
#include "cairn/compute/binary.h"
#include "cairn/compute/broadcast.h"
#include "cairn/compute/cast.h"
#include "cairn/compute/convolution.h"
#include "cairn/compute/gather.h"
#include "cairn/compute/matmul.h"
#include "cairn/compute/optimizers.h"
#include "cairn/compute/pooling.h"
#include "cairn/compute/random.h"
#include "cairn/compute/reduce.h"
#include "cairn/compute/select.h"
#include "cairn/compute/slice.h"
#include "cairn/compute/softmax.h"

namespace cairn::compute {
namespace {

using absl::StatusCode;
using testing::HasSubstr;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();

class Hostile : public testing::Test {
 protected:
  static Tensor Integers(std::vector<int64_t> values) {
    return *Tensor::CopyOf(TensorView::Of<int64_t>(
        {static_cast<int64_t>(values.size())}, values.data()));
  }
  static Tensor Floats(Shape shape) {
    return *Tensor::Create(DataType::kFloat, std::move(shape));
  }
  template <typename T>
  static void Refuses(const StatusOr<T>& result, std::string_view text = "") {
    EXPECT_EQ(result.status().code(), StatusCode::kInvalidArgument)
        << result.status();
    EXPECT_THAT(Message(result.status()), HasSubstr(text));
  }
  template <typename T>
  static void RunsOut(const StatusOr<T>& result) {
    EXPECT_EQ(result.status().code(), StatusCode::kResourceExhausted)
        << result.status();
  }

  Context context_{{.threads = 1}};
};

TEST_F(Hostile, IntegersAtTheirEndsWrapAround) {
  const Tensor lowest = Tensor::Scalar(std::numeric_limits<int32_t>::min());
  const Tensor minus_one = Tensor::Scalar<int32_t>(-1);
  for (const BinaryOp op : {BinaryOp::kDiv, BinaryOp::kFloorDiv,
                            BinaryOp::kTruncateDiv, BinaryOp::kMul}) {
    const auto out = Binary(context_, op, lowest, minus_one);
    ASSERT_TRUE(out.ok()) << out.status();
    EXPECT_EQ(out->data<int32_t>()[0], std::numeric_limits<int32_t>::min());
  }
  const auto rest = Binary(context_, BinaryOp::kFloorMod, lowest, minus_one);
  ASSERT_TRUE(rest.ok());
  EXPECT_EQ(rest->data<int32_t>()[0], 0);
}

TEST_F(Hostile, ShiftsBeyondTheWidthAreClamped) {
  for (const int32_t distance : {32, 1000, -1}) {
    for (const BinaryOp op : {BinaryOp::kLeftShift, BinaryOp::kRightShift}) {
      EXPECT_TRUE(Binary(context_, op, Tensor::Scalar<int32_t>(-5),
                         Tensor::Scalar(distance))
                      .ok());
    }
  }
}

TEST_F(Hostile, BroadcastingThatOverflowsIsRefused) {
  const Tensor a =
      *Tensor::Create(DataType::kInt8, Shape({int64_t{1} << 20, 1}));
  const Tensor b =
      *Tensor::Create(DataType::kInt8, Shape({1, int64_t{1} << 20}));
  context_.set_max_bytes(1 << 30);
  RunsOut(Binary(context_, BinaryOp::kAddV2, a, b));
}

TEST_F(Hostile, NumbersOutsideTheIntegersBecomeTheLowest) {
  const auto out = Cast(context_, Tensor::Scalar(1e30f), DataType::kInt32);
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out->data<int32_t>()[0], std::numeric_limits<int32_t>::min());
  for (const float value : {-1e30f, std::numeric_limits<float>::quiet_NaN()}) {
    for (const DataType to : {DataType::kInt8, DataType::kUint16,
                              DataType::kInt64, DataType::kUint64}) {
      EXPECT_TRUE(Cast(context_, Tensor::Scalar(value), to).ok());
    }
  }
  EXPECT_EQ(
      Cast(context_, Tensor::OfString("1"), DataType::kInt32).status().code(),
      StatusCode::kUnimplemented);
}

TEST_F(Hostile, ShapesThatOverflowAreRefused) {
  const Tensor one = Tensor::Scalar(1.0f);
  Refuses(Fill(context_, Integers({kMost, 2}), one));
  Refuses(Fill(context_, Integers({-1}), one));
  Refuses(Tile(context_, Floats({2}), Integers({kMost})), "overflows");
  Refuses(Reshape(Shape({6}), Integers({kMost, 2, -1})));
  Refuses(Reshape(Shape({0}), Integers({0, -1})), "cannot infer");
  Refuses(Pad(context_, Floats({2}),
              *Tensor::CopyOf(TensorView::Of<int64_t>(
                  {1, 2}, std::array{kMost, int64_t{1}}.data())),
              nullptr));
  Refuses(
      ScatterNd(context_, Integers({}), Floats({}), Integers({kMost, kMost})));
  context_.set_max_bytes(1 << 20);
  RunsOut(Fill(context_, Integers({int64_t{1} << 40}), one));
  RunsOut(OneHot(context_, Integers({1}), Integers({int64_t{1} << 40}), one,
                 one, -1));
  RunsOut(RandomTensor(context_, Distribution::kUniform, PhiloxState(),
                       Integers({int64_t{1} << 40}), DataType::kFloat));
}

TEST_F(Hostile, RangesWithoutEndAreRefused) {
  const auto at = [](int64_t v) { return Tensor::Scalar(v); };
  Refuses(Range(context_, at(0), at(1), at(0)), "Requires delta != 0");
  Refuses(Range(context_, at(1), at(0), at(1)), "Requires start <= limit");
  Refuses(Range(context_, at(kLeast), at(kMost), at(1)));
  const auto two = Range(context_, at(kLeast), at(kMost), at(kMost));
  ASSERT_TRUE(two.ok());
  EXPECT_EQ(two->num_elements(), 3);
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(Range(context_, Tensor::Scalar(0.0), Tensor::Scalar(nan),
                     Tensor::Scalar(1.0))
                   .ok());
}

TEST_F(Hostile, SlicesOutOfRangeAreRefused) {
  const Tensor x = Floats({4});
  Refuses(Slice(context_, x, Integers({kMost}), Integers({1})));
  Refuses(Slice(context_, x, Integers({1}), Integers({kMost})));
  Refuses(Slice(context_, x, Integers({-1}), Integers({1})));
  Refuses(
      StridedSlice(context_, x, Integers({0}), Integers({4}), Integers({0})),
      "must be non-zero");
  Refuses(StridedSlice(context_, x, Integers({9}), Integers({4}), Integers({1}),
                       {.shrink_axis_mask = 1}),
          "out of bounds");
  Refuses(StridedSlice(context_, x, Integers({0, 0}), Integers({1, 1}),
                       Integers({1, 1}), {.ellipsis_mask = 3}),
          "Multiple ellipses");
  // The ends of int64 are only far away.
  const auto all = StridedSlice(context_, x, Integers({kMost}),
                                Integers({kLeast}), Integers({kLeast}));
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->num_elements(), 1);
}

TEST_F(Hostile, AxesAndIndicesOutOfRangeAreRefused) {
  const Tensor x = Floats({2, 3});
  Refuses(Reduce(context_, ReduceOp::kSum, x, Integers({2})),
          "Invalid reduction dimension");
  Refuses(Reduce(context_, ReduceOp::kSum, x, Integers({kLeast})));
  Refuses(Reduce(context_, ReduceOp::kSum, x, Integers({0, -2})), "duplicate");
  Refuses(ArgReduce(context_, ArgOp::kArgMax, Floats({0, 2}), Integers({0}),
                    DataType::kInt64),
          "is empty");
  Refuses(Transpose(context_, x, Integers({0, 0})), "duplicated");
  Refuses(Gather(context_, x, Integers({0, 2})),
          "indices[1] = 2 is not in [0, 2)");
  Refuses(Gather(context_, x, Integers({0}), {.axis = kLeast}));
  Refuses(UnsortedSegmentSum(context_, x, Integers({0, 5}), Integers({2})),
          "out of range");
  Refuses(TopK(context_, x, 4), "at least k columns");
  Refuses(SparseSoftmaxCrossEntropyWithLogits(context_, x, Integers({0, 3})),
          "outside the valid range");
}

TEST_F(Hostile, WindowsThatDoNotFitAreRefused) {
  const Tensor x = Floats({1, 4, 4, 2});
  const Tensor w = Floats({3, 3, 2, 1});
  WindowOptions options = {.strides = {1, 0, 1, 1}};
  Refuses(Convolve(context_, ConvolutionKind::kFull, x, w, options),
          "Stride must be > 0");
  options.strides = {1, kMost, kMost, 1};
  EXPECT_FALSE(Convolve(context_, ConvolutionKind::kFull, x, w, options).ok());
  options.strides = {1, 1, 1, 1};
  options.dilations = {1, int64_t{1} << 31, 1, 1};
  EXPECT_FALSE(Convolve(context_, ConvolutionKind::kFull, x, w, options).ok());
  options.dilations = {1, 1, 1, 1};
  options.padding = Padding::kExplicit;
  options.explicit_paddings = {0, 0, -1, 0, 0, 0, 0, 0};
  Refuses(Convolve(context_, ConvolutionKind::kFull, x, w, options));
  Refuses(ConvolveBackpropInput(
      context_, ConvolutionKind::kFull, Integers({1, kMost, kMost, 2}), w,
      Floats({1, 2, 2, 1}), {.strides = {1, 1, 1, 1}}));
  options = {.strides = {1, 1, 1, 1}, .ksize = {1, 0, 1, 1}};
  Refuses(MaxPool(context_, x, options), "ksize");
  options.ksize = {1, kMost, 1, 1};
  EXPECT_FALSE(AvgPool(context_, x, options).ok());
}

TEST_F(Hostile, ShapesOfProductsAndStatisticsMustFit) {
  Refuses(MatMul(context_, Floats({2, 3}), Floats({2, 3})),
          "Matrix size-incompatible");
  Refuses(MatMul(context_, Floats({2}), Floats({2, 3})), "not a matrix");
  Refuses(FusedBatchNorm(context_, Floats({1, 2, 2, 3}), Floats({2}),
                         Floats({3}), Floats({3}), Floats({3}), {}),
          "same number of elements");
  Refuses(BiasAdd(context_, Floats({2, 3}), Floats({2}), Channels::kLast));
  Tensor var = Floats({3});
  Tensor* const variables[] = {&var};
  const Tensor alpha = Tensor::Scalar(1.0f);
  const TensorView scalars[] = {alpha};
  EXPECT_EQ(ApplyOptimizer(context_, OptimizerOp::kGradientDescent, variables,
                           scalars, Floats({4}))
                .code(),
            StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace cairn::compute
