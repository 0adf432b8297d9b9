// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Layers: matrix products, convolutions, poolings, normalization, softmax.
#include "cairn/compute/batch_norm.h"
#include "cairn/compute/convolution.h"
#include "cairn/compute/matmul.h"
#include "cairn/compute/pooling.h"
#include "cairn/compute/softmax.h"
#include "cairn/session/kernels/compute_kernels.h"

namespace cairn::session {
namespace {

using compute::ConvolutionKind;
using compute::FusedBatchNormOptions;
using compute::Orientation;
using compute::WindowOptions;

constexpr DataType kMatMulTypes[] = {
    DataType::kFloat,    DataType::kDouble,    DataType::kHalf,
    DataType::kBfloat16, DataType::kInt16,     DataType::kInt32,
    DataType::kInt64,    DataType::kComplex64, DataType::kComplex128};
constexpr DataType kConvolutionTypes[] = {DataType::kFloat, DataType::kDouble,
                                          DataType::kHalf, DataType::kBfloat16,
                                          DataType::kInt32};
constexpr DataType kImageTypes[] = {DataType::kFloat, DataType::kHalf,
                                    DataType::kBfloat16};

StatusOr<Kernel> MakeMatMul(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "T", kMatMulTypes));
  CAIRN_ASSIGN_OR_RETURN(const bool a, node.Bool("transpose_a", false));
  CAIRN_ASSIGN_OR_RETURN(const bool b, node.Bool("transpose_b", false));
  const compute::MatMulOptions options = {
      a ? Orientation::kTransposed : Orientation::kNormal,
      b ? Orientation::kTransposed : Orientation::kNormal};
  return OneOutput([options](auto& compute, auto& context) {
    return compute::MatMul(compute, context.input(0), context.input(1),
                           options);
  });
}

enum class Batches { kEqual, kBroadcast };

KernelFactory MakeBatchMatMul(Batches batches) {
  return [batches](const Attributes& node) -> StatusOr<Kernel> {
    CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "T", kMatMulTypes));
    CAIRN_ASSIGN_OR_RETURN(const bool a, node.Bool("adj_x", false));
    CAIRN_ASSIGN_OR_RETURN(const bool b, node.Bool("adj_y", false));
    const compute::MatMulOptions options = {
        a ? Orientation::kAdjoint : Orientation::kNormal,
        b ? Orientation::kAdjoint : Orientation::kNormal};
    return OneOutput([batches, options](auto& compute,
                                        auto& context) -> StatusOr<Tensor> {
      const TensorView &x = context.input(0), &y = context.input(1);
      if (batches == Batches::kEqual && x.shape().rank() != y.shape().rank()) {
        return InvalidArgumentError(
            "In[0] and In[1] has different ndims: " + x.shape().ToString() +
            " vs. " + y.shape().ToString());
      }
      return compute::BatchMatMul(compute, x, y, options);
    });
  };
}

StatusOr<WindowOptions> ReadWindow(const Attributes& node) {
  WindowOptions options;
  CAIRN_ASSIGN_OR_RETURN(options.strides, node.IntList("strides", {}));
  CAIRN_ASSIGN_OR_RETURN(options.ksize, node.IntList("ksize", {}));
  CAIRN_ASSIGN_OR_RETURN(const std::string padding, node.String("padding"));
  CAIRN_ASSIGN_OR_RETURN(options.padding, compute::PaddingFromName(padding));
  CAIRN_ASSIGN_OR_RETURN(options.explicit_paddings,
                         node.IntList("explicit_paddings", {}));
  CAIRN_ASSIGN_OR_RETURN(const std::string format,
                         node.String("data_format", "NHWC"));
  if (format == "NCHW_VECT_C") return NotSupported("data_format NCHW_VECT_C");
  CAIRN_ASSIGN_OR_RETURN(options.format, compute::ImageFormatFromName(format));
  CAIRN_ASSIGN_OR_RETURN(options.dilations,
                         node.IntList("dilations", {1, 1, 1, 1}));
  return options;
}

// What a convolution computes: f(compute, kind, input 0, 1, (2), options).
enum class Direction { kForward, kInput, kFilter };

KernelFactory MakeConvolution(ConvolutionKind kind, Direction direction) {
  return [kind, direction](const Attributes& node) -> StatusOr<Kernel> {
    const auto types = std::span(kConvolutionTypes);
    // Of integers there is no gradient of the filter, nor a depthwise kernel.
    const bool integers =
        kind == ConvolutionKind::kFull && direction != Direction::kFilter;
    CAIRN_RETURN_IF_ERROR(
        RequireOneOf(node, "T", integers ? types : types.first(4)));
    CAIRN_ASSIGN_OR_RETURN(const WindowOptions options, ReadWindow(node));
    return OneOutput([kind, direction, options](auto& compute, auto& context) {
      switch (direction) {
        case Direction::kForward:
          return compute::Convolve(compute, kind, context.input(0),
                                   context.input(1), options);
        case Direction::kInput:
          return compute::ConvolveBackpropInput(compute, kind, context.input(0),
                                                context.input(1),
                                                context.input(2), options);
        default:
          return compute::ConvolveBackpropFilter(
              compute, kind, context.input(0), context.input(1),
              context.input(2), options);
      }
    });
  };
}

void AddConvolutionKernels(KernelTable& table) {
  struct Names {
    ConvolutionKind kind;
    const char *forward, *input, *filter;
  };
  constexpr Names kAll[] = {
      {ConvolutionKind::kFull, "Conv2D", "Conv2DBackpropInput",
       "Conv2DBackpropFilter"},
      {ConvolutionKind::kDepthwise, "DepthwiseConv2dNative",
       "DepthwiseConv2dNativeBackpropInput",
       "DepthwiseConv2dNativeBackpropFilter"}};
  for (const Names& names : kAll) {
    table.Add({.op = names.forward,
               .signature = "input:T filter:T -> output:T",
               .make = MakeConvolution(names.kind, Direction::kForward)});
    table.Add({.op = names.input,
               .signature = "input_sizes:int32 filter:T out_backprop:T -> "
                            "output:T",
               .make = MakeConvolution(names.kind, Direction::kInput)});
    table.Add({.op = names.filter,
               .signature = "input:T filter_sizes:int32 out_backprop:T -> "
                            "output:T",
               .make = MakeConvolution(names.kind, Direction::kFilter)});
  }
}

// The V2 poolings have ksize and strides as inputs, the last two.
Status ReadWindowInputs(KernelContext& context, WindowOptions* options) {
  const int n = context.num_inputs();
  CAIRN_ASSIGN_OR_RETURN(options->ksize, context.IntVector(n - 2));
  CAIRN_ASSIGN_OR_RETURN(options->strides, context.IntVector(n - 1));
  return OkStatus();
}

enum class WindowFrom { kAttributes, kInputs };

KernelFactory MakeMaxPool(WindowFrom from, Direction direction) {
  return [from, direction](const Attributes& node) -> StatusOr<Kernel> {
    CAIRN_ASSIGN_OR_RETURN(const DataType dtype,
                           node.Type("T", DataType::kFloat));
    if (dtype != DataType::kFloat) {
      CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "T", kOrderedTypes));
    }
    CAIRN_ASSIGN_OR_RETURN(const WindowOptions given, ReadWindow(node));
    return OneOutput([from, direction, given](
                         auto& compute, auto& context) -> StatusOr<Tensor> {
      WindowOptions options = given;
      if (from == WindowFrom::kInputs) {
        CAIRN_RETURN_IF_ERROR(ReadWindowInputs(context, &options));
      }
      if (direction == Direction::kForward) {
        return compute::MaxPool(compute, context.input(0), options);
      }
      return compute::MaxPoolGrad(compute, context.input(0), context.input(1),
                                  context.input(2), options);
    });
  };
}

KernelFactory MakeAvgPool(Direction direction) {
  return [direction](const Attributes& node) -> StatusOr<Kernel> {
    CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "T", kRealTypes));
    CAIRN_ASSIGN_OR_RETURN(const WindowOptions options, ReadWindow(node));
    return OneOutput([direction, options](auto& compute, auto& context) {
      return direction == Direction::kForward
                 ? compute::AvgPool(compute, context.input(0), options)
                 : compute::AvgPoolGrad(compute, context.input(0),
                                        context.input(1), options);
    });
  };
}

void AddPoolingKernels(KernelTable& table) {
  table.Add(
      {.op = "MaxPool",
       .signature = "input:T=float32 -> output:T",
       .make = MakeMaxPool(WindowFrom::kAttributes, Direction::kForward)});
  table.Add({.op = "MaxPoolV2",
             .signature = "input:T=float32 ksize:int32 strides:int32 -> "
                          "output:T",
             .make = MakeMaxPool(WindowFrom::kInputs, Direction::kForward)});
  table.Add(
      {.op = "MaxPoolGrad",
       .signature = "orig_input:T=float32 orig_output:T grad:T -> output:T",
       .make = MakeMaxPool(WindowFrom::kAttributes, Direction::kInput)});
  table.Add({.op = "MaxPoolGradV2",
             .signature = "orig_input:T=float32 orig_output:T grad:T "
                          "ksize:int32 strides:int32 -> output:T",
             .make = MakeMaxPool(WindowFrom::kInputs, Direction::kInput)});
  table.Add({.op = "AvgPool",
             .signature = "value:T -> output:T",
             .make = MakeAvgPool(Direction::kForward)});
  table.Add({.op = "AvgPoolGrad",
             .signature = "orig_input_shape:int32 grad:T -> output:T",
             .make = MakeAvgPool(Direction::kInput)});
}

StatusOr<FusedBatchNormOptions> ReadBatchNorm(const Attributes& node) {
  FusedBatchNormOptions options;
  CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "T", kImageTypes));
  CAIRN_ASSIGN_OR_RETURN(options.epsilon, node.Float("epsilon", 0.0001f));
  CAIRN_ASSIGN_OR_RETURN(options.exponential_avg_factor,
                         node.Float("exponential_avg_factor", 1.0f));
  CAIRN_ASSIGN_OR_RETURN(const std::string format,
                         node.String("data_format", "NHWC"));
  CAIRN_ASSIGN_OR_RETURN(options.channels, compute::ChannelsFromFormat(format));
  CAIRN_ASSIGN_OR_RETURN(const bool training, node.Bool("is_training", true));
  options.mode = training ? FusedBatchNormOptions::Mode::kTraining
                          : FusedBatchNormOptions::Mode::kInference;
  return options;
}

StatusOr<Kernel> MakeFusedBatchNorm(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const auto options, ReadBatchNorm(node));
  return AllOutputs(
      [options](auto& compute,
                KernelContext& context) -> StatusOr<std::vector<Tensor>> {
        CAIRN_ASSIGN_OR_RETURN(
            auto result,
            compute::FusedBatchNorm(compute, context.input(0), context.input(1),
                                    context.input(2), context.input(3),
                                    context.input(4), options));
        std::vector<Tensor> outs;
        outs.push_back(std::move(result.y));
        outs.push_back(std::move(result.batch_mean));
        outs.push_back(std::move(result.batch_variance));
        outs.push_back(std::move(result.saved_mean));
        outs.push_back(std::move(result.saved_variance));
        // Of use to other devices only.
        if (context.num_outputs() == 6) outs.push_back(Tensor::Scalar(0.0f));
        return outs;
      });
}

StatusOr<Kernel> MakeFusedBatchNormGrad(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const auto options, ReadBatchNorm(node));
  return AllOutputs(
      [options](auto& compute,
                KernelContext& context) -> StatusOr<std::vector<Tensor>> {
        CAIRN_ASSIGN_OR_RETURN(
            auto result,
            compute::FusedBatchNormGrad(
                compute, context.input(0), context.input(1), context.input(2),
                context.input(3), context.input(4), options));
        std::vector<Tensor> outs;
        outs.push_back(std::move(result.x_backprop));
        outs.push_back(std::move(result.scale_backprop));
        outs.push_back(std::move(result.offset_backprop));
        // The gradients of mean and variance, which nothing uses.
        for (int i = 0; i < 2; ++i) {
          CAIRN_ASSIGN_OR_RETURN(Tensor none,
                                 Tensor::Create(DataType::kFloat, Shape({0})));
          outs.push_back(std::move(none));
        }
        return outs;
      });
}

void AddBatchNormKernels(KernelTable& table) {
  table.Add({.op = "FusedBatchNorm",
             .signature = "x:T scale:T offset:T mean:T variance:T -> y:T "
                          "batch_mean:T batch_variance:T reserve_space_1:T "
                          "reserve_space_2:T",
             .make = MakeFusedBatchNorm});
  const std::string v2 =
      "x:T scale:U offset:U mean:U variance:U -> y:T batch_mean:U "
      "batch_variance:U reserve_space_1:U reserve_space_2:U";
  table.Add(
      {.op = "FusedBatchNormV2", .signature = v2, .make = MakeFusedBatchNorm});
  table.Add({.op = "FusedBatchNormV3",
             .signature = v2 + " reserve_space_3:U",
             .make = MakeFusedBatchNorm});
  table.Add({.op = "FusedBatchNormGrad",
             .signature = "y_backprop:T x:T scale:T reserve_space_1:T "
                          "reserve_space_2:T -> x_backprop:T scale_backprop:T "
                          "offset_backprop:T reserve_space_3:T "
                          "reserve_space_4:T",
             .make = MakeFusedBatchNormGrad});
  const std::string inputs =
      "y_backprop:T x:T scale:float32 reserve_space_1:U reserve_space_2:U";
  const std::string outputs =
      " -> x_backprop:T scale_backprop:U offset_backprop:U reserve_space_4:U "
      "reserve_space_5:U";
  table.Add({.op = "FusedBatchNormGradV2",
             .signature = inputs + outputs,
             .make = MakeFusedBatchNormGrad});
  table.Add({.op = "FusedBatchNormGradV3",
             .signature = inputs + " reserve_space_3:U" + outputs,
             .make = MakeFusedBatchNormGrad});
}

StatusOr<compute::Channels> ReadChannels(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const std::string format,
                         node.String("data_format", "NHWC"));
  return compute::ChannelsFromFormat(format);
}

StatusOr<Kernel> MakeBiasAdd(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "T", kNumberTypes));
  CAIRN_ASSIGN_OR_RETURN(const auto channels, ReadChannels(node));
  return OneOutput([channels](auto& compute, auto& context) {
    return compute::BiasAdd(compute, context.input(0), context.input(1),
                            channels);
  });
}

StatusOr<Kernel> MakeBiasAddGrad(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "T", kNumberTypes));
  CAIRN_ASSIGN_OR_RETURN(const auto channels, ReadChannels(node));
  return OneOutput([channels](auto& compute, auto& context) {
    return compute::BiasAddGrad(compute, context.input(0), channels);
  });
}

template <typename F>
KernelFactory MakeCrossEntropy(F f) {
  return [f](const Attributes& node) -> StatusOr<Kernel> {
    CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "T", kRealTypes));
    return AllOutputs(
        [f](auto& compute,
            KernelContext& context) -> StatusOr<std::vector<Tensor>> {
          CAIRN_ASSIGN_OR_RETURN(
              auto result, f(compute, context.input(0), context.input(1)));
          std::vector<Tensor> outs;
          outs.push_back(std::move(result.loss));
          outs.push_back(std::move(result.backprop));
          return outs;
        });
  };
}

void AddSoftmaxKernels(KernelTable& table) {
  using compute::SoftmaxOp;
  table.Add({.op = "Softmax",
             .signature = "logits:T -> softmax:T",
             .make = For(kRealTypes, [](auto& compute, auto& context) {
               return compute::Softmax(compute, SoftmaxOp::kSoftmax,
                                       context.input(0));
             })});
  table.Add({.op = "LogSoftmax",
             .signature = "logits:T -> logsoftmax:T",
             .make = For(kRealTypes, [](auto& compute, auto& context) {
               return compute::Softmax(compute, SoftmaxOp::kLogSoftmax,
                                       context.input(0));
             })});
  table.Add(
      {.op = "SparseSoftmaxCrossEntropyWithLogits",
       .signature = "features:T labels:Tlabels=int64 -> loss:T backprop:T",
       .make = MakeCrossEntropy(compute::SparseSoftmaxCrossEntropyWithLogits)});
  table.Add({.op = "SoftmaxCrossEntropyWithLogits",
             .signature = "features:T labels:T -> loss:T backprop:T",
             .make = MakeCrossEntropy(compute::SoftmaxCrossEntropyWithLogits)});
}

}  // namespace

void AddLayerKernels(KernelTable& table) {
  table.Add({.op = "MatMul",
             .signature = "a:T b:T -> product:T",
             .make = MakeMatMul});
  table.Add({.op = "BatchMatMul",
             .signature = "x:T y:T -> output:T",
             .make = MakeBatchMatMul(Batches::kEqual)});
  table.Add({.op = "BatchMatMulV2",
             .signature = "x:T y:T -> output:T",
             .make = MakeBatchMatMul(Batches::kBroadcast)});
  AddConvolutionKernels(table);
  AddPoolingKernels(table);
  AddBatchNormKernels(table);
  AddSoftmaxKernels(table);
  for (const char* op : {"BiasAdd", "BiasAddV1"}) {
    table.Add({.op = op,
               .signature = "value:T bias:T -> output:T",
               .make = MakeBiasAdd});
  }
  table.Add({.op = "BiasAddGrad",
             .signature = "out_backprop:T -> output:T",
             .make = MakeBiasAddGrad});
}

}  // namespace cairn::session
