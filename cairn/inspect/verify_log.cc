// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/verify_log.h"

namespace cairn::inspect {

void VerifyLog::Add(Finding::Kind kind, std::string text) {
  const std::lock_guard lock(mutex_);
  ++(kind == Finding::Kind::kDamage ? report_.damages : report_.notes);
  if (report_.findings.size() < kMaxFindings) {
    report_.findings.push_back({kind, std::move(text)});
  }
}

Status VerifyLog::Take(const Status& status) {
  // A file or key that something stored refers to, and that is not there, is
  // damage too.
  if (absl::IsDataLoss(status) || absl::IsNotFound(status)) {
    Damage(Message(status));
    return OkStatus();
  }
  return status;
}

void VerifyLog::SetProgress(const Progress& progress) {
  report_.bytes = progress.bytes;
  if (supervision_.on_progress) supervision_.on_progress(progress);
}

}  // namespace cairn::inspect
