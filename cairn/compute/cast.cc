// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// A cast goes through one of four wide types (int64, uint64, double, complex
// double) in runs, so that there are as many loops as types, not as pairs. Each
// detour is exact, or rounds as the direct way would: an integer to float32 or
// to a 16-bit float is rounded once by taking care of the ways through float.
#include "cairn/compute/cast.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "cairn/compute/checks.h"
#include "cairn/compute/rows.h"

namespace cairn::compute {
namespace {

constexpr int64_t kRun = 256;

enum class Wide { kSigned, kUnsigned, kReal, kComplex };

union Run {
  Run() {}
  int64_t i[kRun];
  uint64_t u[kRun];
  double d[kRun];
  double c[2 * kRun];  // real and imaginary parts
};

Wide WideOf(DataType dtype) {
  switch (Info(dtype).kind) {
    case DataTypeKind::kSigned:
      return Wide::kSigned;
    case DataTypeKind::kUnsigned:
    case DataTypeKind::kBool:
      return Wide::kUnsigned;
    case DataTypeKind::kComplex:
      return Wide::kComplex;
    default:
      return Wide::kReal;
  }
}

template <typename T, typename W>
void LoadAs(const char* from, W* to, int64_t n) {
  const T* const x = reinterpret_cast<const T*>(from);
  for (int64_t i = 0; i < n; ++i) to[i] = static_cast<W>(x[i]);
}
template <typename T>
void LoadSixteenBits(const char* from, double* to, int64_t n) {
  const T* const x = reinterpret_cast<const T*>(from);
  for (int64_t i = 0; i < n; ++i) to[i] = static_cast<double>(ToFloat(x[i]));
}

void Load(DataType dtype, const char* from, int64_t n, Run& run) {
  switch (dtype) {
    case DataType::kBool:
    case DataType::kUint8:
      return LoadAs<uint8_t>(from, run.u, n);
    case DataType::kUint16:
      return LoadAs<uint16_t>(from, run.u, n);
    case DataType::kUint32:
      return LoadAs<uint32_t>(from, run.u, n);
    case DataType::kUint64:
      return LoadAs<uint64_t>(from, run.u, n);
    case DataType::kInt8:
      return LoadAs<int8_t>(from, run.i, n);
    case DataType::kInt16:
      return LoadAs<int16_t>(from, run.i, n);
    case DataType::kInt32:
      return LoadAs<int32_t>(from, run.i, n);
    case DataType::kInt64:
      return LoadAs<int64_t>(from, run.i, n);
    case DataType::kHalf:
      return LoadSixteenBits<Half>(from, run.d, n);
    case DataType::kBfloat16:
      return LoadSixteenBits<Bfloat16>(from, run.d, n);
    case DataType::kFloat:
      return LoadAs<float>(from, run.d, n);
    case DataType::kDouble:
      return LoadAs<double>(from, run.d, n);
    case DataType::kComplex64:
      return LoadAs<float>(from, run.c, 2 * n);
    default:
      return LoadAs<double>(from, run.c, 2 * n);
  }
}

// As cvttsd2si: the lowest number for what does not fit.
template <typename I>
I Truncate(double x) {
  constexpr double kLimit = sizeof(I) == 8 ? 0x1p63 : 0x1p31;
  if (sizeof(I) == 4 ? (x > -kLimit - 1 && x < kLimit)
                     : (x >= -kLimit && x < kLimit)) {
    return static_cast<I>(x);
  }
  return std::numeric_limits<I>::min();
}

template <typename T>
T FromReal(double x) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(x);
  } else if constexpr (std::is_same_v<T, Half>) {
    return ToHalf(static_cast<float>(x));
  } else if constexpr (std::is_same_v<T, Bfloat16>) {
    return ToBfloat16(static_cast<float>(x));
  } else if constexpr (std::is_same_v<T, uint64_t>) {
    // Compilers convert the upper half after subtracting 2^63.
    return x >= 0x1p63 ? static_cast<uint64_t>(Truncate<int64_t>(x - 0x1p63)) ^
                             (uint64_t{1} << 63)
                       : static_cast<uint64_t>(Truncate<int64_t>(x));
  } else if constexpr (std::is_same_v<T, uint32_t> ||
                       std::is_same_v<T, int64_t>) {
    return static_cast<T>(Truncate<int64_t>(x));
  } else {
    return static_cast<T>(Truncate<int32_t>(x));
  }
}

template <typename T, typename W>
T FromInteger(W x) {
  if constexpr (std::is_same_v<T, Half>) {
    return ToHalf(static_cast<float>(x));
  } else if constexpr (std::is_same_v<T, Bfloat16>) {
    return ToBfloat16(static_cast<float>(x));
  } else {
    return static_cast<T>(x);
  }
}

template <typename T>
void StoreAs(const Run& run, Wide wide, char* out, int64_t n) {
  T* const to = reinterpret_cast<T*>(out);
  switch (wide) {
    case Wide::kSigned:
      for (int64_t i = 0; i < n; ++i) to[i] = FromInteger<T>(run.i[i]);
      break;
    case Wide::kUnsigned:
      for (int64_t i = 0; i < n; ++i) to[i] = FromInteger<T>(run.u[i]);
      break;
    case Wide::kReal:
      for (int64_t i = 0; i < n; ++i) to[i] = FromReal<T>(run.d[i]);
      break;
    case Wide::kComplex:
      for (int64_t i = 0; i < n; ++i) to[i] = FromReal<T>(run.c[2 * i]);
  }
}

void StoreBool(const Run& run, Wide wide, char* out, int64_t n) {
  bool* const to = reinterpret_cast<bool*>(out);
  for (int64_t i = 0; i < n; ++i) {
    to[i] = wide == Wide::kReal ? run.d[i] != 0
            : wide == Wide::kComplex
                ? run.c[2 * i] != 0 || run.c[2 * i + 1] != 0
                : run.u[i] != 0;
  }
}

template <typename T>
void StoreComplex(const Run& run, Wide wide, char* out, int64_t n) {
  T* const to = reinterpret_cast<T*>(out);
  for (int64_t i = 0; i < n; ++i) {
    to[2 * i] = wide == Wide::kSigned     ? static_cast<T>(run.i[i])
                : wide == Wide::kUnsigned ? static_cast<T>(run.u[i])
                : wide == Wide::kReal     ? static_cast<T>(run.d[i])
                                          : static_cast<T>(run.c[2 * i]);
    to[2 * i + 1] =
        wide == Wide::kComplex ? static_cast<T>(run.c[2 * i + 1]) : T(0);
  }
}

void Store(DataType dtype, const Run& run, Wide wide, char* out, int64_t n) {
  switch (dtype) {
    case DataType::kBool:
      return StoreBool(run, wide, out, n);
    case DataType::kUint8:
      return StoreAs<uint8_t>(run, wide, out, n);
    case DataType::kUint16:
      return StoreAs<uint16_t>(run, wide, out, n);
    case DataType::kUint32:
      return StoreAs<uint32_t>(run, wide, out, n);
    case DataType::kUint64:
      return StoreAs<uint64_t>(run, wide, out, n);
    case DataType::kInt8:
      return StoreAs<int8_t>(run, wide, out, n);
    case DataType::kInt16:
      return StoreAs<int16_t>(run, wide, out, n);
    case DataType::kInt32:
      return StoreAs<int32_t>(run, wide, out, n);
    case DataType::kInt64:
      return StoreAs<int64_t>(run, wide, out, n);
    case DataType::kHalf:
      return StoreAs<Half>(run, wide, out, n);
    case DataType::kBfloat16:
      return StoreAs<Bfloat16>(run, wide, out, n);
    case DataType::kFloat:
      return StoreAs<float>(run, wide, out, n);
    case DataType::kDouble:
      return StoreAs<double>(run, wide, out, n);
    case DataType::kComplex64:
      return StoreComplex<float>(run, wide, out, n);
    default:
      return StoreComplex<double>(run, wide, out, n);
  }
}

// Clears the lowest bits of the significand, so that rounding to `to` drops
// them.
void DropBits(DataType to, Run& run, Wide wide, int64_t n) {
  const int kept = to == DataType::kBfloat16 ? 7
                   : to == DataType::kHalf   ? 10
                   : to == DataType::kFloat  ? 23
                                             : 52;
  const uint64_t mask = ~uint64_t{0} << (52 - kept);
  const int64_t count = wide == Wide::kComplex ? 2 * n : n;
  for (int64_t i = 0; i < count; ++i) {
    if (std::isnan(run.d[i])) continue;
    run.d[i] = std::bit_cast<double>(std::bit_cast<uint64_t>(run.d[i]) & mask);
  }
}

bool IsCastable(DataType dtype) {
  switch (dtype) {
    case DataType::kBool:
    case DataType::kUint8:
    case DataType::kUint16:
    case DataType::kUint32:
    case DataType::kUint64:
    case DataType::kInt8:
    case DataType::kInt16:
    case DataType::kInt32:
    case DataType::kInt64:
    case DataType::kHalf:
    case DataType::kBfloat16:
    case DataType::kFloat:
    case DataType::kDouble:
    case DataType::kComplex64:
    case DataType::kComplex128:
      return true;
    default:
      return false;
  }
}

StatusOr<DataType> ComplexOf(std::string_view op, DataType dtype) {
  if (dtype == DataType::kFloat) return DataType::kComplex64;
  if (dtype == DataType::kDouble) return DataType::kComplex128;
  return NoKernel(op, dtype);
}

template <typename T>
void Part(ComplexPart part, const std::complex<T>* x, T* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    y[i] = part == ComplexPart::kReal   ? x[i].real()
           : part == ComplexPart::kImag ? x[i].imag()
           : part == ComplexPart::kAbs  ? std::abs(x[i])
                                        : std::arg(x[i]);
  }
}

template <typename T>
void Join(const T* real, const T* imag, std::complex<T>* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = {real[i], imag[i]};
}

template <typename T>
void Conjugates(const std::complex<T>* x, std::complex<T>* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] = std::conj(x[i]);
}

}  // namespace

StatusOr<Tensor> Cast(Context& context, const TensorView& x, DataType to,
                      const CastOptions& options) {
  if (x.dtype() == to && (x.holds_strings() || IsFixedSize(to))) {
    CAIRN_RETURN_IF_ERROR(context.Allocate(to, x.shape()).status());
    return Tensor::CopyOf(x);
  }
  if (!IsCastable(x.dtype()) || !IsCastable(to)) {
    return UnimplementedError(StrCat("Cast ", DataTypeName(x.dtype()), " to ",
                                     DataTypeName(to), " is not supported"));
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor y, context.Allocate(to, x.shape()));
  if (x.num_elements() == 0) return y;
  const Wide wide = WideOf(x.dtype());
  const Wide target = WideOf(to);
  const bool drops = options.rounding == CastOptions::Rounding::kTruncate &&
                     (wide == Wide::kReal || wide == Wide::kComplex) &&
                     (target == Wide::kReal || target == Wide::kComplex);
  const char* const in = x.bytes().data();
  char* const out = y.mutable_bytes().data();
  const int64_t in_size = DataTypeSize(x.dtype());
  const int64_t out_size = DataTypeSize(to);
  context.ParallelFor(x.num_elements(), 4, [&](int64_t begin, int64_t end) {
    Run run;
    for (int64_t i = begin; i < end; i += kRun) {
      const int64_t n = std::min(kRun, end - i);
      Load(x.dtype(), in + i * in_size, n, run);
      if (drops) DropBits(to, run, wide, n);
      Store(to, run, wide, out + i * out_size, n);
    }
  });
  return y;
}

StatusOr<Tensor> Bitcast(Context& context, const TensorView& x, DataType to) {
  const int64_t from_size = DataTypeSize(x.dtype());
  const int64_t to_size = DataTypeSize(to);
  if (from_size == 0 || to_size == 0) {
    return UnimplementedError(StrCat("Bitcast ", DataTypeName(x.dtype()),
                                     " to ", DataTypeName(to),
                                     " is not supported"));
  }
  std::vector<int64_t> dims(x.shape().dims().begin(), x.shape().dims().end());
  if (from_size > to_size) {
    dims.push_back(from_size / to_size);
  } else if (from_size < to_size) {
    if (dims.empty() || dims.back() != to_size / from_size) {
      return InvalidArgumentError(
          StrCat("Cannot bitcast from ", DataTypeName(x.dtype()), " to ",
                 DataTypeName(to), ": shape ", x.shape().ToString(),
                 " does not end in ", to_size / from_size));
    }
    dims.pop_back();
  }
  CAIRN_ASSIGN_OR_RETURN(Shape shape, Shape::Create(dims));
  CAIRN_ASSIGN_OR_RETURN(Tensor y, context.Allocate(to, std::move(shape)));
  if (y.num_elements() > 0) {
    std::memcpy(y.mutable_bytes().data(), x.bytes().data(), x.bytes().size());
  }
  return y;
}

StatusOr<Tensor> Complex(Context& context, const TensorView& real,
                         const TensorView& imag) {
  CAIRN_RETURN_IF_ERROR(RequireSameType(real, imag, "Complex"));
  CAIRN_RETURN_IF_ERROR(RequireSameShape(real, imag, "Complex"));
  CAIRN_ASSIGN_OR_RETURN(const DataType to, ComplexOf("Complex", real.dtype()));
  CAIRN_ASSIGN_OR_RETURN(Tensor out, context.Allocate(to, real.shape()));
  if (to == DataType::kComplex64) {
    Join(In<float>(real), In<float>(imag), Out<Complex64>(out),
         out.num_elements());
  } else {
    Join(In<double>(real), In<double>(imag), Out<Complex128>(out),
         out.num_elements());
  }
  return out;
}

StatusOr<Tensor> PartOf(Context& context, ComplexPart part,
                        const TensorView& x) {
  if (x.dtype() == DataType::kComplex64) {
    CAIRN_ASSIGN_OR_RETURN(Tensor y,
                           context.Allocate(DataType::kFloat, x.shape()));
    Part(part, In<Complex64>(x), Out<float>(y), x.num_elements());
    return y;
  }
  if (x.dtype() != DataType::kComplex128) {
    return NoKernel("the part of a complex number", x.dtype());
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor y,
                         context.Allocate(DataType::kDouble, x.shape()));
  Part(part, In<Complex128>(x), Out<double>(y), x.num_elements());
  return y;
}

StatusOr<Tensor> Conj(Context& context, const TensorView& x) {
  CAIRN_ASSIGN_OR_RETURN(Tensor y, context.Allocate(x.dtype(), x.shape()));
  if (x.dtype() == DataType::kComplex64) {
    Conjugates(In<Complex64>(x), Out<Complex64>(y), x.num_elements());
    return y;
  }
  if (x.dtype() != DataType::kComplex128) return NoKernel("Conj", x.dtype());
  Conjugates(In<Complex128>(x), Out<Complex128>(y), x.num_elements());
  return y;
}

}  // namespace cairn::compute
