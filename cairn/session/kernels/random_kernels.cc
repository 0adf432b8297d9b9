// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Random tensors: stateless ones from seeds that are inputs, the others from a
// generator that a node keeps between runs.
#include <memory>

#include "cairn/compute/random.h"
#include "cairn/session/kernels/compute_kernels.h"

namespace cairn::session {
namespace {

using compute::Distribution;
using compute::PhiloxState;

constexpr DataType kFullIntTypes[] = {DataType::kInt32, DataType::kInt64,
                                      DataType::kUint32, DataType::kUint64};

Status CheckType(const Attributes& node, std::string_view attribute,
                 Distribution distribution) {
  return distribution == Distribution::kFullInt
             ? RequireOneOf(node, attribute, kFullIntTypes)
             : RequireOneOf(node, attribute, kRealTypes);
}

KernelFactory MakeStateless(Distribution distribution) {
  return [distribution](const Attributes& node) -> StatusOr<Kernel> {
    CAIRN_RETURN_IF_ERROR(CheckType(node, "dtype", distribution));
    CAIRN_ASSIGN_OR_RETURN(const DataType dtype, node.Type("dtype"));
    return OneOutput([distribution, dtype](auto& compute,
                                           auto& context) -> StatusOr<Tensor> {
      CAIRN_ASSIGN_OR_RETURN(const PhiloxState state,
                             PhiloxState::FromStatelessSeed(context.input(1)));
      return compute::RandomTensor(compute, distribution, state,
                                   context.input(0), dtype);
    });
  };
}

KernelFactory MakeStatelessV2(Distribution distribution) {
  return [distribution](const Attributes& node) -> StatusOr<Kernel> {
    CAIRN_RETURN_IF_ERROR(CheckType(node, "dtype", distribution));
    CAIRN_ASSIGN_OR_RETURN(const DataType dtype, node.Type("dtype"));
    return OneOutput([distribution, dtype](auto& compute,
                                           auto& context) -> StatusOr<Tensor> {
      CAIRN_ASSIGN_OR_RETURN(
          const PhiloxState state,
          PhiloxState::FromKeyCounter(context.input(1), context.input(2),
                                      context.input(3)));
      return compute::RandomTensor(compute, distribution, state,
                                   context.input(0), dtype);
    });
  };
}

StatusOr<Tensor> StatelessInt(compute::Context& compute,
                              KernelContext& context) {
  CAIRN_ASSIGN_OR_RETURN(const PhiloxState state,
                         PhiloxState::FromStatelessSeed(context.input(1)));
  return compute::RandomUniformInt(compute, state, context.input(0),
                                   context.input(2), context.input(3));
}

StatusOr<Tensor> StatelessIntV2(compute::Context& compute,
                                KernelContext& context) {
  CAIRN_ASSIGN_OR_RETURN(
      const PhiloxState state,
      PhiloxState::FromKeyCounter(context.input(1), context.input(2),
                                  context.input(3)));
  return compute::RandomUniformInt(compute, state, context.input(0),
                                   context.input(4), context.input(5));
}

StatusOr<std::vector<Tensor>> KeyCounter(compute::Context&,
                                         KernelContext& context) {
  CAIRN_ASSIGN_OR_RETURN(const PhiloxState state,
                         PhiloxState::FromStatelessSeed(context.input(0)));
  std::vector<Tensor> outs(2);
  CAIRN_ASSIGN_OR_RETURN(outs[0],
                         Tensor::Create(DataType::kUint64, Shape({1})));
  CAIRN_ASSIGN_OR_RETURN(outs[1],
                         Tensor::Create(DataType::kUint64, Shape({2})));
  outs[0].data<uint64_t>()[0] = state.key;
  outs[1].data<uint64_t>()[0] = state.counter_low;
  outs[1].data<uint64_t>()[1] = state.counter_high;
  constexpr int32_t kPhilox = 1;
  if (context.num_outputs() == 3) outs.push_back(Tensor::Scalar(kPhilox));
  return outs;
}

// The generator of one node, as TensorFlow's GuardedPhiloxRandom: each run
// takes its numbers from where the one before stopped reserving.
struct Generator {
  PhiloxState state;
  bool is_seeded = false;
  int64_t seed = 0, seed2 = 0;

  PhiloxState Reserve(KernelContext& context, int64_t count) {
    if (!is_seeded) {
      if (seed == 0 && seed2 == 0) {
        seed = static_cast<int64_t>(context.NewSeed());
        seed2 = static_cast<int64_t>(context.NewSeed());
      }
      state = PhiloxState::FromSeeds(seed, seed2);
      is_seeded = true;
    }
    const PhiloxState now = state;
    constexpr uint64_t kBlocksPerOutput = 256;
    state.Skip(static_cast<uint64_t>(count) * kBlocksPerOutput);
    return now;
  }
};

StatusOr<std::shared_ptr<Generator>> MakeGenerator(const Attributes& node) {
  auto generator = std::make_shared<Generator>();
  CAIRN_ASSIGN_OR_RETURN(generator->seed, node.Int("seed", 0));
  CAIRN_ASSIGN_OR_RETURN(generator->seed2, node.Int("seed2", 0));
  return generator;
}

KernelFactory MakeStateful(Distribution distribution) {
  return [distribution](const Attributes& node) -> StatusOr<Kernel> {
    CAIRN_RETURN_IF_ERROR(CheckType(node, "dtype", distribution));
    CAIRN_ASSIGN_OR_RETURN(const DataType dtype, node.Type("dtype"));
    CAIRN_ASSIGN_OR_RETURN(const auto generator, MakeGenerator(node));
    return OneOutput(
        [distribution, dtype, generator](
            auto& compute, KernelContext& context) -> StatusOr<Tensor> {
          CAIRN_ASSIGN_OR_RETURN(const Shape shape, context.ShapeInput(0));
          return compute::RandomTensor(
              compute, distribution,
              generator->Reserve(context, shape.num_elements()),
              context.input(0), dtype);
        });
  };
}

StatusOr<Kernel> MakeStatefulInt(const Attributes& node) {
  CAIRN_RETURN_IF_ERROR(RequireOneOf(node, "Tout", kIndexTypes));
  CAIRN_ASSIGN_OR_RETURN(const auto generator, MakeGenerator(node));
  return OneOutput(
      [generator](auto& compute, KernelContext& context) -> StatusOr<Tensor> {
        CAIRN_ASSIGN_OR_RETURN(const Shape shape, context.ShapeInput(0));
        return compute::RandomUniformInt(
            compute, generator->Reserve(context, shape.num_elements()),
            context.input(0), context.input(1), context.input(2));
      });
}

}  // namespace

void AddRandomKernels(KernelTable& table) {
  struct Name {
    const char *stateless, *stateful;
    Distribution distribution;
  };
  constexpr Name kNames[] = {
      {"StatelessRandomUniform", "RandomUniform", Distribution::kUniform},
      {"StatelessRandomNormal", "RandomStandardNormal", Distribution::kNormal},
      {"StatelessTruncatedNormal", "TruncatedNormal",
       Distribution::kTruncatedNormal},
      {"StatelessRandomUniformFullInt", nullptr, Distribution::kFullInt}};
  for (const Name& name : kNames) {
    const bool full = name.distribution == Distribution::kFullInt;
    const std::string dtype = full ? "dtype=uint64" : "dtype=float32";
    table.Add({.op = name.stateless,
               .signature = "shape:T=int32 seed:Tseed=int64 -> output:" + dtype,
               .make = MakeStateless(name.distribution)});
    table.Add({.op = std::string(name.stateless) + "V2",
               .signature = "shape:Tshape=int32 key:uint64 counter:uint64 "
                            "alg:int32 -> output:" +
                            dtype,
               .make = MakeStatelessV2(name.distribution)});
    if (name.stateful == nullptr) continue;
    table.Add({.op = name.stateful,
               .signature = "shape:T -> output:dtype",
               .make = MakeStateful(name.distribution),
               .stateful = true});
  }
  table.Add({.op = "StatelessRandomUniformInt",
             .signature = "shape:T seed:Tseed=int64 minval:dtype maxval:dtype "
                          "-> output:dtype",
             .make = For(kIndexTypes, StatelessInt, "dtype")});
  table.Add({.op = "StatelessRandomUniformIntV2",
             .signature = "shape:Tshape=int32 key:uint64 counter:uint64 "
                          "alg:int32 minval:dtype maxval:dtype -> output:dtype",
             .make = For(kIndexTypes, StatelessIntV2, "dtype")});
  table.Add({.op = "StatelessRandomGetKeyCounter",
             .signature = "seed:Tseed=int64 -> key:uint64 counter:uint64",
             .make = AlwaysAll(KeyCounter)});
  table.Add({.op = "StatelessRandomGetKeyCounterAlg",
             .signature = "seed:Tseed=int64 -> key:uint64 counter:uint64 "
                          "alg:int32",
             .make = AlwaysAll(KeyCounter)});
  table.Add({.op = "StatelessRandomGetAlg",
             .signature = "-> alg:int32",
             .make = Always([](auto&, auto&) -> StatusOr<Tensor> {
               return Tensor::Scalar<int32_t>(1);
             })});
  table.Add({.op = "RandomUniformInt",
             .signature = "shape:T minval:Tout maxval:Tout -> output:Tout",
             .make = MakeStatefulInt,
             .stateful = true});
}

}  // namespace cairn::session
