// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Ops that move elements.
#include "cairn/compute/array.h"
#include "cairn/compute/slice.h"
#include "cairn/session/kernels/compute_kernels.h"
#include "cairn/session/kernels/variants.h"

namespace cairn::session {
namespace {

using compute::Conjugation;
using compute::MirrorMode;

StatusOr<MirrorMode> ReadMirrorMode(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const std::string mode, node.String("mode"));
  if (mode == "REFLECT") return MirrorMode::kReflect;
  if (mode == "SYMMETRIC") return MirrorMode::kSymmetric;
  return InvalidArgumentError("mode must be either REFLECT or SYMMETRIC.");
}

StatusOr<Kernel> MakeMirrorPad(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireTensorType(node));
  CAIRN_ASSIGN_OR_RETURN(const MirrorMode mode, ReadMirrorMode(node));
  return OneOutput([mode](auto& compute, auto& context) {
    return compute::MirrorPad(compute, context.input(0), context.input(1),
                              mode);
  });
}

StatusOr<Kernel> MakeMirrorPadGrad(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "T", kNumberTypes));
  CAIRN_ASSIGN_OR_RETURN(const MirrorMode mode, ReadMirrorMode(node));
  return OneOutput([mode](auto& compute, auto& context) {
    return compute::MirrorPadGrad(compute, context.input(0), context.input(1),
                                  mode);
  });
}

StatusOr<compute::StridedSliceOptions> ReadMasks(const Attributes& node) {
  compute::StridedSliceOptions options;
  CAIRN_ASSIGN_OR_RETURN(options.begin_mask, node.Int("begin_mask", 0));
  CAIRN_ASSIGN_OR_RETURN(options.end_mask, node.Int("end_mask", 0));
  CAIRN_ASSIGN_OR_RETURN(options.ellipsis_mask, node.Int("ellipsis_mask", 0));
  CAIRN_ASSIGN_OR_RETURN(options.new_axis_mask, node.Int("new_axis_mask", 0));
  CAIRN_ASSIGN_OR_RETURN(options.shrink_axis_mask,
                         node.Int("shrink_axis_mask", 0));
  return options;
}

StatusOr<Kernel> MakeStridedSlice(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireTensorType(node));
  CAIRN_ASSIGN_OR_RETURN(const auto options, ReadMasks(node));
  return OneOutput([options](auto& compute, auto& context) {
    return compute::StridedSlice(compute, context.input(0), context.input(1),
                                 context.input(2), context.input(3), options);
  });
}

StatusOr<Kernel> MakeStridedSliceGrad(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireTensorType(node));
  CAIRN_ASSIGN_OR_RETURN(const auto options, ReadMasks(node));
  return OneOutput([options](auto& compute, auto& context) {
    return compute::StridedSliceGrad(
        compute, context.input(0), context.input(1), context.input(2),
        context.input(3), context.input(4), options);
  });
}

StatusOr<Kernel> MakePack(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireTensorType(node));
  CAIRN_ASSIGN_OR_RETURN(const int64_t axis, node.Int("axis", 0));
  return OneOutput([axis](auto& compute, auto& context) {
    return compute::Pack(compute, context.input_list("values"), axis);
  });
}

StatusOr<Kernel> MakeUnpack(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireTensorType(node));
  CAIRN_ASSIGN_OR_RETURN(const int64_t axis, node.Int("axis", 0));
  CAIRN_ASSIGN_OR_RETURN(const int64_t num, node.Int("num"));
  return AllOutputs([axis, num](auto& compute, auto& context) {
    return compute::Unpack(compute, context.input(0), num, axis);
  });
}

StatusOr<Kernel> MakeSplit(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireTensorType(node));
  CAIRN_ASSIGN_OR_RETURN(const int64_t num, node.Int("num_split"));
  return AllOutputs([num](auto& compute, auto& context) {
    return compute::Split(compute, context.input(1), context.input(0), num);
  });
}

StatusOr<Kernel> MakeSplitV(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireTensorType(node));
  CAIRN_ASSIGN_OR_RETURN(const int64_t num, node.Int("num_split"));
  return AllOutputs([num](auto& compute, auto& context) {
    return compute::SplitV(compute, context.input(0), context.input(1),
                           context.input(2), num);
  });
}

void AddJoiningKernels(KernelTable& table) {
  table.Add({.op = "Concat",
             .signature = "concat_dim:int32 values:N*T -> output:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::Concat(compute, context.input_list("values"),
                                      context.input(0));
             })});
  table.Add({.op = "ConcatV2",
             .signature = "values:N*T axis:Tidx=int32 -> output:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::Concat(compute, context.input_list("values"),
                                      context.input(context.num_inputs() - 1));
             })});
  table.Add(
      {.op = "Pack", .signature = "values:N*T -> output:T", .make = MakePack});
  table.Add({.op = "Unpack",
             .signature = "value:T -> output:num*T",
             .make = MakeUnpack});
  table.Add({.op = "Split",
             .signature = "split_dim:int32 value:T -> output:num_split*T",
             .make = MakeSplit});
  table.Add({.op = "SplitV",
             .signature = "value:T size_splits:Tlen=int64 split_dim:int32 -> "
                          "output:num_split*T",
             .make = MakeSplitV});
}

void AddSlicingKernels(KernelTable& table) {
  table.Add({.op = "Slice",
             .signature = "input:T begin:Index size:Index -> output:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::Slice(compute, context.input(0),
                                     context.input(1), context.input(2));
             })});
  table.Add({.op = "StridedSlice",
             .signature = "input:T begin:Index end:Index strides:Index -> "
                          "output:T",
             .make = MakeStridedSlice});
  table.Add({.op = "StridedSliceGrad",
             .signature = "shape:Index begin:Index end:Index strides:Index "
                          "dy:T -> output:T",
             .make = MakeStridedSliceGrad});
}

void AddPaddingKernels(KernelTable& table) {
  table.Add({.op = "Pad",
             .signature = "input:T paddings:Tpaddings=int32 -> output:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::Pad(compute, context.input(0), context.input(1),
                                   nullptr);
             })});
  table.Add({.op = "PadV2",
             .signature = "input:T paddings:Tpaddings=int32 "
                          "constant_values:T -> output:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::Pad(compute, context.input(0), context.input(1),
                                   &context.input(2));
             })});
  table.Add({.op = "MirrorPad",
             .signature = "input:T paddings:Tpaddings=int32 -> output:T",
             .make = MakeMirrorPad});
  table.Add({.op = "MirrorPadGrad",
             .signature = "input:T paddings:Tpaddings=int32 -> output:T",
             .make = MakeMirrorPadGrad});
}

void AddMakingKernels(KernelTable& table) {
  static constexpr DataType kRangeTypes[] = {
      DataType::kFloat, DataType::kDouble, DataType::kInt32, DataType::kInt64};
  static constexpr DataType kLinSpaceTypes[] = {DataType::kFloat,
                                                DataType::kDouble};
  table.Add({.op = "Fill",
             .signature = "dims:index_type=int32 value:T -> output:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::Fill(compute, context.input(0),
                                    context.input(1));
             })});
  table.Add({.op = "Range",
             .signature = "start:Tidx=int32 limit:Tidx delta:Tidx -> "
                          "output:Tidx",
             .make = For(
                 kRangeTypes,
                 [](auto& compute, auto& context) {
                   return compute::Range(compute, context.input(0),
                                         context.input(1), context.input(2));
                 },
                 "Tidx")});
  table.Add({.op = "LinSpace",
             .signature = "start:T stop:T num:Tidx=int32 -> output:T",
             .make = For(kLinSpaceTypes, [](auto& compute, auto& context) {
               return compute::LinSpace(compute, context.input(0),
                                        context.input(1), context.input(2));
             })});
  table.Add({.op = "ZerosLike",
             .signature = "x:T -> y:T",
             .make = [](const Attributes& node) -> StatusOr<Kernel> {
               CAIRN_ASSIGN_OR_RETURN(const DataType dtype, node.Type("T"));
               if (dtype == DataType::kVariant) return VariantZeros;
               return Moves([](auto& compute, auto& context) {
                 return compute::ZerosLike(compute, context.input(0));
               })(node);
             }});
  table.Add({.op = "OnesLike",
             .signature = "x:T -> y:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::OnesLike(compute, context.input(0));
             })});
  table.Add({.op = "Tile",
             .signature = "input:T multiples:Tmultiples=int32 -> output:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::Tile(compute, context.input(0),
                                    context.input(1));
             })});
  table.Add({.op = "BroadcastTo",
             .signature = "input:T shape:Tidx=int32 -> output:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::BroadcastTo(compute, context.input(0),
                                           context.input(1));
             })});
}

void AddPermutingKernels(KernelTable& table) {
  table.Add({.op = "Transpose",
             .signature = "x:T perm:Tperm=int32 -> y:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::Transpose(compute, context.input(0),
                                         context.input(1));
             })});
  table.Add({.op = "ConjugateTranspose",
             .signature = "x:T perm:Tperm=int32 -> y:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::Transpose(compute, context.input(0),
                                         context.input(1),
                                         Conjugation::kConjugate);
             })});
  table.Add({.op = "InvertPermutation",
             .signature = "x:T=int32 -> y:T",
             .make = For(kIndexTypes, [](auto& compute, auto& context) {
               return compute::InvertPermutation(compute, context.input(0));
             })});
  table.Add({.op = "Reverse",
             .signature = "tensor:T dims:bool -> output:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::Reverse(compute, context.input(0),
                                       context.input(1));
             })});
  table.Add({.op = "ReverseV2",
             .signature = "tensor:T axis:Tidx=int32 -> output:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::ReverseV2(compute, context.input(0),
                                         context.input(1));
             })});
}

void AddDiagonalKernels(KernelTable& table) {
  table.Add({.op = "Diag",
             .signature = "diagonal:T -> output:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::Diag(compute, context.input(0));
             })});
  table.Add({.op = "DiagPart",
             .signature = "input:T -> diagonal:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::DiagPart(compute, context.input(0));
             })});
  table.Add({.op = "MatrixDiag",
             .signature = "diagonal:T -> output:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::MatrixDiag(compute, context.input(0));
             })});
  table.Add({.op = "MatrixDiagPart",
             .signature = "input:T -> diagonal:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::MatrixDiagPart(compute, context.input(0));
             })});
}

}  // namespace

void AddArrayKernels(KernelTable& table) {
  AddJoiningKernels(table);
  AddSlicingKernels(table);
  AddPaddingKernels(table);
  AddMakingKernels(table);
  AddPermutingKernels(table);
  AddDiagonalKernels(table);
}

}  // namespace cairn::session
