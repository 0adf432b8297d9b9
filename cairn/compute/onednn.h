// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What the kernels that compute with oneDNN share. Internal to compute and nn;
// the only header that includes oneDNN's.
//
// Primitives are created once, through oneDNN's C++ API, whose exceptions end
// in Guarded. They are executed through its C API, with arguments laid out
// beforehand: no exception, no allocation.
#ifndef CAIRN_COMPUTE_ONEDNN_H_
#define CAIRN_COMPUTE_ONEDNN_H_

#include <atomic>
#include <initializer_list>
#include <new>
#include <oneapi/dnnl/dnnl.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/base/strings.h"
#include "cairn/compute/workers.h"
#include "cairn/tensor/variable.h"

namespace cairn::compute {

// Runs `make`, which returns a StatusOr, and turns oneDNN's exceptions into
// Internal, or ResourceExhausted when memory ran out.
template <typename Make>
auto Guarded(std::string_view what, const Make& make) -> decltype(make()) {
  SingleThreadedOpenMp alone;  // primitives are built for as many threads
  try {
    return make();
  } catch (const dnnl::error& e) {
    const std::string text = StrCat(what, ": oneDNN: ", e.message);
    if (e.status == dnnl_out_of_memory) return ResourceExhaustedError(text);
    return InternalError(text);
  } catch (const std::bad_alloc&) {
    return ResourceExhaustedError(StrCat(what, ": out of memory"));
  }
}

// The first status other than success that executions met.
class FirstFailure {
 public:
  void Note(dnnl_status_t status) {
    int none = dnnl_success;
    if (status != dnnl_success) failure_.compare_exchange_strong(none, status);
  }
  Status Take(std::string_view what) {
    const int status = failure_.exchange(dnnl_success);
    if (status == dnnl_success) return OkStatus();
    return InternalError(StrCat(what, ": oneDNN failed with status ", status));
  }

 private:
  std::atomic<int> failure_{dnnl_success};
};

// Has `memory` mean the variable's values, wherever they are now.
inline void Point(const dnnl::memory& memory, Variable& variable,
                  FirstFailure& failure) {
  failure.Note(
      dnnl_memory_set_data_handle(memory.get(), variable.data<float>().data()));
}

inline void Point(const dnnl::memory& memory, float* values,
                  FirstFailure& failure) {
  failure.Note(dnnl_memory_set_data_handle(memory.get(), values));
}

// A primitive bound to its memory. Different objects may run concurrently.
class BoundPrimitive {
 public:
  BoundPrimitive() = default;
  BoundPrimitive(const dnnl::engine& engine, dnnl::primitive primitive,
                 std::initializer_list<std::pair<int, dnnl::memory>> arguments)
      : stream_(engine), primitive_(std::move(primitive)) {
    for (const auto& [id, memory] : arguments) {
      memory_.push_back(memory);
      arguments_.push_back({id, memory_.back().get()});
    }
  }

  void Run(FirstFailure& failure) const {
    failure.Note(dnnl_primitive_execute(primitive_.get(), stream_.get(),
                                        static_cast<int>(arguments_.size()),
                                        arguments_.data()));
  }

 private:
  dnnl::stream stream_;
  dnnl::primitive primitive_;
  std::vector<dnnl::memory> memory_;
  std::vector<dnnl_exec_arg_t> arguments_;
};

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_ONEDNN_H_
