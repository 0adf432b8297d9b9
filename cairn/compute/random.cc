// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The order in which TensorFlow takes numbers from Philox:
// random_distributions.h and random_op.cc. One block of 128 bits makes a group
// of 4 results (2 of 64 bits); only the truncated normal distribution takes a
// changing number of them, so each of its groups begins in a place of its own.
#include "cairn/compute/random.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>

#include "cairn/base/random.h"
#include "cairn/compute/checks.h"
#include "cairn/compute/rows.h"

namespace cairn::compute {
namespace {

using Block = cairn::Random::Block;

// Blocks kept free for a group of a truncated normal distribution's results, by
// the number of results.
constexpr uint64_t kBlocksPerResult = 64;

Block BlockAt(PhiloxState state) {
  const auto low = [](uint64_t v) { return static_cast<uint32_t>(v); };
  const auto high = [](uint64_t v) { return static_cast<uint32_t>(v >> 32); };
  return cairn::Random::Philox(
      {low(state.counter_low), high(state.counter_low), low(state.counter_high),
       high(state.counter_high)},
      {low(state.key), high(state.key)});
}

float UniformFloat(uint32_t x) {
  return std::bit_cast<float>((x & 0x7fffffu) | 0x3f800000u) - 1.0f;
}
double UniformDouble(uint32_t x0, uint32_t x1) {
  const uint64_t mantissa = uint64_t{x0 & 0xfffffu} << 32 | x1;
  return std::bit_cast<double>(mantissa | uint64_t{1023} << 52) - 1.0;
}

// Two independent normal numbers from two uniform ones.
template <typename T>
std::array<T, 2> BoxMuller(T u, T v) {
  const T radius = std::sqrt(T(-2) * std::log(std::max(u, T(1.0e-7f))));
  const T angle = T(2 * std::numbers::pi) * v;
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}
std::array<float, 2> NormalFloats(uint32_t x0, uint32_t x1) {
  return BoxMuller(UniformFloat(x0), UniformFloat(x1));
}
std::array<double, 2> NormalDoubles(const Block& x) {
  return BoxMuller(UniformDouble(x[0], x[1]), UniformDouble(x[2], x[3]));
}

// A group of results from a state, as the widest type of its kind.
using Floats = std::array<float, 4>;
using Doubles = std::array<double, 2>;

Floats UniformGroup(const PhiloxState& state, DataType dtype) {
  const Block x = BlockAt(state);
  Floats out;
  for (size_t i = 0; i < 4; ++i) {
    if (dtype == DataType::kHalf) {
      const Half h = {static_cast<uint16_t>((x[i] & 0x3ffu) | 15u << 10)};
      out[i] = ToFloat(h) - 1.0f;
    } else if (dtype == DataType::kBfloat16) {
      const Bfloat16 b = {static_cast<uint16_t>((x[i] & 0x7fu) | 127u << 7)};
      out[i] = ToFloat(b) - 1.0f;
    } else {
      out[i] = UniformFloat(x[i]);
    }
  }
  return out;
}
Floats NormalGroup(const PhiloxState& state) {
  const Block x = BlockAt(state);
  const auto a = NormalFloats(x[0], x[1]);
  const auto b = NormalFloats(x[2], x[3]);
  return {a[0], a[1], b[0], b[1]};
}
Floats TruncatedGroup(PhiloxState state) {
  Floats out;
  size_t n = 0;
  while (true) {
    const Block x = BlockAt(state);
    for (size_t i = 0; i < 4; i += 2) {
      for (const float f : NormalFloats(x[i], x[i + 1])) {
        if (std::abs(f) < 2.0f) out[n++] = f;
        if (n == out.size()) return out;
      }
    }
    state.Skip(1);
  }
}
Doubles TruncatedDoubles(PhiloxState state) {
  Doubles out;
  size_t n = 0;
  while (true) {
    for (const double d : NormalDoubles(BlockAt(state))) {
      if (std::abs(d) < 2.0) out[n++] = d;
      if (n == out.size()) return out;
    }
    state.Skip(1);
  }
}

// Fills `out` with groups: group(state of the group) gives an array.
template <typename T, typename Group>
void FillGroups(Context& context, const PhiloxState& start, uint64_t skip,
                std::span<T> out, const Group& group) {
  constexpr auto kSize =
      static_cast<int64_t>(std::tuple_size_v<decltype(group(start))>);
  const auto count = static_cast<int64_t>(out.size());
  context.ParallelFor(
      (count + kSize - 1) / kSize, 64, [&](int64_t begin, int64_t end) {
        PhiloxState state = start;
        state.Skip(static_cast<uint64_t>(begin) * skip);
        for (int64_t g = begin; g < end; ++g) {
          const auto values = group(state);
          const int64_t n = std::min(kSize, count - g * kSize);
          std::copy_n(values.begin(), n, out.begin() + g * kSize);
          state.Skip(skip);
        }
      });
}

StatusOr<Shape> ReadShape(const TensorView& shape) {
  CAIRN_ASSIGN_OR_RETURN(const auto dims, ReadIntegers(shape, "shape"));
  return Shape::Create(dims);
}

template <typename T>
std::array<T, 16 / sizeof(T)> Integers(const PhiloxState& state) {
  return std::bit_cast<std::array<T, 16 / sizeof(T)>>(BlockAt(state));
}

StatusOr<Tensor> RandomFloats(Context& context, Distribution distribution,
                              const PhiloxState& state, Shape shape,
                              DataType dtype) {
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.Allocate(Widened(dtype), std::move(shape)));
  if (dtype == DataType::kDouble) {
    const auto to = out.data<double>();
    if (distribution == Distribution::kUniform) {
      FillGroups(context, state, 1, to, [](const PhiloxState& s) -> Doubles {
        const Block x = BlockAt(s);
        return {UniformDouble(x[0], x[1]), UniformDouble(x[2], x[3])};
      });
    } else if (distribution == Distribution::kNormal) {
      FillGroups(context, state, 1, to, [](const PhiloxState& s) {
        return NormalDoubles(BlockAt(s));
      });
    } else {
      FillGroups(context, state, 2 * kBlocksPerResult, to, TruncatedDoubles);
    }
    return out;
  }
  const auto to = out.data<float>();
  if (distribution == Distribution::kUniform) {
    FillGroups(context, state, 1, to, [dtype](const PhiloxState& s) {
      return UniformGroup(s, dtype);
    });
  } else if (distribution == Distribution::kNormal) {
    FillGroups(context, state, 1, to, NormalGroup);
  } else {
    FillGroups(context, state, 4 * kBlocksPerResult, to, TruncatedGroup);
  }
  if (IsSixteenBitFloat(dtype)) return NarrowTensor(dtype, out);
  return out;
}

template <typename T, typename U>
StatusOr<Tensor> UniformIntOf(Context& context, const PhiloxState& state,
                              Shape shape, T low, T high) {
  if (low >= high && shape.num_elements() > 0) {
    return InvalidArgumentError(
        StrCat("Need minval < maxval, got ", low, " >= ", high));
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.Allocate(kDataTypeOf<T>, std::move(shape)));
  const U range = static_cast<U>(static_cast<U>(high) - static_cast<U>(low));
  FillGroups(context, state, 1, out.data<T>(), [&](const PhiloxState& s) {
    const auto raw = Integers<U>(s);
    std::array<T, std::tuple_size_v<decltype(raw)>> values;
    std::ranges::transform(raw, values.begin(), [&](U bits) {
      return static_cast<T>(static_cast<U>(low) + bits % range);
    });
    return values;
  });
  return out;
}

}  // namespace

PhiloxState PhiloxState::FromSeeds(int64_t seed, int64_t seed2) {
  return {static_cast<uint64_t>(seed), 0, static_cast<uint64_t>(seed2)};
}

StatusOr<PhiloxState> PhiloxState::FromStatelessSeed(const TensorView& seed) {
  if (seed.shape().rank() != 1 || seed.num_elements() != 2) {
    return InvalidArgumentError(
        StrCat("seed must have shape [2], not ", seed.shape().ToString()));
  }
  CAIRN_ASSIGN_OR_RETURN(const auto pair, ReadIntegers(seed, "seed"));
  const PhiloxState scrambler = {uint64_t{0x02461e29u} << 32 | 0x3ec8f720u,
                                 static_cast<uint64_t>(pair[0]),
                                 static_cast<uint64_t>(pair[1])};
  const Block mix = BlockAt(scrambler);
  return PhiloxState{uint64_t{mix[1]} << 32 | mix[0], 0,
                     uint64_t{mix[3]} << 32 | mix[2]};
}

StatusOr<PhiloxState> PhiloxState::FromKeyCounter(const TensorView& key,
                                                  const TensorView& counter,
                                                  const TensorView& alg) {
  CAIRN_RETURN_IF_ERROR(RequireType(key, DataType::kUint64, "key"));
  CAIRN_RETURN_IF_ERROR(RequireType(counter, DataType::kUint64, "counter"));
  CAIRN_ASSIGN_OR_RETURN(const int64_t algorithm, ReadInteger(alg, "alg"));
  if (algorithm != 1 && algorithm != 3) {
    return InvalidArgumentError(
        StrCat("Unsupported algorithm id: ", algorithm));
  }
  if (key.shape().rank() != 1 || key.num_elements() != 1) {
    return InvalidArgumentError(
        StrCat("key must have shape [1], not ", key.shape().ToString()));
  }
  if (counter.shape().rank() != 1 || counter.num_elements() < 2) {
    return InvalidArgumentError(
        StrCat("counter must be a vector with length at least 2, not ",
               counter.shape().ToString()));
  }
  const auto counters = counter.data<uint64_t>();
  return PhiloxState{key.data<uint64_t>()[0], counters[0], counters[1]};
}

void PhiloxState::Skip(uint64_t blocks) {
  if (__builtin_add_overflow(counter_low, blocks, &counter_low)) {
    ++counter_high;
  }
}

StatusOr<Tensor> RandomTensor(Context& context, Distribution distribution,
                              const PhiloxState& state, const TensorView& shape,
                              DataType dtype) {
  CAIRN_ASSIGN_OR_RETURN(Shape dims, ReadShape(shape));
  if (distribution != Distribution::kFullInt) {
    if (dtype != DataType::kFloat && dtype != DataType::kDouble &&
        !IsSixteenBitFloat(dtype)) {
      return NoKernel("a random tensor", dtype);
    }
    return RandomFloats(context, distribution, state, std::move(dims), dtype);
  }
  switch (dtype) {
    case DataType::kInt32:
    case DataType::kUint32:
    case DataType::kInt64:
    case DataType::kUint64:
      break;
    default:
      return NoKernel("a random tensor", dtype);
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor out, context.Allocate(dtype, std::move(dims)));
  if (dtype == DataType::kInt32) {
    FillGroups(context, state, 1, out.data<int32_t>(), Integers<int32_t>);
  } else if (dtype == DataType::kUint32) {
    FillGroups(context, state, 1, out.data<uint32_t>(), Integers<uint32_t>);
  } else if (dtype == DataType::kInt64) {
    FillGroups(context, state, 1, out.data<int64_t>(), Integers<int64_t>);
  } else {
    FillGroups(context, state, 1, out.data<uint64_t>(), Integers<uint64_t>);
  }
  return out;
}

StatusOr<Tensor> RandomUniformInt(Context& context, const PhiloxState& state,
                                  const TensorView& shape,
                                  const TensorView& minval,
                                  const TensorView& maxval) {
  CAIRN_ASSIGN_OR_RETURN(Shape dims, ReadShape(shape));
  CAIRN_RETURN_IF_ERROR(RequireSameType(minval, maxval, "RandomUniformInt"));
  if (minval.shape().rank() != 0 || maxval.shape().rank() != 0) {
    return InvalidArgumentError(
        StrCat("minval and maxval must be 0-D, got shapes ",
               minval.shape().ToString(), " and ", maxval.shape().ToString()));
  }
  if (minval.dtype() == DataType::kInt32) {
    return UniformIntOf<int32_t, uint32_t>(context, state, std::move(dims),
                                           minval.data<int32_t>()[0],
                                           maxval.data<int32_t>()[0]);
  }
  if (minval.dtype() == DataType::kInt64) {
    return UniformIntOf<int64_t, uint64_t>(context, state, std::move(dims),
                                           minval.data<int64_t>()[0],
                                           maxval.data<int64_t>()[0]);
  }
  return NoKernel("RandomUniformInt", minval.dtype());
}

}  // namespace cairn::compute
