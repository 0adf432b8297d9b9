// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Ops on shapes: what changes a tensor's shape only shares its memory.
#include "cairn/compute/array.h"
#include "cairn/compute/broadcast.h"
#include "cairn/session/kernels/compute_kernels.h"

namespace cairn::session {
namespace {

// Output 0 is input 0 in the shape that f(kernel context) says.
template <typename F>
Kernel Reshaped(F f) {
  return [f = std::move(f)](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(Shape shape, f(context));
    return context.SetOutput(0, context.value(0).WithShape(std::move(shape)));
  };
}

StatusOr<Kernel> MakeReshape(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireTensorType(node));
  return Reshaped([](KernelContext& context) {
    return compute::Reshape(context.input(0).shape(), context.input(1));
  });
}

StatusOr<Kernel> MakeExpandDims(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireTensorType(node));
  return Reshaped([](KernelContext& context) {
    return compute::ExpandDims(context.input(0).shape(), context.input(1));
  });
}

StatusOr<Kernel> MakeSqueeze(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireTensorType(node));
  CAIRN_ASSIGN_OR_RETURN(auto dims, node.IntList("squeeze_dims"));
  return Reshaped([dims = std::move(dims)](KernelContext& context) {
    return compute::Squeeze(context.input(0).shape(), dims);
  });
}

StatusOr<Kernel> MakeShape(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireTensorType(node));
  CAIRN_ASSIGN_OR_RETURN(const DataType out,
                         node.Type("out_type", DataType::kInt32));
  return AllOutputs(
      [out](auto&, KernelContext& context) -> StatusOr<std::vector<Tensor>> {
        std::vector<Tensor> shapes;
        for (int i = 0; i < context.num_inputs(); ++i) {
          CAIRN_ASSIGN_OR_RETURN(Tensor shape,
                                 compute::ShapeOf(context.input(i), out));
          shapes.push_back(std::move(shape));
        }
        return shapes;
      });
}

StatusOr<Kernel> MakeSize(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireTensorType(node));
  CAIRN_ASSIGN_OR_RETURN(const DataType out,
                         node.Type("out_type", DataType::kInt32));
  return OneOutput([out](auto&, KernelContext& context) {
    return compute::Size(context.input(0), out);
  });
}

StatusOr<Tensor> Rank(compute::Context&, KernelContext& context) {
  return Tensor::Scalar<int32_t>(context.input(0).shape().rank());
}

}  // namespace

void AddShapeKernels(KernelTable& table) {
  table.Add({.op = "Reshape",
             .signature = "tensor:T shape:Tshape=int32 -> output:T",
             .make = MakeReshape});
  table.Add({.op = "ExpandDims",
             .signature = "input:T dim:Tdim=int32 -> output:T",
             .make = MakeExpandDims});
  table.Add({.op = "Squeeze",
             .signature = "input:T -> output:T",
             .make = MakeSqueeze});
  table.Add({.op = "Shape",
             .signature = "input:T -> output:out_type=int32",
             .make = MakeShape});
  table.Add({.op = "ShapeN",
             .signature = "input:N*T -> output:N*out_type=int32",
             .make = MakeShape});
  table.Add({.op = "Size",
             .signature = "input:T -> output:out_type=int32",
             .make = MakeSize});
  table.Add({.op = "Rank",
             .signature = "input:T -> output:int32",
             .make = Moves(Rank)});
  table.Add({.op = "BroadcastArgs",
             .signature = "s0:T=int32 s1:T -> r0:T",
             .make = For(kIndexTypes, [](auto&, auto& context) {
               return compute::BroadcastArgs(context.input(0),
                                             context.input(1));
             })});
  table.Add(
      {.op = "BroadcastGradientArgs",
       .signature = "s0:T=int32 s1:T -> r0:T r1:T",
       .make = AlwaysAll(
           [](auto&, KernelContext& context) -> StatusOr<std::vector<Tensor>> {
             CAIRN_ASSIGN_OR_RETURN(
                 auto axes, compute::BroadcastGradientArgs(context.input(0),
                                                           context.input(1)));
             std::vector<Tensor> outs;
             outs.push_back(std::move(axes.first));
             outs.push_back(std::move(axes.second));
             return outs;
           })});
  table.Add({.op = "ConcatOffset",
             .signature = "concat_dim:int32 shape:N*shape_type=int32 -> "
                          "offset:N*shape_type",
             .make = AlwaysAll([](auto&, KernelContext& context) {
               return compute::ConcatOffset(context.input(0),
                                            context.input_list("shape"));
             })});
}

}  // namespace cairn::session
