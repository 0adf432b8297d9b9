// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/compute/unary.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "cairn/compute/checks.h"
#include "cairn/compute/rows.h"

namespace cairn::compute {
namespace {

using Row = void (*)(const void* in, void* out, int64_t count, float alpha);

struct Kernel {
  Row row = nullptr;
  bool asks = false;  // the result is bool
  int64_t cost = 1;
};

template <typename T, typename Op>
void Map(const void* in, void* out, int64_t count, float alpha) {
  const T* const x = static_cast<const T*>(in);
  using R = decltype(Op::Do(T(), 0.0f));
  R* const y = static_cast<R*>(out);
  for (int64_t i = 0; i < count; ++i) y[i] = Op::Do(x[i], alpha);
}

template <typename Op, typename... Ts>
Row Pick(DataType dtype) {
  Row row = nullptr;
  (void)((kDataTypeOf<Ts> == dtype ? (row = Map<Ts, Op>, true) : false) || ...);
  return row;
}
template <typename Op>
Row Reals(DataType d) {
  return Pick<Op, float, double>(d);
}
template <typename Op>
Row Numbers(DataType d) {
  return Pick<Op, float, double, Complex64, Complex128>(d);
}
template <typename Op>
Row Integers(DataType d) {
  return Pick<Op, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t,
              uint32_t, uint64_t>(d);
}
template <typename Op>
Row SignedIntegers(DataType d) {
  return Pick<Op, int8_t, int16_t, int32_t, int64_t>(d);
}
Row Either(Row a, Row b) { return a != nullptr ? a : b; }

// A function of the standard library that has a version for each type.
#define CAIRN_STD_FUNCTION(Name, function) \
  struct Name {                            \
    template <typename T>                  \
    static T Do(T x, float) {              \
      return std::function(x);             \
    }                                      \
  }
CAIRN_STD_FUNCTION(Acos, acos);
CAIRN_STD_FUNCTION(Acosh, acosh);
CAIRN_STD_FUNCTION(Asin, asin);
CAIRN_STD_FUNCTION(Asinh, asinh);
CAIRN_STD_FUNCTION(Atan, atan);
CAIRN_STD_FUNCTION(Atanh, atanh);
CAIRN_STD_FUNCTION(Ceil, ceil);
CAIRN_STD_FUNCTION(Cos, cos);
CAIRN_STD_FUNCTION(Cosh, cosh);
CAIRN_STD_FUNCTION(Erf, erf);
CAIRN_STD_FUNCTION(Erfc, erfc);
CAIRN_STD_FUNCTION(Exp, exp);
CAIRN_STD_FUNCTION(Floor, floor);
CAIRN_STD_FUNCTION(Log, log);
CAIRN_STD_FUNCTION(Rint, rint);  // half to even, in the default rounding mode
CAIRN_STD_FUNCTION(Sin, sin);
CAIRN_STD_FUNCTION(Sinh, sinh);
CAIRN_STD_FUNCTION(Sqrt, sqrt);
CAIRN_STD_FUNCTION(Tan, tan);
CAIRN_STD_FUNCTION(Tanh, tanh);
#undef CAIRN_STD_FUNCTION

struct Abs {
  template <typename T>
  static T Do(T x, float) {
    if constexpr (std::is_integral_v<T>) {
      // The lowest integer stays what it is.
      return x < 0
                 ? static_cast<T>(Wrapping<T>{0} - static_cast<Wrapping<T>>(x))
                 : x;
    } else {
      return std::abs(x);
    }
  }
};
struct Elu {
  template <typename T>
  static T Do(T x, float) {
    return x < 0 ? std::expm1(x) : x;
  }
};
struct Expm1 {
  template <typename T>
  static T Do(T x, float) {
    if constexpr (kIsComplex<T>) {
      return std::exp(x) - T(1);
    } else {
      return std::expm1(x);
    }
  }
};
struct Invert {
  template <typename T>
  static T Do(T x, float) {
    return static_cast<T>(~x);
  }
};
struct IsFinite {
  template <typename T>
  static bool Do(T x, float) {
    return std::isfinite(x);
  }
};
struct IsInf {
  template <typename T>
  static bool Do(T x, float) {
    return std::isinf(x);
  }
};
struct IsNan {
  template <typename T>
  static bool Do(T x, float) {
    return std::isnan(x);
  }
};
struct LeakyRelu {
  template <typename T>
  static T Do(T x, float alpha) {
    if constexpr (std::is_integral_v<T>) {
      // TensorFlow makes alpha an integer first.
      const auto factor = static_cast<Wrapping<T>>(static_cast<int64_t>(alpha));
      return x > 0 ? x : static_cast<T>(static_cast<Wrapping<T>>(x) * factor);
    } else {
      return x > 0 ? x : x * static_cast<T>(alpha);
    }
  }
};
struct Log1p {
  template <typename T>
  static T Do(T x, float) {
    if constexpr (kIsComplex<T>) {
      return std::log(T(1) + x);
    } else {
      return std::log1p(x);
    }
  }
};
struct LogicalNot {
  static bool Do(bool x, float) { return !x; }
};
struct Neg {
  template <typename T>
  static T Do(T x, float) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(Wrapping<T>{0} - static_cast<Wrapping<T>>(x));
    } else {
      return -x;
    }
  }
};
struct Reciprocal {
  template <typename T>
  static T Do(T x, float) {
    return T(1) / x;
  }
};
struct Relu {
  template <typename T>
  static T Do(T x, float) {
    return x < T(0) ? T(0) : x;  // keeps NaN
  }
};
struct Relu6 {
  template <typename T>
  static T Do(T x, float) {
    return x < T(0) ? T(0) : (x > T(6) ? T(6) : x);
  }
};
struct Same {
  template <typename T>
  static T Do(T x, float) {
    return x;
  }
};
struct Rsqrt {
  template <typename T>
  static T Do(T x, float) {
    return T(1) / std::sqrt(x);
  }
};
struct Selu {
  template <typename T>
  static T Do(T x, float) {
    constexpr T kScale = static_cast<T>(1.0507009873554804934193349852946);
    constexpr T kScaleAlpha = static_cast<T>(1.7580993408473768599402175208123);
    return x < 0 ? kScaleAlpha * std::expm1(x) : kScale * x;
  }
};
struct Sigmoid {
  template <typename T>
  static T Do(T x, float) {
    return T(1) / (T(1) + std::exp(-x));
  }
};
struct Sign {
  template <typename T>
  static T Do(T x, float) {
    if constexpr (kIsComplex<T>) {
      const auto size = std::abs(x);
      return size == 0 ? T(0) : x / size;
    } else if constexpr (std::is_floating_point_v<T>) {
      return std::isnan(x) ? x : static_cast<T>((x > 0) - (x < 0));
    } else {
      return static_cast<T>((x > 0) - (x < 0));
    }
  }
};
struct Softplus {
  template <typename T>
  static T Do(T x, float) {
    // Beyond the threshold one of the two terms is lost in the other's
    // rounding.
    const T threshold = std::log(std::numeric_limits<T>::epsilon()) + T(2);
    if (x > -threshold) return x;
    const T e = std::exp(x);
    return x < threshold ? e : std::log1p(e);
  }
};
struct Softsign {
  template <typename T>
  static T Do(T x, float) {
    return x / (std::abs(x) + T(1));
  }
};
struct Square {
  template <typename T>
  static T Do(T x, float) {
    if constexpr (std::is_integral_v<T>) {
      const auto w = static_cast<Wrapping<T>>(x);
      return static_cast<T>(w * w);
    } else if constexpr (kIsComplex<T>) {
      const auto r = x.real(), i = x.imag();
      return T(r * r - i * i, r * i + i * r);
    } else {
      return x * x;
    }
  }
};

Kernel FindKernel(UnaryOp op, DataType d) {
  constexpr int64_t kFunction = 16;  // about what a library function costs
  switch (op) {
    case UnaryOp::kAbs:
      return {Either(Reals<Abs>(d), SignedIntegers<Abs>(d))};
    case UnaryOp::kAcos:
      return {Numbers<Acos>(d), false, kFunction};
    case UnaryOp::kAcosh:
      return {Numbers<Acosh>(d), false, kFunction};
    case UnaryOp::kAsin:
      return {Numbers<Asin>(d), false, kFunction};
    case UnaryOp::kAsinh:
      return {Numbers<Asinh>(d), false, kFunction};
    case UnaryOp::kAtan:
      return {Numbers<Atan>(d), false, kFunction};
    case UnaryOp::kAtanh:
      return {Numbers<Atanh>(d), false, kFunction};
    case UnaryOp::kCeil:
      return {Reals<Ceil>(d)};
    case UnaryOp::kCos:
      return {Numbers<Cos>(d), false, kFunction};
    case UnaryOp::kCosh:
      return {Numbers<Cosh>(d), false, kFunction};
    case UnaryOp::kElu:
      return {Reals<Elu>(d), false, kFunction};
    case UnaryOp::kErf:
      return {Reals<Erf>(d), false, kFunction};
    case UnaryOp::kErfc:
      return {Reals<Erfc>(d), false, kFunction};
    case UnaryOp::kExp:
      return {Numbers<Exp>(d), false, kFunction};
    case UnaryOp::kExpm1:
      return {Numbers<Expm1>(d), false, kFunction};
    case UnaryOp::kFloor:
      return {Reals<Floor>(d)};
    case UnaryOp::kInv:
    case UnaryOp::kReciprocal:
      return {Numbers<Reciprocal>(d), false, 4};
    case UnaryOp::kInvert:
      return {Integers<Invert>(d)};
    case UnaryOp::kIsFinite:
      return {Reals<IsFinite>(d), true};
    case UnaryOp::kIsInf:
      return {Reals<IsInf>(d), true};
    case UnaryOp::kIsNan:
      return {Reals<IsNan>(d), true};
    case UnaryOp::kLeakyRelu:
      return {Either(Reals<LeakyRelu>(d), Integers<LeakyRelu>(d))};
    case UnaryOp::kLog:
      return {Numbers<Log>(d), false, kFunction};
    case UnaryOp::kLog1p:
      return {Numbers<Log1p>(d), false, kFunction};
    case UnaryOp::kLogicalNot:
      return {Pick<LogicalNot, bool>(d)};
    case UnaryOp::kNeg:
      return {Either(Numbers<Neg>(d), SignedIntegers<Neg>(d))};
    case UnaryOp::kRelu:
      return {Either(Reals<Relu>(d), Integers<Relu>(d))};
    case UnaryOp::kRelu6:
      return {Either(Reals<Relu6>(d), Integers<Relu6>(d))};
    case UnaryOp::kRint:
      return {Reals<Rint>(d)};
    case UnaryOp::kRound:
      return {Either(Reals<Rint>(d), Pick<Same, int32_t, int64_t>(d))};
    case UnaryOp::kRsqrt:
      return {Numbers<Rsqrt>(d), false, 8};
    case UnaryOp::kSelu:
      return {Reals<Selu>(d), false, kFunction};
    case UnaryOp::kSigmoid:
      return {Numbers<Sigmoid>(d), false, kFunction};
    case UnaryOp::kSign:
      return {Either(Numbers<Sign>(d), SignedIntegers<Sign>(d))};
    case UnaryOp::kSin:
      return {Numbers<Sin>(d), false, kFunction};
    case UnaryOp::kSinh:
      return {Numbers<Sinh>(d), false, kFunction};
    case UnaryOp::kSoftplus:
      return {Reals<Softplus>(d), false, kFunction};
    case UnaryOp::kSoftsign:
      return {Reals<Softsign>(d), false, 4};
    case UnaryOp::kSqrt:
      return {Numbers<Sqrt>(d), false, 4};
    case UnaryOp::kSquare:
      return {Either(Numbers<Square>(d), Integers<Square>(d))};
    case UnaryOp::kTan:
      return {Numbers<Tan>(d), false, kFunction};
    case UnaryOp::kTanh:
      return {Numbers<Tanh>(d), false, kFunction};
  }
  return {};
}

constexpr std::string_view kNames[] = {
    "Abs",        "Acos",     "Acosh",      "Asin",      "Asinh",  "Atan",
    "Atanh",      "Ceil",     "Cos",        "Cosh",      "Elu",    "Erf",
    "Erfc",       "Exp",      "Expm1",      "Floor",     "Inv",    "Invert",
    "IsFinite",   "IsInf",    "IsNan",      "LeakyRelu", "Log",    "Log1p",
    "LogicalNot", "Neg",      "Reciprocal", "Relu",      "Relu6",  "Rint",
    "Round",      "Rsqrt",    "Selu",       "Sigmoid",   "Sign",   "Sin",
    "Sinh",       "Softplus", "Softsign",   "Sqrt",      "Square", "Tan",
    "Tanh"};
static_assert(std::size(kNames) == static_cast<size_t>(UnaryOp::kTanh) + 1);

// Rint has no kernel for 16-bit floats in TensorFlow either.
bool TakesSixteenBits(UnaryOp op) { return op != UnaryOp::kRint; }

void RunWidened(const Kernel& kernel, DataType dtype, const char* in, char* out,
                int64_t count, float alpha) {
  std::array<float, kWideRun> wide, result;
  for (int64_t i = 0; i < count; i += kWideRun) {
    const int64_t n = std::min(kWideRun, count - i);
    Widen(dtype, in + 2 * i, wide.data(), n);
    if (kernel.asks) {
      kernel.row(wide.data(), out + i, n, alpha);
      continue;
    }
    kernel.row(wide.data(), result.data(), n, alpha);
    Narrow(dtype, result.data(), out + 2 * i, n);
  }
}

}  // namespace

std::span<const std::string_view> UnaryOpNames() { return kNames; }

std::optional<UnaryOp> FindUnaryOp(std::string_view name) {
  const auto* const found = std::ranges::find(kNames, name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<UnaryOp>(found - std::begin(kNames));
}

bool HasUnaryKernel(UnaryOp op, DataType dtype) {
  if (IsSixteenBitFloat(dtype) && !TakesSixteenBits(op)) return false;
  return FindKernel(op, Widened(dtype)).row != nullptr;
}

StatusOr<Tensor> Unary(Context& context, UnaryOp op, const TensorView& x,
                       const UnaryOptions& options) {
  const DataType dtype = x.dtype();
  if (!HasUnaryKernel(op, dtype)) {
    return NoKernel(kNames[static_cast<size_t>(op)], dtype);
  }
  const Kernel kernel = FindKernel(op, Widened(dtype));
  const DataType result = kernel.asks ? DataType::kBool : dtype;
  CAIRN_ASSIGN_OR_RETURN(Tensor y, context.Allocate(result, x.shape()));
  if (x.num_elements() == 0) return y;
  const char* const in = x.bytes().data();
  char* const out = y.mutable_bytes().data();
  const int64_t in_size = DataTypeSize(dtype);
  const int64_t out_size = DataTypeSize(result);
  const float alpha = Rounded(dtype, options.alpha);
  context.ParallelFor(
      x.num_elements(), kernel.cost, [&](int64_t begin, int64_t end) {
        const char* const from = in + begin * in_size;
        char* const to = out + begin * out_size;
        if (IsSixteenBitFloat(dtype)) {
          RunWidened(kernel, dtype, from, to, end - begin, alpha);
        } else {
          kernel.row(from, to, end - begin, alpha);
        }
      });
  return y;
}

}  // namespace cairn::compute
