// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Elementwise operations: unary, binary, selection, conversion.
#include "cairn/compute/binary.h"
#include "cairn/compute/cast.h"
#include "cairn/compute/select.h"
#include "cairn/compute/unary.h"
#include "cairn/session/kernels/compute_kernels.h"

namespace cairn::session {
namespace {

using compute::BinaryOp;
using compute::UnaryOp;

KernelFactory MakeUnary(UnaryOp op) {
  return [op](const Attributes& node) -> StatusOr<Kernel> {
    DataType dtype = DataType::kBool;
    if (op != UnaryOp::kLogicalNot) {
      CAIRN_ASSIGN_OR_RETURN(dtype, node.Type("T"));
    }
    if (!compute::HasUnaryKernel(op, dtype)) return NoKernelFor(dtype);
    compute::UnaryOptions options;
    if (op == UnaryOp::kLeakyRelu) {
      CAIRN_ASSIGN_OR_RETURN(options.alpha, node.Float("alpha", 0.2f));
    }
    return OneOutput([op, options](auto& compute, auto& context) {
      return compute::Unary(compute, op, context.input(0), options);
    });
  };
}

std::string UnarySignature(UnaryOp op) {
  switch (op) {
    case UnaryOp::kLogicalNot:
      return "x:bool -> y:bool";
    case UnaryOp::kIsFinite:
    case UnaryOp::kIsInf:
    case UnaryOp::kIsNan:
      return "x:T -> y:bool";
    case UnaryOp::kLeakyRelu:
      return "features:T=float32 -> activations:T";
    default:
      return "x:T -> y:T";
  }
}

bool IsLogical(BinaryOp op) {
  return op == BinaryOp::kLogicalAnd || op == BinaryOp::kLogicalOr;
}

KernelFactory MakeBinary(BinaryOp op) {
  return [op](const Attributes& node) -> StatusOr<Kernel> {
    DataType dtype = DataType::kBool;
    if (!IsLogical(op)) {
      CAIRN_ASSIGN_OR_RETURN(dtype, node.Type("T"));
    }
    if (!compute::HasBinaryKernel(op, dtype)) return NoKernelFor(dtype);
    compute::BinaryOptions options;
    if (op == BinaryOp::kLeakyReluGrad) {
      CAIRN_ASSIGN_OR_RETURN(options.alpha, node.Float("alpha", 0.2f));
    } else if (op == BinaryOp::kApproximateEqual) {
      CAIRN_ASSIGN_OR_RETURN(options.tolerance, node.Float("tolerance", 1e-5f));
    } else if (op == BinaryOp::kEqual || op == BinaryOp::kNotEqual) {
      CAIRN_ASSIGN_OR_RETURN(options.incompatible_shape_error,
                             node.Bool("incompatible_shape_error", true));
    }
    return OneOutput([op, options](auto& compute, auto& context) {
      return compute::Binary(compute, op, context.input(0), context.input(1),
                             options);
    });
  };
}

std::string BinarySignature(BinaryOp op) {
  switch (op) {
    case BinaryOp::kLogicalAnd:
    case BinaryOp::kLogicalOr:
      return "x:bool y:bool -> z:bool";
    case BinaryOp::kApproximateEqual:
    case BinaryOp::kEqual:
    case BinaryOp::kGreater:
    case BinaryOp::kGreaterEqual:
    case BinaryOp::kLess:
    case BinaryOp::kLessEqual:
    case BinaryOp::kNotEqual:
      return "x:T y:T -> z:bool";
    case BinaryOp::kLeakyReluGrad:
      return "gradients:T=float32 features:T -> backprops:T";
    default:
      return "x:T y:T -> z:T";
  }
}

StatusOr<Kernel> MakeCast(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const DataType from, node.Type("SrcT"));
  CAIRN_ASSIGN_OR_RETURN(const DataType to, node.Type("DstT"));
  for (const DataType dtype : {from, to}) {
    if (from != to && (!IsFixedSize(dtype) || DataTypeSize(dtype) == 0)) {
      return NoKernelFor(dtype);
    }
  }
  CAIRN_ASSIGN_OR_RETURN(const bool truncates, node.Bool("Truncate", false));
  if (from == to) {
    return Kernel(
        [](KernelContext& context) { return context.ForwardInput(0, 0); });
  }
  const compute::CastOptions options = {
      truncates ? compute::CastOptions::Rounding::kTruncate
                : compute::CastOptions::Rounding::kNearest};
  return OneOutput([to, options](auto& compute, auto& context) {
    return compute::Cast(compute, context.input(0), to, options);
  });
}

StatusOr<Kernel> MakeBitcast(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const DataType to, node.Type("type"));
  if (!IsFixedSize(to)) return NoKernelFor(to);
  return OneOutput([to](auto& compute, auto& context) {
    return compute::Bitcast(compute, context.input(0), to);
  });
}

KernelFactory MakePart(compute::ComplexPart part) {
  return [part](const Attributes& node) -> StatusOr<Kernel> {
    CAIRN_ASSIGN_OR_RETURN(const DataType from,
                           node.Type("T", DataType::kComplex64));
    CAIRN_ASSIGN_OR_RETURN(const DataType to,
                           node.Type("Tout", DataType::kFloat));
    if (from == DataType::kComplex64
            ? to != DataType::kFloat
            : from != DataType::kComplex128 || to != DataType::kDouble) {
      return NoKernelFor(from);
    }
    return OneOutput([part](auto& compute, auto& context) {
      return compute::PartOf(compute, part, context.input(0));
    });
  };
}

StatusOr<Kernel> MakeComplex(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const DataType from, node.Type("T", DataType::kFloat));
  CAIRN_ASSIGN_OR_RETURN(const DataType to,
                         node.Type("Tout", DataType::kComplex64));
  if (from == DataType::kFloat
          ? to != DataType::kComplex64
          : from != DataType::kDouble || to != DataType::kComplex128) {
    return NoKernelFor(from);
  }
  return OneOutput([](auto& compute, auto& context) {
    return compute::Complex(compute, context.input(0), context.input(1));
  });
}

void AddComplexKernels(KernelTable& table) {
  using compute::ComplexPart;
  table.Add({.op = "Real",
             .signature = "input:T=complex64 -> output:Tout=float32",
             .make = MakePart(ComplexPart::kReal)});
  table.Add({.op = "Imag",
             .signature = "input:T=complex64 -> output:Tout=float32",
             .make = MakePart(ComplexPart::kImag)});
  table.Add({.op = "ComplexAbs",
             .signature = "x:T=complex64 -> y:Tout=float32",
             .make = MakePart(ComplexPart::kAbs)});
  table.Add({.op = "Angle",
             .signature = "input:T=complex64 -> output:Tout=float32",
             .make = MakePart(ComplexPart::kAngle)});
  table.Add({.op = "Complex",
             .signature = "real:T=float32 imag:T -> out:Tout=complex64",
             .make = MakeComplex});
  table.Add({.op = "Conj",
             .signature = "input:T=complex64 -> output:T",
             .make = For(kComplexTypes, [](auto& compute, auto& context) {
               return compute::Conj(compute, context.input(0));
             })});
}

void AddSelectionKernels(KernelTable& table) {
  table.Add({.op = "Select",
             .signature = "condition:bool t:T e:T -> output:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::Select(compute, context.input(0),
                                      context.input(1), context.input(2));
             })});
  table.Add({.op = "SelectV2",
             .signature = "condition:bool t:T e:T -> output:T",
             .make = Moves([](auto& compute, auto& context) {
               return compute::SelectV2(compute, context.input(0),
                                        context.input(1), context.input(2));
             })});
  table.Add({.op = "ClipByValue",
             .signature = "t:T clip_value_min:T clip_value_max:T -> output:T",
             .make = For(kOrderedTypes, [](auto& compute, auto& context) {
               return compute::ClipByValue(compute, context.input(0),
                                           context.input(1), context.input(2));
             })});
  table.Add({.op = "Where",
             .signature = "input:T=bool -> index:int64",
             .make = Moves([](auto& compute, auto& context) {
               return compute::Where(compute, context.input(0));
             })});
  for (const char* op : {"AddN", "AccumulateNV2"}) {
    table.Add({.op = op,
               .signature = "inputs:N*T -> sum:T",
               .make = For(kNumberTypes, [](auto& compute, auto& context) {
                 return compute::AddN(compute, context.input_list("inputs"));
               })});
  }
}

}  // namespace

void AddElementwiseKernels(KernelTable& table) {
  const auto unary = compute::UnaryOpNames();
  for (size_t i = 0; i < unary.size(); ++i) {
    const auto op = static_cast<UnaryOp>(i);
    table.Add({.op = std::string(unary[i]),
               .signature = UnarySignature(op),
               .make = MakeUnary(op)});
  }
  const auto binary = compute::BinaryOpNames();
  for (size_t i = 0; i < binary.size(); ++i) {
    const auto op = static_cast<BinaryOp>(i);
    table.Add({.op = std::string(binary[i]),
               .signature = BinarySignature(op),
               .make = MakeBinary(op)});
  }
  AddSelectionKernels(table);
  AddComplexKernels(table);
  table.Add({.op = "Cast", .signature = "x:SrcT -> y:DstT", .make = MakeCast});
  table.Add({.op = "Bitcast",
             .signature = "input:T -> output:type",
             .make = MakeBitcast});
}

}  // namespace cairn::session
