// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/compute/workers.h"

#include <dlfcn.h>

#include <algorithm>

namespace cairn::compute {
namespace {

constexpr int kIndexBits = 24;
constexpr uint64_t kIndexMask = (uint64_t{1} << kIndexBits) - 1;

// Which OpenMP runtime is in the process depends on how oneDNN was built, and a
// second one must not come in by linking; so ask for the functions of whichever
// is there.
template <typename Function>
Function* FindOpenMp(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

}  // namespace

SingleThreadedOpenMp::SingleThreadedOpenMp() {
  auto* get = FindOpenMp<int()>("omp_get_max_threads");
  auto* set = FindOpenMp<void(int)>("omp_set_num_threads");
  if (get == nullptr || set == nullptr) return;
  before_ = get();
  set(1);
}

SingleThreadedOpenMp::~SingleThreadedOpenMp() {
  if (before_ == 0) return;
  auto* set = FindOpenMp<void(int)>("omp_set_num_threads");
  if (set != nullptr) set(before_);
}

Workers::Workers(int threads) {
  if (threads <= 0) {
    threads = std::max(1u, std::thread::hardware_concurrency());
  }
  for (int i = 1; i < threads; ++i) {
    threads_.emplace_back([this, i] { Loop(i); });
  }
}

Workers::~Workers() {
  end_ = true;
  ++round_;
  round_.notify_all();
}

void Workers::Take(int thread) {
  while (true) {
    const uint64_t ticket = tickets_++;
    const int index = static_cast<int>(ticket & kIndexMask);
    const int count = static_cast<int>(ticket >> kIndexBits & kIndexMask);
    if (index >= count) return;
    (*work_)(index, thread);
    if (++done_ == count) done_.notify_one();
  }
}

void Workers::ForEach(int count, const Work& work) {
  if (count <= 0) return;
  work_ = &work;
  done_ = 0;
  const uint32_t round = round_ + 1;
  tickets_ = uint64_t{round & 0xffff} << (2 * kIndexBits) |
             static_cast<uint64_t>(count) << kIndexBits;
  round_ = round;
  if (count > 1 && !threads_.empty()) round_.notify_all();
  Take(0);
  for (int done = done_; done != count; done = done_) done_.wait(done);
}

void Workers::Loop(int thread) {
  SingleThreadedOpenMp alone;
  uint32_t seen = 0;
  while (true) {
    round_.wait(seen);
    seen = round_;
    if (end_) return;
    Take(thread);
  }
}

}  // namespace cairn::compute
