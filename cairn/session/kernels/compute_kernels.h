// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The kernels that compute with the room compute: what they share. Internal to
// the kernels.
#ifndef CAIRN_SESSION_KERNELS_COMPUTE_KERNELS_H_
#define CAIRN_SESSION_KERNELS_COMPUTE_KERNELS_H_

#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "cairn/session/kernel.h"

namespace cairn::session {

void AddElementwiseKernels(KernelTable& table);
void AddReductionKernels(KernelTable& table);
void AddShapeKernels(KernelTable& table);
void AddArrayKernels(KernelTable& table);
void AddGatherKernels(KernelTable& table);
void AddLayerKernels(KernelTable& table);
void AddRandomKernels(KernelTable& table);
void AddOptimizerKernels(KernelTable& table);

// The session's compute context, with what is left of its memory.
inline compute::Context& ComputeOf(KernelContext& context) {
  compute::Context& compute = context.compute();
  const auto& budget = context.budget();
  compute.set_max_bytes(budget == nullptr ? std::numeric_limits<int64_t>::max()
                                          : budget->limit() - budget->live());
  return compute;
}

// A kernel whose outputs f(compute context, kernel context) returns: one
// StatusOr<Tensor> for output 0, or a StatusOr<vector<Tensor>> for all.
template <typename F>
Kernel OneOutput(F f) {
  return [f = std::move(f)](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(Tensor out, f(ComputeOf(context), context));
    return context.SetOutput(0, std::move(out));
  };
}
template <typename F>
Kernel AllOutputs(F f) {
  return [f = std::move(f)](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(std::vector<Tensor> outs,
                           f(ComputeOf(context), context));
    if (static_cast<int>(outs.size()) != context.num_outputs()) {
      return InternalError("the kernel made another number of outputs");
    }
    for (size_t i = 0; i < outs.size(); ++i) {
      CAIRN_RETURN_IF_ERROR(
          context.SetOutput(static_cast<int>(i), std::move(outs[i])));
    }
    return OkStatus();
  };
}

// A factory for ops whose attributes say nothing but types.
template <typename F>
KernelFactory Always(F f) {
  return [f = std::move(f)](const Attributes&) -> StatusOr<Kernel> {
    return OneOutput(f);
  };
}
template <typename F>
KernelFactory AlwaysAll(F f) {
  return [f = std::move(f)](const Attributes&) -> StatusOr<Kernel> {
    return AllOutputs(f);
  };
}

// Unimplemented if tensors of the attribute's type are none that elements can
// be moved of (resources).
inline Status RequireTensorType(const Attributes& node,
                                std::string_view attribute = "T") {
  CAIRN_ASSIGN_OR_RETURN(const DataType dtype, node.Type(attribute));
  return IsFixedSize(dtype) || dtype == DataType::kString ? OkStatus()
                                                          : NoKernelFor(dtype);
}
// As Always, for such types.
template <typename F>
KernelFactory Moves(F f, std::string attribute = "T") {
  return [f = std::move(f), attribute = std::move(attribute)](
             const Attributes& node) -> StatusOr<Kernel> {
    CAIRN_RETURN_IF_ERROR(RequireTensorType(node, attribute));
    return OneOutput(f);
  };
}

// Unimplemented unless the attribute is one of these types.
inline Status RequireOneOf(const Attributes& node, std::string_view attribute,
                           std::span<const DataType> types) {
  CAIRN_ASSIGN_OR_RETURN(const DataType dtype, node.Type(attribute));
  for (const DataType type : types) {
    if (type == dtype) return OkStatus();
  }
  return NoKernelFor(dtype);
}

inline constexpr DataType kRealTypes[] = {DataType::kFloat, DataType::kDouble,
                                          DataType::kHalf, DataType::kBfloat16};
inline constexpr DataType kIndexTypes[] = {DataType::kInt32, DataType::kInt64};
inline constexpr DataType kComplexTypes[] = {DataType::kComplex64,
                                             DataType::kComplex128};
inline constexpr DataType kOrderedTypes[] = {
    DataType::kFloat, DataType::kDouble, DataType::kHalf,   DataType::kBfloat16,
    DataType::kInt8,  DataType::kInt16,  DataType::kInt32,  DataType::kInt64,
    DataType::kUint8, DataType::kUint16, DataType::kUint32, DataType::kUint64};
inline constexpr DataType kNumberTypes[] = {
    DataType::kFloat,     DataType::kDouble,    DataType::kHalf,
    DataType::kBfloat16,  DataType::kInt8,      DataType::kInt16,
    DataType::kInt32,     DataType::kInt64,     DataType::kUint8,
    DataType::kUint16,    DataType::kUint32,    DataType::kUint64,
    DataType::kComplex64, DataType::kComplex128};

// As Always, for the types listed.
template <typename F>
KernelFactory For(std::span<const DataType> types, F f,
                  std::string attribute = "T") {
  return [f = std::move(f), types, attribute = std::move(attribute)](
             const Attributes& node) -> StatusOr<Kernel> {
    CAIRN_RETURN_IF_ERROR(RequireOneOf(node, attribute, types));
    return OneOutput(f);
  };
}

}  // namespace cairn::session

#endif  // CAIRN_SESSION_KERNELS_COMPUTE_KERNELS_H_
