// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "fuzz/memory_watch.h"

#include <atomic>
#include <cstdint>

#if defined(__SANITIZE_ADDRESS__)
#define CAIRN_WATCHES_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CAIRN_WATCHES_MEMORY 1
#endif
#endif

namespace cairn::fuzz {

#ifdef CAIRN_WATCHES_MEMORY

// Of the sanitizers' runtime; gcc installs no header for them.
extern "C" int __sanitizer_install_malloc_and_free_hooks(
    void (*malloc_hook)(const volatile void*, size_t),
    void (*free_hook)(const volatile void*));
extern "C" size_t __sanitizer_get_allocated_size(const volatile void*);

namespace {

std::atomic<bool> watching{false};
std::atomic<int64_t> held{0};
std::atomic<int64_t> allowed{0};

void OnMalloc(const volatile void*, size_t size) {
  if (!watching.load(std::memory_order_relaxed)) return;
  const auto bytes = static_cast<int64_t>(size);
  if (held.fetch_add(bytes) + bytes > allowed.load()) __builtin_trap();
}

void OnFree(const volatile void* p) {
  if (p == nullptr || !watching.load(std::memory_order_relaxed)) return;
  held.fetch_sub(static_cast<int64_t>(__sanitizer_get_allocated_size(p)));
}

}  // namespace

MemoryWatch::MemoryWatch(size_t input_size) {
  static const int installed =
      __sanitizer_install_malloc_and_free_hooks(OnMalloc, OnFree);
  static_cast<void>(installed);
  held = 0;
  allowed = static_cast<int64_t>(2 * input_size + kSpareBytes);
  watching = true;
}

MemoryWatch::~MemoryWatch() { watching = false; }

#else

MemoryWatch::MemoryWatch(size_t) {}
MemoryWatch::~MemoryWatch() = default;

#endif

}  // namespace cairn::fuzz
