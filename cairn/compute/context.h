// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Context: what the functions of this room compute with: threads, and the
// oneDNN primitives that were built for shapes seen before.
//
//   compute::Context context({.threads = 2});
//   CAIRN_ASSIGN_OR_RETURN(Tensor c, compute::MatMul(context, a, b, {}));
//
// The functions take borrowed tensors and return owned ones. They check all
// they are given, in TensorFlow's words where it has some: InvalidArgument for
// shapes, types and attributes that do not fit, Unimplemented for a type that
// TensorFlow's kernel has and this one has not, ResourceExhausted without
// memory. No argument leads to undefined behaviour, as long as the memory of
// tensors is aligned for their type.
//
// Thread rule: a Context is used by one thread at a time; it has threads of its
// own.
#ifndef CAIRN_COMPUTE_CONTEXT_H_
#define CAIRN_COMPUTE_CONTEXT_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>

#include "cairn/base/status.h"
#include "cairn/tensor/tensor.h"

namespace cairn::compute {

class OneDnnCache;  // onednn_cache.h
class Workers;

struct ContextOptions {
  int threads = 0;  // in all, the calling one included; 0: one for each core
};

class Context {
 public:
  explicit Context(const ContextOptions& options = {});
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  int threads() const { return threads_; }

  // Calls work(begin, end) for ranges that together are [0, count), possibly on
  // several threads; `cost` is about how many elementary operations one of them
  // takes. Returns when all are done. Small work stays on this thread.
  using Work = std::function<void(int64_t begin, int64_t end)>;
  void ParallelFor(int64_t count, int64_t cost, const Work& work);

  // A result of more bytes is refused; what the caller can spare.
  void set_max_bytes(int64_t max_bytes) { max_bytes_ = max_bytes; }
  // Memory for a result: ResourceExhausted if it is more than that, or if there
  // is none; InvalidArgument if its size overflows. Elements are not
  // initialised (strings are empty), or zero.
  StatusOr<Tensor> Allocate(DataType dtype, Shape shape) const;
  StatusOr<Tensor> AllocateZeros(DataType dtype, Shape shape) const;

  // Internal to the room: where primitives are kept.
  OneDnnCache& onednn();

 private:
  int threads_;
  int64_t max_bytes_ = std::numeric_limits<int64_t>::max();
  std::unique_ptr<Workers> workers_;  // made when first needed
  std::shared_ptr<OneDnnCache> onednn_;
};

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_CONTEXT_H_
