// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Gradients of activations, in the order of operations of TensorFlow's
// cwise_ops_gradients.h and relu_op_functor.h. x is the first input: the
// gradient for the relus' relatives, the output for the others.
#include <cmath>

#include "cairn/compute/binary_rows.h"

namespace cairn::compute {
namespace {

struct InvGrad {
  template <typename T>
  static T Do(T y, T dy, float) {
    const T out = Conjugate(y);
    return Multiply(Multiply(-out, out), dy);
  }
};
struct RsqrtGrad {
  template <typename T>
  static T Do(T y, T dy, float) {
    const T out = Conjugate(y);
    return Multiply(T(-0.5), Multiply(Multiply(dy, out), Multiply(out, out)));
  }
};
struct SqrtGrad {
  template <typename T>
  static T Do(T y, T dy, float) {
    return Multiply(T(0.5), dy) / Conjugate(y);
  }
};
struct SigmoidGrad {
  template <typename T>
  static T Do(T y, T dy, float) {
    return Multiply(dy, Multiply(y, T(1) - y));
  }
};
struct TanhGrad {
  template <typename T>
  static T Do(T y, T dy, float) {
    return Multiply(dy, T(1) - Multiply(y, y));
  }
};
struct ReluGrad {
  template <typename T>
  static T Do(T gradient, T feature, float) {
    return feature > T(0) ? gradient : T(0);
  }
};
struct Relu6Grad {
  template <typename T>
  static T Do(T gradient, T feature, float) {
    return feature > T(0) && feature < T(6) ? gradient : T(0);
  }
};
struct LeakyReluGrad {
  template <typename T>
  static T Do(T gradient, T feature, float alpha) {
    if constexpr (std::is_integral_v<T>) {
      return feature > T(0)
                 ? gradient
                 : Multiply(gradient,
                            static_cast<T>(static_cast<int64_t>(alpha)));
    } else {
      return feature > 0 ? gradient : gradient * static_cast<T>(alpha);
    }
  }
};
struct EluGrad {
  template <typename T>
  static T Do(T gradient, T output, float) {
    return output < 0 ? (output + 1) * gradient : gradient;
  }
};
struct SeluGrad {
  template <typename T>
  static T Do(T gradient, T output, float) {
    constexpr T kScale = static_cast<T>(1.0507009873554804934193349852946);
    constexpr T kScaleAlpha = static_cast<T>(1.7580993408473768599402175208123);
    return output < 0 ? gradient * (output + kScaleAlpha) : gradient * kScale;
  }
};
struct SoftplusGrad {
  template <typename T>
  static T Do(T gradient, T feature, float) {
    return gradient / (std::exp(-feature) + 1);
  }
};
struct SoftsignGrad {
  template <typename T>
  static T Do(T gradient, T feature, float) {
    const T d = 1 + std::abs(feature);
    return gradient / (d * d);
  }
};

}  // namespace

BinaryRow GradientRow(BinaryOp op, DataType d) {
  switch (op) {
    case BinaryOp::kInvGrad:
    case BinaryOp::kReciprocalGrad:
      return NumberPairs<InvGrad>(d);
    case BinaryOp::kRsqrtGrad:
      return NumberPairs<RsqrtGrad>(d);
    case BinaryOp::kSqrtGrad:
      return NumberPairs<SqrtGrad>(d);
    case BinaryOp::kSigmoidGrad:
      return NumberPairs<SigmoidGrad>(d);
    case BinaryOp::kTanhGrad:
      return NumberPairs<TanhGrad>(d);
    case BinaryOp::kReluGrad:
      return Either(RealPairs<ReluGrad>(d), IntegerPairs<ReluGrad>(d));
    case BinaryOp::kRelu6Grad:
      return Either(RealPairs<Relu6Grad>(d), IntegerPairs<Relu6Grad>(d));
    case BinaryOp::kLeakyReluGrad:
      return Either(RealPairs<LeakyReluGrad>(d),
                    IntegerPairs<LeakyReluGrad>(d));
    case BinaryOp::kEluGrad:
      return RealPairs<EluGrad>(d);
    case BinaryOp::kSeluGrad:
      return RealPairs<SeluGrad>(d);
    case BinaryOp::kSoftplusGrad:
      return RealPairs<SoftplusGrad>(d);
    case BinaryOp::kSoftsignGrad:
      return RealPairs<SoftsignGrad>(d);
    default:
      return nullptr;
  }
}

}  // namespace cairn::compute
