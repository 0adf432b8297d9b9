// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// How Cairn reports failure: absl::Status and absl::StatusOr by value, and two
// macros that pass a failure on.
//
// Which code to choose, the most specific first:
//   DataLoss            the file is wrong (bad magic, checksum, length, field)
//   NotFound            no such file, key or checkpoint
//   InvalidArgument     the caller is wrong (shape, dtype, option)
//   OutOfRange          a read past the end of a file that may still grow
//   AlreadyExists       something is there that must not be
//   FailedPrecondition  right call, wrong moment (writer finished, lock held)
//   ResourceExhausted   memory, disk space, descriptors
//   Unavailable         the system failed in a way that may pass
//   Cancelled           somebody asked for an end
//   Unimplemented       a known thing that is deliberately not supported
// A text names file, key or offset, what was expected and what was found.
#ifndef CAIRN_BASE_STATUS_H_
#define CAIRN_BASE_STATUS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cairn {

using Status = absl::Status;
template <typename T>
using StatusOr = absl::StatusOr<T>;

inline Status OkStatus() { return absl::OkStatus(); }

Status DataLossError(const std::string& text);
Status NotFoundError(const std::string& text);
Status InvalidArgumentError(const std::string& text);
Status OutOfRangeError(const std::string& text);
Status AlreadyExistsError(const std::string& text);
Status FailedPreconditionError(const std::string& text);
Status ResourceExhaustedError(const std::string& text);
Status UnavailableError(const std::string& text);
Status UnimplementedError(const std::string& text);
Status CancelledError(const std::string& text);
Status InternalError(const std::string& text);

// `status` with "context: " in front of its text; OK stays OK.
Status Annotate(const Status& status, std::string_view context);

// The text of `status` as a std::string.
std::string Message(const Status& status);

}  // namespace cairn

#define CAIRN_CONCAT_INNER_(a, b) a##b
#define CAIRN_CONCAT_(a, b) CAIRN_CONCAT_INNER_(a, b)

// Returns from the enclosing function if `expr` is not OK.
#define CAIRN_RETURN_IF_ERROR(expr)                                 \
  do {                                                              \
    if (::absl::Status cairn_status_ = (expr); !cairn_status_.ok()) \
      return cairn_status_;                                         \
  } while (false)

// CAIRN_ASSIGN_OR_RETURN(auto x, MakeX());
#define CAIRN_ASSIGN_OR_RETURN(lhs, expr) \
  CAIRN_ASSIGN_OR_RETURN_(CAIRN_CONCAT_(cairn_or_, __LINE__), lhs, expr)
#define CAIRN_ASSIGN_OR_RETURN_(var, lhs, expr)  \
  auto var = (expr);                             \
  if (!var.ok()) return std::move(var).status(); \
  lhs = *std::move(var)

#endif  // CAIRN_BASE_STATUS_H_
