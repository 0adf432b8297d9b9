// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/base/status.h"

#include "cairn/base/strings.h"

namespace cairn {

Status DataLossError(const std::string& text) {
  return absl::DataLossError(text);
}

Status NotFoundError(const std::string& text) {
  return absl::NotFoundError(text);
}

Status InvalidArgumentError(const std::string& text) {
  return absl::InvalidArgumentError(text);
}

Status OutOfRangeError(const std::string& text) {
  return absl::OutOfRangeError(text);
}

Status AlreadyExistsError(const std::string& text) {
  return absl::AlreadyExistsError(text);
}

Status FailedPreconditionError(const std::string& text) {
  return absl::FailedPreconditionError(text);
}

Status ResourceExhaustedError(const std::string& text) {
  return absl::ResourceExhaustedError(text);
}

Status UnavailableError(const std::string& text) {
  return absl::UnavailableError(text);
}

Status UnimplementedError(const std::string& text) {
  return absl::UnimplementedError(text);
}

Status CancelledError(const std::string& text) {
  return absl::CancelledError(text);
}

Status InternalError(const std::string& text) {
  return absl::InternalError(text);
}

Status Annotate(const Status& status, std::string_view context) {
  if (status.ok()) return status;
  return Status(status.code(), StrCat(context, ": ", Message(status)));
}

std::string Message(const Status& status) {
  return std::string(status.message().data(), status.message().size());
}

}  // namespace cairn
