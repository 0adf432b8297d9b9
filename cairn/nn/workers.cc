// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/nn/workers.h"

#include <dlfcn.h>

#include <algorithm>

namespace cairn::nn {
namespace {

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
  for (int i = next_++; i < count_; i = next_++) (*work_)(i, thread);
}

void Workers::ForEach(int count, const Work& work) {
  work_ = &work;
  count_ = count;
  next_ = 0;
  if (count > 1 && !threads_.empty()) {
    busy_ = static_cast<int>(threads_.size());
    ++round_;
    round_.notify_all();
  }
  Take(0);
  for (int busy = busy_; busy != 0; busy = busy_) busy_.wait(busy);
}

void Workers::Loop(int thread) {
  SingleThreadedOpenMp alone;
  uint32_t seen = 0;
  while (true) {
    round_.wait(seen);
    seen = round_;
    if (end_) return;
    Take(thread);
    if (--busy_ == 0) busy_.notify_one();
  }
}

}  // namespace cairn::nn
