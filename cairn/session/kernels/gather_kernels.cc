// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/compute/gather.h"
#include "cairn/session/kernels/compute_kernels.h"

namespace cairn::session {
namespace {

StatusOr<Kernel> MakeGatherV2(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireTensorType(node, "Tparams"));
  CAIRN_ASSIGN_OR_RETURN(const int64_t batch_dims, node.Int("batch_dims", 0));
  return OneOutput(
      [batch_dims](auto& compute, auto& context) -> StatusOr<Tensor> {
        CAIRN_ASSIGN_OR_RETURN(const int64_t axis, context.IntScalar(2));
        return compute::Gather(compute, context.input(0), context.input(1),
                               {.axis = axis, .batch_dims = batch_dims});
      });
}

StatusOr<Kernel> MakeOneHot(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireTensorType(node));
  CAIRN_ASSIGN_OR_RETURN(const int64_t axis, node.Int("axis", -1));
  return OneOutput([axis](auto& compute, auto& context) {
    return compute::OneHot(compute, context.input(0), context.input(1),
                           context.input(2), context.input(3), axis);
  });
}

// k: of an attribute, or of input 1.
Kernel TopKKernel(std::optional<int64_t> k) {
  return AllOutputs(
      [k](auto& compute,
          KernelContext& context) -> StatusOr<std::vector<Tensor>> {
        int64_t count;
        if (k.has_value()) {
          count = *k;
        } else {
          CAIRN_ASSIGN_OR_RETURN(count, context.IntScalar(1));
        }
        CAIRN_ASSIGN_OR_RETURN(auto top,
                               compute::TopK(compute, context.input(0), count));
        std::vector<Tensor> outs;
        outs.push_back(std::move(top.values));
        outs.push_back(std::move(top.indices));
        return outs;
      });
}

StatusOr<Kernel> MakeTopK(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "T", kOrderedTypes));
  CAIRN_ASSIGN_OR_RETURN(const int64_t k, node.Int("k"));
  return TopKKernel(k);
}

StatusOr<Kernel> MakeTopKV2(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "T", kOrderedTypes));
  CAIRN_ASSIGN_OR_RETURN(const DataType index,
                         node.Type("index_type", DataType::kInt32));
  if (index != DataType::kInt32) return NoKernelFor(index);
  return TopKKernel(std::nullopt);
}

StatusOr<Kernel> MakeInTopK(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "T", kIndexTypes));
  CAIRN_ASSIGN_OR_RETURN(const int64_t k, node.Int("k"));
  return OneOutput([k](auto& compute, auto& context) {
    return compute::InTopK(compute, context.input(0), context.input(1), k);
  });
}

KernelFactory MakeUnique(bool counts) {
  return [counts](const Attributes& node) -> StatusOr<Kernel> {
    CAIRN_RETURN_IF_ERROR(RequireTensorType(node));
    CAIRN_ASSIGN_OR_RETURN(const DataType out,
                           node.Type("out_idx", DataType::kInt32));
    return AllOutputs(
        [counts, out](auto& compute,
                      KernelContext& context) -> StatusOr<std::vector<Tensor>> {
          CAIRN_ASSIGN_OR_RETURN(
              auto unique, compute::Unique(compute, context.input(0), out));
          std::vector<Tensor> outs;
          outs.push_back(std::move(unique.y));
          outs.push_back(std::move(unique.idx));
          if (counts) outs.push_back(std::move(unique.count));
          return outs;
        });
  };
}

StatusOr<Kernel> MakeListDiff(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireTensorType(node));
  CAIRN_ASSIGN_OR_RETURN(const DataType out,
                         node.Type("out_idx", DataType::kInt32));
  return AllOutputs([out](auto& compute, KernelContext& context)
                        -> StatusOr<std::vector<Tensor>> {
    CAIRN_ASSIGN_OR_RETURN(
        auto difference,
        compute::ListDiff(compute, context.input(0), context.input(1), out));
    std::vector<Tensor> outs;
    outs.push_back(std::move(difference.out));
    outs.push_back(std::move(difference.idx));
    return outs;
  });
}

}  // namespace

void AddGatherKernels(KernelTable& table) {
  table.Add({.op = "Gather",
             .signature = "params:Tparams indices:Tindices -> output:Tparams",
             .make = Moves(
                 [](auto& compute, auto& context) {
                   return compute::Gather(compute, context.input(0),
                                          context.input(1));
                 },
                 "Tparams")});
  table.Add({.op = "GatherV2",
             .signature = "params:Tparams indices:Tindices axis:Taxis -> "
                          "output:Tparams",
             .make = MakeGatherV2});
  table.Add({.op = "GatherNd",
             .signature = "params:Tparams indices:Tindices -> output:Tparams",
             .make = Moves(
                 [](auto& compute, auto& context) {
                   return compute::GatherNd(compute, context.input(0),
                                            context.input(1));
                 },
                 "Tparams")});
  table.Add({.op = "ScatterNd",
             .signature = "indices:Tindices updates:T shape:Tindices -> "
                          "output:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::ScatterNd(compute, context.input(0),
                                         context.input(1), context.input(2));
             })});
  table.Add({.op = "OneHot",
             .signature = "indices:TI=int64 depth:int32 on_value:T "
                          "off_value:T -> output:T",
             .make = MakeOneHot});
  table.Add({.op = "UnsortedSegmentSum",
             .signature = "data:T segment_ids:Tindices "
                          "num_segments:Tnumsegments=int32 -> output:T",
             .make = For(kNumberTypes, [](auto& compute, auto& context) {
               return compute::UnsortedSegmentSum(compute, context.input(0),
                                                  context.input(1),
                                                  context.input(2));
             })});
  table.Add({.op = "TopK",
             .signature = "input:T -> values:T indices:int32",
             .make = MakeTopK});
  table.Add({.op = "TopKV2",
             .signature = "input:T k:Tk=int32 -> values:T "
                          "indices:index_type=int32",
             .make = MakeTopKV2,
             .note = "index_type int32 only"});
  table.Add({.op = "InTopK",
             .signature = "predictions:float32 targets:T=int32 -> "
                          "precision:bool",
             .make = MakeInTopK});
  table.Add({.op = "InTopKV2",
             .signature = "predictions:float32 targets:T=int32 k:T -> "
                          "precision:bool",
             .make = For(kIndexTypes,
                         [](auto& compute, auto& context) -> StatusOr<Tensor> {
                           CAIRN_ASSIGN_OR_RETURN(const int64_t k,
                                                  context.IntScalar(2));
                           return compute::InTopK(compute, context.input(0),
                                                  context.input(1), k);
                         })});
  table.Add({.op = "Unique",
             .signature = "x:T -> y:T idx:out_idx=int32",
             .make = MakeUnique(false)});
  table.Add({.op = "ListDiff",
             .signature = "x:T y:T -> out:T idx:out_idx=int32",
             .make = MakeListDiff});
  table.Add({.op = "UniqueWithCounts",
             .signature = "x:T -> y:T idx:out_idx=int32 count:out_idx",
             .make = MakeUnique(true)});
}

}  // namespace cairn::session
