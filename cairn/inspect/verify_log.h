// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// VerifyLog: collects what a verification finds, from several threads, and
// tells how far it is.
#ifndef CAIRN_INSPECT_VERIFY_LOG_H_
#define CAIRN_INSPECT_VERIFY_LOG_H_

#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>

#include "cairn/base/progress.h"
#include "cairn/base/status.h"
#include "cairn/inspect/verify.h"

namespace cairn::inspect {

class VerifyLog {
 public:
  VerifyLog(std::string what, const Supervision& supervision)
      : what_(std::move(what)), supervision_(supervision) {}

  void Damage(std::string text) {
    Add(Finding::Kind::kDamage, std::move(text));
  }
  void Note(std::string text) { Add(Finding::Kind::kNote, std::move(text)); }

  // Damage if `status` says that the file is wrong or a part of it missing; any
  // other error is given back, for the verification to end with.
  Status Take(const Status& status);
  // The status if it says that memory or descriptors were missing: nothing is
  // known then, so nothing may be concluded. Otherwise OK.
  static Status MustKnow(const Status& status) {
    return absl::IsResourceExhausted(status) ? status : OkStatus();
  }

  void CountTensor() { ++report_.tensors; }  // one thread only
  // How far reading the tensors is.
  void SetProgress(const Progress& progress);
  void set_num_shards(int32_t n) { report_.num_shards = n; }
  // Cancelled once a stop was requested.
  std::stop_token stop() const { return supervision_.stop; }
  Status CheckStop() const { return cairn::CheckStop(supervision_, what_); }

  VerifyReport report() && { return std::move(report_); }

 private:
  void Add(Finding::Kind kind, std::string text);

  const std::string what_;
  const Supervision& supervision_;
  std::mutex mutex_;
  VerifyReport report_;
};

}  // namespace cairn::inspect

#endif  // CAIRN_INSPECT_VERIFY_LOG_H_
