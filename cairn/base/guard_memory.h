// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// GuardMemory: where a room's public function turns "no memory" into a Status.
//
//   StatusOr<Tensor> BundleReader::Read(std::string_view key) const {
//     return GuardMemory(prefix(), [&] { return impl_->Read(key); });
//   }
//
// Containers report missing memory by throwing, from almost anywhere. Inside a
// room that is let through, and everything on the way is undone by
// destructors; no exception leaves a room.
#ifndef CAIRN_BASE_GUARD_MEMORY_H_
#define CAIRN_BASE_GUARD_MEMORY_H_

#include <new>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>

#include "cairn/base/status.h"
#include "cairn/base/strings.h"

namespace cairn {

// "<what>: <why>", or no text where there is no memory for one.
inline Status NoMemoryError(std::string_view what, std::string_view why) {
  try {
    return ResourceExhaustedError(StrCat(Escape(what, 4096), ": ", why));
  } catch (const std::bad_alloc&) {
    return Status(absl::StatusCode::kResourceExhausted, "");
  }
}

// What `f` returns, a Status or a StatusOr; ResourceExhausted, naming `what` (a
// path), if memory ran out on the way.
template <typename F>
std::invoke_result_t<F> GuardMemory(std::string_view what, F&& f) {
  try {
    return std::forward<F>(f)();
  } catch (const std::bad_alloc&) {
    return NoMemoryError(what, "out of memory");
  } catch (const std::length_error&) {
    return NoMemoryError(what, "a size beyond what memory can hold");
  }
}

}  // namespace cairn

#endif  // CAIRN_BASE_GUARD_MEMORY_H_
