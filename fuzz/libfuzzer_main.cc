// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Joins one target, CAIRN_FUZZ_TARGET, to libFuzzer, and watches the memory it
// takes: at most twice the input and kSpareBytes at any time.
#include <cstring>

#include "fuzz/memory_watch.h"
#include "fuzz/target.h"

namespace {

const cairn::fuzz::Target& kTarget = cairn::fuzz::CAIRN_FUZZ_TARGET;

}  // namespace

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size,
                                          size_t max_size, unsigned seed) {
  // Now and then the checksums stay wrong: that has to be noticed too.
  if (kTarget.mutate == nullptr || seed % 8 == 0) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  std::string input(reinterpret_cast<const char*>(data), size);
  kTarget.mutate(input, max_size, seed / 8, LLVMFuzzerMutate);
  if (input.size() > max_size) input.resize(max_size);
  std::memcpy(data, input.data(), input.size());
  return input.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const cairn::fuzz::MemoryWatch watch(size);
  kTarget.run({reinterpret_cast<const char*>(data), size}).IgnoreError();
  return 0;
}
