// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// OrNoIterator: an iterator, or where there is no memory for it the one that
// says so.
#ifndef CAIRN_INSPECT_NO_ITERATOR_H_
#define CAIRN_INSPECT_NO_ITERATOR_H_

#include <memory>
#include <new>
#include <string>
#include <string_view>

#include "cairn/base/guard_memory.h"
#include "cairn/base/status.h"
#include "cairn/inspect/source.h"

namespace cairn::inspect {

// There is one, shared by whoever gets it and never destroyed.
class NoIterator final : public CheckpointSource::Iterator {
 public:
  bool Valid() const override { return false; }
  void Next() override {}
  std::string_view key() const override { return {}; }
  StatusOr<Entry> entry() const override { return status(); }
  Status status() const override {
    return NoMemoryError("an iterator", "out of memory");
  }
  static void operator delete(NoIterator*, std::destroying_delete_t) {}
};

// What `make` returns, for the checkpoint `path`.
template <typename F>
std::unique_ptr<CheckpointSource::Iterator> OrNoIterator(
    const std::string& path, F&& make) {
  using Owner = std::unique_ptr<CheckpointSource::Iterator>;
  StatusOr<Owner> made =
      GuardMemory(path, [&]() -> StatusOr<Owner> { return make(); });
  if (made.ok()) return *std::move(made);
  static NoIterator none;
  return Owner(&none);
}

}  // namespace cairn::inspect

#endif  // CAIRN_INSPECT_NO_ITERATOR_H_
