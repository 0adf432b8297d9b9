// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The optimizers' ops, and those that change or read rows of a variable.
#include "cairn/compute/gather.h"
#include "cairn/compute/optimizers.h"
#include "cairn/session/kernels/compute_kernels.h"

namespace cairn::session {
namespace {

using compute::OptimizerInfo;
using compute::OptimizerOp;
using compute::ScatterOp;

enum class VariableKind { kResource, kReference };

std::string SignatureOf(const OptimizerInfo& info, VariableKind kind) {
  const bool is_resource = kind == VariableKind::kResource;
  std::string signature;
  for (const auto& variable : info.variables) {
    signature += std::string(variable) + (is_resource ? ":resource " : ":&T ");
  }
  for (size_t i = 0; i < info.scalars.size(); ++i) {
    if (i == info.scalars_before_gradient) signature += "grad:T ";
    signature += std::string(info.scalars[i]) + ":T ";
  }
  if (info.scalars_before_gradient == info.scalars.size()) {
    signature += info.name == "GradientDescent" ? "delta:T " : "grad:T ";
  }
  return signature + (is_resource ? "->" : "-> out:&T");
}

Status Run(KernelContext& context, OptimizerOp op, const OptimizerInfo& info,
           const compute::OptimizerOptions& options) {
  const size_t count = info.variables.size();
  std::vector<VariableRef> refs;
  for (size_t i = 0; i < count; ++i) {
    CAIRN_ASSIGN_OR_RETURN(VariableRef ref,
                           context.variable(static_cast<int>(i)));
    refs.push_back(std::move(ref));
  }
  std::vector<Tensor*> variables;
  for (VariableRef& ref : refs) {
    CAIRN_ASSIGN_OR_RETURN(Tensor * tensor, ref.Mutable());
    variables.push_back(tensor);
  }
  std::vector<TensorView> scalars;
  TensorView gradient;
  for (size_t i = 0; i <= info.scalars.size(); ++i) {
    const TensorView& input = context.input(static_cast<int>(count + i));
    if (i == info.scalars_before_gradient) {
      gradient = input;
    } else {
      scalars.push_back(input);
    }
  }
  return compute::ApplyOptimizer(ComputeOf(context), op, variables, scalars,
                                 gradient, options);
}

KernelFactory MakeOptimizer(OptimizerOp op, VariableKind kind) {
  return [op, kind](const Attributes& node) -> StatusOr<Kernel> {
    CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "T", kRealTypes));
    compute::OptimizerOptions options;
    CAIRN_ASSIGN_OR_RETURN(options.use_nesterov,
                           node.Bool("use_nesterov", false));
    CAIRN_ASSIGN_OR_RETURN(options.update_slots,
                           node.Bool("update_slots", true));
    return Kernel([op, kind, options](KernelContext& context) -> Status {
      const OptimizerInfo& info =
          compute::Optimizers()[static_cast<size_t>(op)];
      CAIRN_RETURN_IF_ERROR(Run(context, op, info, options));
      if (kind == VariableKind::kResource) return OkStatus();
      return context.SetOutput(0, context.value(0));
    });
  };
}

KernelFactory MakeScatter(ScatterOp op, VariableKind kind) {
  return [op, kind](const Attributes& node) -> StatusOr<Kernel> {
    const char* const attribute =
        kind == VariableKind::kResource ? "dtype" : "T";
    CAIRN_RETURN_IF_ERROR(op == ScatterOp::kUpdate
                              ? RequireTensorType(node, attribute)
                              : RequireOneOf(node, attribute, kNumberTypes));
    return Kernel([op, kind](KernelContext& context) -> Status {
      CAIRN_ASSIGN_OR_RETURN(VariableRef ref, context.variable(0));
      CAIRN_ASSIGN_OR_RETURN(Tensor * tensor, ref.Mutable());
      CAIRN_RETURN_IF_ERROR(compute::ScatterRows(op, *tensor, context.input(1),
                                                 context.input(2)));
      if (kind == VariableKind::kResource) return OkStatus();
      return context.SetOutput(0, context.value(0));
    });
  };
}

StatusOr<Kernel> MakeResourceGather(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireTensorType(node, "dtype"));
  CAIRN_ASSIGN_OR_RETURN(const int64_t batch_dims, node.Int("batch_dims", 0));
  return OneOutput(
      [batch_dims](auto& compute, KernelContext& context) -> StatusOr<Tensor> {
        CAIRN_ASSIGN_OR_RETURN(const VariableRef ref, context.variable(0));
        CAIRN_ASSIGN_OR_RETURN(const Value value, ref.Read());
        return compute::Gather(compute, value.view(), context.input(1),
                               {.axis = batch_dims, .batch_dims = batch_dims});
      });
}

}  // namespace

void AddOptimizerKernels(KernelTable& table) {
  const auto optimizers = compute::Optimizers();
  for (size_t i = 0; i < optimizers.size(); ++i) {
    const OptimizerInfo& info = optimizers[i];
    const auto op = static_cast<OptimizerOp>(i);
    table.Add({.op = "ResourceApply" + std::string(info.name),
               .signature = SignatureOf(info, VariableKind::kResource),
               .make = MakeOptimizer(op, VariableKind::kResource),
               .stateful = true});
    if (op == OptimizerOp::kKerasMomentum) continue;  // for resources only
    table.Add({.op = "Apply" + std::string(info.name),
               .signature = SignatureOf(info, VariableKind::kReference),
               .make = MakeOptimizer(op, VariableKind::kReference),
               .stateful = true});
  }
  struct Scatter {
    const char* name;
    ScatterOp op;
  };
  for (const Scatter& s :
       {Scatter{"Add", ScatterOp::kAdd}, Scatter{"Sub", ScatterOp::kSub},
        Scatter{"Update", ScatterOp::kUpdate}}) {
    table.Add({.op = std::string("ResourceScatter") + s.name,
               .signature = "resource:resource indices:Tindices updates:dtype "
                            "->",
               .make = MakeScatter(s.op, VariableKind::kResource),
               .stateful = true});
    table.Add({.op = std::string("Scatter") + s.name,
               .signature = "ref:&T indices:Tindices updates:T -> "
                            "output_ref:&T",
               .make = MakeScatter(s.op, VariableKind::kReference),
               .stateful = true});
  }
  table.Add({.op = "ResourceGather",
             .signature = "resource:resource indices:Tindices -> output:dtype",
             .make = MakeResourceGather,
             .stateful = true});
}

}  // namespace cairn::session
