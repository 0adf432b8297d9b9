// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/compute/context.h"

#include <algorithm>
#include <limits>
#include <string>
#include <thread>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/compute/workers.h"

namespace cairn::compute {
namespace {

// Waking a thread costs some tens of thousands of additions.
constexpr int64_t kMinimumCost = 1 << 16;
// So that a thread that is held up leaves work for the others.
constexpr int64_t kRangesPerThread = 4;

}  // namespace

Context::Context(const ContextOptions& options)
    : threads_(options.threads > 0
                   ? options.threads
                   : static_cast<int>(
                         std::max(1u, std::thread::hardware_concurrency()))) {}

Context::~Context() = default;

void Context::ParallelFor(int64_t count, int64_t cost, const Work& work) {
  if (count <= 0) return;
  const int64_t limit = std::numeric_limits<int64_t>::max() / count;
  const int64_t total = cost > limit ? limit : cost * count;
  const int64_t ranges =
      std::min({count, total / kMinimumCost, threads_ * kRangesPerThread});
  if (threads_ == 1 || ranges < 2) {
    work(0, count);
    return;
  }
  if (workers_ == nullptr) workers_ = std::make_unique<Workers>(threads_);
  const int64_t size = count / ranges;
  const int64_t larger = count % ranges;  // ranges that have one more
  workers_->ForEach(static_cast<int>(ranges), [&](int range, int) {
    const int64_t begin = range * size + std::min<int64_t>(range, larger);
    work(begin, begin + size + (range < larger ? 1 : 0));
  });
}

StatusOr<Tensor> Context::Allocate(DataType dtype, Shape shape) const {
  const int element = IsFixedSize(dtype)
                          ? DataTypeSize(dtype)
                          : static_cast<int>(sizeof(std::string));
  CAIRN_ASSIGN_OR_RETURN(const int64_t bytes, ByteSize(shape, element));
  if (bytes > max_bytes_) {
    return ResourceExhaustedError(StrCat(
        "OOM when allocating tensor with shape", shape.ToString(), " and type ",
        DataTypeName(dtype), ": ", bytes, " bytes, ", max_bytes_, " are left"));
  }
  return Tensor::CreateUninitialized(dtype, std::move(shape));
}

StatusOr<Tensor> Context::AllocateZeros(DataType dtype, Shape shape) const {
  CAIRN_ASSIGN_OR_RETURN(Tensor tensor, Allocate(dtype, std::move(shape)));
  if (IsFixedSize(dtype)) std::ranges::fill(tensor.mutable_bytes(), '\0');
  return tensor;
}

}  // namespace cairn::compute
